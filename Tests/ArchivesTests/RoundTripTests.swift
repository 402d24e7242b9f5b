import Files
import TestSupport
import Archives
import Testing

@Suite("what is written is read back")
struct RoundTripTests {
    @Test("any entries, any names, plain and compressed", arguments: 0..<24)
    func anything(seed: UInt64) async throws {
        var numbers = SeededNumbers(seed: seed + 1)
        let samples = numbers.samples(20)
        try await withScratch { folder in
            for format in [ArchiveWriter.Format.tar, .tarZstd(level: 1, threads: 2), .tarZstd(level: 3, threads: 0)] {
                try write(samples, to: folder.appending("archive"), format)
                let (read, warnings) = try read(folder.appending("archive"))
                #expect(read == samples)
                #expect(warnings == [])
            }
        }
    }

    @Test("the GNU dialect keeps all but parts of a second, and times before 1970 or after 2242", arguments: 0..<8)
    func gnu(seed: UInt64) async throws {
        var numbers = SeededNumbers(seed: seed + 100)
        var samples = numbers.samples(20)
        for index in samples.indices {
            let seconds = samples[index].entry.modified.seconds
            samples[index].entry.modified = .init(seconds: min(max(seconds, 0), 0o77777777777))
        }
        try await withScratch { folder in
            try write(samples, to: folder.appending("archive"), .gnuTar)
            #expect(try read(folder.appending("archive")).samples == samples)
        }
    }

    @Test("every byte that can stand in a name comes back", arguments: 1...255)
    func everyByte(byte: UInt8) async throws {
        guard byte != UInt8(ascii: "/") else { return }
        let name: [UInt8] = Array("a".utf8) + [byte] + Array("b".utf8)
        let samples = [
            Sample(ArchiveEntry(path: name), [1]),
            Sample(ArchiveEntry(path: Array("l".utf8), kind: .symbolicLink(target: name), mode: 0o777)),
            Sample(ArchiveEntry(path: Array("h".utf8), kind: .hardLink(target: name))),
        ]
        try await withScratch { folder in
            for format in [ArchiveWriter.Format.tar, .gnuTar] {
                try write(samples, to: folder.appending("archive"), format)
                let (read, warnings) = try read(folder.appending("archive"))
                #expect(read == samples)
                #expect(warnings == [])
            }
        }
    }

    @Test("a path longer than any file system's")
    func longPath() async throws {
        let path = Array(repeating: Array(repeating: UInt8(ascii: "x"), count: 250), count: 40).joined(separator: [0x2f]
        )
        try await withScratch { folder in
            for format in [ArchiveWriter.Format.tar, .gnuTar] {
                let samples = [Sample(ArchiveEntry(path: Array(path)), [1, 2, 3])]
                try write(samples, to: folder.appending("archive"), format)
                #expect(try read(folder.appending("archive")).samples == samples)
            }
        }
    }

    @Test("no entries at all", arguments: [ArchiveWriter.Format.tar, .gnuTar, .tarZstd(level: 1, threads: 2), .zip])
    func empty(format: ArchiveWriter.Format) async throws {
        try await withScratch { folder in
            try write([], to: folder.appending("archive"), format)
            #expect(try read(folder.appending("archive")).samples == [])
        }
    }

    @Test("a size of more than eight gibibytes", arguments: [ArchiveWriter.Format.tar, .gnuTar])
    func hugeSize(format: ArchiveWriter.Format) async throws {
        try await withScratch { folder in
            let path = folder.appending("archive")
            let file = try FileDescriptor.open(path, .readWrite, options: .create, permissions: .ownerReadWrite)
            try file.closeAfter {
                let writer = try ArchiveWriter(fileDescriptor: file.rawValue, format: format)
                try writer.begin(ArchiveEntry(path: [0x61], size: 100 << 30))
                try [UInt8](repeating: 7, count: 2 << 20).withUnsafeBytes { try writer.write($0) }
            }
            let reader = try ArchiveReader(path: path)
            #expect(try reader.next()?.size == 100 << 30)
            #expect(throws: ArchiveError.self) { try reader.readBlocks { _ in } }
        }
    }

    @Test("skipping an entry's content leads to the next entry")
    func skipping() async throws {
        try await withScratch { folder in
            let samples = [Sample("a", "first"), Sample("b", "second"), Sample("c", "third")]
            try write(samples, to: folder.appending("archive"), .tar)
            let reader = try ArchiveReader(path: folder.appending("archive"))
            _ = try reader.next()
            try reader.skip()
            #expect(try reader.next()?.path == Array("b".utf8))
            #expect(try reader.next()?.path == Array("c".utf8))
            #expect(try reader.next() == nil)
            #expect(try reader.next() == nil)
        }
    }

    @Test("a compressed tarball is any other tar's", .enabled(if: hasGNUTar, "needs GNU tar"))
    func forOtherPrograms() async throws {
        try await withScratch { folder in
            let archive = folder.appending("a.tar.zst")
            try write([Sample("dir/ä", "x"), Sample("plain", "y")], to: archive, .tarZstd(level: 1, threads: 2))
            let listing = try await run("tar", "--zstd", "--quoting-style=literal", "-tf", archive.string)
            #expect(String(decoding: listing, as: UTF8.self).hasSuffix("dir/ä\nplain\n"))
        }
    }

    @Test(
        "plain names carry no mark that other programs would complain about", .enabled(if: hasGNUTar, "needs GNU tar"))
    func noChatter() async throws {
        try await withScratch { folder in
            try write([Sample("plain", "y")], to: folder.appending("a.tar"), .tar)
            #expect(try await run("tar", "-tf", folder.appending("a.tar").string) == Array("plain\n".utf8))
        }
    }
}

@Suite("zip")
struct ZipTests {
    @Test("content, modes and links come back, by the central directory and from a stream")
    func roundTrip() async throws {
        let link = ArchiveEntry(path: Array("l".utf8), kind: .symbolicLink(target: Array("a/b".utf8)), mode: 0o777)
        let samples = [
            Sample("a/b", String(repeating: "content ", count: 20_000), mode: 0o755), Sample("ä €", "x", mode: 0o600),
            Sample(ArchiveEntry(path: Array("raw".utf8) + [0xff, 0xfe]), [0, 1, 2]), Sample("empty"), Sample(link),
        ]
        try await withScratch { folder in
            let archive = folder.appending("a.zip")
            try write(samples, to: archive, .zip)
            let read = try read(archive).samples.map { sample in
                var sample = sample
                if sample.entry.kind != .file { sample.entry.size = 0 }
                return sample
            }
            #expect(read == samples)

            let file = try FileDescriptor.open(archive, .readOnly)
            try file.closeAfter {
                let reader = try ArchiveReader(fileDescriptor: file.rawValue)
                #expect(try reader.next()?.path == samples[0].entry.path)
            }
        }
    }

    @Test("names that are UTF-8 are marked so, others are not")
    func nameFlag() async throws {
        try await withScratch { folder in
            try write([Sample("ä"), Sample(ArchiveEntry(path: [0xff]))], to: folder.appending("a.zip"), .zip)
            let bytes = try folder.appending("a.zip").bytes()
            // Bit 11 of the flags, in the local header at byte 6.
            let headers = bytes.indices.filter { bytes[$0...].starts(with: [0x50, 0x4b, 3, 4]) }
            #expect(headers.map { bytes[$0 + 7] & 0x08 } == [0x08, 0])
        }
    }

    @Test("a hard link is refused, not dropped")
    func hardLink() async throws {
        try await withScratch { folder in
            #expect {
                let link = ArchiveEntry(path: [0x62], kind: .hardLink(target: [0x61]))
                try write([Sample("a"), Sample(link)], to: folder.appending("a.zip"), .zip)
            } throws: { error in
                (error as? ArchiveError)?.code == .unsupported && "\(error)".contains("a hard link (`b`)")
            }
        }
    }
}
