public import BuildPlanning
public import SpecParsing

/// A plan together with facts about this machine, to be shown as text or as JSON.
public struct PlanView: Sendable {
    public let plan: BuildPlan
    /// The folder that the source comes from.
    public let source: String
    /// The image; `nil` when the engine does not have it or does not answer.
    public let image: Image?
    /// The folder in which artifacts are stored.
    public let artifactsDirectory: String
    /// The forms of the artifacts, and their places in the service.
    public let artifactsPlan: ArtifactsPlan
    /// The place where the cache is stored; `nil` when the build has none.
    public let cachePlace: String?
    /// Whether the cache comes from an image, and why not; `nil` where nobody has asked for that.
    public var cacheWay: String?

    /// The Docker daemon that the commands find.
    public var docker = ContainerPlan.Docker.absent
    /// The images that the build's own Docker daemon will need; empty for a build without one.
    public let baseImages: [BaseImage]

    /// The artifacts that are stored, each under the name it gets.
    var deliveries: [(name: String, rules: BuildSpec.ArtifactRules)] {
        plan.artifacts.map(artifactsPlan.deliveries) ?? []
    }

    /// The settings of the project that decide nothing here.
    public let unusedSettings: [ProjectSettings.Unused]
    /// The secondary sources that the settings have and nobody brings in.
    public var missingSources: [MissingSource] = []

    /// The build of the service that the plan runs again, if it does.
    public var repeated: RepeatedView?

    /// A secondary source that only the settings know.
    public struct MissingSource: Sendable {
        public let identifier: String
        /// The place of its identifier: `codebuild.yml:3:21`.
        public let place: String

        public init(identifier: String, place: String) {
            self.identifier = identifier
            self.place = place
        }
    }

    /// An image that the settings or a Dockerfile name.
    public struct BaseImage: Sendable {
        public let name: String
        /// The place that names the image: `app/Dockerfile:1`.
        public let place: String
        public let origin: Origin

        /// The origin of the image for the daemon.
        public enum Origin: String, Sendable {
            /// The engine on this machine has the image.
            case engine
            /// An earlier build left the image in the daemon's volume.
            case volume
            /// A recording has the image's pull.
            case recordings
            /// The registry of the project's local AWS has the image.
            case localAWS = "local AWS"
            /// The image must be pulled from its registry.
            case registry
        }

        public init(name: String, place: String, origin: Origin) {
            self.name = name
            self.place = place
            self.origin = origin
        }
    }

    /// The engine's facts about the image.
    public struct Image: Sendable {
        /// The id of the image: `sha256:…`.
        public let id: String
        /// The variables of the image's own `ENV`, which every other source overrides (CODEBUILD.md 5.3).
        public let variables: [(name: String, value: String)]
        /// The name that the engine has it under.
        public let name: String?
        /// The registry's digest; `nil` for an image that was made here.
        public let digest: String?

        public init(
            id: String, variables: [(name: String, value: String)], name: String? = nil, digest: String? = nil
        ) {
            self.id = id
            self.variables = variables
            self.name = name
            self.digest = digest
        }
    }

    /// What is to be said of the image: another name, another processor, or the ways to it where it is not there.
    public let imageNotes: [String]

    /// What the buildspec's `runtime-versions` select; `nil` where there are none.
    public let runtimes: Runtimes?

    /// What is known of the versions that are selected, before there is a container.
    public enum Runtimes: Sendable, Equatable {
        /// It cannot be known, for this reason.
        case unknown(String)
        /// The image has no list of runtimes: all are skipped.
        case skipped
        case selected(RuntimeSelection)
        /// The image is not here: these are selected if it still has the versions that it had.
        case expected(RuntimeSelection)
    }

    public init(
        plan: BuildPlan, source: String, image: Image?, artifactsDirectory: String, cachePlace: String?,
        artifactsPlan: ArtifactsPlan = ArtifactsPlan(folder: nil, zips: false, taskDefinition: nil),
        baseImages: [BaseImage] = [], imageNotes: [String] = [], runtimes: Runtimes? = nil,
        unusedSettings: [ProjectSettings.Unused] = []
    ) {
        self.runtimes = runtimes
        self.imageNotes = imageNotes
        self.unusedSettings = unusedSettings
        self.baseImages = baseImages
        self.plan = plan
        self.source = source
        self.image = image
        self.artifactsDirectory = artifactsDirectory
        self.artifactsPlan = artifactsPlan
        self.cachePlace = cachePlace
    }

    /// The command that asks a Docker daemon where the build has none.
    var unansweredDockerCall: DockerCall? { docker == .absent ? plan.dockerCall : nil }

    /// The path of a file or folder that an artifact becomes.
    func path(ofArtifact identifier: String) -> String {
        "\(artifactsDirectory)/\(identifier)" + (artifactsPlan.isZip(identifier) ? ".zip" : "")
    }

    /// The place of an artifact in the service; `nil` where the project's settings name none.
    func destination(of rules: BuildSpec.ArtifactRules) -> String? {
        artifactsPlan.places?[rules.identifier ?? "artifacts"]?.url(
            build: "BUILD_ID", ownName: rules.name?.value, prefix: rules.s3Prefix)
    }

    /// The variables that the commands read and nobody sets.
    var unsetVariables: [UnsetVariable] { plan.unsetVariables(besides: image?.variables.map(\.name) ?? []) }

    /// The variables of the image that nothing overrides.
    var imageVariables: [(name: String, value: String)] {
        let beaten = Set(plan.variables.map(\.name))
        return image?.variables.filter { !beaten.contains($0.name) } ?? []
    }
}

/// The form of an `on-failure` value in a buildspec.
func written(_ rule: BuildSpec.OnFailure) -> String {
    switch rule {
    case .abort: "ABORT"
    case .continue: "CONTINUE"
    case .retry(let count, nil): "RETRY-\(count)"
    case .retry(let count, let pattern?): "RETRY-\(count)-\(pattern)"
    }
}

/// Whether a text contains variables that are expanded only during the build.
func isExpandedLater(_ text: String) -> Bool { text.contains("$") }
