internal import Caches
internal import Files

/// The folders and files that a `cache.paths` list means, as paths of the container and as paths of the tarball.
///
/// In the tarball an absolute path has no first slash, and what belongs to the source lies below `codebuild/source`, because
/// the source has another folder in every build.
struct CacheRoots {
    /// The folders before the first wildcards: absolute, none below another.
    let paths: [String]
    /// What is saved of them.
    let selection: CacheSelection
    /// The paths without wildcards, as they were written, by the folders or files that they mean.
    let bare: [String: String]
    /// Patterns that are skipped because they begin with a wildcard at the top of the file system.
    let refused: [String]
    private let sourceDirectory: String

    private static let storedSource = "codebuild/source"

    /// - Parameter expanded: the cache paths, variables replaced; `~/` is the home of root [inferred, CODEBUILD.md 7].
    init(_ expanded: [String], sourceDirectory: String) {
        self.sourceDirectory = sourceDirectory
        var bases: Set<String> = [], patterns: [CacheSelection.Pattern] = [], refused: [String] = []
        var bare: [String: String] = [:]
        // An empty path, as an unset variable gives, does not mean the source.
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

    /// The names that the roots have in the tarball.
    var stored: [String] { paths.map(storedName) }

    func storedName(_ path: String) -> String { Self.storedName(path, sourceDirectory) }

    private static func storedName(_ path: String, _ sourceDirectory: String) -> String {
        if path == sourceDirectory { return storedSource }
        return path.hasPrefix(sourceDirectory + "/")
            ? storedSource + path.dropFirst(sourceDirectory.count) : String(path.dropFirst())
    }

    /// Maps the tarball's names to those below `/` of the container.
    var mapOfContainer: PathMap {
        PathMap([.init(stream: String(sourceDirectory.dropFirst()), stored: Self.storedSource)])
    }

    /// Maps the names of a place's own stream, which begin with its last component, to the tarball's.
    func map(of place: FoundCacheRoot) -> PathMap {
        PathMap([.init(stream: place.parts.name, stored: storedName(place.root))])
    }
}

/// One of the roots, as it was found in the container.
struct FoundCacheRoot: Equatable {
    /// The path of the root, as ``CacheRoots`` has it.
    let root: String
    /// The path of its content, which is another one when the root is a link to a folder.
    let path: String
    let isFolder: Bool

    /// The folder that holds the content, without a slash at its end, and the content's name in it.
    var parts: (folder: String, name: String) {
        guard let cut = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<cut]), String(path[path.index(after: cut)...]))
    }

    /// Reads the answer to the driver's order `places`.
    static func read(_ answer: [UInt8]) -> [FoundCacheRoot] {
        let words = answer.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        return stride(from: 0, to: words.count - 1, by: 2).map { index in
            let isFolder = words[index + 1].hasSuffix("/")
            return FoundCacheRoot(
                root: words[index], path: isFolder ? String(words[index + 1].dropLast()) : words[index + 1],
                isFolder: isFolder)
        }
    }
}
