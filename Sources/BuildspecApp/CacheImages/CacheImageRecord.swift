internal import BuildRunning
internal import Caches
internal import Files
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An image of a cache that is there, or that is to be made.
struct CacheImageRecord: Codable, Equatable {
    /// The format's version; a file of another one counts as none.
    static let version = 1
    var version = Self.version
    /// The cache that the image has, with the folders above it.
    var cache: SteadyCache
    /// The folder of the cache's store.
    let store: String
    /// The name of the image below, as the build asked for it.
    let base: String
    /// The name of the engine among others, and the way to it.
    let engine: String
    let context: String?
    let engineTimeout: Int
    /// The name of the image; `nil` until its making has begun.
    var image: String?
    /// The ids of both images, once the image is there.
    var baseID: String?
    var imageID: String?
    /// Why no image can be made of this cache.
    var refusal: String?
    /// How often its making was begun.
    var attempts = 0
    /// Names of images that this one takes the place of.
    var superseded: [String] = []

    var isReady: Bool { imageID != nil }
    /// The bytes that the image has beyond its base.
    var byteCount: Int64 { isReady ? cache.content.manifest.byteCount : 0 }
    /// The project that the cache belongs to.
    var project: String { cache.content.manifest.key.project }
    var cacheName: String { cache.content.manifest.key.name }
}

extension SteadyCache: Equatable {
    static func == (one: SteadyCache, other: SteadyCache) -> Bool {
        one.content == other.content && one.above == other.above
    }
}

/// The records of the images of caches, each in a file of the state folder.
///
/// The time of a file is that of the image's last use. Whoever makes or removes an image holds the lock of its record.
struct CacheImageShelf {
    private let folder: String
    /// What the names of this shelf's images begin with on every engine.
    let prefix: String

    /// The repository of all such images.
    static let repository = "buildspec-cache"

    init(_ places: Places) {
        folder = "\(places.state)/cache-images"
        prefix = "\(Self.repository):\(nameHash([places.state]))-"
    }

    /// The name that a new image gets.
    func imageName(_ record: CacheImageRecord, on base: String) -> String {
        let content = record.cache.content
        return prefix
            + nameHash([base, content.manifest.fingerprint, record.base, record.cacheName] + content.paths)
    }

    private func path(_ name: String) -> String { "\(folder)/\(name).json" }

    /// - Returns: `nil` where there is none that this version reads.
    func record(_ name: String) -> CacheImageRecord? {
        // What cannot be read is made anew.
        guard let bytes = try? Files.read(path(name)),
            let record = try? JSONDecoder().decode(CacheImageRecord.self, from: Data(bytes)),
            record.version == CacheImageRecord.version
        else { return nil }
        return record
    }

    /// All records by name, the one used last first.
    func all() -> [(name: String, record: CacheImageRecord)] {
        Files.names(in: folder).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
            .compactMap { name in record(name).map { (name, $0, lastUse(name)) } }
            .sorted { ($0.2, $0.0) > ($1.2, $1.0) }.map { ($0.0, $0.1) }
    }

    /// The time when an image was last used, since 1970.
    func lastUse(_ name: String) -> Duration { FileStatus.at(path(name))?.modified ?? .zero }

    func noteUse(_ name: String) { utimes(path(name), nil) }

    func write(_ record: CacheImageRecord, _ name: String) throws {
        try Folder.make(folder)
        try Folder.replace(path(name), with: Array(try JSONEncoder().encode(record)))
    }

    /// Removes a record; its image is gone already.
    func remove(_ name: String) {
        unlink(path(name))
        unlink("\(folder)/\(name).lock")
    }

    /// Takes the lock of a record.
    ///
    /// - Returns: `nil` when somebody else holds it.
    func lock(_ name: String) throws -> FileLock? {
        try Folder.make(folder)
        return try FileLock.tryAcquire(
            Array("\(name).lock".utf8), in: DirectoryHandle(opening: FilePath(folder)), .exclusive,
            purpose: "making an image")
    }

    /// Makes a file without a name for the tarball of a layer.
    func makeDraft() throws -> OwnedDescriptor {
        try Folder.make(folder)
        let path = "\(folder)/\(UniqueName.make()).tar"
        let file = SystemCall.open(path, flags: O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode: 0o600)
        guard file >= 0 else {
            throw Failure(.cannotWriteOutput, "cannot write `\(path)`: \(String(cString: strerror(errno)))")
        }
        // It vanishes with the process, whatever happens.
        unlink(path)
        return OwnedDescriptor(file)
    }
}
