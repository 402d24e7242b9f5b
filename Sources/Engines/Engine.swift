public import ChildProcesses

/// What can run a container. Promises, held to by one test suite over every engine:
///
/// - The container lives exactly as long as the body of ``withContainer(_:_:)``, cancellation included; unless its first
///   process outlives its input and the body has terminated the engine's client: then it stays.
/// - Standard output and standard error arrive apart, unchanged, as they are written; no log of them is kept elsewhere.
/// - ``remove(_:)`` of a container that is not there is fine.
public protocol Engine: Sendable {
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

    /// Says why a container did not start, asking the engine rather than reading its prose.
    func diagnose(_ spec: ContainerSpec, status: ChildStatus, said: String) async -> EngineError

    /// Writes a tar stream of `path` (a file, or a folder with all below it) to `descriptor`, and closes that.
    ///
    /// Names in the stream begin with the last component of `path`.
    /// - Throws: ``EngineError`` with code `absent` when there is no such path.
    func copyOut(_ path: String, of container: String, to descriptor: Int32) async throws

    /// Unpacks a tar stream read from `descriptor` into `folder`, and closes the descriptor.
    func copyIn(from descriptor: Int32, to folder: String, of container: String) async throws

    /// Stops and removes a container with its volumes and layers, whatever it is doing.
    func remove(_ container: String) async throws

    /// Makes an image of a container's files; what lies in memory or in volumes is no part of it.
    func commit(_ container: String, as image: String, labels: [String: String]) async throws

    /// The size of an image with all its layers, in bytes, or `nil` when the engine has none of that name.
    func imageSize(_ image: String) async throws -> Int?

    /// The id of an image on the engine, or `nil` when it has none of that name.
    func imageID(_ image: String) async throws -> String?

    /// Copies an image, with this name, into the engine that runs inside a container.
    func lend(_ image: String, to container: String) async throws
}

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
    /// A folder that shows others without copying them, and takes changes.
    public var layeredMount: LayeredMount?
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

    public init(name: String, image: String) {
        self.name = name
        self.image = image
    }
}

/// How much of the machine a container with an engine inside it is given.
public enum Privilege: String, Sendable, CaseIterable {
    /// All of it: `--privileged`.
    case full
    /// As much as an engine needs, where a machine does not have all to give.
    case capabilities
}

/// A folder of a container that lies in a volume of the engine's.
public struct Volume: Sendable {
    /// It outlives the container, and is made when there is none; `nil` for one that goes with the container.
    public var name: String?
    public var target: String
    /// For one that is made.
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

    public init(lower: [String], target: String, volumeRoot: String) {
        self.lower = lower
        self.target = target
        self.volumeRoot = volumeRoot
    }

    /// Whether the kernel's option text can say such a path.
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
        /// The engine would not do it.
        public static var refused: Self { Self(value: .refused) }
        /// The thing asked for is not there.
        public static var absent: Self { Self(value: .absent) }
    }

    public let code: Code
    /// "pull image `maven:3.9`"
    public let doing: String
    /// The engine's own last words, unchanged.
    public let reason: String
    public let help: String?

    public init(_ code: Code, doing: String, reason: String, help: String? = nil) {
        self.code = code
        self.doing = doing
        self.reason = reason
        self.help = help
    }

    public var description: String { "cannot \(doing): \(reason)" }
}
