internal import BuildPlanning
internal import ChildProcesses
public import Engines
internal import Synchronization

/// Starts a container in the first way that the engine does not refuse, and runs the build in it.
extension LocalBuild {
    /// The result of starting a container in one way.
    private enum Attempt: Sendable {
        case came(Outcome), neverStarted(said: String)

        /// The end of a build whose container ran before; one whose driver never speaks is gone.
        var outcome: Outcome { if case .came(let outcome) = self { outcome } else { .lost } }
    }

    /// Starts a new container, brings the source into it, and runs the build.
    func startFresh() async throws -> Outcome {
        let surroundings = job.surroundings
        let ways = surroundings.source.ways.flatMap { way in
            surroundings.privileges.map { (way: way, privilege: $0) }
        }
        return try await tryEach(
            ways,
            mounting: { way, privilege in
                let mounted = surroundings.source.mounted(container, way, at: plan.sourceDirectory)
                return surroundings.mounted(withPrograms(mounted, way), privilege)
            }
        ) { session, way in
            let opening = try job.openingOrders(way.way)
            do {
                try await session.ready(for: opening.map(\.order))
            } catch let lost as DriverSession.Lost { return (.neverStarted(said: lost.said), .leave) }
            async let told: Void = tellImage()
            surroundings.source.remember(way.way)
            try await open()
            try await remember(way.privilege)
            let context = context(session)
            let (outcome, ending) = try await limited(session) {
                try await BuildStages(context).run(SourceStage(context, way: way.way, opening: opening))
            }
            try await told
            return (.came(outcome), ending)
        }
    }

    /// Emits which image the container was made of. The engine is asked while the build runs.
    private func tellImage() async throws {
        // An engine that does not know it now has made the container of it all the same.
        let name = job.surroundings.laidCache?.base ?? container.image
        guard let image = try? await engine.imageConfiguration(name) else { return }
        try await sink.send(.imageUsed(.init(name: name, id: image.id, digest: image.digests.first)))
    }

    /// Starts a new container of a checkpoint and goes on with the build.
    func start(from checkpoint: Checkpoint, _ continuation: Beginning.Continuation) async throws -> Outcome {
        let secrets = job.surroundings.secrets.values
        let environment =
            plan.environmentFile(secrets: secrets) + checkpoint.environmentFile
            + (job.surroundings.credentials?.environmentLines ?? "")
            + BuildPlan.environmentFile(of: continuation.variables, secrets: secrets)
        let orders = [
            "put \(ContainerLayout.environmentFile) \(environment.shellQuoted)",
            "put \(ContainerLayout.directoryFile) \((checkpoint.directory + "\n").shellQuoted)",
        ]
        return try await tryEach(
            job.surroundings.privileges, mounting: { job.surroundings.mounted(container, $0) }
        ) { session, privilege in
            try await goOn(continuation, after: orders, in: session, with: privilege)
        }
    }

    /// Goes on with the build in its kept container. Afterwards the container is removed, or stays as the recipe says; it
    /// always stays when the build does not come to an end, for its state may be hours of work.
    func goOn(_ continuation: Beginning.Continuation, recallingState: Bool) async throws -> Outcome {
        let begun = Begun()
        do {
            let outcome = try await engine.withShell(in: container.name, container.arguments) { streams in
                try await DriverSession.with(
                    streams, nonce: job.surroundings.process.nonce, onOutput: { try await sink.output($0) },
                    onClientWords: { _ in }
                ) { session in
                    let lines =
                        BuildPlan.environmentFile(
                            of: continuation.variables, secrets: job.surroundings.secrets.values)
                        + (job.surroundings.credentials?.environmentLines ?? "")
                    let orders =
                        (recallingState ? ["recall"] : [])
                        + (lines.isEmpty ? [] : ["append \(ContainerLayout.environmentFile) \(lines.shellQuoted)"])
                    let (attempt, _) = try await goOn(continuation, after: orders, in: session, begun)
                    if case .neverStarted(let said) = attempt {
                        throw EngineError(
                            .refused, doing: "go on in container `\(container.name)`",
                            reason: said.isEmpty ? "its shell does not answer" : said)
                    }
                    // This driver is not the container's first process: the container does not end with it.
                    return (attempt.outcome, .leave)
                }
            }
            if case .ended(_, isKept: true) = outcome {} else { await removeContainer() }
            return outcome
        } catch  where !begun.isTrue {
            // An output that breaks here breaks on the events that end the build, too.
            try? await sink.send(.containerKept(container: container.name))
            throw error
        } catch let error as OutOfTime {
            // A new task is not cancelled with this one.
            await Task { await removeContainer() }.value
            throw error
        } catch {
            await Task { await endCommands() }.value
            try? await sink.send(.containerKept(container: container.name))
            throw error
        }
    }

    /// Ends what the build that goes on has started in its kept container.
    private func endCommands() async {
        let path = job.surroundings.root + ContainerLayout.driverProcess
        do {
            try await engine.withShell(in: container.name, [endingText, "buildspec-end", path]) { streams in
                try await streams.input.finish()
                async let said: Void = streams.errorOutput.forEachChunk { _ in }
                try await streams.output.forEachChunk { _ in }
                try await said
            }
        } catch {
            try? await sink.send(
                .notice(text: "warning: what ran in container `\(container.name)` may go on: \(error)"))
        }
    }

    /// Whether a build that goes on has come to its first command.
    private final class Begun: Sendable {
        private let flag = Atomic<Bool>(false)

        var isTrue: Bool { flag.load(ordering: .acquiring) }
        func set() { flag.store(true, ordering: .releasing) }
    }

    /// Goes on with the build in a running container.
    ///
    /// - Parameter orders: bring the state back.
    private func goOn(
        _ continuation: Beginning.Continuation, after orders: [String], in session: DriverSession,
        _ begun: Begun = Begun(), with privilege: Privilege? = nil
    ) async throws -> (Attempt, DriverSession.Ending) {
        let surroundings = job.surroundings
        var orders = (["rejoin \(plan.sourceFolders)"] + orders).map { Array($0.utf8) }
        if let network = surroundings.network { orders.append(network.trustOrder.order) }
        if let order = job.gitCredentialRenewal { orders.append(order) }
        if let order = job.innerDockerOrder { orders.append(order.order) }
        do { try await session.ready(for: orders) } catch let lost as DriverSession.Lost {
            return (.neverStarted(said: lost.said), .leave)
        }
        _ = try await session.replies(orders.count)
        try await open()
        try await remember(privilege)
        if job.debugging.isOn { _ = try await session.perform("debug") }
        let context = context(session)
        if let changes = continuation.changes, let problem = try await surroundings.source.apply(changes, in: context) {
            throw UnfitImage(image: plan.image, reason: problem)
        }
        if let problem = try await surroundings.source.apply(continuation.otherChanges, in: context) {
            throw UnfitImage(image: plan.image, reason: problem)
        }
        try Task.checkCancellation()
        begun.set()
        let (outcome, ending) = try await limited(session) {
            try await BuildStages(context).goOn(at: continuation.point)
        }
        return (.came(outcome), ending)
    }

    /// Opens what the build reaches in its container's own network.
    private func open() async throws {
        try await job.surroundings.network?.open(container.name)
        try await job.surroundings.credentials?.open(container.name) { await sink.hide($0) }
    }

    private func context(_ session: DriverSession) -> StageContext {
        StageContext(job: job, container: container, session: session, sink: sink)
    }

    /// Starts the container in the first way the engine does not refuse.
    private func tryEach<Way: Sendable>(
        _ ways: [Way], mounting: (Way) -> ContainerSpec,
        attempt: @escaping @Sendable (DriverSession, Way) async throws -> (Attempt, DriverSession.Ending)
    ) async throws -> Outcome {
        var refusal: EngineError?
        for (number, way) in ways.enumerated() {
            let isLast = number == ways.count - 1
            let mounted = mounting(way)
            // A refusal is shown only when there is no other way.
            let (beginning, status) = try await withDriver(of: mounted, showsRefusal: isLast) { session in
                try await attempt(session, way)
            }
            switch beginning {
            case .came(let outcome): return outcome
            case .neverStarted(let said):
                let error = await engine.diagnose(mounted, status: status, said: said)
                // Another way would not find a missing image either.
                guard error.code == .refused, !isLast else { return .neverStarted(error) }
                refusal = error
            }
        }
        return .neverStarted(refusal ?? EngineError(.refused, doing: "bring the source in", reason: "no way is left"))
    }

    /// Starts a container and speaks with its driver.
    ///
    /// - Parameter showsRefusal: whether the words of an engine that refuses the container are shown.
    private func withDriver(
        of container: ContainerSpec, showsRefusal: Bool,
        _ body: @escaping @Sendable (DriverSession) async throws -> (Attempt, DriverSession.Ending)
    ) async throws -> (Attempt, ChildStatus) {
        try await engine.withContainer(container) { streams in
            try await DriverSession.with(
                streams, nonce: job.surroundings.process.nonce, onOutput: { try await sink.output($0) },
                onClientWords: { bytes in
                    let text = String(decoding: bytes, as: UTF8.self)
                    if !showsRefusal, text.hasPrefix("docker: ") { return }
                    // Nothing depends on the progress of a pull; an output that is broken breaks the next event, too.
                    try? await sink.send(.notice(text: text))
                }, body)
        }
    }

    /// Mounts the driver and the programs: that takes less time than 20 kB on the container's command line.
    private func withPrograms(_ container: ContainerSpec, _ way: SourceStaging.Way) -> ContainerSpec {
        guard way != .stream, let programs = job.surroundings.programs else { return container }
        return container.running(programs, pipes: job.surroundings.pipes, below: job.surroundings.root)
    }

    /// Remembers the privilege that the engine did not refuse, and says so when it is less than was wanted.
    private func remember(_ privilege: Privilege?) async throws {
        guard let docker = job.surroundings.docker, let privilege, docker.privileges.count > 1 else { return }
        docker.remember(privilege)
        guard privilege != docker.privileges[0] else { return }
        try await sink.send(
            .notice(
                text: "the engine refuses --privileged: the build gets the capabilities SYS_ADMIN, NET_ADMIN and MKNOD "
                    + "instead, which are enough for its Docker daemon"))
    }
}

extension ContainerSpec {
    /// The same container with the driver as its program, which is mounted and not given on the command line.
    ///
    /// - Parameters:
    ///   - programs: the folder of this machine with the driver and the programs of user/bin.
    ///   - pipes: the folder of this machine for the FIFOs of tar streams.
    ///   - root: as ``Surroundings/root``.
    public func running(_ programs: String, pipes: String?, below root: String = "") -> ContainerSpec {
        var container = self
        container.readOnlyMounts.append((programs, ContainerLayout.programs))
        // A FIFO can be written to on a read-only mount, too.
        if let pipes { container.readOnlyMounts.append((pipes, ContainerLayout.pipes)) }
        container.arguments = [". \(root)\(ContainerLayout.driver)", "buildspec-driver", root, ""]
        return container
    }
}
