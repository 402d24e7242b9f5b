internal import BuildPlanning
public import Engines
internal import SpecParsing

/// A Docker daemon of the build's own, inside its container: `privilegedMode` of a project (CODEBUILD.md 10.2).
///
/// What an engine lets such a container have is found out by trying, as for the source's way in.
public struct InnerDocker: Sendable {
    /// To be tried one after the other.
    let privileges: [Privilege]
    /// Where images and layers are kept, mounted at ``dataFolder``.
    let volume: Volume
    /// Told which privilege worked.
    let remember: @Sendable (Privilege) -> Void
    /// Images of the engine outside that commands of the build will ask for, with their ids.
    let images: [(name: String, id: String)]
    /// Told the names of all images inside as the build ends.
    let onImages: (@Sendable ([String]) async throws -> Void)?

    /// Where a daemon keeps what it has.
    public static let dataFolder = "/var/lib/docker"

    /// - Parameters:
    ///   - privileges: in the order of trying; not empty.
    ///   - volume: mounted at ``dataFolder``.
    public init(
        privileges: [Privilege], volume: Volume, images: [(name: String, id: String)],
        remember: @escaping @Sendable (Privilege) -> Void,
        onImages: (@Sendable ([String]) async throws -> Void)? = nil
    ) {
        self.privileges = privileges
        self.volume = volume
        self.images = images
        self.remember = remember
        self.onImages = onImages
    }

    /// The container with what the daemon needs.
    func mounted(_ container: ContainerSpec, _ privilege: Privilege) -> ContainerSpec {
        var container = container
        container.privilege = privilege
        container.volumes.append(volume)
        return container
    }
}

extension Surroundings {
    /// The privileges to start the container with, one after the other; only `nil` where no daemon is wanted.
    var privileges: [Privilege?] { docker?.privileges ?? [nil] }

    func mounted(_ container: ContainerSpec, _ privilege: Privilege?) -> ContainerSpec {
        guard let docker, let privilege else { return container }
        return docker.mounted(container, privilege)
    }
}

extension BuildJob {
    /// Has the daemon come up, with the driver's environment as it is by then; ``DockerStage/run()`` waits for it.
    var innerDockerOrder: OpeningOrder? {
        guard surroundings.docker != nil else { return nil }
        let home = plan.variables.first { $0.name == "HOME" && $0.type == .plaintext }?.value ?? "/root"
        return OpeningOrder("eval \(innerDockerText.shellQuoted) && docker_start \(home.shellQuoted)") {
            "cannot prepare the start of the Docker daemon (status \($0))"
        }
    }
}
