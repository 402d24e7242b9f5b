import Files
import TestSupport
import Archives

/// An entry with its content, as tests compare them.
struct Sample: Equatable {
    var entry: ArchiveEntry
    var content: [UInt8] = []

    init(_ entry: ArchiveEntry, _ content: [UInt8] = []) {
        self.entry = entry
        self.entry.size = Int64(content.count)
        self.content = content
    }

    init(_ path: String, _ content: String = "", mode: UInt32 = 0o644) {
        self.init(ArchiveEntry(path: Array(path.utf8), mode: mode), Array(content.utf8))
    }
}

/// Writes an archive into a file.
func write(
    _ samples: [Sample], to path: FilePath, _ format: ArchiveWriter.Format, closing: Bool = true
) throws {
    let file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter {
        let writer = try ArchiveWriter(fileDescriptor: file.rawValue, format: format)
        for sample in samples {
            try writer.begin(sample.entry)
            try sample.content.withUnsafeBytes { try writer.write($0) }
            try writer.end()
        }
        if closing { try writer.close() }
    }
}

/// Reads an archive from a file, every content through both ways of reading it.
func read(_ path: FilePath) throws -> (samples: [Sample], warnings: [String]) {
    let blocks = try readAll(try ArchiveReader(path: path)) { reader in
        var content: [UInt8] = []
        try reader.readBlocks { block in
            switch block {
            case .bytes(let bytes): content += bytes
            case .hole(let count): content += [UInt8](repeating: 0, count: Int(count))
            }
        }
        return content
    }
    let buffers = try readAll(try ArchiveReader(path: path)) { reader in
        var content: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 777, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let count = try reader.read(into: buffer)
            content += buffer[..<count]
            if count < buffer.count { return content }
        }
    }
    guard blocks.samples == buffers.samples else { throw Mismatch() }
    return blocks
}

struct Mismatch: Error {}

private func readAll(
    _ reader: ArchiveReader, _ content: (ArchiveReader) throws -> [UInt8]
) throws -> (samples: [Sample], warnings: [String]) {
    var samples: [Sample] = []
    while let entry = try reader.next() {
        let bytes = try content(reader)
        var sample = Sample(entry, bytes)
        sample.entry.size = entry.size
        samples.append(sample)
    }
    return (samples, reader.warnings)
}

/// Numbers that are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

extension SeededNumbers {
    /// A name as file systems allow it: any bytes but the slash and zero.
    mutating func name() -> [UInt8] {
        let length = [1, 3, 12, 99, 100, 101, 155, 250, 255].randomElement(using: &self) ?? 1
        switch UInt8.random(in: 0..<4, using: &self) {
        case 0: return Array("ä€😀 plain\nname".utf8)
        case 1: return (0..<length).map { _ in UInt8.random(in: 1...255, using: &self) }.map { $0 == 0x2f ? 0x0a : $0 }
        default: return (0..<length).map { _ in UInt8.random(in: 0x61...0x7a, using: &self) }
        }
    }

    mutating func path() -> [UInt8] {
        let depth = Int.random(in: 1...9, using: &self)
        return Array((0..<depth).map { _ in name() }.joined(separator: [0x2f]))
    }

    mutating func content() -> [UInt8] {
        let count = [0, 1, 511, 512, 513, 70_000, 200_001].randomElement(using: &self) ?? 0
        let period = UInt8.random(in: 1...255, using: &self)
        return (0..<count).map { UInt8(truncatingIfNeeded: $0) % period }
    }

    /// Entries of every kind; hard links lead to earlier files.
    mutating func samples(_ count: Int) -> [Sample] {
        var samples: [Sample] = [], files: [[UInt8]] = []
        for _ in 0..<count {
            var entry = ArchiveEntry(path: path())
            entry.mode = UInt32.random(in: 0...0o7777, using: &self)
            entry.uid = [0, 1000, 65_534, 4_000_000].randomElement(using: &self) ?? 0
            entry.gid = [0, 100, 3_000_000_000].randomElement(using: &self) ?? 0
            entry.modified = .init(
                seconds: [0, -1, 1_700_000_000, 9_000_000_000].randomElement(using: &self) ?? 0,
                nanoseconds: [0, 1, 999_999_999].randomElement(using: &self) ?? 0)
            switch UInt8.random(in: 0..<5, using: &self) {
            case 0: entry.kind = .directory
            case 1: entry.kind = .symbolicLink(target: path())
            case 2:
                if let target = files.randomElement(using: &self) { entry.kind = .hardLink(target: target) }
            default: break
            }
            samples.append(Sample(entry, entry.kind == .file ? content() : []))
            if entry.kind == .file { files.append(entry.path) }
        }
        return samples
    }
}
