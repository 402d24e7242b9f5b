internal import Files
internal import Crypto

/// The key of a cache: the project, the paths as the buildspec has them, and the buildspec's own `cache.key`.
///
/// The paths are part of it, so changing them misses, as the cache version of the service does (CODEBUILD.md 7).
public struct CacheKey: Codable, Sendable, Hashable {
    /// A text that differs between projects, for instance the path of the source folder.
    public let project: String
    /// The paths in their order, each once.
    public let paths: [String]
    /// The expanded `cache.key`, which is not empty; `nil` without one.
    public let key: String?

    public init(project: String, paths: [String], key: String? = nil) {
        self.project = project
        // By bytes: to a String a letter with its accent in one character or in two is the same, to a file system not.
        self.paths = Set(paths.map { Array($0.utf8) }).sorted(by: RelativePath.precedes).map {
            String(decoding: $0, as: UTF8.self)
        }
        self.key = key
    }

    /// The key of the same project and paths with another `cache.key`.
    public func with(key: String) -> CacheKey { CacheKey(project: project, paths: paths, key: key) }

    /// The name of the cache's folder: a readable part, then a unique one.
    public var name: String {
        let readable = [project.split(separator: "/").last.map(String.init) ?? "", key ?? ""]
            .map { Self.readable($0) }.filter { !$0.isEmpty }
        return (readable + [Self.hash([project, key ?? ""] + paths)]).joined(separator: "-")
    }

    /// The cache version: a hash of the paths as the buildspec has them. Caches of different versions never meet.
    ///
    /// [doc: user guide, "Amazon S3 caching", Cache version]; that the order of the paths does not matter is [inferred].
    var version: String { Self.hash(paths) }

    /// The `cache.key` in one printable line.
    public var shownKey: String? { key.map(Self.shown) }

    /// A text of the user in one printable line.
    public static func shown(_ text: String) -> String { PathText.text(Array(text.utf8)) }

    /// The first eight bytes of the SHA-256 of texts.
    static func hash(_ texts: [String]) -> String {
        var hash = SHA256()
        for text in texts { hash.update(text) }
        return hexadecimal(hash.finalize().prefix(8))
    }

    /// The whole SHA-256 of texts in hexadecimal digits, for names that must never be equal.
    public static func digest(of texts: [String]) -> String {
        var hash = SHA256()
        for text in texts { hash.update(text) }
        return hexadecimal(hash.finalize())
    }

    private static func readable(_ text: String) -> String {
        let kept = text.unicodeScalars.map { scalar in
            scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_"
                ? Character(scalar) : "-"
        }
        return String(kept.split(separator: "-").joined(separator: "-").prefix(40))
    }
}

extension SHA256 {
    /// Adds a text so that no two sequences of texts have the same hash.
    fileprivate mutating func update(_ text: String) {
        let bytes = Array(text.utf8)
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { update(bufferPointer: $0) }
        bytes.withUnsafeBytes { update(bufferPointer: $0) }
    }
}
