/// A finding about the user's text: the problem, its place, CodeBuild's own message, and a suggestion.
public struct Diagnostic: Sendable, Codable, Equatable {
    /// How serious a finding is.
    public enum Severity: String, Sendable, Codable {
        /// The file is not valid: CodeBuild would refuse it, or its meaning is unknown.
        case error
        /// CodeBuild accepts the file, but the writer probably meant something else.
        case warning
        /// Nothing is wrong with the file; it tells what the build needs from elsewhere. `--strict` takes no notice of it.
        case note
    }

    public let severity: Severity
    /// The stable code of the finding, for scripts: `unknown-key`, `command-not-string`, `yaml-syntax`.
    public let code: String
    /// The path to the value, as in `phases.build.commands[1]`; `nil` for the file as a whole.
    public let path: String?
    /// The message: one line without a full stop, with names in backticks and the file's control characters escaped.
    public let message: String
    /// The place in the file, at most one column after the end of its line.
    public let location: SourceLocation
    /// The number of columns to mark, at least 1. Does not reach beyond the end of the line.
    public let length: Int
    /// The exact message of the service, where one is known.
    public let codebuildMessage: String?
    /// A suggestion of what to do, in one line.
    public let help: String?

    /// Whether the place holds a secret, so that its line must not be shown.
    public var isSensitive: Bool { code == FindingCode.plainSecret.rawValue }

    public init(
        severity: Severity, code: String, path: String? = nil, message: String, location: SourceLocation,
        length: Int = 1, codebuildMessage: String? = nil, help: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.path = path
        self.message = message
        self.location = location
        self.length = max(1, length)
        self.codebuildMessage = codebuildMessage
        self.help = help
    }
}

/// The codes of our findings. They are part of the output's contract: codes are added, never renamed.
enum FindingCode: String, CaseIterable {
    // Errors of the YAML text.
    case yamlSyntax = "yaml-syntax"
    case notUTF8 = "not-utf8"
    case multipleDocuments = "multiple-documents"
    case undefinedAlias = "undefined-alias"
    case recursiveAlias = "recursive-alias"
    case tooDeep = "too-deep"
    case tooLarge = "too-large"
    case emptyFile = "empty-file"

    // Findings about keys and the shapes of values.
    case unknownKey = "unknown-key"
    case duplicateKey = "duplicate-key"
    case keyNotText = "key-not-text"
    case wrongType = "wrong-type"
    case emptyValue = "empty-value"
    case nullItem = "null-item"
    case notABoolean = "not-a-boolean"
    case notANumber = "not-a-number"
    case tooManyFindings = "too-many-findings"

    // Findings about the meaning of values.
    case missingKey = "missing-key"
    case invalidVersion = "invalid-version"
    case unknownPhase = "unknown-phase"
    case phasesNotIndented = "phases-not-indented"
    case commandNotString = "command-not-string"
    case invalidOnFailure = "invalid-on-failure"
    case invalidName = "invalid-name"
    case invalidReference = "invalid-reference"
    case invalidIdentifier = "invalid-identifier"
    case duplicateIdentifier = "duplicate-identifier"
    case unknownValue = "unknown-value"
    case tooMany = "too-many"
    case withoutEffect = "without-effect"
    case batchType = "batch-type"
    case unknownDependency = "unknown-dependency"
    case dependencyCycle = "dependency-cycle"
    case notSupported = "not-supported"
    case deployMistake = "deploy-mistake"

    // Warnings about things that CodeBuild accepts.
    case bashism = "bashism"
    case blankInAssignment = "blank-in-assignment"
    case cacheBareFolder = "cache-bare-folder"
    case cacheOneLevel = "cache-one-level"
    case directoryPattern = "directory-pattern"
    case dockerDaemon = "docker-daemon"
    case execDropsState = "exec-drops-state"
    case exitDropsState = "exit-drops-state"
    case gitHubSteps = "github-steps"
    case literalVariable = "literal-variable"
    case lostShellState = "lost-shell-state"
    case maskedFailure = "masked-failure"
    case neverMatches = "never-matches"
    case plainSecret = "plain-secret"
    case shebang = "shebang"
    case shellSyntax = "shell-syntax"
    case testWithoutBlank = "test-without-blank"
    case unknownRuntime = "unknown-runtime"
    case unknownRuntimeVersion = "unknown-runtime-version"
    case unsetInPath = "unset-in-path"
    case unsetVariable = "unset-variable"
    case unresolvedValue = "unresolved-value"
    case unquotedVersion = "unquoted-version"
    case urlAmpersand = "url-ampersand"
    case variableInReference = "variable-in-reference"

    // Findings about the comments that silence findings.
    case unknownIgnore = "unknown-ignore"
}
