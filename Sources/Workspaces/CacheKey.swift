internal import Crypto

/// What makes two caches one: the project, the paths as the buildspec has them, and the buildspec's own `cache.key`.
///
/// The paths are part of it, so changing them misses, as the cache version of the service does (CODEBUILD.md 7).
public struct CacheKey: Codable, Sendable, Hashable {
    /// Tells projects apart; for instance the path of the source folder.
    public var project: String
    /// In the buildspec's order, which does not matter.
    public var paths: [String]
    /// `cache.key`, expanded; `nil` without one.
    public var key: String?

    public init(project: String, paths: [String], key: String? = nil) {
        self.project = project
        self.paths = paths
        self.key = key
    }

    /// The cache's folder: readable to a human in front, unique behind.
    public var name: String {
        var hash = SHA256()
        for part in [project, key ?? ""] + Set(paths).sorted() { hash.update(part) }
        let readable = [project.split(separator: "/").last.map(String.init) ?? "", key ?? ""]
            .map { Self.readable($0) }.filter { !$0.isEmpty }
        return (readable + [hexadecimal(hash.finalize().prefix(8))]).joined(separator: "-")
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
    /// Adds a text so that no two sequences of texts look alike.
    fileprivate mutating func update(_ text: String) {
        let bytes = Array(text.utf8)
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { update(bufferPointer: $0) }
        bytes.withUnsafeBytes { update(bufferPointer: $0) }
    }
}
