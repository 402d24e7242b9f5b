internal import BuildPlanning
public import Engines
internal import SpecParsing

/// A Docker daemon that a build has for itself in its container: `privilegedMode` of a project (CODEBUILD.md 10.2).
///
/// The privileges that an engine grants to such a container are found out by trying.
public struct InnerDocker: Sendable {
    /// The privileges to try one after the other.
    let privileges: [Privilege]
    /// The volume with the daemon's images and layers, mounted at ``dataFolder``.
    let volume: Volume
    /// Receives the privilege that was granted.
    let remember: @Sendable (Privilege) -> Void
    /// The images of the outer engine that commands of the build will ask for, with their ids.
    let images: [(name: String, id: String)]
    /// Receives the names of all images in the daemon as the build ends.
    let onImages: (@Sendable ([String]) async throws -> Void)?

    /// The folder of a daemon's images and layers.
    public static let dataFolder = "/var/lib/docker"

    /// - Parameters:
    ///   - privileges: are tried in this order; not empty.
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

    /// Adds to a container what the daemon needs.
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
    /// The order that starts the daemon with the driver's environment at that time; ``DockerStage/run()`` waits for it.
    var innerDockerOrder: OpeningOrder? {
        guard surroundings.docker != nil else { return nil }
        let home = plan.variables.first { $0.name == "HOME" && $0.type == .plaintext }?.value ?? "/root"
        return OpeningOrder("eval \(innerDockerText.shellQuoted) && docker_start \(home.shellQuoted)") {
            "cannot prepare the start of the Docker daemon (status \($0))"
        }
    }
}
