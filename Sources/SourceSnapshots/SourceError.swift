/// A source that cannot be taken.
public struct SourceError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case unreadable, noRepository, noRevision, refused }
        private let value: Value
        /// The source cannot be read.
        public static var unreadable: Self { Self(value: .unreadable) }
        /// The kind of source needs a repository, and the folder is in none, or in a bare one.
        public static var noRepository: Self { Self(value: .noRepository) }
        /// There is no such commit.
        public static var noRevision: Self { Self(value: .noRevision) }
        /// Git refused.
        public static var refused: Self { Self(value: .refused) }
    }

    public let code: Code
    /// "read the source folder `/x`"
    public let doing: String
    public let reason: String
    public let help: String?

    public init(_ code: Code, doing: String, reason: String, help: String? = nil) {
        self.code = code
        self.doing = doing
        self.reason = reason
        self.help = help
    }

    public var description: String { "cannot \(doing): \(reason)" }
}
