internal import Files

/// The working of ``ArtifactSelection/select(_:_:base:)``: patterns are added one by one. What is known of CodeBuild only
/// by inference stands in a function of its own here.
struct Selecting {
    private let listing: [ListedFile]
    private let patterns: ArtifactPatterns
    /// The files in the order in which patterns found them.
    private var found: [ListedFile] = []
    private var known: Set<[UInt8]> = []
    private var invalid: [String] = []
    private var directories: [String] = []
    private var leftOutGit = false

    private static let git = Array(".git".utf8)

    init(_ listing: [ListedFile], _ patterns: ArtifactPatterns) {
        // Sorted, so that nothing depends on how the listing came about.
        self.listing = listing.compactMap { file in
            guard case .success(let path) = RelativePath.normalized(file.path), !path.isEmpty else { return nil }
            return ListedFile(path: path, kind: file.kind)
        }.sorted { RelativePath.precedes($0.path, $1.path) }
        self.patterns = patterns
    }

    /// Adds the files that one entry of `files` matches. A file is added once only (CODEBUILD.md 6.1).
    mutating func add(_ pattern: String, base: String?) {
        guard let relative = Self.relativePattern(pattern, base: base) else {
            invalid.append(pattern)
            return
        }
        let glob = Glob(relative)
        let matches = listing.filter { glob.matches($0.path) && mayTake($0, glob) }
        found += matches.filter { known.insert($0.path).inserted }
        if !matches.contains(where: isStored) {
            invalid.append(pattern)
            if matches.contains(where: { !isStored($0) }), !glob.hasWildcard { directories.append(pattern) }
        }
    }

    func finish(base: String?) -> ArtifactSelection {
        let exclusions = patterns.excludePaths.compactMap { Self.relativePattern($0, base: base) }.map(Exclusion.init)
        let kept = found.filter { file in !exclusions.contains { $0.matches(file.path) } }
        var names = ArtifactNames()
        for file in kept where isStored(file) {
            names.place(file.path, at: patterns.discardPaths ? RelativePath.name(of: file.path) : file.path)
        }
        return ArtifactSelection(
            files: names.files, foundCount: Self.foundCount(kept), invalidPatterns: invalid,
            directoryPatterns: directories,
            collisions: names.collisions.sorted { RelativePath.precedes($0.stored, $1.stored) },
            keepsLinks: patterns.keepsLinks, leftOutGit: leftOutGit, patterns: Set(patterns.files))
    }

    /// A directory adds nothing by itself, not even an empty one [unknown, CODEBUILD.md 6.1]. A link to a directory does
    /// only where links are kept [inferred].
    private func isStored(_ file: ListedFile) -> Bool {
        switch file.kind {
        case .file, .link: true
        case .directory: false
        case .directoryLink: patterns.keepsLinks
        }
    }

    /// The N of `Found N file(s)`, which counts directories, too [inferred, CODEBUILD.md 4.3].
    private static func foundCount(_ found: [ListedFile]) -> Int { found.count }

    /// `.git` and all below it is taken only by a pattern that spells it out, or when the caller wants it (DESIGN 8.6).
    private mutating func mayTake(_ file: ListedFile, _ glob: Glob) -> Bool {
        guard !patterns.includesGit, RelativePath.has(Self.git, in: file.path), !glob.spellsOut(".git") else {
            return true
        }
        leftOutGit = true
        return false
    }

    /// Patterns relative to the base directory. Absolute ones and `..` count as far as they stay inside it [inferred,
    /// CODEBUILD.md 6.1].
    ///
    /// - Returns: `nil` for a pattern that leads out, or climbs back over a wildcard; it can match nothing.
    static func relativePattern(_ pattern: String, base: String?) -> String? {
        var rest = pattern
        if pattern.hasPrefix("/") {
            guard let base else { return nil }
            let baseParts = base.split(separator: "/").filter { $0 != "." }
            let parts = pattern.split(separator: "/").filter { $0 != "." }
            guard parts.starts(with: baseParts) else { return nil }
            rest = parts.dropFirst(baseParts.count).joined(separator: "/")
        }
        guard rest.contains("..") else { return rest }
        var kept: [Substring] = []
        for part in rest.split(separator: "/") where part != "." {
            guard part == ".." else {
                kept.append(part)
                continue
            }
            guard let last = kept.popLast(), !Glob(String(last)).hasWildcard else { return nil }
        }
        return kept.joined(separator: "/")
    }
}

/// One pattern of `exclude-paths`.
private struct Exclusion {
    private let glob: Glob
    private let trunk: Glob?

    init(_ pattern: String) {
        glob = Glob(pattern)
        trunk = ["/**/*", "/**"].first { pattern.hasSuffix($0) && pattern.count > $0.count }
            .map { Glob(String(pattern.dropLast($0.count))) }
    }

    /// As a pattern of `files`; and `X/**/*` excludes X itself: the guide excludes a *file* from all directories by
    /// `**/file-name/**/*` [doc: buildspec reference, artifacts/exclude-paths].
    func matches(_ path: [UInt8]) -> Bool { glob.matches(path) || trunk?.matches(path) ?? false }
}
