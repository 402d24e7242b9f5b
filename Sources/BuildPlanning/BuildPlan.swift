public import SpecParsing

/// Everything decided before anything runs. Printing it is `buildspec plan`; execution adds nothing to it but time.
public struct BuildPlan: Sendable, Codable {
    public let id: BuildID
    /// `CODEBUILD_BUILD_NUMBER`.
    public let number: Int
    public let version: BuildSpec.Version
    public let image: String
    /// The folder of this machine that the source comes from.
    public let sourcePath: String?
    /// The source as git names it; `nil` for a folder without git.
    public let snapshot: SnapshotFacts?
    /// `CODEBUILD_SRC_DIR`: an absolute path in the container.
    public let sourceDirectory: String
    /// The secondary sources in their order; `nil` in plans of older builds.
    let others: [SecondarySource]?
    public var secondarySources: [SecondarySource] { others ?? [] }
    /// The path after `YAML location is`.
    public let buildspecLocation: String
    /// The text of a buildspec that is not part of the source; it lies at ``buildspecLocation`` in the container.
    public let inlineBuildspec: String?
    public let shell: Shell
    /// The variables in the order they are written to `env.sh`; each name once.
    public let variables: [Variable]
    public let exportedVariables: [String]
    /// Whether git in the build is to be given the host's credentials for the source (CODEBUILD.md 3.7).
    public let usesGitCredentials: Bool
    /// How the run itself was set up, in the order of `run --help`.
    public let decisions: [Decision]
    public let runtimeVersions: [BuildSpec.RuntimeVersion]
    public let reports: [BuildSpec.ReportGroup]
    /// All four, in CodeBuild's order, whether the buildspec names them or not.
    public let phases: [Phase]
    public let unknownKeys: [BuildSpec.UnknownKeys]
    public let artifacts: BuildSpec.Artifacts?
    public let cache: CachePlan
    /// Whole-build limit, in seconds.
    public let timeout: Int
    /// Whether what the service's documents leave open is read strictly: `on-failure: CONTINUE` then fails the build.
    public let isStrict: Bool

    /// The shell every command runs under (CODEBUILD.md 3.4).
    public enum Shell: Sendable, Equatable, Codable {
        /// The image's `sh`.
        case standard
        /// The shell that `env.shell` names.
        case named(String)

        /// The program to start.
        public var program: String {
            switch self {
            case .standard: "sh"
            case .named(let name): name
            }
        }
    }

    /// One variable of the build with the place its value came from.
    public struct Variable: Sendable, Equatable, Codable {
        /// Whether ``value`` is the value itself or what it is looked up by, in the API's words.
        public typealias Kind = ProjectSettings.EnvironmentVariable.Kind

        public let name: String
        /// The value; of a parameter or secret its reference.
        public let value: String
        public let origin: Origin
        /// What to look at in that layer: `buildspec.yml:4:5`, `--env`.
        public let place: String?
        public let type: Kind

        public init(name: String, value: String, origin: Origin, place: String? = nil, type: Kind = .plaintext) {
            self.name = name
            self.value = value
            self.origin = origin
            self.place = place
            self.type = type
        }
    }

    /// The layers a value can come from, weakest first (CODEBUILD.md 5.3).
    public enum Origin: String, Sendable, Codable, Comparable, CaseIterable {
        /// Nobody said anything.
        case `default`
        /// CodeBuild sets it, and so do we.
        case service
        case buildspec, settings
        /// A `BUILDSPEC_…` variable.
        case environment
        case flag

        public static func < (one: Self, other: Self) -> Bool {
            (allCases.firstIndex(of: one) ?? 0) < (allCases.firstIndex(of: other) ?? 0)
        }
    }

    /// One property of the run, as flags, environment, settings or a default decided it.
    public struct Decision: Sendable, Equatable, Codable {
        /// The flag's name without its dashes.
        public let name: String
        public let value: String
        public let origin: Origin
        /// The place that the value came from, as a ``Variable`` has it.
        public let place: String?

        public init(name: String, value: String, origin: Origin, place: String?) {
            self.name = name
            self.value = value
            self.origin = origin
            self.place = place
        }
    }

    /// A phase with what will be run in it.
    public struct Phase: Sendable, Codable {
        public let name: PhaseName
        public let isPresent: Bool
        public let runAs: String?
        public let onFailure: BuildSpec.OnFailure?
        public let commands: [BuildSpec.Command]
        public let finally: [BuildSpec.Command]
        /// The place of the phase's `steps`, which are not run; plans of older builds have none.
        public let steps: SourceLocation?

        public var hasCommands: Bool { !commands.isEmpty || !finally.isEmpty }
    }

    /// What the cache section comes to here.
    public enum CachePlan: Sendable, Equatable, Codable {
        /// No `cache` section.
        case undefined
        /// A section without paths, or `--no-cache`.
        case skipped(reason: String)
        case kept(CacheRules)
    }

    /// What is kept between builds, and when. Everything is as written, expanded only when it is used.
    public struct CacheRules: Sendable, Equatable, Codable {
        public let paths: [String]
        public let key: String?
        /// The prefixes of other keys; at most five, and none without a key (CODEBUILD.md 7).
        public let fallbackKeys: [String]
        public let action: BuildSpec.Cache.Action
    }
}

/// What the outside world decided: flags, settings and facts of the source, gathered by the front door.
public struct BuildRequest: Sendable {
    public var id: BuildID
    public var image: String
    /// The buildspec's path relative to the source, or `nil` when its text came from elsewhere.
    public var buildspecPath: String?
    /// Its text, where ``buildspecPath`` is `nil`.
    public var inlineBuildspec: String?
    /// Values that beat the buildspec's (CODEBUILD.md 5.3), in order; a later one wins over an earlier one of its layer.
    public var overrides: [BuildPlan.Variable]
    public var source: SourceFacts
    /// The secondary sources in their order.
    public var secondarySources: [(identifier: String, facts: SourceFacts)] = []
    public var initiator: String
    public var region: String
    public var buildNumber: Int
    /// Milliseconds since 1970.
    public var startMilliseconds: Int64
    /// Seconds.
    public var timeout: Int
    public var usesCache: Bool
    /// Twelve digits, for ARNs.
    public var account = "000000000000"
    public var decisions: [BuildPlan.Decision] = []
    public var isStrict = false
    public var mounts: [FileSystemMount] = []
    /// The KMS key of the project: an ARN, or `alias/NAME`; `nil` for the default one.
    public var encryptionKey: String?
    /// The build's name in its batch.
    public var batchIdentifier: String?

    public init(
        id: BuildID, image: String, buildspecPath: String?, overrides: [BuildPlan.Variable], source: SourceFacts,
        initiator: String, region: String, buildNumber: Int, startMilliseconds: Int64, timeout: Int, usesCache: Bool,
        inlineBuildspec: String? = nil
    ) {
        self.id = id
        self.image = image
        self.buildspecPath = buildspecPath
        self.overrides = overrides
        self.source = source
        self.initiator = initiator
        self.region = region
        self.buildNumber = buildNumber
        self.startMilliseconds = startMilliseconds
        self.timeout = timeout
        self.usesCache = usesCache
        self.inlineBuildspec = inlineBuildspec
    }
}

/// A secondary source of a build.
public struct SecondarySource: Sendable, Equatable, Codable {
    /// What stands behind `CODEBUILD_SRC_DIR_`.
    public let identifier: String
    /// `CODEBUILD_SRC_DIR_<identifier>`: an absolute path in the container.
    public let directory: String
    public let facts: SourceFacts

    public init(identifier: String, directory: String, facts: SourceFacts) {
        self.identifier = identifier
        self.directory = directory
        self.facts = facts
    }
}

/// A source as git names it: what is shown and recorded of a snapshot.
public struct SnapshotFacts: Sendable, Equatable, Codable {
    /// The kind in the words of `--source`: `git:worktree`.
    public let kind: String
    /// The id of its tree.
    public let tree: String
    /// A hash over the tree and all submodules; two builds of equal content have an equal one.
    public let identity: String

    public init(kind: String, tree: String, identity: String) {
        self.kind = kind
        self.tree = tree
        self.identity = identity
    }
}

/// What is known of where the source came from.
public struct SourceFacts: Sendable, Equatable, Codable {
    /// A branch, tag or commit, as CODEBUILD_SOURCE_VERSION shows it.
    public var version: String?
    /// The commit id.
    public var resolvedVersion: String?
    public var repositoryURL: String?
    /// The folder of this machine.
    public var path: String?
    /// The branch or tag by its full name: `refs/heads/main`.
    public var reference: String?
    public var snapshot: SnapshotFacts?
    /// The folder that the service clones it into, below its folder of sources: `github.com/owner/repo`; `nil` for a source that
    /// is no clone, and where the service's own layout is not asked for.
    public var clone: String?

    public init(
        version: String? = nil, resolvedVersion: String? = nil, repositoryURL: String? = nil, path: String? = nil,
        reference: String? = nil, snapshot: SnapshotFacts? = nil
    ) {
        self.reference = reference
        self.snapshot = snapshot
        self.path = path
        self.version = version
        self.resolvedVersion = resolvedVersion
        self.repositoryURL = repositoryURL
    }
}
