public import Artifacts
public import BuildPlanning
public import Engines

/// All that is open while one build runs. Whoever opened it closes it after the build.
public struct Surroundings: Sendable {
    public var engine: any BuildEngine
    /// The container to start. The place that starts it sets its program.
    public var container: ContainerSpec
    public var source: SourceStaging
    public var artifacts: ArtifactStore
    public var process: BuildProcess
    /// The caches of the build; `nil` for a build that uses none.
    public var cache: CacheKeeping?
    /// The cache that the container's image has already; `nil` where the image has none.
    public var laidCache: LaidCache?
    /// Receives a cache that was unpacked, and that is the same after the build; `nil` where nobody wants it.
    public var onSteadyCache: (@Sendable (SteadyCache) -> Void)?
    public var secrets = BuildSecrets()
    /// AWS credentials for the build's commands; `nil` for a build that gets none.
    public var credentials: BuildCredentials?
    /// A Docker daemon of the build's own; `nil` for a build that has none.
    public var docker: InnerDocker?
    /// The proxy between the build and the network; `nil` for a build that has the network itself, or none.
    public var network: BuildNetwork?
    /// A folder of this machine with the driver and the programs of user/bin; `nil` when there is none to mount.
    public var programs: String?
    /// A folder of this machine for the FIFOs of tar streams, to be mounted; `nil` when there will be no streams.
    public var pipes: String?
    /// The folder of this machine that is the container's `/`, for an engine whose containers see this machine's files; empty
    /// for containers that have a file system of their own.
    public var root = ""
    /// The folder of this machine in which the record of the build lies, for the cases of its reports; `nil` for a build whose
    /// reports leave only their sums.
    public var records: String?
    /// The folder of this machine that gets the report files as the build wrote them, and is made for the first; `nil` where
    /// nobody wants them.
    public var reportCopies: String?
    /// How long tests took in earlier builds, for `codebuild-tests-run` to divide them; `nil` where it divides as the service's.
    public var shardTimes: String?
    /// Receives each checkpoint; `nil` when no checkpoints are made.
    public var onCheckpoint: (@Sendable (Checkpoint) async throws -> Void)?

    public init(
        engine: any BuildEngine, container: ContainerSpec, source: SourceStaging, artifacts: ArtifactStore,
        process: BuildProcess
    ) {
        self.engine = engine
        self.container = container
        self.source = source
        self.artifacts = artifacts
        self.process = process
    }
}

/// What a build needs to know of the running program: its clock, a random word, and its version.
public struct BuildProcess: Sendable {
    /// A random word that marks the driver's replies, and that no build's output contains.
    public let nonce: String
    public let now: @Sendable () -> Timestamp
    /// The version of `buildspec`, for the first line of the log.
    public let programVersion: String

    public init(nonce: String, now: @escaping @Sendable () -> Timestamp, programVersion: String) {
        self.nonce = nonce
        self.now = now
        self.programVersion = programVersion
    }
}
