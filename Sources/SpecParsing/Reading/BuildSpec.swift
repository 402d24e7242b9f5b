/// What a buildspec means, in CodeBuild's words; every field still knows its place (CODEBUILD.md 1.2).
///
/// Nothing is expanded or defaulted beyond what a shape needs: `$VAR`, globs and `$(…)` stand as they were written.
public struct BuildSpec: Sendable, Equatable {
    public enum Version: String, Sendable, Codable {
        /// Each command in a shell of its own, nothing survives between them (CODEBUILD.md 1.5). Keys that came with 0.2
        /// mean what they mean there [inferred].
        case v01 = "0.1"
        case v02 = "0.2"
    }

    public let version: Version
    /// The user every phase runs as that names none itself.
    public let runAs: Located<String>?
    public let environment: Environment
    /// In CodeBuild's order, install to post_build; only those the file has.
    public let phases: [Phase]
    /// Whether the file has a `phases` key. A file without one is valid when it has a `batch`.
    public let hasPhases: Bool
    public let artifacts: Artifacts?
    public let cache: Cache?
    /// In the order of the file.
    public let reports: [ReportGroup]
    /// `nil` also when something in it is wrong: an ordinary build ignores it (CODEBUILD.md 1.2), a batch cannot start.
    public let batch: Batch?
    /// Whether there is a `batch` that cannot start; what is wrong with it is among the findings.
    public let hasWrongBatch: Bool
    /// What CodeBuild would name under "Found possible syntax errors in buildspec", in its order.
    public let unknownKeys: [UnknownKeys]

    /// The unknown keys of one section.
    public struct UnknownKeys: Sendable, Equatable, Codable {
        /// As CodeBuild prints it: `artifacts`, `env`, `PRE_BUILD`.
        public let section: String
        /// In the order of the file, each once.
        public let keys: [String]

        public init(section: String, keys: [String]) {
            self.section = section
            self.keys = keys
        }
    }
}

/// The four phases a buildspec can name, in the order they run.
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

    /// The name in the build log and the API: `PRE_BUILD`.
    public var apiName: String { rawValue.uppercased() }
}

extension BuildSpec {
    /// One entry of `commands` or `finally`: the text of one shell script.
    public struct Command: Sendable, Equatable, Codable {
        /// To the letter, with the final newline that a `|` block has (CODEBUILD.md 1.4).
        public let text: String
        public let location: SourceLocation

        public init(text: String, location: SourceLocation) {
            self.text = text
            self.location = location
        }
    }

    /// What follows a failed phase (CODEBUILD.md 3.5).
    public enum OnFailure: Sendable, Equatable, Codable {
        case abort
        case `continue`
        /// Up to `count` times, for errors that match `pattern`; `nil` matches all.
        case retry(count: Int, pattern: String?)
    }

    /// One phase as the file has it.
    public struct Phase: Sendable, Equatable {
        public let name: PhaseName
        /// Of the phase's key.
        public let location: SourceLocation
        public let runAs: Located<String>?
        /// `nil` also for a value nobody knows: it is a finding, and treated as absent (CODEBUILD.md 3.5).
        public let onFailure: Located<OnFailure>?
        /// Without the empty entries.
        public let commands: [Command]
        public let finally: [Command]
        /// Of `install` only, in the order of the file.
        public let runtimeVersions: [RuntimeVersion]
        /// Whether `commands` is written, with or without entries.
        public let hasCommandsKey: Bool
    }

    /// One entry of `runtime-versions`.
    public struct RuntimeVersion: Sendable, Equatable, Codable {
        public let name: String
        /// The source text: `3.10` is not 3.1. May be `latest`, `12.x` or `$VAR`.
        public let version: String
        public let location: SourceLocation
    }

    /// `env`, or what version 0.1 calls `environment_variables`.
    public struct Environment: Sendable, Equatable {
        public let shell: Located<String>?
        /// Literal values; nothing in them is expanded.
        public let variables: [Variable]
        /// Names with parameter names or ARNs.
        public let parameterStore: [Variable]
        /// Names with `secret-id[:json-key[:version-stage[:version-id]]]`.
        public let secretsManager: [Variable]
        public let exportedVariables: [Located<String>]
        public let gitCredentialHelper: Bool
    }

    /// A name with the source text of its value. Of a name written twice the last stays, in its place.
    public struct Variable: Sendable, Equatable, Codable {
        public let name: String
        public let value: String
        /// Of the name.
        public let location: SourceLocation
    }

    /// `artifacts`. At least one of the two is there.
    public struct Artifacts: Sendable, Equatable, Codable {
        /// `nil` when the block has `secondary-artifacts` and no `files` of its own.
        public let primary: ArtifactRules?
        public let secondary: [ArtifactRules]
    }

    /// What goes into one artifact (CODEBUILD.md 6).
    public struct ArtifactRules: Sendable, Equatable, Codable {
        /// `nil` for the primary artifact. Otherwise never `artifacts`, and without `/` and `..`.
        public let identifier: String?
        public let location: SourceLocation
        public let files: [Located<String>]
        /// Whether `files` is written. With an empty `files` nothing is collected, and nothing is missing.
        public let hasFiles: Bool
        public let name: Located<String>?
        public let baseDirectory: Located<String>?
        public let discardPaths: Bool
        public let excludePaths: [Located<String>]
        public let enableSymlinks: Bool
        public let s3Prefix: String?
    }

    /// `cache` (CODEBUILD.md 7).
    public struct Cache: Sendable, Equatable {
        public enum Action: String, Sendable, Codable {
            case restore, save, both
        }

        public let paths: [Located<String>]
        public let key: Located<String>?
        public let fallbackKeys: [Located<String>]
        public let action: Action
        public let location: SourceLocation
    }

    /// One group of `reports` (CODEBUILD.md 8).
    public struct ReportGroup: Sendable, Equatable, Codable {
        /// A name or the ARN of a report group.
        public let name: String
        public let files: [Located<String>]
        /// As written, in any case; `JUNITXML` when absent.
        public let fileFormat: String
        public let baseDirectory: Located<String>?
        public let discardPaths: Bool
        public let location: SourceLocation
    }
}
