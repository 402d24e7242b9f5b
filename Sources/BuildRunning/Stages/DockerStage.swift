internal import BuildPlanning
internal import Engines

/// Waits for the Docker daemon of a build, and reports its images at the end.
struct DockerStage: Sendable {
    private let context: StageContext

    init(_ context: StageContext) { self.context = context }

    private var docker: InnerDocker? { context.job.surroundings.docker }
    private var session: DriverSession { context.session }
    private var sink: EventSink { context.sink }

    /// Waits for the daemon, and copies the images into it that the build will ask for.
    ///
    /// The words that a build fails with when its daemon does not come up are [inferred] from the service's own images, whose
    /// container ends with them (CODEBUILD.md 10.2).
    ///
    /// - Returns: why the build fails for lack of a daemon, or `nil`.
    func run() async throws -> PhaseContext? {
        guard let docker else { return nil }
        switch try await session.perform("docker_wait") {
        case 0: break
        case 69:
            // As in the service, whose own images alone bring a daemon (CODEBUILD.md 10.2).
            try await sink.send(
                .notice(
                    text:
                        "privileged: image `\(context.plan.image)` lacks `dockerd` or `docker`, so no Docker daemon is started; "
                        + "the build's commands can start one"))
            return nil
        default: return PhaseContext.clientError("Timed out trying to connect to internal docker host.")
        }
        try await copyMissing(docker.images)
        return nil
    }

    private func copyMissing(_ images: [(name: String, id: String)]) async throws {
        guard !images.isEmpty else { return }
        let words = images.flatMap { [$0.name, $0.id] }.map(\.shellQuoted).joined(separator: " ")
        let missing = Set(
            try await session.ask("docker_missing \(words)").bytes.split(separator: 0)
                .map { String(decoding: $0, as: UTF8.self) })
        for (name, id) in images where missing.contains(name) {
            try await sink.send(.notice(text: "copying image `\(name)` into the build's Docker daemon"))
            do {
                try await context.engine.copyImage(name, into: context.container.name)
                _ = try await session.perform("docker_note \(name.shellQuoted) \(id.shellQuoted)")
            } catch let error as EngineError {
                // The build may not need it, and will say so if it does.
                try await sink.send(.notice(text: "warning: \(error)"))
            }
        }
    }

    /// Reports the images that the next build will find in the daemon.
    func noteImages() async throws {
        guard let tell = docker?.onImages else { return }
        let answer = try await session.ask("docker_images")
        guard answer.status == 0 else { return }
        try await tell(String(decoding: answer.bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    }
}
