/// The description of a finding's code, for lists of rules such as SARIF's.
public struct FindingRule: Sendable, Equatable {
    /// The code, as in ``Diagnostic/code``.
    public let code: String
    /// One sentence without a full stop that describes the rule.
    public let summary: String

    /// Makes the rule of a code. A code without a summary is described by its own words.
    public init(code: String) {
        self.code = code
        let words = String(code.map { $0 == "-" ? " " : $0 })
        summary = Self.summaries[code] ?? words.prefix(1).uppercased() + words.dropFirst()
    }

    /// The rules of all codes of this module, in the order of their list.
    public static let all = FindingCode.allCases.map { FindingRule(code: $0.rawValue) }

    private static let summaries = [
        "yaml-syntax": "The file is not YAML",
        "not-utf8": "The file has bytes that are no text",
        "multiple-documents": "A buildspec is one YAML document",
        "undefined-alias": "An alias needs an anchor of its name before it",
        "recursive-alias": "An alias cannot stand inside its own anchor",
        "too-deep": "Lists and mappings are nested deeper than any buildspec needs",
        "too-large": "The file is larger than any buildspec needs",
        "empty-file": "A buildspec has `version` and `phases`",
        "unknown-key": "CodeBuild does not know the key and goes on without it",
        "duplicate-key": "A key written twice counts once",
        "key-not-text": "A key is text",
        "wrong-type": "The value has another shape than its key asks for",
        "empty-value": "Nothing stands behind the key",
        "null-item": "An empty entry of a list is skipped",
        "not-a-boolean": "The value is `yes` or `no`",
        "not-a-number": "The value is a whole number",
        "too-many-findings": "Only the first findings are listed",
        "missing-key": "A key that must be there is missing",
        "invalid-version": "The version is `0.2` or `0.1`",
        "unknown-phase": "The phases are `install`, `pre_build`, `build` and `post_build`",
        "phases-not-indented": "The phases stand indented under `phases`",
        "command-not-string": "A command is text; quote one that has `: ` in it",
        "invalid-on-failure": "`on-failure` is `ABORT`, `CONTINUE` or `RETRY`",
        "invalid-name": "The name of a variable is letters, digits and `_`",
        "invalid-identifier": "The identifier has characters it cannot have",
        "duplicate-identifier": "Two builds of a batch cannot have one identifier",
        "unknown-value": "CodeBuild does not know the value",
        "too-many": "CodeBuild takes fewer of these",
        "without-effect": "The key has no effect here",
        "batch-type": "A batch is a graph, a list, a matrix or a fanout",
        "unknown-dependency": "A build depends on one that is not there",
        "dependency-cycle": "Builds of a batch wait for one another",
        "invalid-reference": "What refers to a parameter or a secret is a name or an ARN of one",
        "bashism": "Words of bash fail in a shell that is not bash",
        "blank-in-assignment": "An assignment has no blanks beside its `=`",
        "cache-bare-folder": "An S3 cache keeps nothing of a folder without a pattern",
        "docker-daemon": "A command asks a Docker daemon, which a run here has to be given",
        "exec-drops-state": "`exec` replaces the shell that keeps variables and folder",
        "shebang": "A `#!` line chooses no shell for a command",
        "test-without-blank": "`[` and `]` have blanks around them",
        "unknown-runtime": "The image does not have the runtime",
        "unknown-runtime-version": "The image neither has the version of the runtime nor can install it",
        "url-ampersand": "An address with `&` is in quotes",
        "variable-in-reference": "Names of parameters and secrets are asked for as they stand",
        "cache-one-level": "`*` takes files of one level; `**/*` takes all",
        "directory-pattern": "A folder's name matches no file",
        "exit-drops-state": "A command that exits keeps none of its variables",
        "github-steps": "Steps of GitHub Actions are not run",
        "literal-variable": "Values of variables are literal: `$` expands nothing",
        "lost-shell-state": "Functions and options of the shell end with their command",
        "masked-failure": "Only the last line of a command decides whether it failed",
        "never-matches": "The pattern can match nothing",
        "plain-secret": "A secret stands in the buildspec in plain text",
        "shell-syntax": "The shell cannot read the command",
        "unresolved-value": "Only AWS knows the value that a template asks for",
        "unset-in-path": "An unset variable makes the command reach elsewhere",
        "unset-variable": "Variables that the commands read and nobody sets",
        "unquoted-version": "A version that is read as a number loses its last zero",
        "unknown-ignore": "An ignore comment names a code that is none",
        "deploy-mistake": "The deploy stage would refuse the file",
        "not-supported": "No Linux container can obey the setting",
    ]
}
