internal import Archives
public import Caches

/// A cache that the image of a build's container has, so that nothing is to be unpacked.
public struct LaidCache: Sendable {
    /// The name of the image below the cache.
    public let base: String
    public let content: CacheContent

    public init(base: String, content: CacheContent) {
        self.base = base
        self.content = content
    }
}

/// What a cache has, and where in a container.
public struct CacheContent: Sendable, Codable, Equatable {
    public let manifest: CacheManifest
    /// The folders and files that the cache's paths mean, absolute.
    public let paths: [String]
    /// The names in the cache of all that lies there.
    public let names: PathSum
}

/// A cache that was unpacked into a container and became exactly what there is at its paths, and that is still the same after
/// the build.
public struct SteadyCache: Sendable, Codable {
    public let content: CacheContent
    /// The folders above its paths, the uppermost first.
    public let above: [Folder]

    /// A folder of the container with its attributes.
    public struct Folder: Sendable, Codable, Equatable {
        /// An absolute path.
        public let path: String
        public let mode: UInt32
        public let owner: Int64
        public let group: Int64
        /// The time of its last modification in seconds since 1970.
        public let modified: Int64

        /// - Parameter line: of `stat -c '%f %u %g %Y'`.
        /// - Returns: `nil` where that is no folder.
        init?(_ path: String, _ line: some StringProtocol) {
            let words = line.split(separator: " ")
            guard words.count == 4, let mode = UInt32(words[0], radix: 16), mode & 0o170000 == 0o040000,
                let owner = Int64(words[1]), let group = Int64(words[2]), let modified = Int64(words[3])
            else { return nil }
            (self.path, self.mode, self.owner, self.group, self.modified) = (
                path, mode & 0o7777, owner, group, modified
            )
        }
    }

    /// The absolute paths of the folders above paths, the uppermost first.
    static func folders(above paths: [String]) -> [String] {
        var all: Set<String> = []
        for path in paths {
            var folder = path[...]
            while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
                folder = folder[..<slash]
                all.insert(String(folder))
            }
        }
        return all.sorted()
    }
}

extension CacheContent {
    /// The names of the paths in the cache.
    public var stored: [String] { paths.map { String($0.drop { $0 == "/" }) } }
}
