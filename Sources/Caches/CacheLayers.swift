internal import Archives
internal import Files

/// Decides which entries of a cache's layers are its content: those that no later layer has or removes.
///
/// Folders that later layers have come last, each behind all that lies in it, so that writing into them does not change their
/// times.
struct CacheLayers {
    private let layers: [CacheManifest.Layer]
    private let tarballs: [OwnedDescriptor]
    /// The last layer that has a path; of those behind the first.
    private var last: [[UInt8]: Int] = [:]
    /// The last layer that removes a path with all below it.
    private var removal: [[UInt8]: Int] = [:]
    /// The lengths of the paths that are removed.
    private var removedLengths: Set<Int> = []
    /// The folders that layers behind the first have.
    private var folders: [[UInt8]: ArchiveEntry] = [:]
    /// The first layer that is read.
    private let start: Int

    /// Reads the names in all layers but the first one.
    ///
    /// - Parameters:
    ///   - tarballs: the verified files of the layers.
    ///   - change: what is to come on top of the layers.
    ///   - start: 1 leaves out the first layer.
    init(
        _ layers: [CacheManifest.Layer], _ tarballs: [OwnedDescriptor], below change: CacheChange? = nil,
        from start: Int = 0, stop: StopFlag
    ) throws {
        (self.layers, self.tarballs, self.start) = (layers, tarballs, start)
        for (number, layer) in layers.enumerated().dropFirst() {
            for path in layer.deleted ?? [] { remove(RelativePath.trimmed(path.utf8), by: number) }
            let reader = try Self.reader(of: tarballs[number], stop: stop)
            while let entry = try reader.next() {
                guard case .success(let path) = RelativePath.normalized(entry.path) else { continue }
                last[path] = number
                folders[path] = entry.kind == .directory ? entry : nil
            }
        }
        guard let change else { return }
        for path in change.deleted { remove(path, by: layers.count) }
        for path in change.changed { last[path] = layers.count }
    }

    private mutating func remove(_ path: [UInt8], by number: Int) {
        removal[path] = number
        removedLengths.insert(path.count)
    }

    private static func reader(of file: OwnedDescriptor, stop: StopFlag) throws -> ArchiveReader {
        _ = try FileDescriptor(rawValue: file.rawValue).seek(offset: 0, from: .start)
        return try ArchiveReader(fileDescriptor: file.rawValue, stop: stop)
    }

    /// Reads the entries of the content, each once.
    ///
    /// - Returns: the warnings of libarchive.
    func read(stop: StopFlag, _ body: (ArchiveEntry, ArchiveReader?) throws -> Void) throws -> [String] {
        var warnings: [String] = []
        for number in layers.indices.dropFirst(start) {
            let reader = try Self.reader(of: tarballs[number], stop: stop)
            while let entry = try reader.next() {
                try stop.check()
                if layers.count > 1 || !last.isEmpty || !removal.isEmpty {
                    // What has no good name has no later one either; the rules say what is wrong with it.
                    if case .success(let path) = RelativePath.normalized(entry.path),
                        isHidden(path, in: number) || number > 0 && entry.kind == .directory
                    {
                        continue
                    }
                }
                try body(entry, reader)
            }
            warnings += reader.warnings
        }
        for (path, entry) in folders.sorted(by: { Self.isBefore($0.key, $1.key) }) {
            guard let number = last[path], number < layers.count, !isHidden(path, in: number) else { continue }
            try body(entry, nil)
        }
        return warnings
    }

    private func isHidden(_ path: [UInt8], in number: Int) -> Bool {
        if let later = last[path], later > number { return true }
        if removedLengths.isEmpty { return false }
        if let later = removal[path], later > number { return true }
        for index in path.indices where path[index] == RelativePath.slash && removedLengths.contains(index) {
            if let later = removal[Array(path[..<index])], later > number { return true }
        }
        return false
    }

    /// Whether a path comes before another one where each folder is followed by all that lies in it.
    private static func isBefore(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        func place(_ byte: UInt8) -> UInt8 { byte == RelativePath.slash ? 0 : byte }
        return one.lexicographicallyPrecedes(other) { place($0) < place($1) }
    }
}

/// What has changed in a cache's content since it was restored.
public struct CacheChange: Sendable {
    /// The paths of what is new or differs, as paths of the cache.
    public var changed: Set<[UInt8]>
    /// The paths of what is gone or has become something else. A folder stands for all that was in it.
    public var deleted: [[UInt8]]
    /// The number of entries and of bytes of content that there are now; 0 where nothing has changed.
    public var entryCount: Int
    public var byteCount: Int64

    public init(
        changed: Set<[UInt8]> = [], deleted: [[UInt8]] = [], entryCount: Int = 0, byteCount: Int64 = 0
    ) {
        self.changed = changed
        self.deleted = deleted
        self.entryCount = entryCount
        self.byteCount = byteCount
    }

    /// Whether the content is what it was.
    public var isEmpty: Bool { changed.isEmpty && deleted.isEmpty }
}
