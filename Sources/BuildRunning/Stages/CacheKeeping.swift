internal import Files
internal import Archives
public import Caches
public import BuildPlanning
internal import ChildProcesses
internal import Engines

/// Saves and restores the paths of a `cache` section as tarballs, on this machine or in S3.
public struct CacheKeeping: Sendable {
    /// The caches of this machine; with a bucket, the folder that its tarballs pass through.
    private let store: CacheStore
    private let bucket: S3Cache?
    private let project: String
    private let namespace: String?
    private let metadata: CacheMetadata

    public enum Place: Sendable {
        case local(CacheStore)
        case bucket(S3Cache)
    }

    /// - Parameters:
    ///   - place: holds the tarballs.
    ///   - project: owns the caches without a key.
    ///   - namespace: owns the caches with a key, when they are shared (`cache.cacheNamespace` of a project).
    public init(
        _ place: Place, project: String, namespace: String? = nil, metadata: CacheMetadata
    ) {
        switch place {
        case .local(let store): (self.store, bucket) = (store, nil)
        case .bucket(let bucket): (store, self.bucket) = (bucket.store, bucket)
        }
        self.project = project
        self.namespace = namespace
        self.metadata = metadata
    }

    /// Whether the caches lie in a folder of this machine.
    public var isLocal: Bool { bucket == nil }

    /// The folder of this machine that the tarballs lie in or pass through.
    public var localStore: CacheStore { store }

    /// The kind of place, as the lines of the log name it.
    var kind: String { bucket == nil ? "local" : "S3" }

    /// The place of the cache that the rules mean. With a key, which only the build can evaluate, it is the place of all.
    public func place(_ rules: BuildPlan.CacheRules) -> String {
        rules.key == nil ? path(of: key(paths: rules.paths, nil)) : "\(store.directory)"
    }

    /// Names a cache of this project.
    ///
    /// - Parameters:
    ///   - paths: `cache.paths` as the buildspec has them.
    ///   - text: `cache.key`, evaluated.
    func key(paths: [String], _ text: String?) -> CacheKey {
        let owner = text == nil ? nil : namespace.map { "namespace/\($0)" }
        return CacheKey(project: owner ?? project, paths: paths, key: text)
    }

    /// The place of a cache, as it is shown to people.
    func path(of key: CacheKey) -> String { bucket?.url(of: key) ?? "\(store.directory)/\(key.name)" }

    /// The result of looking for a cache.
    enum Found: Equatable {
        case hit
        /// There is no such cache.
        case nothing(reason: String)
        /// There is such a cache, and it cannot be used.
        case unusable(reason: String)
    }

    /// Looks for a cache, and brings the one that is found to this machine.
    func find(_ key: CacheKey) async throws -> Found {
        if let bucket {
            switch try await bucket.fetch(key) {
            case .hit: break
            case .miss(let reason): return .nothing(reason: reason)
            case .damaged(let reason, _): return .unusable(reason: Self.damaged(reason, nil))
            }
        }
        switch try await store.lookup(key) {
        case .hit: return .hit
        case .miss(let reason): return .nothing(reason: reason)
        case .damaged(let reason, let place): return .unusable(reason: Self.damaged(reason, place.map { "\($0)" }))
        }
    }

    /// Finds the first usable cache whose key begins as a fallback key says.
    func find(byPrefix prefix: String, like key: CacheKey) async throws -> CacheKey? {
        let matches =
            try await bucket?.matches(keyPrefix: prefix, like: key) ?? store.matches(keyPrefix: prefix, like: key)
        for match in matches where try await find(match) == .hit { return match }
        return nil
    }

    /// Whether there is a cache for rules that have no key.
    public func hasAny(_ rules: BuildPlan.CacheRules) async throws -> Bool {
        try await has(key(paths: rules.paths, nil))
    }

    /// Whether a cache exists. It is not brought to this machine.
    func has(_ key: CacheKey) async throws -> Bool {
        if let bucket { return try await bucket.manifest(of: key) != nil }
        if case .hit = try await store.lookup(key) { return true } else { return false }
    }

    /// The result of restoring a cache that was found.
    enum Restored {
        case done(CacheSummary)
        case damaged(reason: String)
    }

    /// Restores a cache into the container.
    func restore(_ key: CacheKey, _ roots: CacheRoots, by carrier: TarCarrier) async throws -> Restored {
        do {
            return .done(
                try await carrier.incoming(into: "/").write {
                    try await store.restore(key, to: $0, map: roots.mapOfContainer, allowed: roots.stored)
                })
        } catch let error as FileError where error.code == .damaged {
            let place = bucket == nil ? "\(store.directory)/\(key.name).damaged" : nil
            return .damaged(reason: Self.damaged(error.reason, place))
        }
    }

    /// What is saved as one cache.
    struct Content {
        let key: CacheKey
        let roots: CacheRoots
        /// The roots that exist now.
        let places: [FoundCacheRoot]
        /// The time of saving, as ``CacheMetadata`` has it.
        let time: String
        /// Whether the cache that exists cannot be used.
        let replacesDamaged: Bool
        /// The secrets whose values are to be named where they occur.
        var watched: [WatchedValue] = []
        /// The cache that was restored, and what has changed since; `nil` where that is not known.
        var change: (since: CacheManifest, TreeChange)?
    }

    /// Saves a cache, and pushes it into the bucket where there is one.
    ///
    /// - Parameter makeCarrier: called when something has to be read.
    func save(_ content: Content, by makeCarrier: () async throws -> TarCarrier) async throws -> CacheSummary {
        let summary: CacheSummary
        if let change = content.change,
            let saved = try await saveChange(change.1, since: change.since, of: content, by: makeCarrier)
        {
            summary = saved
        } else {
            let carrier = try await makeCarrier()
            do {
                summary = try await saveLocally(content, by: carrier, links: nil)
            } catch let links as CacheLinksNeeded {
                summary = try await saveLocally(content, by: carrier, links: links)
            }
        }
        guard let bucket else { return summary }
        return try await bucket.push(summary, replacesDamaged: content.replacesDamaged)
    }

    /// Adds to a cache what has changed since it was restored.
    ///
    /// - Returns: `nil` where everything has to be saved instead.
    private func saveChange(
        _ change: TreeChange, since manifest: CacheManifest, of content: Content,
        by makeCarrier: () async throws -> TarCarrier
    ) async throws -> CacheSummary? {
        if change.cache.isEmpty { return try await store.keep(manifest, watching: content.watched) }
        guard manifest.takes(changedByteCount: change.changedByteCount), change.isShort else { return nil }
        let carrier = try await makeCarrier()
        var streams: [OutgoingStream] = [], places: [FoundCacheRoot] = []
        for place in content.places {
            guard let paths = change.paths[place.root] else { continue }
            let (folder, name) = place.parts
            guard !name.hasPrefix("-"),
                let stream = try carrier.outgoing(
                    paths.map { RelativePath.join(Array(name.utf8), $0) }, below: folder)
            else { return nil }
            streams.append(stream)
            places.append(place)
        }
        var saving = saving(content)
        saving.ground = CacheGround(manifest, change.cache)
        do {
            return try await save(content, OutgoingStreams(streams), of: places, by: saving, links: nil)
        } catch let error
            where !Task.isCancelled && (error is CacheNeedsAll || error is FileError || error is EngineError)
        {
            return nil
        }
    }

    private func saving(_ content: Content) -> CacheSaving {
        var metadata = metadata
        metadata.savedAt = content.time
        var saving = CacheSaving(metadata: metadata, isImmutable: content.key.key != nil)
        saving.watched = content.watched
        return saving
    }

    /// - Parameter links: what an attempt before this one has thrown.
    private func saveLocally(
        _ content: Content, by carrier: TarCarrier, links: CacheLinksNeeded?
    ) async throws -> CacheSummary {
        let streams = try content.places.map { try carrier.outgoing($0.path) }
        return try await save(
            content, OutgoingStreams(streams), of: content.places, by: saving(content), links: links)
    }

    private func save(
        _ content: Content, _ streams: OutgoingStreams, of places: [FoundCacheRoot], by saving: CacheSaving,
        links: CacheLinksNeeded?
    ) async throws -> CacheSummary {
        try await streams.read { readers, confirm in
            let streams = zip(readers, places).map { TarStream($0, map: content.roots.map(of: $1)) }
            return try await store.save(
                content.key, from: TarStreams(streams, confirm: confirm),
                taking: CacheScope(allowed: content.roots.stored, selection: content.roots.selection),
                by: saving, links: links)
        }
    }

    private static func damaged(_ reason: String, _ place: String?) -> String {
        "the cache is damaged (\(reason))" + (place.map { "; it was set aside as \($0)" } ?? "")
    }
}
