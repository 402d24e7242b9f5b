internal import ChildProcesses
/// A command line that drives an engine, and what it says in its own way.
///
/// podman's understands Docker's options but for those that stand here; measured with podman 4.3.
public enum EngineClient: String, Codable, Sendable, CaseIterable, CustomStringConvertible {
    case docker, podman

    /// The name of its program.
    public var description: String { rawValue }

    /// The option that names an engine which is not the usual one.
    var contextOption: String { self == .docker ? "--context" : "--connection" }

    /// Options with which `rm --force` leaves the container's processes no time to end. Docker's always does so.
    var killingAtOnce: [String] { self == .docker ? [] : ["--time", "0"] }

    /// Options with which `save` writes several images into one tar.
    var savingSeveral: [String] { self == .docker ? [] : ["--multi-image-archive"] }

    /// Options that mount a volume without a copy of what the image has in its place. Docker labels a volume that it makes.
    func mounting(_ volume: Volume) -> [String] {
        let source = volume.name.map { ["src=\($0)"] } ?? []
        switch self {
        case .docker:
            let labels = volume.labels.sorted { $0.key < $1.key }.map { "volume-label=\($0.key)=\($0.value)" }
            let fields = ["type=volume"] + source + ["dst=\(volume.target)", "volume-nocopy"] + labels
            return ["--mount", ContainerSpec.mountValue(fields)]
        case .podman:
            // Only this form knows `nocopy`, and it needs a name.
            return volume.name.map { ["--volume", "\($0):\(volume.target):nocopy"] }
                ?? ["--mount", ContainerSpec.mountValue(["type=volume", "dst=\(volume.target)"])]
        }
    }

    /// A call that makes a container from which and into which files can be copied. podman's `cp` finds the volumes of a running
    /// one alone.
    func having(_ image: String, _ options: [String]) -> [String] {
        switch self {
        case .docker: ["create"] + options + [image, "true"]
        case .podman:
            ["run", "--detach", "--entrypoint", "sh"] + options + [image, "-c", "while :; do sleep 3600; done"]
        }
    }

    /// The question for the architecture of the engine's machine.
    var askingForArchitecture: [String] {
        self == .docker ? ["version", "--format", "{{.Server.Arch}}"] : ["info", "--format", "{{.Host.Arch}}"]
    }

    /// The beginning of the names that podman gives to images of no registry.
    static let local = "localhost/"

    var helpToInstall: String {
        switch self {
        case .docker:
            "install Docker (`docker`) or podman, and make sure that PATH leads to it"
        case .podman: "install podman, and make sure that PATH leads to it; `--engine docker` uses Docker instead"
        }
    }
}

extension DockerEngine {
    /// Makes the volumes of a container that are not there yet, where the client cannot label them as it makes them.
    func makeVolumes(of spec: ContainerSpec) async throws {
        guard client == .podman else { return }
        for volume in spec.volumes {
            guard let name = volume.name else { continue }
            let labels = volume.labels.sorted { $0.key < $1.key }.flatMap { ["--label", "\($0.key)=\($0.value)"] }
            let made = try await ask(["volume", "create"] + labels + [name])
            guard made.status.isSuccess || made.errorText.contains("already exists") else {
                throw EngineError(.refused, doing: "make volume `\(name)`", reason: made.errorText)
            }
        }
    }
}
