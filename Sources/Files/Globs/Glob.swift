/// A pattern of `files`, `exclude-paths`, `base-directory` or `cache.paths`.
///
/// - `*` is any part of a name, `?` one character of it, `[a-z]`, `[!a-z]`, `[^a-z]` one of a set; none of them is a slash.
///   `**` is anything, slashes included, and `**/` may be nothing at all [doc: buildspec reference, exclude-paths; user
///   guide, "Use the codebuild-glob-search CLI command"].
/// - `{a,b}` is one of several, nested at will; a backslash takes the next character as it is [inferred: Go's doublestar].
/// - `./` in front, `/./`, doubled slashes and slashes at the end do not count [inferred]. Names that begin with a dot are
///   names like any other [inferred, CODEBUILD.md 6.1].
/// - What is not closed (`[a`, `{a`) stands for itself [inferred].
///
/// Matching takes time in proportion to the length of the pattern times that of the path, whatever the pattern.
public struct Glob: Sendable {
    /// The pattern as the caller gave it.
    public let pattern: String
    /// The directory before the first wildcard, without a slash at its end (but `/` itself); the whole if there is none.
    ///
    /// `/root/.m2` of `/root/.m2/**/*`, `target` of `target/*.jar`, nothing of `*.jar`. Backslashes are resolved.
    public let literalPrefix: String
    public let hasWildcard: Bool
    /// Whether the pattern takes all below a directory: `X/**/*`, `X/**`, `**/*`, `**`.
    public let isWholeTree: Bool

    /// Whether the last name has no wildcard: `**/node_modules`.
    public let endsInName: Bool
    /// Whether all below what comes before is meant: `**/node_modules/**/*`.
    public let endsInTree: Bool

    private let program: GlobProgram
    private let prefix: [UInt8]

    public init(_ pattern: String) {
        self.pattern = pattern
        let text = GlobText(pattern)
        program = GlobProgram(text)
        hasWildcard = program.hasWildcard
        literalPrefix = program.literal ?? text.literalPrefix
        isWholeTree = text.isWholeTree
        endsInName = text.endsInName
        endsInTree = text.treeDepth > 0
        prefix = Array(literalPrefix.utf8)
    }

    /// - Parameter path: bytes, which need not be UTF-8; names joined by single slashes, none at the end.
    public func matches(_ path: [UInt8]) -> Bool {
        guard path.starts(with: prefix) else { return false }
        if isWholeTree {
            // Everything below the prefix: by far the most frequent pattern, and nothing left to look at.
            let top = prefix.isEmpty || prefix == [RelativePath.slash] ? prefix.count : prefix.count + 1
            return path.count > top && (top <= prefix.count || path[prefix.count] == RelativePath.slash)
        }
        return hasWildcard ? program.matches(path) : path.count == prefix.count
    }

    /// Whether the pattern contains this component literally, not by a wildcard.
    public func spellsOut(_ component: String) -> Bool {
        GlobText(pattern).components.contains(Array(component.unicodeScalars))
    }
}

/// The normalised text of a pattern, with the properties that need no matching.
public struct GlobText {
    public let scalars: [Unicode.Scalar]

    public init(_ pattern: String) {
        let slash: [Unicode.Scalar] = ["/"]
        var parts = pattern.unicodeScalars.split(separator: "/").map(Array.init).filter { $0 != ["."] }
        // A slash is a slash, also behind a backslash.
        for index in parts.indices.dropLast() where Self.endsInEscape(parts[index]) { parts[index].removeLast() }
        let isAbsolute = pattern.hasPrefix("/")
        // `.` alone is the folder itself.
        if parts.isEmpty && !isAbsolute && !pattern.isEmpty { parts = [["."]] }
        scalars = (isAbsolute ? slash : []) + Array(parts.joined(separator: slash))
    }

    /// The names between the slashes.
    public var components: [[Unicode.Scalar]] { scalars.split(separator: "/").map(Array.init) }

    public var literalPrefix: String {
        var kept: [[Unicode.Scalar]] = []
        for component in components {
            guard !Self.hasWildcard(component) else { break }
            kept.append(component)
        }
        var result = String.UnicodeScalarView()
        if scalars.first == "/" { result.append("/") }
        for (index, component) in kept.enumerated() {
            if index > 0 { result.append("/") }
            result.append(contentsOf: Self.withoutBackslashes(component))
        }
        return String(result)
    }

    public var isWholeTree: Bool {
        let depth = treeDepth
        return depth > 0 && !components.dropLast(depth).contains { Self.hasWildcard($0) }
    }

    /// How many names at the end mean "all below": two of `**/*`, one of `**`, else none.
    public var treeDepth: Int {
        let stars: [Unicode.Scalar] = ["*", "*"], last = components.suffix(2)
        return last.count == 2 && last.first == stars && last.last == ["*"] ? 2 : last.last == stars ? 1 : 0
    }

    public var endsInName: Bool { components.last.map { !Self.hasWildcard($0) } ?? true }

    private static func hasWildcard(_ component: [Unicode.Scalar]) -> Bool {
        var isEscaped = false
        for scalar in component {
            if isEscaped {
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if "*?[{".unicodeScalars.contains(scalar) {
                return true
            }
        }
        return false
    }

    private static func endsInEscape(_ component: [Unicode.Scalar]) -> Bool {
        component.reversed().prefix { $0 == "\\" }.count % 2 == 1
    }

    private static func withoutBackslashes(_ component: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var isEscaped = false
        for scalar in component {
            if scalar == "\\" && !isEscaped {
                isEscaped = true
            } else {
                result.append(scalar)
                isEscaped = false
            }
        }
        return isEscaped ? result + ["\\"] : result
    }
}
