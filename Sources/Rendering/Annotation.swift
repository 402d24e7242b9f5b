public import BuildPlanning
internal import Crypto
public import SpecParsing

/// Something about a line of a file that a CI service shows beside it: a failed test, a failed command, a finding.
public struct Annotation: Sendable, Equatable {
    public var severity = Diagnostic.Severity.error
    /// What kind of thing it is: a finding's code, `failed-test`, `failed-command`.
    public var code: String
    /// The file as seen from the repository; `nil` where nobody knows.
    public var path: String?
    public var line: Int?
    public var title: String
    public var message: String

    public init(code: String, title: String, message: String) {
        self.code = code
        self.title = title
        self.message = message
    }

    public init(_ finding: Diagnostic) {
        self.init(code: finding.code, title: finding.code, message: finding.messageWithHelp)
        severity = finding.severity
        path = finding.location.file
        line = finding.location.line
    }

    public init(failed test: ReportFacts.Case) {
        self.init(code: "failed-test", title: test.fullName, message: test.message ?? "the test failed")
        path = test.file
        line = test.line
    }

    public init(failed command: BuildResult.Failure) {
        let help = command.help.map { "\n\($0)" } ?? ""
        self.init(
            code: "failed-command", title: "\(command.phase.rawValue) failed",
            message: "\(command.command): exit status \(command.exitStatus)\(help)")
        path = command.location?.file
        line = command.location?.line
    }

    /// Longer messages are cut: services do so, too.
    private static let longest = 4000

    /// The annotation as a workflow command of GitHub Actions, with its line end.
    public var github: String {
        let level = severity == .note ? "notice" : severity.rawValue
        var properties = ["title=\(WorkflowCommand.property(title))"]
        if let path {
            properties.insert("file=\(WorkflowCommand.property(path))", at: 0)
            if let line { properties.insert("line=\(line)", at: 1) }
        }
        return "::\(level) \(properties.joined(separator: ","))::"
            + "\(WorkflowCommand.message(String(message.prefix(Self.longest))))\n"
    }

    /// The annotations as a report of GitLab's Code Quality.
    ///
    /// - Parameter fallback: the file of those that name none: GitLab wants one.
    public static func gitlab(_ all: [Annotation], fallback: String) -> JSONText {
        var known: [String: Int] = [:]
        let issues = all.map { one in
            let path = one.path ?? fallback
            // It names the issue among those of other commits: lines move.
            let text = [one.code, path, one.title, one.message].joined(separator: "\0")
            let count = known[text, default: 0]
            known[text] = count + 1
            let digest = SHA256.hash(data: Array("\(text)\0\(count)".utf8))
            let severity =
                switch one.severity {
                case .error: one.code == "failed-command" ? "critical" : "major"
                case .warning: "minor"
                default: "info"
                }
            return JSONText.object([
                (
                    "description",
                    .string(one.title == one.code ? one.message : "\(one.title): \(one.message.prefix(Self.longest))")
                ),
                ("check_name", .string(one.code)),
                (
                    "fingerprint",
                    .string(digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
                ),
                ("severity", .string(severity)),
                (
                    "location",
                    .object([("path", .string(path)), ("lines", .object([("begin", .number(one.line ?? 1))]))])
                ),
            ])
        }
        return .array(issues)
    }
}

/// The escapes of GitHub's workflow commands.
enum WorkflowCommand {
    static func message(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "%": result += "%25"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    static func property(_ text: String) -> String {
        message(text).unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case ":": result += "%3A"
            case ",": result += "%2C"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
