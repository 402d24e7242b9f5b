public import AWSCalls
public import Files
internal import Archives

/// Keeps caches in an S3 bucket, each laid out as in a ``CacheStore``: tarballs, and a manifest that names them.
///
/// A cache passes through a store on this machine, which makes and checks tarballs. The manifest is sent last and names
/// tarballs by checksum, so that an upload that breaks off leaves the cache before it valid.
public struct S3Cache: Sendable {
    /// The store that caches pass through.
    public let store: CacheStore
    private let objects: S3Objects
    private let room: FilePath

    /// - Parameter room: a folder of this run alone.
    public init(_ objects: S3Objects, room: FilePath) {
        self.objects = objects
        self.room = room
        store = CacheStore(directory: room.appending("caches"))
    }

    /// The URL of a cache.
    public func url(of key: CacheKey) -> String { objects.location.url(of: Self.folder(of: key)) }

    /// Downloads a cache into ``store``. It is checked when it is restored from there.
    ///
    /// - Throws: ``FileError`` when S3 does not give it.
    public func fetch(_ key: CacheKey) async throws -> CacheLookup {
        let reading = try await readManifest(of: key)
        switch reading {
        case nil: return .miss(reason: "nothing was saved yet")
        case .otherFormat(let reason)?: return .miss(reason: reason)
        case .damaged(let reason)?: return .damaged(reason: reason, setAside: nil)
        case .manifest(let manifest)?:
            let folder = try makeFolder(key)
            for layer in manifest.layers {
                let isThere = try await objects.download(
                    "\(Self.folder(of: key))/\(layer.file)",
                    to: store.directory.appending(key.name).appending(layer.file))
                guard isThere else {
                    return .damaged(reason: "its tarball `\(layer.file)` is missing", setAside: nil)
                }
            }
            try explaining("keep the manifest of `\(url(of: key))`") { try folder.replaceManifest(manifest) }
            return .hit(manifest)
        }
    }

    /// The manifest of a cache; `nil` when there is none that can be used.
    public func manifest(of key: CacheKey) async throws -> CacheManifest? {
        if case .manifest(let manifest)? = try await readManifest(of: key) { manifest } else { nil }
    }

    /// As ``CacheStore/matches(keyPrefix:like:)``, by the time S3 has for a manifest.
    public func matches(keyPrefix prefix: String, like key: CacheKey) async throws -> [CacheKey] {
        let front = Self.front(of: key), end = "/\(Self.manifestName)"
        let found = try await objects.list(namePrefix: front + Self.escaped(prefix).prefix(Self.longest))
        let dated = found.compactMap { object -> (time: String, key: CacheKey)? in
            guard object.name.hasSuffix(end), object.name.hasPrefix(front),
                let text = Self.unescaped(object.name.dropFirst(front.count).dropLast(end.count))
            else { return nil }
            return (object.modified, key.with(key: text))
        }
        return try await newestFirst(dated).map(\.key)
    }

    /// Uploads a cache that was saved in ``store``, unless S3 has the same already.
    ///
    /// Of two builds that save at once the later one wins; a cache with a key is looked for once more before.
    ///
    /// - Parameter replacesDamaged: what S3 has was found damaged: it is no reason to send nothing.
    public func push(_ saved: CacheSummary, replacesDamaged: Bool = false) async throws -> CacheSummary {
        let manifest = saved.manifest, key = manifest.key, folder = Self.folder(of: key)
        let before = try await self.manifest(of: key)
        var summary = saved
        let isThere = before.map { key.key != nil || $0.fingerprint == manifest.fingerprint } ?? false
        summary.isUnchanged = isThere && !replacesDamaged
        if summary.isUnchanged { return summary }
        let local = store.directory.appending(key.name)
        let known = replacesDamaged ? [] : Set((before?.layers ?? []).map(\.sha256))
        for layer in manifest.layers where !known.contains(layer.sha256) {
            try await objects.upload(local.appending(layer.file), as: "\(folder)/\(layer.file)")
        }
        try await objects.upload(local.appending(Self.manifestName), as: "\(folder)/\(Self.manifestName)")
        let current = Set(manifest.layers.map(\.file))
        for layer in before?.layers ?? [] where !current.contains(layer.file) {
            // Left lying it costs money and does no harm; whoever may not remove may still save.
            do { try await objects.remove("\(folder)/\(layer.file)") } catch is FileError {}
        }
        return summary
    }

    // MARK: Workings

    private func readManifest(of key: CacheKey) async throws -> CacheManifest.Reading? {
        let file = room.appending("manifest.json")
        guard try await objects.get("\(Self.folder(of: key))/\(Self.manifestName)", to: file) else { return nil }
        let reading = try explaining("read the manifest of `\(url(of: key))`", as: .cannotRead) {
            var bytes: [UInt8] = []
            try DirectoryHandle(opening: room).openFile(Array("manifest.json".utf8)).readToEnd(stop: nil) {
                bytes += $0
            }
            return CacheManifest.Reading(bytes)
        }
        guard case .manifest(let manifest) = reading, manifest.key != key else { return reading }
        return .damaged(reason: "its manifest is another cache's")
    }

    private func makeFolder(_ key: CacheKey) throws -> CacheFolder {
        try explaining("make a folder in `\(store.directory)`") {
            var made = MadeDirectories()
            return try CacheFolder.making(key.name, in: try made.open(store.directory))
        }
    }

    /// Sorts caches by time. S3 knows times to the second; within one second the manifests decide.
    private func newestFirst(
        _ found: [(time: String, key: CacheKey)]
    ) async throws -> [(time: String, key: CacheKey)] {
        var sorted = found.sorted { $0.time > $1.time }
        var start = 0
        while start < sorted.count {
            let end = sorted[start...].firstIndex { $0.time != sorted[start].time } ?? sorted.count
            if end - start > 1 {
                for index in start..<end {
                    sorted[index].time = try await manifest(of: sorted[index].key)?.metadata.savedAt ?? ""
                }
                sorted[start..<end].sort { $0.time > $1.time }
            }
            start = end
        }
        return sorted
    }

    private static let manifestName = "manifest.json"
    /// The longest escaped key. The name of an object has at most 1024 bytes, some of which are needed for other things.
    private static let longest = 600

    /// The folder of a cache. Without a key it is the one of a store; with a key it can be found by the key's beginning.
    static func folder(of key: CacheKey) -> String {
        guard let text = key.key else { return key.name }
        let escaped = escaped(text)
        return front(of: key)
            + (escaped.count <= longest ? escaped : "\(escaped.prefix(longest))~\(CacheKey.hash([text]))")
    }

    private static func front(of key: CacheKey) -> String {
        "\(CacheKey(project: key.project, paths: key.paths).name)/key="
    }

    /// Escapes a text byte by byte, so that texts that begin alike do so when they are escaped, too.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                "-._".utf8.contains(byte) || byte < 0x80 && Character(Unicode.Scalar(byte)).isLetter
                || (0x30...0x39).contains(byte)
            return isPlain ? String(Unicode.Scalar(byte)) : "%" + hexadecimal([byte])
        }.joined()
    }

    /// - Returns: `nil` for what ``escaped(_:)`` never makes, a key that was cut among it.
    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = [], rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let key = String(validating: bytes, as: UTF8.self), escaped(key) == text else { return nil }
        return key
    }
}
