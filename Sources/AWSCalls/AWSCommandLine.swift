internal import ChildProcesses

/// The user's own AWS CLI, with its profiles, its SSO and its MFA. It is called only when a build needs something of AWS.
public struct AWSCommandLine: Sendable {
    private let program: String
    private let leading: [String]
    private let options: [String]
    private let environment: [String: String?]
    /// Whether the CLI may ask on the terminal, for a second factor.
    public var mayAskOnTerminal = true

    /// - Parameters:
    ///   - profile: one of the user's profiles; the CLI's own choice when absent.
    ///   - region: likewise.
    ///   - environment: changes to this process's environment for the CLI.
    public init(
        program: String = "aws", profile: String? = nil, region: String? = nil, environment: [String: String?] = [:]
    ) {
        self.program = program
        leading = []
        options =
            ["--output", "json", "--cli-connect-timeout", "10"] + (profile.map { ["--profile", $0] } ?? [])
            + (region.map { ["--region", $0] } ?? [])
        // Neither a pager nor questions about the call itself; a second factor it may ask for.
        self.environment = environment.merging(
            ["AWS_PAGER": "", "AWS_CLI_AUTO_PROMPT": "off", "LC_ALL": "C.UTF-8"]) { given, _ in given }
    }

    /// Uses another program, which answers the same calls as the CLI.
    ///
    /// - Parameter command: with the arguments that stand in front of the call's own.
    public init(command: [String]) {
        program = command.first ?? "aws"
        leading = Array(command.dropFirst())
        options = []
        environment = [:]
    }

    /// Whether the CLI takes a value as it is: one that begins with a dash it takes for a flag, and one like `file://…` or
    /// `https://…` for the place of a file that has the value.
    public static func takesLiterally(_ value: String) -> Bool {
        let value = value.lowercased()
        return !["-", "file://", "fileb://", "http://", "https://"].contains { value.hasPrefix($0) }
    }

    /// Makes one call, `["ssm", "get-parameters", …]`, and returns its answer in JSON.
    ///
    /// - Throws: ``AWSError`` when AWS or the CLI refuses, ``ChildProcessError`` when there is no CLI.
    public func call(_ arguments: [String]) async throws -> [UInt8] {
        var command = Command(program, leading + arguments + options, environment: environment)
        command.mayAskOnTerminal = mayAskOnTerminal
        let outcome = try await command.collect()
        guard outcome.status.isSuccess else {
            throw AWSError(
                said: outcome.errorText, doing: "aws \(arguments.prefix(2).joined(separator: " "))",
                status: outcome.status)
        }
        return outcome.output
    }
}

/// A call to AWS that was refused, or that could not even be made.
public struct AWSError: Error, Sendable, CustomStringConvertible {
    /// What was called: "aws ssm get-parameters".
    public let doing: String
    /// AWS's own name for the error, `AccessDeniedException`; `nil` when the CLI never got as far as AWS.
    public let code: String?
    /// AWS's own words, else the CLI's last line.
    public let message: String
    /// Whether the CLI does not know the command, being too old.
    public let isUnknownCommand: Bool

    /// The error as AWS's services log it: `AccessDeniedException: User: … is not authorized …`.
    public var description: String { code.map { "\($0): \(message)" } ?? message }

    /// - Parameter said: the CLI's standard error. It has `An error occurred (CODE) when calling the NAME operation: TEXT`,
    ///   perhaps with a prefix, and perhaps with `(reached max retries: 4)` before the colon.
    init(said: String, doing: String, status: ChildStatus) {
        self.doing = doing
        isUnknownCommand = said.contains("Invalid choice, valid choices are") || said.contains("invalid choice: ")
        if let start = said.firstRange(of: "An error occurred ("),
            let end = said[start.upperBound...].firstIndex(of: ")"),
            let call = said[end...].firstRange(of: " operation"),
            let text = said[call.upperBound...].firstRange(of: said[call.upperBound...].hasPrefix(" (") ? "): " : ": ")
        {
            code = String(said[start.upperBound..<end])
            message = String(said[text.upperBound...].prefix { !$0.isNewline })
        } else {
            code = nil
            message =
                said.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
                ?? "`\(doing)` ended with status \(status.exitStatus)"
        }
    }

    /// An answer that says nothing.
    init(message: String, doing: [String]) {
        self.doing = "aws \(doing.joined(separator: " "))"
        self.message = message
        code = nil
        isUnknownCommand = false
    }
}
