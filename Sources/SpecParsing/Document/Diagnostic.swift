/// A finding about the user's text: what is wrong, where, what CodeBuild would say of it, and how to mend it.
public struct Diagnostic: Sendable, Codable, Equatable {
    public enum Severity: String, Sendable, Codable {
        /// The file is not valid; CodeBuild would refuse it, or nobody knows what it would do.
        case error
        /// CodeBuild goes on; the writer probably meant something else.
        case warning
    }

    public let severity: Severity
    /// Stable, for scripts: `unknown-key`, `command-not-string`, `yaml-syntax`.
    public let code: String
    /// The way to the value in the user's words, `phases.build.commands[1]`; `nil` for the file as a whole.
    public let path: String?
    /// One line without a full stop, names in backticks. Control characters of the file appear escaped.
    public let message: String
    /// Always inside the file; at most one column behind the end of its line.
    public let location: SourceLocation
    /// How many columns are meant, at least 1. Never reaches behind the end of the line.
    public let length: Int
    /// The service's exact message, where it is known to have one.
    public let codebuildMessage: String?
    /// What to do, in one line.
    public let help: String?

    /// Whether the place holds something that must not be repeated anywhere, so that its line is not shown.
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

/// The names of our findings. They are part of the output's contract: add, never rename.
enum FindingCode: String, CaseIterable {
    // The text is not (our) YAML.
    case yamlSyntax = "yaml-syntax"
    case notUTF8 = "not-utf8"
    case multipleDocuments = "multiple-documents"
    case undefinedAlias = "undefined-alias"
    case recursiveAlias = "recursive-alias"
    case tooDeep = "too-deep"
    case tooLarge = "too-large"
    case emptyFile = "empty-file"

    // Keys and shapes.
    case unknownKey = "unknown-key"
    case duplicateKey = "duplicate-key"
    case keyNotText = "key-not-text"
    case wrongType = "wrong-type"
    case emptyValue = "empty-value"
    case nullItem = "null-item"
    case notABoolean = "not-a-boolean"
    case notANumber = "not-a-number"
    case tooManyFindings = "too-many-findings"

    // What the values mean.
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

    // What CodeBuild accepts, and what bites all the same.
    case bashism = "bashism"
    case cacheOneLevel = "cache-one-level"
    case directoryPattern = "directory-pattern"
    case exitDropsState = "exit-drops-state"
    case literalVariable = "literal-variable"
    case lostShellState = "lost-shell-state"
    case maskedFailure = "masked-failure"
    case neverMatches = "never-matches"
    case plainSecret = "plain-secret"
    case shellSyntax = "shell-syntax"
    case unquotedVersion = "unquoted-version"

    // The comments that silence findings.
    case unknownIgnore = "unknown-ignore"
}
