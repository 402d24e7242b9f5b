internal import Files
internal import Archives
public import Caches
public import BuildPlanning
internal import ChildProcesses
internal import Engines

/// Keeps the paths of a `cache` section between builds: tarballs here or in S3, folders in the container.
public struct CacheKeeping: Sendable {
    /// With a bucket, the room on this machine that tarballs pass through.
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
    ///   - place: where tarballs lie.
    ///   - project: whose caches without a key these are.
    ///   - namespace: whose caches with a key these are, when they are shared (`cache.cacheNamespace` of a project).
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

    /// As the log's lines name it.
    var kind: String { bucket == nil ? "local" : "S3" }

    /// Where the cache lies that the rules mean; with a key, which only the build evaluates, the folder of all.
    public func place(_ rules: BuildPlan.CacheRules) -> String {
        rules.key == nil ? path(of: key(paths: rules.paths, nil)) : "\(store.directory)"
    }

    /// - Parameters:
    ///   - paths: as the buildspec has them.
    ///   - text: `cache.key`, evaluated.
    func key(paths: [String], _ text: String?) -> CacheKey {
        let owner = text == nil ? nil : namespace.map { "namespace/\($0)" }
        return CacheKey(project: owner ?? project, paths: paths, key: text)
    }

    /// Where a cache lies.
    func path(of key: CacheKey) -> String { bucket?.url(of: key) ?? "\(store.directory)/\(key.name)" }

    /// What came of looking for a cache.
    enum Found: Equatable {
        case hit
        /// There is none.
        case nothing(reason: String)
        /// There is one, and it is of no use.
        case unusable(reason: String)
    }

    /// Looks for one cache; one that is found lies on this machine.
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

    /// The first cache a fallback key means that can be used.
    func find(byPrefix prefix: String, like key: CacheKey) async throws -> CacheKey? {
        let matches =
            try await bucket?.matches(keyPrefix: prefix, like: key) ?? store.matches(keyPrefix: prefix, like: key)
        for match in matches where try await find(match) == .hit { return match }
        return nil
    }

    /// Whether there is a cache of rules that have no key.
    public func hasAny(_ rules: BuildPlan.CacheRules) async throws -> Bool {
        try await has(key(paths: rules.paths, nil))
    }

    /// Whether a cache is there, without bringing it here.
    func has(_ key: CacheKey) async throws -> Bool {
        if let bucket { return try await bucket.manifest(of: key) != nil }
        if case .hit = try await store.lookup(key) { return true } else { return false }
    }

    /// What came of restoring a cache that was found.
    enum Restored {
        case done(CacheSummary)
        case damaged(reason: String)
    }

    func restore(_ key: CacheKey, _ roots: CacheRoots, by carrier: TarCarrier) async throws -> Restored {
        let (writeEnd, carry) = try await carrier.incoming()
        async let copied: Void = carry()
        let outcome: Result<CacheSummary, any Error>
        do {
            outcome = .success(
                try await store.restore(key, to: writeEnd, map: roots.mapOfContainer, allowed: roots.stored))
        } catch { outcome = .failure(error) }
        do {
            try await copied
            return .done(try outcome.get())
        } catch {
            if case .failure(let failure as FileError) = outcome, failure.code == .damaged {
                let place = bucket == nil ? "\(store.directory)/\(key.name).damaged" : nil
                return .damaged(reason: Self.damaged(failure.reason, place))
            }
            // Of what else went wrong the other side's words say more than "the pipe was closed".
            throw error
        }
    }

    /// - Parameters:
    ///   - places: the roots that are there now.
    ///   - time: as ``CacheMetadata`` has it.
    ///   - replacesDamaged: the cache that is there cannot be used.
    func save(
        _ key: CacheKey, _ roots: CacheRoots, places: [CachePlace], by carrier: TarCarrier, at time: String,
        replacesDamaged: Bool
    ) async throws -> CacheSummary {
        let summary: CacheSummary
        do {
            summary = try await read(key, roots, places, by: carrier, at: time, links: nil)
        } catch let links as CacheLinksNeeded {
            summary = try await read(key, roots, places, by: carrier, at: time, links: links)
        }
        guard let bucket else { return summary }
        return try await bucket.push(summary, replacesDamaged: replacesDamaged)
    }

    private func read(
        _ key: CacheKey, _ roots: CacheRoots, _ places: [CachePlace], by carrier: TarCarrier, at time: String,
        links: CacheLinksNeeded?
    ) async throws -> CacheSummary {
        var carriages: [@Sendable () async throws -> Void] = [], streams: [TarStream] = []
        for place in places {
            let (readEnd, carry) = try carrier.outgoing(place.path)
            carriages.append(carry)
            streams.append(TarStream(readEnd, map: roots.map(of: place)))
        }
        let copying = Task { [carriages] in
            // Each closes its stream: one left open after another has failed would be waited for without end.
            var failure: (any Error)?
            for carry in carriages {
                do { try await carry() } catch { failure = failure ?? error }
            }
            if let failure { throw failure }
        }
        var metadata = metadata
        metadata.savedAt = time
        return try await withTaskCancellationHandler { [metadata] in
            try await store.save(
                key, from: TarStreams(streams, confirm: { try await copying.value }),
                taking: CacheScope(allowed: roots.stored, selection: roots.selection),
                by: CacheSaving(metadata: metadata, isImmutable: key.key != nil), links: links)
        } onCancel: {
            copying.cancel()
        }
    }

    private static func damaged(_ reason: String, _ place: String?) -> String {
        "the cache is damaged (\(reason))" + (place.map { "; it was set aside as \($0)" } ?? "")
    }
}
