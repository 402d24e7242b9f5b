internal import Files

/// An entry below the source folder, from the container's listing.
public struct ListedFile: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case file
        case directory
        /// A symbolic link to a file, or to nothing.
        case link
        /// A symbolic link to a directory.
        case directoryLink
    }

    /// The path relative to the base directory; it may begin with `./`.
    public var path: [UInt8]
    public var kind: Kind

    public init(path: [UInt8], kind: Kind) {
        self.path = path
        self.kind = kind
    }
}

/// The patterns of an `artifacts` block, with expanded variables.
public struct ArtifactPatterns: Sendable, Equatable {
    public var files: [String]
    public var excludePaths: [String]
    public var discardPaths: Bool
    /// Whether links are stored as links and not followed (`enable-symlinks`).
    public var keepsLinks: Bool
    /// Whether wildcards reach into `.git` (DESIGN 8.6).
    public var includesGit: Bool

    public init(
        files: [String], excludePaths: [String] = [], discardPaths: Bool = false, keepsLinks: Bool = false,
        includesGit: Bool = false
    ) {
        self.files = files
        self.excludePaths = excludePaths
        self.discardPaths = discardPaths
        self.keepsLinks = keepsLinks
        self.includesGit = includesGit
    }
}

/// The files of an artifact and their names in it, selected from a listing without touching a file.
public struct ArtifactSelection: Sendable, Equatable {
    /// A file and its place in the artifact.
    public struct File: Sendable, Hashable {
        /// The path relative to the base directory or, in a merged selection, to the source folder.
        public let source: [UInt8]
        public let stored: [UInt8]
    }

    /// Two files that wanted one name.
    public struct Collision: Sendable, Hashable {
        public let stored: [UInt8]
        /// The file that stays, and the file that is dropped for it.
        public let kept: [UInt8]
        public let dropped: [UInt8]
    }

    /// The files in byte order of their stored names, each of which occurs once.
    public let files: [File]
    /// The N of `Found N file(s)`.
    public let foundCount: Int
    /// The patterns of `files` that matched no file, in their order, for `Skipping invalid file path …`.
    public let invalidPatterns: [String]
    /// The ``invalidPatterns`` that name a directory. The user probably meant `X/**/*`.
    public let directoryPatterns: [String]
    /// The collisions in byte order of their stored names.
    public let collisions: [Collision]
    /// Whether links are to be stored as links.
    public let keepsLinks: Bool
    /// Whether a wildcard would have reached into `.git`, had it been allowed to.
    public let leftOutGit: Bool
    /// The patterns of `files` that were looked for.
    var patterns: Set<String> = []

    public var isEmpty: Bool { files.isEmpty }

    /// - Parameters:
    ///   - listing: what lies below the base directory, in any order.
    ///   - base: the base directory's absolute path in the container; absolute patterns below it count.
    public static func select(
        _ listing: [ListedFile], _ patterns: ArtifactPatterns, base: String? = nil
    ) -> ArtifactSelection {
        var selecting = Selecting(listing, patterns)
        for pattern in patterns.files { selecting.add(pattern, base: base) }
        return selecting.finish(base: base)
    }

    /// The selections of several base directories as one artifact: their content is merged, later ones win [doc: buildspec
    /// reference, base-directory; the winner is inferred].
    ///
    /// - Parameter selections: each with its base directory, relative to the source folder; sources become relative to that.
    public static func merging(_ selections: [(base: String, selection: ArtifactSelection)]) -> ArtifactSelection {
        var files = ArtifactNames()
        for (base, selection) in selections {
            for file in selection.files {
                files.place(RelativePath.join(RelativePath.trimmed(base.utf8), file.source), at: file.stored)
            }
        }
        let all = selections.map(\.selection)
        return ArtifactSelection(
            files: files.files, foundCount: all.reduce(0) { $0 + $1.foundCount },
            invalidPatterns: common(all, \.invalidPatterns), directoryPatterns: common(all, \.directoryPatterns),
            collisions: (all.flatMap(\.collisions) + files.collisions).sorted {
                RelativePath.precedes($0.stored, $1.stored)
            },
            keepsLinks: all.contains(where: \.keepsLinks), leftOutGit: all.contains(where: \.leftOutGit),
            patterns: all.reduce(into: []) { $0.formUnion($1.patterns) })
    }

    /// A pattern is invalid only if it is so under every base directory that it was looked for in.
    private static func common(_ all: [Self], _ invalid: KeyPath<Self, [String]>) -> [String] {
        var known: Set<String> = []
        return all.flatMap { $0[keyPath: invalid] }.filter { pattern in
            known.insert(pattern).inserted
                && all.allSatisfy { !$0.patterns.contains(pattern) || $0[keyPath: invalid].contains(pattern) }
        }
    }

    /// The directories that `base-directory` means: one, or those that a glob matches [doc: top-level ones].
    ///
    /// - Parameter directories: relative to the source folder.
    /// - Returns: those that match, in byte order; none is `no matching base directory path found for …`.
    public static func matchingBaseDirectories(pattern: String, directories: [[UInt8]]) -> [[UInt8]] {
        let glob = Glob(pattern)
        return directories.filter { glob.matches($0) }.sorted(by: RelativePath.precedes)
    }
}

/// Assigns the names in an artifact.
struct ArtifactNames {
    private var sources: [[UInt8]: [UInt8]] = [:]
    private(set) var collisions: [ArtifactSelection.Collision] = []

    /// Assigns a name. On a collision the later file wins [inferred, CODEBUILD.md 6.2].
    mutating func place(_ source: [UInt8], at stored: [UInt8]) {
        if let earlier = sources.updateValue(source, forKey: stored), earlier != source {
            collisions.append(ArtifactSelection.Collision(stored: stored, kept: source, dropped: earlier))
        }
    }

    var files: [ArtifactSelection.File] {
        sources.map { ArtifactSelection.File(source: $0.value, stored: $0.key) }
            .sorted { RelativePath.precedes($0.stored, $1.stored) }
    }
}
