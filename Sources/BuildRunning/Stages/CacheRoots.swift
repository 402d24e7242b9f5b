internal import Caches
internal import Files

/// The places a `cache.paths` list means: as paths of the container, and as paths of the tarball.
///
/// In the tarball an absolute path has lost its first slash, and what belongs to the source lies below
/// `codebuild/source`, for the source's own folder is another one in every build.
struct CacheRoots {
    /// The folders before the first wildcards: absolute, none below another.
    let paths: [String]
    /// What is taken of them.
    let selection: CacheSelection
    /// Paths without wildcards, as they were written, by the folders or files they mean.
    let bare: [String: String]
    /// Patterns left out because they begin with a wildcard at the top of the file system.
    let refused: [String]
    private let sourceDirectory: String

    private static let storedSource = "codebuild/source"

    /// - Parameter expanded: cache paths with their variables put in; `~/` is the home of root [inferred, CODEBUILD.md 7].
    init(_ expanded: [String], sourceDirectory: String) {
        self.sourceDirectory = sourceDirectory
        var bases: Set<String> = [], patterns: [CacheSelection.Pattern] = [], refused: [String] = []
        var bare: [String: String] = [:]
        // A path that is empty, as one of an unset variable is, is no path: it does not mean the source.
        for written in expanded where !written.isEmpty {
            let home = written == "~" || written.hasPrefix("~/") ? "/root" + written.dropFirst() : written
            let pattern = normalizedPath(home.hasPrefix("/") ? home : "\(sourceDirectory)/\(home)")
            let base = Glob(pattern).literalPrefix
            guard base.count > 1 else {
                refused.append(written)
                continue
            }
            bases.insert(base)
            if !Glob(pattern).hasWildcard { bare[base] = written }
            patterns.append(.init(written: written, stored: Self.storedName(pattern, sourceDirectory)))
        }
        paths = bases.filter { path in !bases.contains { path.hasPrefix($0 + "/") } }.sorted()
        selection = CacheSelection(patterns)
        self.refused = refused
        self.bare = bare
    }

    /// As the tarball calls them.
    var stored: [String] { paths.map(storedName) }

    func storedName(_ path: String) -> String { Self.storedName(path, sourceDirectory) }

    private static func storedName(_ path: String, _ sourceDirectory: String) -> String {
        if path == sourceDirectory { return storedSource }
        return path.hasPrefix(sourceDirectory + "/")
            ? storedSource + path.dropFirst(sourceDirectory.count) : String(path.dropFirst())
    }

    /// From the tarball's names to those below `/` of the container.
    var mapOfContainer: PathMap {
        PathMap([.init(stream: String(sourceDirectory.dropFirst()), stored: Self.storedSource)])
    }

    /// `docker cp` of a place names everything after the place's last component.
    func map(of place: CachePlace) -> PathMap {
        let last = place.path.split(separator: "/").last.map(String.init) ?? ""
        return PathMap([.init(stream: last, stored: storedName(place.root))])
    }
}

/// One of the roots as it is found in the container.
struct CachePlace: Equatable {
    /// The root, as ``CacheRoots`` has it.
    let root: String
    /// Where its content lies: another path when the root is a link to a folder.
    let path: String
    let isFolder: Bool

    /// - Parameter answer: of the driver's `places`.
    static func read(_ answer: [UInt8]) -> [CachePlace] {
        let words = answer.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        return stride(from: 0, to: words.count - 1, by: 2).map { index in
            let isFolder = words[index + 1].hasSuffix("/")
            return CachePlace(
                root: words[index], path: isFolder ? String(words[index + 1].dropLast()) : words[index + 1],
                isFolder: isFolder)
        }
    }
}
