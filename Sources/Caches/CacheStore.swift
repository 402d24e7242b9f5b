public import Archives
internal import Crypto

public import Files

/// Keeps caches in a folder of this machine, each in a folder of its own with `manifest.json` and zstd tarballs.
///
/// - A cache is there whole or not at all: its manifest is renamed into place last, and names tarballs by checksum.
/// - Every tarball's SHA-256 is verified before a byte of it is used. A cache that fails is set aside as
///   `<name>.damaged` and counts as missing.
/// - Saving locks a cache for itself, restoring shares it; waiting ends when the task is cancelled.
/// - Everything that blocks runs on a thread of its own (``Archives/BlockingThread``).
public struct CacheStore: Sendable {
    public let directory: FilePath
    let clock: any Clock<Duration>
    let onWait: FileLock.Waiting?

    /// - Parameters:
    ///   - directory: made when the first cache is saved.
    ///   - clock: what waiting for a lock is measured by.
    ///   - onWait: told once when a lock is held by others, with a text that says by whom.
    public init(
        directory: FilePath, clock: any Clock<Duration> = ContinuousClock(),
        onWait: (@Sendable (_ holder: String) -> Void)? = nil
    ) {
        self.directory = directory
        self.clock = clock
        self.onWait = onWait
    }

    /// Looks for a cache: reads its manifest, and checks that its tarballs have the right size.
    ///
    /// A cache found damaged is set aside, unless others are using it.
    public func lookup(_ key: CacheKey) async throws -> CacheLookup {
        try await inspect(key) { folder, manifest, _ in try folder.checkSizes(of: manifest) }
    }

    /// Looks for a cache as ``lookup(_:)`` does, and checks every tarball against its checksum.
    ///
    /// - Parameter progress: called with the bytes read so far.
    public func verify(
        _ key: CacheKey, progress: (@Sendable (Int64) -> Void)? = nil
    ) async throws -> CacheLookup {
        try await inspect(key) { folder, manifest, stop in
            _ = try folder.openVerified(manifest, trustsSeals: false, stop: stop, progress: progress)
        }
    }

    /// The caches that a fallback key means, best first: of the same project and paths, their `cache.key` begins with it.
    ///
    /// [doc: user guide, "Amazon S3 caching"] has the prefix; that the one saved last comes first is [inferred].
    public func matches(keyPrefix prefix: String, like key: CacheKey) throws -> [CacheKey] {
        try list().compactMap(\.manifest).filter { manifest in
            guard let text = manifest.key.key else { return false }
            return text.utf8.starts(with: prefix.utf8) && manifest.key.project == key.project
                && manifest.key.paths == key.paths
        }.sorted { $0.metadata.savedAt > $1.metadata.savedAt }.map(\.key)
    }

    private func inspect(
        _ key: CacheKey,
        _ examine: @escaping @Sendable (CacheFolder, CacheManifest, StopFlag) throws -> Void
    ) async throws -> CacheLookup {
        let doing = "read the cache `\(key.name)` in `\(directory)`"
        let store: DirectoryHandle
        do {
            store = try DirectoryHandle(opening: directory)
            _ = try store.status(Array(key.name.utf8))
        } catch Errno.noSuchFileOrDirectory {
            return .miss(reason: "nothing was saved yet")
        } catch {
            throw FileError(.cannotRead, doing: doing, error)
        }
        let lock = try await lock(key.name, in: store, .shared, purpose: "looking", doing: doing)
        defer { lock.release() }
        do {
            return try await BlockingThread.run { stop in
                try explaining(doing, as: .cannotRead) {
                    let folder = try CacheFolder(opening: key.name, in: store)
                    switch try folder.readManifest() {
                    case .manifest(let manifest):
                        try examine(folder, manifest, stop)
                        return .hit(manifest)
                    case .otherFormat(let reason): return .miss(reason: reason)
                    case .damaged(let reason):
                        throw FileError(.damaged, doing: doing, reason: reason)
                    }
                }
            }
        } catch let error as FileError where error.code == .notFound {
            return .miss(reason: "nothing was saved yet")
        } catch let error as FileError where error.code == .damaged {
            lock.release()
            return .damaged(reason: error.reason, setAside: try await setAside(key.name, in: store))
        }
    }

    func lock(
        _ name: String, in store: DirectoryHandle, _ mode: FileLock.Mode, purpose: String, doing: String
    ) async throws -> FileLock {
        do {
            return try await FileLock.acquire(
                Self.lockName(name), in: store, mode, purpose: purpose,
                wait: FileLock.Wait(clock: clock, onWait: onWait))
        } catch let error as CancellationError {
            throw error
        } catch {
            throw FileError(mode == .shared ? .cannotRead : .cannotWrite, doing: doing, error)
        }
    }

    static func lockName(_ name: String) -> [UInt8] { Array("\(name).lock".utf8) }

    /// Renames a damaged cache, so that it can be examined and is not found again.
    ///
    /// - Returns: where it lies now, or `nil` when others are using it or nothing may be changed here.
    /// - Throws: `CancellationError`
    func setAside(_ name: String, in store: DirectoryHandle) async throws -> FilePath? {
        let aside = "\(name).\(Self.damagedSuffix)"
        // Whoever looks at it just now will soon be done; whoever restores from it will not, and finds it damaged, too.
        // What cannot be set aside stays and is found damaged again: nothing is lost by it.
        for _ in 0..<100 {
            let lock: FileLock?
            do {
                lock = try FileLock.tryAcquire(Self.lockName(name), in: store, .exclusive, purpose: "setting aside")
            } catch {
                return nil
            }
            guard let lock else {
                try await clock.sleep(for: .milliseconds(20))
                continue
            }
            defer { lock.release() }
            return try await BlockingThread.run { [directory] _ in
                do {
                    try store.removeTree(Array(aside.utf8))
                    try store.rename(Array(name.utf8), to: Array(aside.utf8))
                    return directory.appending(aside)
                } catch {
                    return nil
                }
            }
        }
        return nil
    }

    static let damagedSuffix = "damaged"
}

/// The result of ``CacheStore/lookup(_:)``.
public enum CacheLookup: Sendable, Equatable {
    case hit(CacheManifest)
    case miss(reason: String)
    /// The cache is damaged, which counts as a miss. `setAside` is where it lies now.
    case damaged(reason: String, setAside: FilePath?)
}

/// The result of saving or restoring a cache.
public struct CacheSummary: Sendable, Equatable {
    public let manifest: CacheManifest
    /// The numbers of entries and of bytes of content.
    public let entryCount: Int
    public let byteCount: Int64
    /// The entries that were skipped.
    public let skipped: [SkippedEntry]
    /// The patterns, as they were written, that matched folders and took nothing of them.
    public let shallowPatterns: [String]
    /// The files that hold watched values.
    public let found: Set<FoundValue>
    /// The warnings of libarchive in its own words.
    public let warnings: [String]
    /// Whether saving found the content unchanged, so that the cache stays as it was.
    public internal(set) var isUnchanged: Bool
    /// The paths that were restored.
    public internal(set) var names = PathSum()
}

/// A set of paths, whose members cannot be told; two of them tell whether they have the same ones.
public struct PathSum: Sendable, Equatable, Codable {
    public private(set) var count = 0
    /// The sum of the paths' hashes, so that their order does not matter.
    private var sum: UInt64 = 0

    public init() {}

    /// Adds a path that is not a member yet.
    public mutating func add(_ path: [UInt8]) {
        var hash = ContentHash()
        path.withUnsafeBytes { hash.update($0) }
        count += 1
        sum &+= hash.value
    }
}
