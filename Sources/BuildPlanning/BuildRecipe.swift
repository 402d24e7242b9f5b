public import SpecParsing

/// Everything about one build, decided: the plan to carry out, and what its container, network, cache and artifacts are.
///
/// It is all that a kept build is resumed from, and all that a batch hands to each of its builds. It holds no secret: values
/// of parameters and secrets stand in its plan as references.
public struct BuildRecipe: Sendable, Codable {
    public var plan: BuildPlan
    public var project: ProjectIdentity
    public var container: ContainerPlan
    public var network: NetworkPlan
    /// The sources in the order they are brought in; the primary one comes first.
    public var sources: [SourcePlan]
    public var cache: CachePlacement
    public var artifacts: ArtifactsPlan
    /// The part of the build that is run.
    public var part: BuildPart
    public var ending: EndingPlan

    public init(
        plan: BuildPlan, project: ProjectIdentity, container: ContainerPlan, network: NetworkPlan,
        sources: [SourcePlan], cache: CachePlacement, artifacts: ArtifactsPlan, part: BuildPart, ending: EndingPlan
    ) {
        self.plan = plan
        self.project = project
        self.container = container
        self.network = network
        self.sources = sources
        self.cache = cache
        self.artifacts = artifacts
        self.part = part
        self.ending = ending
    }
}

/// The names by which one project's things are told from another's on this machine.
public struct ProjectIdentity: Sendable, Codable, Hashable {
    /// The project's name, in the letters that a CodeBuild project's name may have.
    public let name: String
    /// Names what is kept of the project between builds: readable in front, unique behind, fit for files, containers and
    /// volumes.
    public let key: String
    /// The absolute path of the source folder.
    public let folder: String

    public init(name: String, key: String, folder: String) {
        self.name = name
        self.key = key
        self.folder = folder
    }
}

/// The container a build runs in.
public struct ContainerPlan: Sendable, Codable, Equatable {
    public enum Pull: String, Sendable, Codable, CaseIterable { case always, missing, never }

    /// The Docker daemon that the commands of a build find.
    public enum Docker: String, Sendable, Codable, CaseIterable {
        case absent = "none"
        /// A daemon of the build's own, inside its container, which is privileged for that.
        case inside
        /// The engine that the build itself runs on, by its socket.
        case host
    }

    public var image: String
    /// Whether nobody named the image.
    public var imageIsDefault: Bool
    /// The docker context to use; the current one when absent.
    public var context: String?
    public var pull: Pull
    public var platform: String?
    public var cpus: String?
    public var memory: String?
    public var docker: Docker
    /// Images that the build needs beside ``image``, as the settings list them.
    public var otherImages: [Located<String>]
    /// The folders in the place of the project's file systems; recipes of older builds have none.
    public var mounts: [FileSystemMount]?
    /// The artifacts of builds of its batch that the build may read; others, and recipes of older builds, have none.
    public var handedOver: [FileSystemMount]?

    public init(
        image: String, imageIsDefault: Bool, context: String?, pull: Pull, platform: String?, cpus: String?,
        memory: String?, docker: Docker, otherImages: [Located<String>]
    ) {
        self.image = image
        self.imageIsDefault = imageIsDefault
        self.context = context
        self.pull = pull
        self.platform = platform
        self.cpus = cpus
        self.memory = memory
        self.docker = docker
        self.otherImages = otherImages
    }

    /// Whether the build gets a Docker daemon of its own.
    public var isPrivileged: Bool { docker == .inside }
}

/// A folder of this machine in the place of a file system of the project's.
public struct FileSystemMount: Sendable, Codable, Equatable {
    /// The identifier in `fileSystemLocations`.
    public var identifier: String
    /// An absolute path of this machine.
    public var folder: String
    /// An absolute path of the container.
    public var target: String

    public init(identifier: String, folder: String, target: String) {
        self.identifier = identifier
        self.folder = folder
        self.target = target
    }

    /// The variable with ``target`` in the build (CODEBUILD-2026 F.1).
    public var variable: String { "CODEBUILD_\(identifier.uppercased())" }
}

/// What stands between a build and the network. Decided once, before anything runs.
public enum NetworkPolicy: Sendable, Codable, Equatable {
    /// The build has the network of the engine.
    case open
    /// The build has its network through a proxy that keeps what it gets for builds without one.
    ///
    /// - mirrors: `PREFIX=BASE`, in the order they are to be tried.
    /// - trustsAll: hosts that cannot prove who they are may answer, too.
    case recording(mirrors: [String], trustsAll: Bool)
    /// No packet leaves this machine; what was recorded is given again.
    case replaying
    /// No packet leaves this machine, and nothing was recorded.
    case closed

    /// Whether no packet may leave this machine (`--offline`).
    public var isOffline: Bool { self == .replaying || self == .closed }

    /// Whether what the build gets is kept.
    public var records: Bool { if case .recording = self { true } else { false } }
}

/// A build's network and the AWS it meets there.
public struct NetworkPlan: Sendable, Codable, Equatable {
    public var policy: NetworkPolicy
    /// Whether recorded responses of the project are there.
    public var hasRecordings: Bool
    /// Whether AWS is played on this machine because somebody asked for it (`--aws-local`).
    public var playsAWS: Bool
    /// Twelve digits; zeros where nobody named one and nothing answers for it.
    public var account: String
    public var region: String
    /// Names of ECR repositories that the AWS played here is to have.
    public var repositories: [String]

    public init(
        policy: NetworkPolicy, hasRecordings: Bool, playsAWS: Bool, account: String, region: String,
        repositories: [String]
    ) {
        self.policy = policy
        self.hasRecordings = hasRecordings
        self.playsAWS = playsAWS
        self.account = account
        self.region = region
        self.repositories = repositories
    }
}

/// One source of a build.
public struct SourcePlan: Sendable, Codable, Equatable {
    /// The identifier of a secondary source; `nil` for the primary one.
    public var identifier: String?
    /// The folder of this machine that it comes from, an absolute path.
    public var folder: String
    /// The part of it that is asked for, as `--source` has it (`git:index`); `nil` for what lies in the folder.
    public var kind: String?
    /// The folder of the container that it is brought into.
    public var target: String

    public init(identifier: String? = nil, folder: String, kind: String?, target: String) {
        self.identifier = identifier
        self.folder = folder
        self.kind = kind
        self.target = target
    }
}

/// The place where caches lie, and the owner they lie under.
public struct CachePlacement: Sendable, Codable, Equatable {
    public enum Place: Sendable, Codable, Equatable {
        /// The folder that all projects of this user share.
        case shared
        case folder(String)
        /// `s3://BUCKET/PREFIX`
        case bucket(String)
    }

    public var place: Place
    public var isUsed: Bool
    /// The owner of caches that are shared by a namespace (`cache.cacheNamespace` of a project).
    public var namespace: String?
    /// Whether a cache that does not change becomes a layer of an image. Recipes of older builds have none.
    public var makesImages: Bool?

    public init(place: Place, isUsed: Bool, namespace: String?) {
        self.place = place
        self.isUsed = isUsed
        self.namespace = namespace
    }

    /// The project that owns caches without a key.
    ///
    /// In a place that the user names, the project's name is enough, and finds them from another checkout; in the folder
    /// that all projects share, two projects of the same name must not meet.
    public func owner(of project: ProjectIdentity) -> String { place == .shared ? project.folder : project.name }
}

/// The place artifacts are stored in, and the form they get.
public struct ArtifactsPlan: Sendable, Codable, Equatable {
    /// The folder that was asked for; `nil` for `.buildspec/out` of the source.
    public var folder: String?
    /// Whether each artifact is stored as a zip file instead of a folder.
    public var zips: Bool
    /// The names of a pipeline's artifacts that the build's own become; `nil` for a build in no pipeline.
    public var outputs: [String]?
    /// The artifacts that are zip files because their project says so; `artifacts` is the primary one. Recipes of older builds
    /// have none.
    public var zipped: [String]?
    /// The places in the service, by the artifacts' identifiers.
    public var places: [String: ArtifactPlace]?
    /// An ECS task definition whose container names those of imagedefinitions.json are compared with.
    public var taskDefinition: String?

    public init(folder: String?, zips: Bool, taskDefinition: String?) {
        self.folder = folder
        self.zips = zips
        self.taskDefinition = taskDefinition
    }

    /// Whether an artifact is stored as a zip file.
    public func isZip(_ identifier: String) -> Bool { zips || zipped?.contains(identifier) == true }
}

extension ArtifactsPlan {
    /// The artifacts of a buildspec that are stored, each under the name it gets.
    ///
    /// In a pipeline the single output is the primary artifact, and each of several the secondary one of its name
    /// (CODEBUILD.md 6.5).
    public func deliveries(of artifacts: BuildSpec.Artifacts) -> [(name: String, rules: BuildSpec.ArtifactRules)] {
        let primary = artifacts.primary.flatMap { $0.hasFiles ? $0 : nil }
        let secondary = artifacts.secondary.compactMap { rules in rules.identifier.map { (name: $0, rules: rules) } }
        guard let outputs, let first = outputs.first else {
            return (primary.map { [(name: "artifacts", rules: $0)] } ?? []) + secondary
        }
        guard outputs.count > 1 else { return primary.map { [(name: first, rules: $0)] } ?? [] }
        return secondary.filter { outputs.contains($0.name) }
    }
}

/// The part of a build that is run: `--from`, `--until`, `--phase`.
public struct BuildPart: Sendable, Codable, Equatable {
    /// The first command to run; `nil`: the very first.
    public let start: ResumePoint?
    /// The last phase to run.
    public let last: PhaseName

    public init(start: ResumePoint? = nil, last: PhaseName = .postBuild) {
        self.start = start
        self.last = last
    }
}

/// The limits and the end of a build: when it is stopped, and what it leaves behind.
public struct EndingPlan: Sendable, Codable, Equatable {
    /// The builds after which the container stays, for `shell` and `resume`.
    public enum Keep: String, Sendable, Codable, CaseIterable { case never, failure, always }

    public var keep: Keep
    /// Whether the state before each phase is kept.
    public var makesCheckpoints: Bool
    /// The limit of the whole build, in seconds.
    public var timeout: Int
    /// Whether warnings about the buildspec are errors.
    public var isStrict: Bool

    public init(keep: Keep, makesCheckpoints: Bool, timeout: Int, isStrict: Bool) {
        self.keep = keep
        self.makesCheckpoints = makesCheckpoints
        self.timeout = timeout
        self.isStrict = isStrict
    }
}
