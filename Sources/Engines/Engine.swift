public import ChildProcesses
internal import Synchronization

/// Runs containers. Promises, which one test suite holds every engine to:
///
/// - The container lives exactly as long as the body of ``withContainer(_:_:)``, cancellation included; unless its first
///   process outlives its input and the body has terminated the engine's client: then it stays.
/// - Standard output and standard error arrive apart, unchanged, as they are written; no log of them is kept elsewhere.
/// - ``remove(_:)`` of a container that is not there is fine.
public protocol ContainerRunning: Sendable {
    /// Starts a container and runs `body` beside it; afterwards the container is gone.
    ///
    /// - Returns: what `body` returned, and how the container's first process (or the engine's client) ended.
    func withContainer<Result: Sendable>(
        _ spec: ContainerSpec, _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> (result: Result, status: ChildStatus)

    /// Runs a shell with a text in a running container as root, beside `body`.
    ///
    /// - Parameter arguments: after `sh -c`, as of a ``ContainerSpec``.
    func withShell<Result: Sendable>(
        in container: String, _ arguments: [String], _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> Result

    /// Whether there is a running container of that name.
    func isRunning(_ container: String) async throws -> Bool

    /// Says why a container did not start. It asks the engine rather than reading its messages.
    func diagnose(_ spec: ContainerSpec, status: ChildStatus, said: String) async -> EngineError

    /// Stops and removes a container with its volumes and layers, whatever it is doing.
    ///
    /// - Returns: whether there was one.
    /// - Throws: ``EngineError`` when anything of it is still there.
    @discardableResult
    func remove(_ container: String) async throws -> Bool
}

/// Copies files between this machine and running containers, as tar streams.
public protocol ContainerCopying: Sendable {
    /// Writes a tar stream of `path` (a file, or a folder with all below it) to `descriptor`, and closes that.
    ///
    /// Names in the stream begin with the last component of `path`.
    /// - Throws: ``EngineError`` with code `absent` when there is no such path.
    func copyOut(_ path: String, of container: String, to descriptor: Int32) async throws

    /// Unpacks a tar stream read from `descriptor` into `folder`, and closes the descriptor.
    func copyIn(from descriptor: Int32, to folder: String, of container: String) async throws
}

/// Keeps images: describes them, makes them of containers, copies them.
public protocol ImageKeeping: Sendable {
    /// Makes an image of a container's files; what lies in memory or in volumes is no part of it.
    func commit(_ container: String, as image: String, labels: [String: String]) async throws

    /// The size of an image with all its layers, in bytes, or `nil` when the engine has none of that name.
    func imageSize(_ image: String) async throws -> Int?

    /// The id of an image on the engine, or `nil` when it has none of that name.
    func imageID(_ image: String) async throws -> String?

    /// What the engine knows of an image, or `nil` when it has none of that name.
    func imageConfiguration(_ image: String) async throws -> ImageConfiguration?

    /// The names of all images with their tags; images without a name are left out.
    func imageNames() async throws -> [String]

    /// Removes an image's name, and the image when that was its last. One that is not there is fine.
    func removeImage(_ image: String) async throws

    /// Copies an image, with this name, into the engine that runs inside a container.
    func copyImage(_ image: String, into container: String) async throws

    /// Writes a tar with images to `descriptor`, and closes that; layers that several have are in it once.
    func saveImages(_ names: [String], to descriptor: Int32) async throws

    /// What an image with one more layer is made of, or `nil` when the engine has no image of that name.
    ///
    /// - Throws: ``EngineError`` with code `refused` where the engine takes no image without all of its layers.
    func layering(of image: String) async throws -> ImageLayering?

    /// Loads the images of a tar that is read from `descriptor`, and closes the descriptor.
    func loadImages(from descriptor: Int32) async throws
}

extension ImageKeeping {
    public func layering(of image: String) async throws -> ImageLayering? {
        throw EngineError(
            .refused, doing: "add a layer to image `\(image)`", reason: "the engine takes no layers by themselves")
    }
}

/// Keeps volumes, which outlive containers.
public protocol VolumeKeeping: Sendable {
    /// The folder of the engine's machine that its volumes lie in, or `nil` when it does not say.
    func volumeRoot() async throws -> String?

    /// The names of the running containers that have a volume mounted.
    func containers(usingVolume volume: String) async throws -> [String]

    /// Whether there is a volume of that name.
    func hasVolume(_ volume: String) async throws -> Bool

    /// The names of all volumes with a label.
    func volumes(withLabel label: String) async throws -> [String]

    /// Removes a volume.
    ///
    /// - Returns: `false` when a container has it.
    func removeVolume(_ volume: String) async throws -> Bool

    /// Writes a tar of a volume to `descriptor`, and closes that; names in it begin with `volume/`.
    ///
    /// - Parameters:
    ///   - container: has the volume meanwhile; it never runs. Its image may be any the engine has.
    ///   - user: a container that writes to the volume; it stands still meanwhile, if it runs.
    func saveVolume(
        _ name: String, to descriptor: Int32, container: ContainerSpec, pausing user: String
    ) async throws

    /// Makes a volume of a tar as ``saveVolume(_:to:container:pausing:)`` writes it, read from `descriptor`, which is
    /// closed; a volume of that name is replaced.
    func loadVolume(
        _ name: String, labels: [String: String], from descriptor: Int32, container: ContainerSpec
    ) async throws
}

/// Finds out what the engine has, and whether it is there at all.
public protocol EngineFinding: Sendable {
    /// Whether there is an engine at the other end.
    func answers() async throws -> Bool

    /// The names of all containers with a label, running or not.
    func containers(withLabel label: String) async throws -> [String]

    /// The architecture of the engine's machine in the engine's words (`amd64`, `arm64`), or `nil` when it does not say.
    func architecture() async throws -> String?
}

/// Lets a person at the terminal into containers.
public protocol TerminalAttaching: Sendable {
    /// Runs a shell of a container for a person at the terminal, or a command in it.
    ///
    /// - Parameters:
    ///   - user: as the image knows it; root when absent.
    ///   - isInteractive: whether the container's side gets a terminal, too.
    /// - Returns: how it ended.
    func attach(
        to container: String, user: String?, isInteractive: Bool, _ arguments: [String]
    ) async throws -> ChildStatus

    /// Runs a shell with a text in a new container on the terminal; the container is gone afterwards.
    ///
    /// - Parameter arguments: after `sh -c`.
    func runOnTerminal(
        _ image: String, memoryMounts: [String], isInteractive: Bool, _ arguments: [String]
    ) async throws -> ChildStatus

    /// Copies a file or a folder of a container into a folder of this machine, owned by this user.
    func copyOut(_ path: String, of container: String, toFolder folder: String) async throws
}

/// Gives the engine's own command line to rooms whose business no capability covers: the local AWS, sockets in a container.
public protocol EngineCommanding: Sendable {
    /// A command of the engine's client, `["exec", NAME, …]`, for the engine this value means.
    func command(_ arguments: [String]) -> Command

    /// The command that starts a container, and lives as long as it; `nil` where an engine has no such command.
    func starting(_ spec: ContainerSpec) -> Command?
}

extension EngineCommanding {
    public func starting(_ spec: ContainerSpec) -> Command? { nil }
}

/// Shares an engine itself with the containers that run on it.
public protocol EngineSharing: Sendable {
    /// The path of the engine's socket on the engine's own machine, to be mounted into containers.
    ///
    /// - Throws: ``EngineError`` with code `refused` where the engine is reached by a network.
    func ownSocket() async throws -> String
}

/// What a build needs of an engine.
public typealias BuildEngine = ContainerRunning & ContainerCopying & ImageKeeping

/// All that an engine can do.
public typealias Engine = BuildEngine & VolumeKeeping & EngineFinding & TerminalAttaching & EngineCommanding
    & EngineSharing

/// A container to start. The program is always a shell with a text, never the image's own ENTRYPOINT or CMD.
public struct ContainerSpec: Sendable {
    public enum Pull: String, Sendable, CaseIterable { case always, missing, never }

    public var name: String
    public var image: String
    /// After `sh -c`: the text, `$0`, `$1`…
    public var arguments: [String] = []
    public var labels: [String: String] = [:]
    /// Folders of the host, read-only in the container.
    public var readOnlyMounts: [(host: String, container: String)] = []
    /// Folders of the host that the container may change.
    public var writableMounts: [(host: String, container: String)] = []
    /// A folder that shows others without copying them, and takes changes.
    public var layeredMount: LayeredMount?
    /// Sockets of the engine's machine, with the paths that the container finds them at.
    public var sockets: [(host: String, container: String)] = []
    /// Folders that live in memory and in no image.
    public var memoryMounts: [String] = []
    /// Volumes of the engine's.
    public var volumes: [Volume] = []
    /// What the container may do to the machine, for an engine inside it; `nil`: no more than others.
    public var privilege: Privilege?
    /// Variables for every process. They stand on the client's command line: never a secret.
    public var environment: [(name: String, value: String)] = []
    /// No network but loopback.
    public var isOffline = false
    public var pull = Pull.missing
    public var platform: String?
    public var cpus: String?
    public var memory: String?
    /// Is told when the engine is asked for the container, and when nothing of it is left.
    public var trace: ContainerTrace?
    /// The streams of the first process of a container of this name that runs already, and waits; `nil` for one that is to be
    /// started. When their input is closed, whoever started the container sees to its end.
    public var standby: ChildStreams?

    public init(name: String, image: String) {
        self.name = name
        self.image = image
    }
}

/// What an engine knows of an image.
public struct ImageConfiguration: Sendable {
    /// The digest of its configuration, which names the image on every engine: `sha256:…`.
    public var id: String
    /// What registries call it, with the names it was pulled or pushed under: `debian@sha256:…`.
    public var digests: [String]
    /// The architecture it is made for in the engine's words: `amd64`.
    public var architecture: String
    /// The variables it sets.
    public var variables: [(name: String, value: String)]

    public init(
        id: String, digests: [String] = [], architecture: String, variables: [(name: String, value: String)]
    ) {
        self.id = id
        self.digests = digests
        self.architecture = architecture
        self.variables = variables
    }
}

/// Knows whether an engine may have something of a container.
public final class ContainerTrace: Sendable {
    private let flag = Atomic<Bool>(false)

    public init() {}

    /// Whether the engine was asked for it, and has not surely removed all of it since.
    public var mayBeThere: Bool { flag.load(ordering: .acquiring) }
    public func noteStart() { flag.store(true, ordering: .releasing) }
    public func noteGone() { flag.store(false, ordering: .releasing) }
}

extension ContainerSpec {
    /// The fields of `--mount` are a line of CSV: one with a comma or a quote is quoted.
    public static func mountValue(_ fields: [String]) -> String {
        fields.map { field in
            guard field.contains(where: { $0 == "," || $0 == "\"" }) else { return field }
            return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
                + "\""
        }.joined(separator: ",")
    }
}

/// The rights of a container with an engine inside it.
public enum Privilege: String, Sendable, CaseIterable {
    /// The whole machine: `--privileged`.
    case full
    /// Only what an engine needs, for machines that cannot give everything.
    case capabilities
}

/// A folder of a container that lies in a volume of the engine's.
public struct Volume: Sendable {
    /// The name of a volume that outlives the container, and is made when it is missing; `nil` for a volume that is removed
    /// with the container.
    public var name: String?
    public var target: String
    /// The labels of a volume that is made.
    public var labels: [String: String]

    public init(name: String?, target: String, labels: [String: String] = [:]) {
        self.name = name
        self.target = target
        self.labels = labels
    }
}

/// A folder of a container made of read-only folders of the host and a writable layer above them. What is written there
/// lies in volumes of the engine's that are named for the container and go with it.
public struct LayeredMount: Sendable {
    /// Folders of the host, the uppermost first.
    public var lower: [String]
    /// Where it is in the container.
    public var target: String
    /// Where the engine keeps its volumes, on its own machine.
    public var volumeRoot: String
    /// Where the container sees the volumes that its changes lie in, read-only.
    public var layersFolder: String

    public init(lower: [String], target: String, volumeRoot: String, layersFolder: String) {
        self.lower = lower
        self.target = target
        self.volumeRoot = volumeRoot
        self.layersFolder = layersFolder
    }

    /// Whether a path can be written in the kernel's text of mount options.
    public static func canHold(_ path: String) -> Bool { !path.contains { ",:\\\"".contains($0) } }
}

/// A request the engine could not carry out. A build command that exits non-zero is *not* one of these.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case unreachable, imageMissing, refused, absent }
        private let value: Value
        /// No engine answered.
        public static var unreachable: Self { Self(value: .unreachable) }
        /// The engine has no such image and could not get it.
        public static var imageMissing: Self { Self(value: .imageMissing) }
        /// The engine refused.
        public static var refused: Self { Self(value: .refused) }
        /// The thing asked for is not there.
        public static var absent: Self { Self(value: .absent) }
    }

    public let code: Code
    /// "pull image `maven:3.9`"
    public let doing: String
    /// The engine's last words, unchanged.
    public let reason: String
    public let help: String?

    public init(_ code: Code, doing: String, reason: String, help: String? = nil) {
        self.code = code
        self.doing = doing
        self.reason = reason
        self.help = help
    }

    public var description: String { "cannot \(doing): \(reason)" }

    /// The same in a line for a log: the reason up to its first comma or line end, and no more than that.
    public var shortDescription: String {
        var words = reason.prefix { !$0.isNewline }
        for prefix in ["docker: ", "Error: ", "Error response from daemon: "] where words.hasPrefix(prefix) {
            words = words.dropFirst(prefix.count)
        }
        if let end = words.firstRange(of: ", ")?.lowerBound { words = words[..<end] }
        return "cannot \(doing): \(words.count > Self.shortLength ? words.prefix(Self.shortLength - 1) + "…" : words)"
    }

    private static let shortLength = 100
}
