internal import Files
internal import Archives

/// What a cache takes of the folders it is made from: whole trees, and what patterns match (CODEBUILD.md 7).
///
/// - `X/**/*`, `X/**`, and an `X` without wildcards take all of X.
/// - A pattern whose last name has no wildcard takes the tree where it finds a folder, as `X` does [inferred].
/// - Every other pattern takes the files and links it matches; folders only as the way to them, unless it ends in
///   `/**/*` or `/**`. So `X/*` takes the files of one level, as an S3 cache of the service does.
public struct CacheSelection: Sendable {
    /// One path of the list.
    public struct Pattern: Sendable, Equatable {
        /// As the user wrote it.
        public var written: String
        /// By the cache's own names.
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

    /// Whether it is made of trees alone, so that being inside one of them is all there is to ask.
    var isTreesOnly: Bool {
        rules.allSatisfy { rule in
            if case .tree = rule { true } else { false }
        }
    }

    enum Verdict: Equatable {
        case take
        case leave
        /// A folder that this pattern, as it was written, matches and does not take.
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
