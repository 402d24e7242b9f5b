import Files
import TestSupport
import Archives
import Testing

@Suite("archives of other programs")
struct ForeignArchiveTests {
    @Test(
        "sparse files have their holes", .enabled(if: hasGNUTar, "needs GNU tar"),
        arguments: [
            ["--format=gnu"], ["--format=posix", "--sparse-version=0.0"], ["--format=posix", "--sparse-version=0.1"],
            ["--format=posix", "--sparse-version=1.0"],
        ])
    func sparse(options: [String]) async throws {
        try await withScratch { folder in
            let expected = try makeSparseFiles(in: folder)
            let archive = folder.appending("a.tar")
            let option = options.count > 1 ? options[1] : "--no-xattrs"
            try await run(
                "tar", "-C", folder.string, options[0], option, "-S", "-cf", archive.string, "end", "middle", "all")
            #expect(try archive.bytes().count < 600_000)
            let (samples, _) = try read(archive)
            #expect(samples.map(\.entry.size) == expected.map { Int64($0.count) })
            #expect(samples.map(\.content) == expected)
        }
    }

    /// A hole at the end, one between two pieces, nothing but a hole.
    private func makeSparseFiles(in folder: FilePath) throws -> [[UInt8]] {
        let size = 3 << 20
        let pieces: [(String, [Int])] = [("end", [0]), ("middle", [0, 2 << 20]), ("all", [])]
        return try pieces.map { name, offsets in
            let file = try FileDescriptor.open(
                folder.appending(name), .readWrite, options: .create, permissions: .ownerReadWrite)
            var expected = [UInt8](repeating: 0, count: size)
            try file.closeAfter {
                for offset in offsets {
                    let piece = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &+ offset &+ 1) | 1 }
                    _ = try piece.withUnsafeBytes { try file.writeAll(toAbsoluteOffset: Int64(offset), $0) }
                    expected.replaceSubrange(offset..<offset + piece.count, with: piece)
                }
                guard ftruncate(file.rawValue, off_t(size)) == 0 else { throw Errno(rawValue: errno) }
            }
            return expected
        }
    }

    @Test(
        "every dialect of GNU tar", .enabled(if: hasGNUTar, "needs GNU tar"),
        arguments: ["v7", "ustar", "gnu", "oldgnu", "posix"])
    func dialects(format: String) async throws {
        try await withScratch { folder in
            try await run(
                "sh", "-c", "cd '\(folder)' && mkdir d && echo x > d/f && ln -s f d/l && ln d/f d/h && chmod 640 d/f")
            let archive = folder.appending("a.tar")
            try await run("tar", "-C", folder.string, "--sort=name", "--format=\(format)", "-cf", archive.string, "d")
            let (samples, warnings) = try read(archive)
            #expect(warnings == [])
            #expect(samples.map { String(decoding: $0.entry.path, as: UTF8.self) } == ["d", "d/f", "d/h", "d/l"])
            #expect(samples[1].content == Array("x\n".utf8))
            #expect(samples[1].entry.mode == 0o640)
            #expect(samples[2].entry.kind == .hardLink(target: Array("d/f".utf8)))
            #expect(samples[3].entry.kind == .symbolicLink(target: Array("f".utf8)))
        }
    }

    @Test(
        "pax names in UTF-8 and in no charset at all are exact, and nobody is bothered",
        .enabled(if: hasGNUTar, "needs GNU tar"))
    func names() async throws {
        try await withScratch { folder in
            let names: [[UInt8]] = [Array("ä-日本".utf8), Array("latin-".utf8) + [0xe4, 0xff]]
            for name in names {
                try FilePath(
                    platformString: (Array(folder.string.utf8) + [0x2f] + name).map { CChar(bitPattern: $0) } + [0]
                ).write([1])
            }
            let archive = folder.appending("a.tar")
            try await run("sh", "-c", "cd '\(folder)' && tar --format=posix -cf a.tar *-*")
            let (samples, warnings) = try read(archive)
            #expect(Set(samples.map(\.entry.path)) == Set(names))
            #expect(warnings == [])
        }
    }

    @Test("gzip and zstd of other programs", arguments: ["gzip", "zstd"])
    func compressed(program: String) async throws {
        try await withScratch { folder in
            try write([Sample("a", "content")], to: folder.appending("a.tar"), .tar)
            do { try await run("sh", "-c", "\(program) -c < '\(folder)/a.tar' > '\(folder)/a.tar.x'") } catch let
                failure as ProgramFailure
                where failure.status >> 8 == 127
            { return }
            #expect(try read(folder.appending("a.tar.x")).samples == [Sample("a", "content")])
        }
    }

    @Test("devices, FIFOs and hostile names are told as they are")
    func hostile() async throws {
        try await withScratch { folder in
            let archive = folder.appending("a.tar")
            try archive.write(
                rawTar([
                    ("fifo", "6", ""), ("char", "3", ""), ("block", "4", ""), ("../up", "0", ""),
                    ("/etc/passwd", "0", ""),
                    ("link", "2", "/etc"), ("hard", "1", "../../etc/shadow"),
                ]))
            let kinds = try read(archive).samples.map(\.entry)
            #expect(
                kinds.map(\.kind) == [
                    .other("FIFO"), .other("character device"), .other("block device"), .file, .file,
                    .symbolicLink(target: Array("/etc".utf8)), .hardLink(target: Array("../../etc/shadow".utf8)),
                ])
            #expect(
                kinds.map { String(decoding: $0.path, as: UTF8.self) } == [
                    "fifo", "char", "block", "../up", "/etc/passwd", "link", "hard",
                ])
        }
    }
}

/// A tar by hand, for what no decent writer writes. Entries are empty.
func rawTar(_ entries: [(name: String, type: Character, link: String)]) -> [UInt8] {
    var result: [UInt8] = []
    for entry in entries {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(entry.name, at: 0)
        put("0000644", at: 100)
        for (offset, width) in [(108, 7), (116, 7), (124, 11), (136, 11)] {
            put(String(repeating: "0", count: width), at: offset)
        }
        put("        ", at: 148)
        put(String(entry.type), at: 156)
        put(entry.link, at: 157)
        put("ustar\u{0}00", at: 257)
        let sum = block.reduce(0) { $0 + Int($1) }
        let octal = String(sum, radix: 8)
        put(String(repeating: "0", count: 6 - octal.count) + octal + "\u{0} ", at: 148)
        result += block
    }
    return result + [UInt8](repeating: 0, count: 1024)
}
