extension ProjectSettings {
    /// The rules for the batches of a project (`buildBatchConfig`).
    public struct Batch: Sendable, Equatable {
        /// The most builds that a batch may have.
        public var maximumBuilds: Located<Int>?
        /// The compute types that builds may have; empty: all.
        public var computeTypes: [Located<String>] = []
        /// How long a batch may take.
        public var timeoutInMinutes: Located<Int>?
        /// Whether the primary artifacts of all builds become one.
        public var combinesArtifacts = false
    }

    /// A source of the project: the primary one, or a secondary one.
    public struct Source: Sendable, Equatable {
        /// The provider, in the API's words.
        public enum Kind: String, Sendable, CaseIterable {
            case codeCommit = "CODECOMMIT"
            case pipeline = "CODEPIPELINE"
            case gitHub = "GITHUB"
            case gitHubEnterprise = "GITHUB_ENTERPRISE"
            case gitLab = "GITLAB"
            case gitLabSelfManaged = "GITLAB_SELF_MANAGED"
            case bitbucket = "BITBUCKET"
            case s3 = "S3"
            case none = "NO_SOURCE"
        }

        /// The identifier of a secondary source; `nil` for the primary one.
        public var identifier: Located<String>?
        public var type: Kind?
        /// The URL of a repository, or `BUCKET/KEY`.
        public var location: Located<String>?
        /// The version that is built unless a build names another: of the primary source `sourceVersion`, of a secondary one
        /// its entry in `secondarySourceVersions`.
        public var version: Located<String>?
        /// The commits of history that a clone has; `nil` for all of them.
        public var cloneDepth: Located<Int>?
        public var fetchesSubmodules: Located<Bool>?

        public init(
            identifier: Located<String>? = nil, type: Kind? = nil, location: Located<String>? = nil,
            version: Located<String>? = nil, cloneDepth: Located<Int>? = nil, fetchesSubmodules: Located<Bool>? = nil
        ) {
            self.identifier = identifier
            self.type = type
            self.location = location
            self.version = version
            self.cloneDepth = cloneDepth
            self.fetchesSubmodules = fetchesSubmodules
        }
    }

    /// The `artifacts` section, or an entry of `secondaryArtifacts`.
    public struct Artifacts: Sendable, Equatable {
        /// The place that artifacts go to, in the API's words.
        public enum Kind: String, Sendable, CaseIterable {
            case none = "NO_ARTIFACTS"
            case s3 = "S3"
            case pipeline = "CODEPIPELINE"
        }

        /// The identifier of a secondary artifact, which the buildspec names, too.
        public var identifier: String?
        public var type: Kind?
        /// The bucket.
        public var bucket: String?
        /// The folder in the bucket, without slashes at its ends.
        public var path: String?
        public var name: String?
        /// Whether the build's id is a folder of its own (`namespaceType: BUILD_ID`).
        public var hasBuildFolder = false
        /// Whether the artifact is one zip file (`packaging: ZIP`).
        public var isZip = false
        /// Whether the buildspec's `name` counts.
        public var takesNameOfBuildspec = false
        public var place: SourceLocation

        public init(identifier: String? = nil, place: SourceLocation) {
            self.identifier = identifier
            self.place = place
        }
    }

    /// An entry of `fileSystemLocations`.
    public struct FileSystem: Sendable, Equatable {
        public var identifier: String
        /// The folder of the container that it is mounted at.
        public var mountPoint: String
        public var place: SourceLocation

        public init(identifier: String, mountPoint: String, place: SourceLocation) {
            self.identifier = identifier
            self.mountPoint = mountPoint
            self.place = place
        }
    }

    /// The machine that a build gets in the service.
    public struct Compute: Sendable, Equatable {
        /// `LINUX_CONTAINER` and its kin.
        public var environmentType: Located<String>?
        /// `BUILD_GENERAL1_SMALL` and its kin.
        public var type: Located<String>?
        /// Of `computeConfiguration`, in GiB.
        public var memory: Int?
        public var processors: Int?

        public init() {}
    }

    /// A key with a value that decides nothing of a build on this machine.
    public struct Unused: Sendable, Equatable {
        /// The path of the key: `logsConfig`, `source.auth`.
        public let path: String
        /// The reason, a clause that begins in lower case.
        public let why: String
        public let location: SourceLocation
        /// Whether the key changes no build in the service either: names, tags, badges.
        public let isLabel: Bool

        public init(path: String, why: String, location: SourceLocation, isLabel: Bool = false) {
            self.path = path
            self.why = why
            self.location = location
            self.isLabel = isLabel
        }
    }
}
