internal import Files
internal import Archives

/// Selects what a cache takes of its folders: whole trees, and what patterns match (CODEBUILD.md 7).
///
/// - `X/**/*`, `X/**`, and an `X` without wildcards take all of X.
/// - A pattern whose last name has no wildcard takes the tree where it finds a folder, as `X` does [inferred].
/// - Every other pattern takes the files and links it matches; folders only as the way to them, unless it ends in
///   `/**/*` or `/**`. So `X/*` takes the files of one level, as an S3 cache of the service does.
public struct CacheSelection: Sendable {
    /// One path of the list.
    public struct Pattern: Sendable, Equatable {
        /// The path as the user wrote it.
        public var written: String
        /// The path in the cache's own names.
        public var stored: String

        public init(written: String, stored: String) {
            self.written = written
            self.stored = stored
        }
    }

    private enum Rule: Sendable {
        case tree([UInt8])
        case matches(Glob, withFolders: Bool, written: String)
    }

    private let rules: [Rule]

    public init(_ patterns: [Pattern]) { rules = patterns.flatMap(Self.rules) }

    private static func rules(_ pattern: Pattern) -> [Rule] {
        let glob = Glob(pattern.stored)
        if glob.isWholeTree || !glob.hasWildcard { return [.tree(RelativePath.trimmed(glob.literalPrefix.utf8))] }
        let endsInName = glob.endsInName
        let own = Rule.matches(
            glob, withFolders: endsInName || glob.endsInTree, written: pattern.written)
        guard endsInName else { return [own] }
        return [own, .matches(Glob(pattern.stored + "/**/*"), withFolders: true, written: pattern.written)]
    }

    /// Whether all patterns are whole trees, so that a path is selected when it lies in one of them.
    public var isTreesOnly: Bool {
        rules.allSatisfy { rule in
            if case .tree = rule { true } else { false }
        }
    }

    enum Verdict: Equatable {
        case take
        case leave
        /// The folder is matched, but not taken, by this pattern as the user wrote it.
        case leaveFolder(of: String)
    }

    func judge(_ path: [UInt8], isFolder: Bool) -> Verdict {
        var verdict = Verdict.leave
        for rule in rules {
            switch rule {
            case .tree(let top): if RelativePath.isBelowOrEqual(path, top) { return .take }
            case .matches(let glob, let withFolders, let written):
                guard glob.matches(path) else { continue }
                if withFolders || !isFolder { return .take }
                verdict = .leaveFolder(of: written)
            }
        }
        return verdict
    }
}
