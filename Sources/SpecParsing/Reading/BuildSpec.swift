/// A buildspec as a value, in CodeBuild's words, with the place of every field (CODEBUILD.md 1.2).
///
/// Nothing is expanded: `$VAR`, globs and `$(…)` are kept as written. Defaults are used only where a field needs a
/// value.
public struct BuildSpec: Sendable, Equatable {
    /// The version of a buildspec.
    public enum Version: String, Sendable, Codable {
        /// Each command runs in a shell of its own, and no state is kept between commands (CODEBUILD.md 1.5). Keys that
        /// came with 0.2 mean the same here [inferred].
        case v01 = "0.1"
        case v02 = "0.2"
    }

    public let version: Version
    /// The user that runs the phases which name no user themselves.
    public let runAs: Located<String>?
    public let environment: Environment
    /// The phases of the file, in CodeBuild's order from install to post_build.
    public let phases: [Phase]
    /// Whether the file has a `phases` key. A file without one is valid when it has a `batch`.
    public let hasPhases: Bool
    public let artifacts: Artifacts?
    public let cache: Cache?
    /// The report groups in the order of the file.
    public let reports: [ReportGroup]
    /// The batch; `nil` when there is none or it cannot start, because an ordinary build ignores it (CODEBUILD.md 1.2).
    public let batch: Batch?
    /// Whether there is a `batch` that cannot start. The reasons are among the findings.
    public let hasWrongBatch: Bool
    /// The unknown keys that CodeBuild lists under "Found possible syntax errors in buildspec", in its order.
    public let unknownKeys: [UnknownKeys]

    /// The unknown keys of one section.
    public struct UnknownKeys: Sendable, Equatable, Codable {
        /// The section's name as CodeBuild prints it: `artifacts`, `env`, `PRE_BUILD`.
        public let section: String
        /// The keys in the order of the file, each once.
        public let keys: [String]

        public init(section: String, keys: [String]) {
            self.section = section
            self.keys = keys
        }
    }
}

/// The four phases that a buildspec can name, in the order they run.
public enum PhaseName: String, CaseIterable, Sendable, Codable, Comparable {
    case install
    case preBuild = "pre_build"
    case build
    case postBuild = "post_build"

    public static func < (one: Self, other: Self) -> Bool { one.place < other.place }

    private var place: Int {
        switch self {
        case .install: 0
        case .preBuild: 1
        case .build: 2
        case .postBuild: 3
        }
    }

    /// The name of the phase in the build log and the API: `PRE_BUILD`.
    public var apiName: String { rawValue.uppercased() }
}

extension BuildSpec {
    /// One entry of `commands` or `finally`: the text of one shell script.
    public struct Command: Sendable, Equatable, Codable {
        /// The exact text, with the final newline that a `|` block has (CODEBUILD.md 1.4).
        public let text: String
        public let location: SourceLocation

        public init(text: String, location: SourceLocation) {
            self.text = text
            self.location = location
        }
    }

    /// The rule for what happens after a failed phase (CODEBUILD.md 3.5).
    public enum OnFailure: Sendable, Equatable, Codable {
        case abort
        case `continue`
        /// Runs the phase again up to `count` times, for errors that match `pattern`; `nil` matches all.
        case retry(count: Int, pattern: String?)
    }

    /// One phase of the file.
    public struct Phase: Sendable, Equatable {
        public let name: PhaseName
        /// The place of the phase's key.
        public let location: SourceLocation
        public let runAs: Located<String>?
        /// The rule for a failure; `nil` also for an unknown value, which is a finding and counts as absent
        /// (CODEBUILD.md 3.5).
        public let onFailure: Located<OnFailure>?
        /// The commands, without empty entries.
        public let commands: [Command]
        public let finally: [Command]
        /// The runtime versions of the `install` phase, in the order of the file.
        public let runtimeVersions: [RuntimeVersion]
        /// Whether the file has a `commands` key, with or without entries.
        public let hasCommandsKey: Bool
        /// The place of the phase's `steps`, which are not run.
        public let steps: SourceLocation?
    }

    /// One entry of `runtime-versions`.
    public struct RuntimeVersion: Sendable, Equatable, Codable {
        public let name: String
        /// The version as written: `3.10` stays `3.10`. May be `latest`, `12.x` or `$VAR`.
        public let version: String
        public let location: SourceLocation
    }

    /// The `env` section, which version 0.1 calls `environment_variables`.
    public struct Environment: Sendable, Equatable {
        public let shell: Located<String>?
        /// The variables with literal values; nothing in them is expanded.
        public let variables: [Variable]
        /// The variables whose values are names or ARNs of parameters.
        public let parameterStore: [Variable]
        /// The variables whose values are `secret-id[:json-key[:version-stage[:version-id]]]`.
        public let secretsManager: [Variable]
        /// The names of the variables that the build exports at its end.
        public let exportedVariables: [Located<String>]
        /// Whether git gets its credentials from CodeBuild.
        public let gitCredentialHelper: Bool
    }

    /// A name with the source text of its value. Of duplicate names only the last is kept.
    public struct Variable: Sendable, Equatable, Codable {
        public let name: String
        public let value: String
        /// The place of the name.
        public let location: SourceLocation
    }

    /// The `artifacts` section, with a primary artifact, secondary ones, or both.
    public struct Artifacts: Sendable, Equatable, Codable {
        /// The primary artifact; `nil` when the section has `secondary-artifacts` and no `files` of its own.
        public let primary: ArtifactRules?
        public let secondary: [ArtifactRules]
    }

    /// The rules for what belongs to one artifact (CODEBUILD.md 6).
    public struct ArtifactRules: Sendable, Equatable, Codable {
        /// The identifier of a secondary artifact, never `artifacts` and without `/` and `..`; `nil` for the primary
        /// artifact.
        public let identifier: String?
        public let location: SourceLocation
        public let files: [Located<String>]
        /// Whether the file has a `files` key. With an empty `files` nothing is collected, and nothing is missing.
        public let hasFiles: Bool
        public let name: Located<String>?
        public let baseDirectory: Located<String>?
        /// Whether files lose their folders.
        public let discardPaths: Bool
        /// Patterns of files to leave out, relative to the base directory.
        public let excludePaths: [Located<String>]
        /// Whether symbolic links stay links in a zip file.
        public let enableSymlinks: Bool
        /// A prefix for the name of the artifact in its bucket.
        public let s3Prefix: String?
    }

    /// The `cache` section (CODEBUILD.md 7).
    public struct Cache: Sendable, Equatable {
        /// Whether a cache is restored, saved, or both.
        public enum Action: String, Sendable, Codable {
            case restore, save, both
        }

        public let paths: [Located<String>]
        public let key: Located<String>?
        /// The prefixes of other keys to restore when no cache has the key.
        public let fallbackKeys: [Located<String>]
        public let action: Action
        public let location: SourceLocation
    }

    /// One group of the `reports` section (CODEBUILD.md 8).
    public struct ReportGroup: Sendable, Equatable, Codable {
        /// The name or the ARN of the report group.
        public let name: String
        public let files: [Located<String>]
        /// The format as written, in any case; `JUNITXML` when absent.
        public let fileFormat: String
        public let baseDirectory: Located<String>?
        /// Whether files lose their folders.
        public let discardPaths: Bool
        public let location: SourceLocation
    }
}
