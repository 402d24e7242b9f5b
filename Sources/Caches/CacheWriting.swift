internal import Files
internal import Archives

/// Writes streams into a tarball.
struct CacheWriting {
    struct Result: Sendable {
        /// The size of the tarball.
        let byteCount: Int64
        let entryCount: Int
        let contentByteCount: Int64
        let fingerprint: String
        let skipped: [SkippedEntry]
        let shallowPatterns: [String]
        let neededRenames: [[UInt8]: [UInt8]]
        let found: Set<FoundValue>
        let warnings: [String]
    }

    private var rules: CacheEntryRules
    private let progress: (@Sendable (Int64) -> Void)?
    private let stop: StopFlag
    private var fingerprint = CacheFingerprint()
    private var watch: ValueWatch
    private var entryCount = 0
    private var contentByteCount: Int64 = 0
    private var skipped: [SkippedEntry] = []
    private var warnings: [String] = []
    /// The folders above the current entry that nothing was taken from yet, each in the one before.
    private var heldBack: [ArchiveEntry] = []

    /// - Parameter values: to be named where they occur.
    init(
        rules: CacheEntryRules, watching values: [WatchedValue], progress: (@Sendable (Int64) -> Void)?, stop: StopFlag
    ) {
        self.rules = rules
        watch = ValueWatch(values)
        self.progress = progress
        self.stop = stop
    }

    /// The place of what is written.
    struct Output {
        let file: OwnedDescriptor
        /// The ring of a ``TrailingHash``.
        let ring: OwnedDescriptor
        let compression: CacheCompression
    }

    /// Reads every stream to its end and closes it.
    ///
    /// - Parameter layers: what is written first.
    mutating func run(_ streams: TarStreams, on layers: CacheLayers?, into output: Output) throws -> Result {
        let bell = Bell(output.ring)
        let writer = try ArchiveWriter(
            fileDescriptor: output.file.rawValue,
            format: .tarZstd(level: output.compression.level, threads: output.compression.threads), stop: stop,
            observer: { bell.heard($0.count) })
        if let layers {
            warnings += try layers.read(stop: stop) { entry, reader in
                guard case .take(let entry) = rules.judge(entry) else { return }
                try copy(entry, to: writer) { if let reader { try $0.copyContent(from: reader, to: writer) } }
            }
        }
        try streams.read(stop: stop) { try copy(from: $0, $1, to: writer) }
        try writer.close()
        bell.end()
        return Result(
            byteCount: writer.byteCount, entryCount: entryCount, contentByteCount: contentByteCount,
            fingerprint: fingerprint.finish(), skipped: skipped, shallowPatterns: rules.shallowPatterns.sorted(),
            neededRenames: rules.neededRenames, found: watch.found,
            warnings: warnings + writer.warnings)
    }

    private mutating func copy(from reader: ArchiveReader, _ map: PathMap, to writer: ArchiveWriter) throws {
        while let entry = try reader.next() {
            try stop.check()
            switch rules.judge(entry, rename: map.stored) {
            case .ignore: continue
            case .skip(let reason): skipped.append(SkippedEntry(path: entry.path, reason: reason))
            case .holdBack(let folder):
                heldBack.removeAll { !RelativePath.isBelowOrEqual(folder.path, $0.path) }
                heldBack.append(folder)
            case .take(let entry):
                let way = heldBack.filter { RelativePath.isBelowOrEqual(entry.path, $0.path) }
                for folder in way { try copy(folder, to: writer) { _ in } }
                if !way.isEmpty { heldBack.removeAll { way.contains($0) } }
                try copy(entry, to: writer) { try $0.copyContent(from: reader, to: writer) }
            }
        }
        heldBack = []
        warnings += reader.warnings
    }

    private mutating func copy(
        _ entry: ArchiveEntry, to writer: ArchiveWriter, content: (inout Self) throws -> Void
    ) throws {
        entryCount += 1
        fingerprint.begin(entry)
        watch.begin(entry)
        try writer.begin(entry)
        try content(&self)
        try writer.end()
    }

    private mutating func copyContent(from reader: ArchiveReader, to writer: ArchiveWriter) throws {
        try reader.readBlocks { block in
            try block.withBytes { bytes in
                fingerprint.update(bytes)
                watch.update(bytes)
                try writer.write(bytes)
                contentByteCount += Int64(bytes.count)
                progress?(contentByteCount)
            }
        }
    }
}

/// Wakes the hashing thread once a mebibyte.
private final class Bell {
    private let ring: FileDescriptor
    private var count = 0

    init(_ ring: OwnedDescriptor) { self.ring = FileDescriptor(rawValue: ring.rawValue) }

    func heard(_ bytes: Int) {
        count += bytes
        guard count >= 1 << 20 else { return }
        count = 0
        send(TrailingHash.more)
    }

    /// Tells the hashing thread that everything is written.
    func end() { send(TrailingHash.all) }

    private func send(_ word: UInt8) {
        // A bell nobody hears any more belongs to a hash that failed, and that failure is reported.
        _ = try? ring.writeAll([word])
    }
}

extension ArchiveBlock {
    private static let zeros = [UInt8](repeating: 0, count: 1 << 18)

    /// Passes the bytes of the block to `body`, the zeros of a hole in pieces.
    func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        switch self {
        case .bytes(let bytes): try body(bytes)
        case .hole(var count):
            while count > 0 {
                let part = Int(min(count, Int64(Self.zeros.count)))
                try Self.zeros.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<part])) }
                count -= Int64(part)
            }
        }
    }
}
