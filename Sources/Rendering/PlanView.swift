public import BuildPlanning
internal import SpecParsing

/// A plan together with what surrounds it on this machine, to be shown: as text, or as JSON.
public struct PlanView: Sendable {
    public let plan: BuildPlan
    /// The folder the source comes from.
    public let source: String
    /// `nil` when the engine has no such image, or does not answer.
    public let image: Image?
    /// Where artifacts go.
    public let artifactsDirectory: String
    /// Where the cache lies, when the build has one.
    public let cachePlace: String?

    /// The images that the build's own Docker daemon will be asked for; empty for a build without one.
    public let baseImages: [BaseImage]

    /// An image that the settings name, or a Dockerfile.
    public struct BaseImage: Sendable {
        public let name: String
        /// `app/Dockerfile:1`
        public let place: String
        public let origin: Origin

        /// Where the daemon has it from.
        public enum Origin: String, Sendable {
            /// This engine lends it.
            case engine
            /// Builds before left it.
            case volume
            /// Its pull was recorded.
            case recordings
            /// The registry of the project's local AWS.
            case localAWS = "local AWS"
            /// Nobody here has it: it is pulled.
            case registry
        }

        public init(name: String, place: String, origin: Origin) {
            self.name = name
            self.place = place
            self.origin = origin
        }
    }

    /// What the engine says of the image.
    public struct Image: Sendable {
        public let id: String
        /// The image's own `ENV`: the weakest layer of all (CODEBUILD.md 5.3).
        public let variables: [(name: String, value: String)]

        public init(id: String, variables: [(name: String, value: String)]) {
            self.id = id
            self.variables = variables
        }
    }

    public init(
        plan: BuildPlan, source: String, image: Image?, artifactsDirectory: String, cachePlace: String?,
        baseImages: [BaseImage] = []
    ) {
        self.baseImages = baseImages
        self.plan = plan
        self.source = source
        self.image = image
        self.artifactsDirectory = artifactsDirectory
        self.cachePlace = cachePlace
    }

    /// Variables of the image that nothing beats.
    var imageVariables: [(name: String, value: String)] {
        let beaten = Set(plan.variables.map(\.name))
        return image?.variables.filter { !beaten.contains($0.name) } ?? []
    }
}

/// What an `on-failure` value looks like in a buildspec.
func written(_ rule: BuildSpec.OnFailure) -> String {
    switch rule {
    case .abort: "ABORT"
    case .continue: "CONTINUE"
    case .retry(let count, nil): "RETRY-\(count)"
    case .retry(let count, let pattern?): "RETRY-\(count)-\(pattern)"
    }
}

/// Whether a text of the buildspec gets its last form only from the build's own variables.
func isExpandedLater(_ text: String) -> Bool { text.contains("$") }
