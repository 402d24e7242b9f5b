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

extension BuildExecutor {
    /// Has the daemon come up, with the driver's environment as it is by then; ``BuildRun/useDocker()`` waits for it.
    var innerDockerOrder: OpeningOrder? {
        guard docker != nil else { return nil }
        let home = plan.variables.first { $0.name == "HOME" && $0.type == .plaintext }?.value ?? "/root"
        return OpeningOrder("eval \(innerDockerText.shellQuoted) && docker_start \(home.shellQuoted)") {
            "cannot prepare the start of the Docker daemon (status \($0))"
        }
    }

    /// What the engine is to be tried with: once, where no daemon is wanted.
    var privileges: [Privilege?] { docker?.privileges ?? [nil] }

    /// The engine did not refuse it: that is remembered, and said when it is not all that was wanted.
    func remember(_ privilege: Privilege?, _ sink: EventSink) async throws {
        guard let docker, let privilege, docker.privileges.count > 1 else { return }
        docker.remember(privilege)
        guard privilege != docker.privileges[0] else { return }
        try await sink.send(
            .notice(
                text: "the engine refuses --privileged: the build gets the capabilities SYS_ADMIN, NET_ADMIN and MKNOD "
                    + "instead, which are enough for its Docker daemon"))
    }

    func mounted(_ container: ContainerSpec, _ privilege: Privilege?) -> ContainerSpec {
        guard let docker, let privilege else { return container }
        return docker.mounted(container, privilege)
    }
}

extension BuildRun {
    /// Waits for the build's daemon and gives it the images it will be asked for.
    ///
    /// What a build without its daemon fails with is [inferred]: the words are those of the service's own images
    /// (CODEBUILD.md 10.2), which there end the container.
    ///
    /// - Returns: why there is none though there should be, or `nil`.
    func useDocker() async throws -> PhaseContext? {
        guard let docker = executor.docker else { return nil }
        switch try await session.perform("docker_wait") {
        case 0: break
        case 69:
            // As in the service, whose own images alone bring a daemon (CODEBUILD.md 10.2).
            try await sink.send(
                .notice(
                    text:
                        "privileged: image `\(plan.image)` has no `dockerd`, or no `docker`, to start; the build has no "
                        + "Docker daemon but one of its own commands start"))
            return nil
        default: return Self.clientError("Timed out trying to connect to internal docker host.")
        }
        try await lend(docker.images)
        return nil
    }

    private func lend(_ images: [(name: String, id: String)]) async throws {
        guard !images.isEmpty else { return }
        let words = images.flatMap { [$0.name, $0.id] }.map(\.shellQuoted).joined(separator: " ")
        let missing = Set(
            try await session.ask("docker_missing \(words)").bytes.split(separator: 0)
                .map { String(decoding: $0, as: UTF8.self) })
        for (name, id) in images where missing.contains(name) {
            try await sink.send(.notice(text: "lending image `\(name)` to the build's Docker daemon"))
            do {
                try await executor.engine.copyImage(name, into: executor.container.name)
                _ = try await session.perform("docker_note \(name.shellQuoted) \(id.shellQuoted)")
            } catch let error as EngineError {
                // The build may not need it, and will say so if it does.
                try await sink.send(.notice(text: "warning: \(error)"))
            }
        }
    }

    /// Tells which images the next build will find.
    func noteDockerImages() async throws {
        guard let tell = executor.docker?.onImages else { return }
        let answer = try await session.ask("docker_images")
        guard answer.status == 0 else { return }
        try await tell(String(decoding: answer.bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    }
}
