internal import Files

/// A thing below the source folder, as the container's listing has it.
public struct ListedFile: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case file
        case directory
        /// A symbolic link to a file, or to nothing.
        case link
        /// A symbolic link to a directory.
        case directoryLink
    }

    /// Relative to the base directory; `./` in front does no harm.
    public var path: [UInt8]
    public var kind: Kind

    public init(path: [UInt8], kind: Kind) {
        self.path = path
        self.kind = kind
    }
}

/// What an `artifacts` block says about files; variables are expanded.
public struct ArtifactPatterns: Sendable, Equatable {
    public var files: [String]
    public var excludePaths: [String]
    public var discardPaths: Bool
    /// `enable-symlinks`: links are stored as links, not followed.
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

/// Which files become an artifact, and what they are called in it. Decided from a listing; no file is touched here.
public struct ArtifactSelection: Sendable, Equatable {
    /// A file and its place in the artifact.
    public struct File: Sendable, Hashable {
        /// Relative to the base directory, or, merged, to the source folder.
        public let source: [UInt8]
        public let stored: [UInt8]
    }

    /// Two files that wanted one name.
    public struct Collision: Sendable, Hashable {
        public let stored: [UInt8]
        /// The one that stays, and the one it took the place of.
        public let kept: [UInt8]
        public let dropped: [UInt8]
    }

    /// In byte order of their stored names, each of which occurs once.
    public let files: [File]
    /// N of `Found N file(s)`.
    public let foundCount: Int
    /// For `Skipping invalid file path …`: those of `files` that led to no file, in their order.
    public let invalidPatterns: [String]
    /// Those of ``invalidPatterns`` that name a directory: the user will have meant `X/**/*`.
    public let directoryPatterns: [String]
    /// In byte order of their stored names.
    public let collisions: [Collision]
    /// Whether links are to be stored as links.
    public let keepsLinks: Bool
    /// Whether a wildcard would have reached into `.git`, had it been allowed to.
    public let leftOutGit: Bool

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
            keepsLinks: all.contains(where: \.keepsLinks), leftOutGit: all.contains(where: \.leftOutGit))
    }

    /// A pattern is invalid only if it is so under every base directory.
    private static func common(_ all: [Self], _ patterns: KeyPath<Self, [String]>) -> [String] {
        guard let first = all.first?[keyPath: patterns] else { return [] }
        return first.filter { pattern in all.allSatisfy { $0[keyPath: patterns].contains(pattern) } }
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

/// The names of an artifact as they are given away.
struct ArtifactNames {
    private var sources: [[UInt8]: [UInt8]] = [:]
    private(set) var collisions: [ArtifactSelection.Collision] = []

    /// On a clash the later one wins [inferred, CODEBUILD.md 6.2].
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
