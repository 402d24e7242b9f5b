/// Translates paths between two worlds: the names in a container's tar stream, and the names that files are kept under.
///
/// The longest prefix that fits decides, by whole names only; a path that no rule fits keeps its name. Paths are relative in both
/// worlds, `codebuild/source/target`; an empty prefix stands for the top. For the way back to be right, prefixes on either
/// side must be unique.
public struct PathMap: Sendable, Equatable {
    public struct Rule: Sendable, Equatable {
        public var stream: [UInt8]
        public var stored: [UInt8]

        public init(stream: some Sequence<UInt8>, stored: some Sequence<UInt8>) {
            self.stream = Array(stream)
            self.stored = Array(stored)
        }

        public init(stream: String, stored: String) { self.init(stream: stream.utf8, stored: stored.utf8) }
    }

    private let rules: [Rule]

    /// Every path keeps its name.
    public static let identity = PathMap([])

    public init(_ rules: [Rule]) {
        self.rules = rules.map { rule in
            Rule(stream: Self.trimmed(rule.stream), stored: Self.trimmed(rule.stored))
        }
    }

    /// The name that a path of the stream is kept under.
    public func stored(_ path: [UInt8]) -> [UInt8] { renamed(path, from: \.stream, to: \.stored) }

    /// The name of a kept path in the stream.
    public func stream(_ path: [UInt8]) -> [UInt8] { renamed(path, from: \.stored, to: \.stream) }

    private func renamed(_ path: [UInt8], from: KeyPath<Rule, [UInt8]>, to: KeyPath<Rule, [UInt8]>) -> [UInt8] {
        let fitting = rules.filter { RelativePath.isBelowOrEqual(path, $0[keyPath: from]) }
        guard let rule = fitting.max(by: { $0[keyPath: from].count < $1[keyPath: from].count }) else { return path }
        return RelativePath.join(rule[keyPath: to], path.dropFirst(rule[keyPath: from].count).drop { $0 == 0x2f })
    }

    private static func trimmed(_ path: [UInt8]) -> [UInt8] { RelativePath.trimmed(path) }
}
