/// Why a report file is not read, or not to its end.
public struct ReportProblem: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The file is of another format than it should be.
        case otherFormat
        case empty
        /// The file ends in the middle.
        case truncated
        /// The file breaks the rules of XML, JSON or its own format.
        case malformed
        /// The file wants more memory than a report may have.
        case tooLarge
        /// The file refers to something outside, which is never fetched.
        case external
        case outOfMemory
    }

    public let code: Code
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// The complaint about a root element.
    ///
    /// [log: aws-cdk#13867 for `<testsuite>`; inferred for the others. The service's agent is written in Go, whose XML
    /// reader has these words.]
    static func root(expected: String, found: String) -> ReportProblem {
        ReportProblem(.otherFormat, "expected element type <\(expected)> but have <\(found)>")
    }

    static let empty = ReportProblem(.empty, "the file is empty")
    static let outOfMemory = ReportProblem(.outOfMemory, "there is not enough memory to read the file")

    static func truncated(_ place: String) -> ReportProblem {
        ReportProblem(.truncated, "the file ends in the middle, at \(place)")
    }
}

/// The limits of what is read. Within them everything is kept; the service keeps less (``ServiceLimits``).
enum ReadingLimits {
    /// The most bytes that are kept of one text, such as a message or a stack trace.
    static let text = 1 << 20
    /// The most bytes that one name, with its attributes, may have.
    static let token = 8 << 20
    static let depth = 500
    /// The most entities that a file may declare. Real reports declare none.
    static let entities = 64
    /// The most lines that one source file may have in a report of coverage.
    static let linesOfFile = 1 << 20
    /// The most lines of all source files together, where a format has to be kept in memory to its end.
    static let linesOfAll = 16 << 20
}

/// The limits that the service has for reports (CODEBUILD-2026 C.1). Here everything is kept; what it would cut is said.
public enum ServiceLimits {
    public static let groups = 5
    public static let cases = 500
    public static let message = 5_000
    public static let name = 1_000
}
