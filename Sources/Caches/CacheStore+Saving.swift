internal import Files
public import Archives
internal import Crypto

extension CacheStore {
    /// Saves the content of streams in place of the cache's content.
    ///
    /// - Parameters:
    ///   - streams: read one after the other, each to its end; they are closed.
    ///   - links: what an attempt before this one threw.
    /// - Throws: ``FileError``; ``CacheLinksNeeded``; ``CacheNeedsAll``; `CancellationError`. The old cache is then untouched,
    ///   and nothing of the new is left.
    public func save(
        _ key: CacheKey, from streams: TarStreams, taking scope: CacheScope, by saving: CacheSaving,
        links: CacheLinksNeeded? = nil
    ) async throws -> CacheSummary {
        defer { streams.close() }
        let doing = "save the cache `\(key.name)` in `\(directory)`"
        let place = try explaining(doing) { try CacheDestination(making: key.name, in: directory) }
        defer { place.tidy() }
        let lock = try await lock(key.name, in: place.store, .exclusive, purpose: "saving", doing: doing)
        defer {
            place.tidyLocked()
            lock.release()
        }
        let rules = CacheEntryRules(
            roots: scope.roots, selection: scope.selection, renames: links?.renames ?? [:])
        let (folder, file) = try explaining(doing) { try place.makeDraft() }
        if let ground = saving.ground {
            guard case .manifest(ground.manifest) = try explaining(doing, { try folder.readManifest() }),
                ground.change.deleted.allSatisfy({ String(validating: $0, as: UTF8.self) != nil })
            else { throw CacheNeedsAll() }
        }
        let layers = try await BlockingThread.run { stop in
            try explaining(doing) { try saving.ground.flatMap { try folder.layersToFold($0, stop: stop) } }
        }
        let (wake, ring) = try explaining(doing) { try TrailingHash.bell() }
        let draft = try await streams.checked {
            async let hash = BlockingThread.run { stop in
                try explaining(doing, as: .cannotRead) { try TrailingHash.hash(file, wokenBy: wake, stop: stop) }
            }
            async let written = BlockingThread.run { stop in
                defer { ring.close() }
                return try explaining(doing) {
                    var writing = CacheWriting(
                        rules: rules, watching: saving.watched, progress: streams.progress, stop: stop)
                    let output = CacheWriting.Output(file: file, ring: ring, compression: saving.compression)
                    return try writing.run(streams, on: layers, into: output)
                }
            }
            return CacheDraft(
                folder: folder, file: file, written: try await written, hash: try await hash,
                foldsLayers: layers != nil)
        }
        if !draft.written.neededRenames.isEmpty { throw CacheLinksNeeded(renames: draft.written.neededRenames) }
        try Task.checkCancellation()
        return try await BlockingThread.run { _ in
            try explaining(doing) { try draft.commit(key: key, saving) }
        }
    }

    /// As ``save(_:from:taking:by:links:)``, from one stream whose names are the cache's own.
    public func save(
        _ key: CacheKey, from descriptor: Int32, allowed: [String], metadata: CacheMetadata
    ) async throws -> CacheSummary {
        try await save(
            key, from: TarStreams([TarStream(descriptor)]), taking: CacheScope(allowed: allowed),
            by: CacheSaving(metadata: metadata))
    }
}

/// The part of the streams that belongs to a cache.
public struct CacheScope: Sendable {
    /// The declared paths' base directories as paths of the cache (`root/.m2`), links resolved; what lies outside is left
    /// out, and named (CODEBUILD.md 7).
    public var allowed: [String]
    /// The selection among their files; `nil` for all.
    public var selection: CacheSelection?

    public init(allowed: [String], selection: CacheSelection? = nil) {
        self.allowed = allowed
        self.selection = selection
    }

    var roots: [[UInt8]] { allowed.map { RelativePath.trimmed($0.utf8) } }
}

/// The options of saving a cache.
public struct CacheSaving: Sendable {
    public var metadata: CacheMetadata
    /// Whether a cache that is there already stays as it is (`cache.key`, CODEBUILD.md 7).
    public var isImmutable: Bool
    public var compression: CacheCompression
    /// What is to be named in the summary when it is saved.
    public var watched: [WatchedValue] = []
    /// The streams have what this change names, which is added to the cache; `nil` where they have everything.
    public var ground: CacheGround?

    public init(metadata: CacheMetadata, isImmutable: Bool = false, compression: CacheCompression = .standard) {
        self.metadata = metadata
        self.isImmutable = isImmutable
        self.compression = compression
    }
}

/// The cache takes a hard link whose content the streams have under a name that it does not take.
///
/// Nothing was saved. Save again, from the same streams read anew, and pass this value.
public struct CacheLinksNeeded: Error, Sendable {
    /// From each name in the stream to the name that its content is kept under, both as the cache has them.
    let renames: [[UInt8]: [UInt8]]
}

/// The cache whose content was restored, and what has become of that.
public struct CacheGround: Sendable {
    public var manifest: CacheManifest
    public var change: CacheChange

    public init(_ manifest: CacheManifest, _ change: CacheChange) {
        self.manifest = manifest
        self.change = change
    }
}

/// A change cannot be added to the cache as it is now. Nothing was saved; save everything instead.
public struct CacheNeedsAll: Error, Sendable {}

extension CacheStore {
    /// Marks a cache as used whose content is still what was restored.
    ///
    /// - Returns: `nil` when the cache is another one by now.
    public func keep(_ manifest: CacheManifest, watching values: [WatchedValue]) async throws -> CacheSummary? {
        guard case .hit(manifest) = try await lookup(manifest.key) else { return nil }
        return try explaining("save the cache `\(manifest.key.name)` in `\(directory)`") {
            try CacheFolder(opening: manifest.key.name, in: DirectoryHandle(opening: directory)).touch()
            let names = Set(values.map(\.name))
            return CacheSummary(
                manifest: manifest, entryCount: manifest.entryCount, byteCount: manifest.byteCount, skipped: [],
                shallowPatterns: [], found: Set(manifest.secrets ?? []).filter { names.contains($0.name) },
                warnings: [], isUnchanged: true)
        }
    }
}

extension CacheManifest {
    /// The number of layers behind the first that are written before they are made one.
    private static let mostLayers = 8
    /// The part of the first layer's size, and of the content, that later layers may have.
    private static let share: Int64 = 4

    /// Whether a change of that many bytes of content is better added to the cache than saved with everything.
    public func takes(changedByteCount: Int64) -> Bool {
        guard let first = layers.first else { return false }
        return changedByteCount <= byteCount / Self.share
            && layers.dropFirst().reduce(0) { $0 + $1.byteCount } <= first.byteCount / Self.share
    }

    /// Whether the layers behind the first become one with the next.
    fileprivate var hasManyLayers: Bool { layers.count > Self.mostLayers }
}

extension CacheFolder {
    /// The layers behind the first, when they are to become one with the change.
    fileprivate func layersToFold(_ ground: CacheGround, stop: StopFlag) throws -> CacheLayers? {
        guard ground.manifest.hasManyLayers else { return nil }
        let files = try openVerified(ground.manifest, trustsSeals: true, stop: stop)
        return try CacheLayers(ground.manifest.layers, files, below: ground.change, from: 1, stop: stop)
    }
}

/// The compression of a tarball.
public struct CacheCompression: Sendable, Hashable {
    /// The level of zstd, 1 to 19.
    public var level: Int
    /// The number of threads beside the one that reads.
    public var threads: Int

    public init(level: Int, threads: Int) {
        self.level = level
        self.threads = threads
    }

    /// The compression that was measured to be quickest on two cores.
    public static let standard = CacheCompression(level: 1, threads: 2)
}

/// The place of a cache that is being saved. It is made when it is missing, and removed again when nothing was saved.
private struct CacheDestination: Sendable {
    let store: DirectoryHandle
    private let name: String
    private let made: MadeDirectories

    init(making name: String, in directory: FilePath) throws {
        var made = MadeDirectories()
        store = try made.open(directory)
        self.made = made
        self.name = name
    }

    func makeDraft() throws -> (folder: CacheFolder, file: OwnedDescriptor) {
        let folder = try CacheFolder.making(name, in: store)
        try folder.removeDrafts()
        return (folder, try folder.makeFile(CacheDraft.fileName))
    }

    /// Removes drafts, and the folder and lock file if nothing was saved. The caller holds the lock.
    func tidyLocked() {
        if let folder = try? CacheFolder(opening: name, in: store) { try? folder.removeDrafts() }
        try? store.removeEmptyDirectory(Array(name.utf8))
        if (try? store.status(Array(name.utf8))) == nil { try? store.removeFile(CacheStore.lockName(name)) }
    }

    func tidy() { made.removeEmpty() }
}
