import TestSupport
import Archives
import Testing

@Suite("archives that are not whole")
struct DamageTests {
    private static let samples = [
        Sample("one", "first content"), Sample(ArchiveEntry(path: Array("dir".utf8), kind: .directory)),
        Sample("dir/two", String(repeating: "second ", count: 500)),
        Sample(ArchiveEntry(path: Array("ä".utf8) + Array(repeating: 0x78, count: 200)), [1, 2, 3]),
    ]

    @Test(
        "cut short anywhere, it throws and never just ends",
        arguments: [ArchiveWriter.Format.tar, .gnuTar, .tarZstd(level: 1, threads: 0), .zip])
    func truncated(format: ArchiveWriter.Format) async throws {
        try await withScratch { folder in
            let whole = folder.appending("whole"), part = folder.appending("part")
            try write(Self.samples, to: whole, format)
            let bytes = try whole.bytes()
            // Of a plain tar's end mark, two blocks of zeros, one is enough.
            let least = format == .tar || format == .gnuTar ? bytes.count - 512 : bytes.count
            let cuts = Set(stride(from: 0, to: least, by: 512)).union(stride(from: 1, to: least, by: 37)).union([
                least - 1
            ])
            for cut in cuts {
                try part.write(Array(bytes[..<cut]))
                #expect(throws: ArchiveError.self, "cut after \(cut) of \(bytes.count) bytes") { try read(part) }
            }
        }
    }

    @Test("cut short between two entries, it says what is missing")
    func endMark() async throws {
        try await withScratch { folder in
            try write([Sample("a", "x")], to: folder.appending("whole"), .tar)
            try folder.appending("part").write(Array(try folder.appending("whole").bytes()[..<1024]))
            #expect {
                try read(folder.appending("part"))
            } throws: { error in
                "\(error)" == "cannot read the archive `\(folder.appending("part"))`: "
                    + "it is cut short: its end mark is missing"
            }
        }
    }

    @Test("an empty file is no archive")
    func nothing() async throws {
        try await withScratch { folder in
            try folder.appending("none").write([])
            #expect {
                try read(folder.appending("none"))
            } throws: { error in
                (error as? ArchiveError)?.code == .damaged && "\(error)".hasSuffix("it is empty")
            }
        }
    }

    @Test("something else altogether throws", arguments: ["hello", String(repeating: "not a tar\n", count: 1000)])
    func foreign(text: String) async throws {
        try await withScratch { folder in
            try folder.appending("text").write(Array(text.utf8))
            #expect(throws: ArchiveError.self) { try read(folder.appending("text")) }
        }
    }

    @Test("a changed header throws")
    func header() async throws {
        try await withScratch { folder in
            try write(Self.samples, to: folder.appending("whole"), .tar)
            let bytes = try folder.appending("whole").bytes()
            for offset in [0, 100, 124, 136, 148, 156, 257] {
                var changed = bytes
                changed[1024 + offset] ^= 0x15
                try folder.appending("changed").write(changed)
                #expect(throws: ArchiveError.self, "offset \(offset)") { try read(folder.appending("changed")) }
            }
        }
    }

    @Test(
        "any changed bytes end in a result or an error, soon",
        arguments: [ArchiveWriter.Format.tar, .gnuTar, .tarZstd(level: 1, threads: 0), .zip])
    func fuzzed(format: ArchiveWriter.Format) async throws {
        try await withScratch { folder in
            try write(Self.samples, to: folder.appending("whole"), format)
            let bytes = try folder.appending("whole").bytes()
            var numbers = SeededNumbers(seed: 4711)
            for _ in 0..<400 {
                var changed = bytes
                for _ in 0..<Int.random(in: 1...8, using: &numbers) {
                    changed[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(
                        in: 0...255, using: &numbers)
                }
                try folder.appending("changed").write(changed)
                // Whatever comes of it, it must come, and in bounded memory.
                guard let reader = try? ArchiveReader(path: folder.appending("changed")) else { continue }
                while (try? reader.next()) != nil {
                    var count: Int64 = 0
                    try? reader.readBlocks { block in
                        if case .bytes(let bytes) = block { count += Int64(bytes.count) }
                        if count > 1 << 20 { throw Mismatch() }
                    }
                }
            }
        }
    }

    @Test("a file that is not there is named with the system's words")
    func absent() {
        #expect {
            _ = try ArchiveReader(path: "/nowhere/at/all")
        } throws: { error in
            "\(error)" == "cannot read the archive `/nowhere/at/all`: No such file or directory"
        }
    }
}
