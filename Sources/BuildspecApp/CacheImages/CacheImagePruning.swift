internal import BuildRunning
internal import Caches
internal import Engines
internal import Files

/// Removes images of caches: those that nobody can use any more, and those beyond what is kept.
struct CacheImagePruning {
    let machine: Machine

    /// How many images a project keeps.
    static let projectLimit = 2
    /// The bytes that all images together may have beyond their bases.
    static let byteLimit: Int64 = 10_000_000_000

    private var shelf: CacheImageShelf { CacheImageShelf(machine.places) }

    /// Removes what nobody can use any more, and what is beyond the limits.
    ///
    /// - Parameters:
    ///   - moment: images that were not used since then go, too.
    ///   - maxByteCount: of all together.
    /// - Returns: the names of the images that were removed, with their sizes, and of those that are in use.
    @discardableResult
    func tidy(
        unusedSince moment: Duration? = nil, maxByteCount: Int64 = byteLimit
    ) async throws -> (removed: [(image: String, byteCount: Int64)], inUse: [String]) {
        var removed: [(image: String, byteCount: Int64)] = [], inUse: [String] = []
        var counts: [String: Int] = [:], total: Int64 = 0
        for (name, record) in shelf.all() {
            if record.isReady { counts[record.project, default: 0] += 1 }
            total += record.byteCount
            let isUseless = try await isUseless(record)
            guard
                isUseless || counts[record.project, default: 0] > Self.projectLimit || total > maxByteCount
                    || moment.map({ shelf.lastUse(name) < $0 }) ?? false
            else { continue }
            if record.isReady { counts[record.project, default: 0] -= 1 }
            total -= record.byteCount
            let image = record.image ?? name
            if try await remove(name) { removed.append((image, record.byteCount)) } else { inUse.append(image) }
        }
        try await removeStrays()
        return (removed, inUse)
    }

    /// Whether the cache that an image has is gone or has changed.
    private func isUseless(_ record: CacheImageRecord) async throws -> Bool {
        let store = CacheStore(directory: FilePath(record.store)), manifest = record.cache.content.manifest
        if case .hit(manifest) = try await store.lookup(manifest.key) { return false }
        return true
    }

    /// - Returns: `false` when the image is in use or being made, or lies on an engine that is not the one reached now.
    private func remove(_ name: String) async throws -> Bool {
        guard let lock = try shelf.lock(name) else { return false }
        defer { lock.release() }
        guard let record = shelf.record(name) else { return true }
        guard EngineMemory.name(of: .docker, context: record.context, machine.places) == record.engine else {
            return false
        }
        let engine = machine.engine(of: record)
        for image in record.superseded + [record.image].compactMap({ $0 }) {
            do { try await engine.removeImage(image) } catch let error as EngineError where error.code == .refused {
                return false
            }
        }
        shelf.remove(name)
        return true
    }

    /// Removes images of this shelf that no record has: a process was killed between making one and noting it.
    func removeStrays() async throws {
        let engine = try machine.engine()
        let images = try await engine.imageNames().filter { $0.hasPrefix(shelf.prefix) }
        guard !images.isEmpty else { return }
        let known = Set(shelf.all().flatMap { $0.record.superseded + [$0.record.image].compactMap { $0 } })
        for image in images where !known.contains(image) {
            // One that a container still has is tried again by the next sweep.
            do { try await engine.removeImage(image) } catch let error as EngineError where error.code == .refused {}
        }
    }
}
