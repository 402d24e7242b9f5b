internal import Files
internal import Archives

/// A cache in a list of caches.
public struct CacheListing: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        case ready(CacheManifest)
        /// The cache cannot be used, for this reason.
        case unusable(reason: String)
        /// The cache was set aside when it was found damaged.
        case damaged
    }

    /// The name of its folder.
    public let name: String
    public let state: State
    /// The size of all its files on the disk.
    public let byteCount: Int64
    /// The time when it was last saved or restored, since 1970.
    public let lastUsed: Duration

    public var manifest: CacheManifest? {
        if case .ready(let manifest) = state { manifest } else { nil }
    }
}

extension CacheStore {
    /// Lists all caches by name.
    public func list() throws -> [CacheListing] {
        try explaining("list the caches in `\(directory)`", as: .cannotRead) {
            let store: DirectoryHandle
            do { store = try DirectoryHandle(opening: directory) } catch Errno.noSuchFileOrDirectory { return [] }
            return try store.names().compactMap { name in
                guard let name = String(validating: name, as: UTF8.self), !name.hasPrefix("."),
                    try store.status(Array(name.utf8)).kind == .directory
                else { return nil }
                return listing(name, in: store)
            }
        }
    }

    /// Finds one cache by the name of its folder.
    ///
    /// - Throws: ``FileError`` with code `notFound`.
    public func show(_ name: String) throws -> CacheListing {
        guard let listing = try list().first(where: { $0.name == name }) else {
            throw FileError(
                .notFound, doing: "show the cache `\(name)` in `\(directory)`", reason: "there is none of that name")
        }
        return listing
    }

    /// Removes caches: those that were set aside, those not used since a moment, and then the longest unused ones until the
    /// rest is small enough. Caches in use stay.
    ///
    /// - Parameters:
    ///   - moment: since 1970; `nil` keeps caches of any age.
    ///   - limit: for all caches together; `nil` for none.
    /// - Returns: what was removed, and what was due but in use.
    public func prune(
        unusedSince moment: Duration?, maxByteCount limit: Int64? = nil
    ) throws -> (removed: [CacheListing], inUse: [CacheListing]) {
        try removeDoomed()
        sweepDrafts()
        let all = try list().sorted { $0.lastUsed < $1.lastUsed }
        var total = all.reduce(0) { $0 + $1.byteCount }
        var removed: [CacheListing] = [], inUse: [CacheListing] = []
        for listing in all {
            let isOld = moment.map { listing.lastUsed < $0 } ?? false
            let isTooMuch = limit.map { total > $0 } ?? false
            guard listing.state == .damaged || isOld || isTooMuch else { continue }
            if try remove(listing) {
                removed.append(listing)
                total -= listing.byteCount
            } else {
                inUse.append(listing)
            }
        }
        return (removed, inUse)
    }

    /// Removes one cache by its folder's name.
    ///
    /// - Returns: `false` when it is in use.
    /// - Throws: ``FileError`` with code `notFound` when there is none of that name.
    public func remove(_ name: String) throws -> Bool { try remove(show(name)) }

    private func remove(_ listing: CacheListing) throws -> Bool {
        let name = listing.name
        return try explaining("remove the cache `\(name)` in `\(directory)`") {
            let store = try DirectoryHandle(opening: directory)
            let cache =
                name.hasSuffix(".\(Self.damagedSuffix)") ? String(name.dropLast(Self.damagedSuffix.count + 1)) : name
            guard
                let lock = try FileLock.tryAcquire(
                    Self.lockName(cache), in: store, .exclusive, purpose: "removing")
            else { return false }
            defer { lock.release() }
            // Under a name that no look-up finds, so that a half-removed cache is never met.
            let doomed = Array(".\(name)\(Self.doomedSuffix)".utf8)
            try store.removeTree(doomed)
            try store.rename(Array(name.utf8), to: doomed)
            try store.removeTree(doomed)
            if (try? store.status(Array(cache.utf8))) == nil { try store.removeFile(Self.lockName(cache)) }
            return true
        }
    }

    private static let doomedSuffix = ".removed"

    /// Removes what a process left that was killed in the middle of ``remove(_:)``.
    public func removeDoomed() throws {
        try explaining("remove what is left of caches in `\(directory)`") {
            let store: DirectoryHandle
            do { store = try DirectoryHandle(opening: directory) } catch Errno.noSuchFileOrDirectory { return }
            for name in try store.names() where name.first == UInt8(ascii: ".") {
                if name.reversed().starts(with: Self.doomedSuffix.utf8.reversed()) { try store.removeTree(name) }
            }
        }
    }

    private func listing(_ name: String, in store: DirectoryHandle) -> CacheListing {
        let folder = try? CacheFolder(opening: name, in: store)
        let state: CacheListing.State
        do {
            switch try folder?.readManifest() {
            case .manifest(let manifest)?: state = .ready(manifest)
            case .otherFormat(let reason)?, .damaged(let reason)?: state = .unusable(reason: reason)
            case nil: state = .unusable(reason: "its folder cannot be read")
            }
        } catch let error as FileError {
            state = .unusable(reason: error.reason)
        } catch {
            state = .unusable(reason: String(describing: error))
        }
        let used =
            (try? folder?.directory.status(CacheFolder.manifestName).modified)
            ?? (try? store.status(Array(name.utf8)).modified)
        return CacheListing(
            name: name, state: name.hasSuffix(".\(Self.damagedSuffix)") ? .damaged : state,
            byteCount: store.byteCount(Array(name.utf8)), lastUsed: used ?? .zero)
    }
}
