public import Artifacts
public import SourceSnapshots
public import BuildPlanning
public import Engines
internal import ChildProcesses

/// Carries a plan out on an engine and says what happens, event by event.
public struct BuildExecutor: Sendable {
    let plan: BuildPlan
    let engine: any BuildEngine
    let container: ContainerSpec
    let source: SourceStaging
    let cache: CacheKeeping?
    let artifacts: ArtifactStore
    let zipsArtifacts: Bool
    let secrets: BuildSecrets
    let surroundings: Surroundings
    /// When the container stays behind after the build.
    let keep: Keep
    let part: BuildPart
    let debugging: Debugging
    /// A daemon of the build's own; `nil` for a build that has none.
    let docker: InnerDocker?
    /// A folder of this machine with the driver and the programs of user/bin, for engines that see it.
    let programs: String?
    /// A folder of this machine that the container sees, for tar streams; `nil` when there will be none.
    let pipes: String?
    /// The proxy between the build and the network; `nil` where it has its network, or none.
    let network: BuildNetwork?
    /// Told of each checkpoint; `nil` when none is to be made.
    let onCheckpoint: (@Sendable (Checkpoint) async throws -> Void)?

    public enum Keep: String, Sendable, CaseIterable { case never, failure, always }

    /// What only the front door may touch: time, chance, the program's own name.
    public struct Surroundings: Sendable {
        /// Never seen in any build's output: marks the driver's words.
        public let nonce: String
        public let now: @Sendable () -> Timestamp
        /// Of `buildspec` itself, for the log's first line.
        public let programVersion: String

        public init(nonce: String, now: @escaping @Sendable () -> Timestamp, programVersion: String) {
            self.nonce = nonce
            self.now = now
            self.programVersion = programVersion
        }
    }

    /// - Parameter container: its arguments are set here: the driver's text and nonce.
    public init(
        plan: BuildPlan, engine: any BuildEngine, container: ContainerSpec, source: SourceStaging,
        cache: CacheKeeping?, artifacts: ArtifactStore, zipsArtifacts: Bool, secrets: BuildSecrets = BuildSecrets(),
        surroundings: Surroundings, keep: Keep = .never, part: BuildPart = BuildPart(),
        debugging: Debugging = Debugging(), docker: InnerDocker? = nil, programs: String? = nil, pipes: String? = nil,
        network: BuildNetwork? = nil, onCheckpoint: (@Sendable (Checkpoint) async throws -> Void)? = nil
    ) {
        self.programs = programs
        self.docker = docker
        self.pipes = pipes
        self.network = network
        self.onCheckpoint = onCheckpoint
        self.debugging = debugging
        self.keep = keep
        self.part = part
        self.plan = plan
        self.engine = engine
        var container = container
        container.arguments = [driverText, "buildspec-driver", surroundings.nonce, "", buildProgramsText]
        self.container = container
        self.source = source
        self.cache = cache
        self.artifacts = artifacts
        self.zipsArtifacts = zipsArtifacts
        self.secrets = secrets
        self.surroundings = surroundings
    }

    /// Runs the build to its end. A failed command is an event, not an error.
    ///
    /// - Parameter emit: receives every event in order; the build waits for it.
    /// - Throws: ``Engines/EngineError`` when no container could be had, ``UnfitImage``, `CancellationError` after the container is gone,
    ///   whatever `emit` throws. In each of these cases the last event is `buildFinished`.
    public func run(emit: @escaping @Sendable (BuildEvent) async throws -> Void) async throws {
        let sink = EventSink(now: surroundings.now, mask: SecretMask(secrets.texts), emit: emit)
        try await sink.send(
            .buildStarted(
                .init(
                    id: plan.id, image: plan.image, sourceDirectory: plan.sourceDirectory,
                    buildspec: plan.buildspecLocation, source: plan.sourcePath, snapshot: plan.snapshot)))
        try await sink.log("Running on buildspec \(surroundings.programVersion)")
        try await sink.log("Waiting for agent ping")
        try await toTheEnd(sink) { try await tryEachWay(sink, $0) }
    }

    /// Goes on with a build in a new container of one of its checkpoints; the image is that of ``init``'s container.
    ///
    /// - Parameters:
    ///   - checkpoint: whose state the first command finds.
    ///   - changes, variables: as of ``resume(at:recallingState:syncing:setting:emit:)``.
    /// - Throws: as ``run(emit:)``.
    public func restart(
        at point: ResumePoint, from checkpoint: Checkpoint, syncing changes: SourceChanges?,
        setting variables: [BuildPlan.Variable], emit: @escaping @Sendable (BuildEvent) async throws -> Void
    ) async throws {
        let sink = EventSink(now: surroundings.now, mask: SecretMask(secrets.texts), emit: emit)
        try await sink.send(.buildResumed(point))
        let environment =
            plan.environmentFile(secrets: secrets.values) + checkpoint.environmentFile
            + BuildPlan.environmentFile(of: variables, secrets: secrets.values)
        let orders = [
            "put \(ContainerLayout.environmentFile) \(environment.shellQuoted)",
            "put \(ContainerLayout.directoryFile) \((checkpoint.directory + "\n").shellQuoted)",
        ]
        try await toTheEnd(sink) { guardian in
            try await tryEach(privileges, sink, mounting: { mounted(container, $0) }) { session, privilege in
                try await reattempt(at: point, orders: orders, changes, session, sink, guardian, privilege)
            }
        }
    }

    private func toTheEnd(
        _ sink: EventSink, _ body: (Guardian) async throws -> Outcome
    ) async throws {
        let guardian = Guardian()
        do {
            let outcome = try await body(guardian)
            if case .neverStarted(let error) = outcome { try await notStarted(error, sink) }
            try await finish(outcome, sink, guardian)
        } catch {
            try await stopped(by: error, sink)
        }
    }

    /// Starts a container and speaks with its driver.
    ///
    /// - Parameter showsRefusal: whether the engine's refusal is news.
    private func withDriver(
        of container: ContainerSpec, _ sink: EventSink, showsRefusal: Bool,
        _ body: @escaping @Sendable (DriverSession) async throws -> (Attempt, DriverSession.Ending)
    ) async throws -> (Attempt, ChildStatus) {
        let (beginning, status) = try await engine.withContainer(container) { streams in
            try await DriverSession.with(
                streams, nonce: surroundings.nonce, onOutput: { try await sink.output($0) },
                onClientWords: { bytes in
                    let text = String(decoding: bytes, as: UTF8.self)
                    if !showsRefusal, text.hasPrefix("docker: ") { return }
                    // A pull's progress is worth showing, and nothing depends on it.
                    try? await sink.send(.notice(text: text))
                }, body)
        }
        return (beginning, status)
    }

    /// Goes on with a build in its kept container. Afterwards the container is gone, or stays as ``keep`` says.
    ///
    /// - Parameters:
    ///   - point: what is run first.
    ///   - recalls: whether the state goes back to what the failed command began with.
    ///   - changes: of the source, to be brought in.
    ///   - variables: that the buildspec, the settings or the flags have changed since.
    /// - Throws: as ``run(emit:)``.
    public func resume(
        at point: ResumePoint, recallingState recalls: Bool, syncing changes: SourceChanges?,
        setting variables: [BuildPlan.Variable], emit: @escaping @Sendable (BuildEvent) async throws -> Void
    ) async throws {
        let sink = EventSink(now: surroundings.now, mask: SecretMask(secrets.texts), emit: emit)
        try await sink.send(.buildResumed(point))
        let guardian = Guardian()
        do {
            let outcome = try await engine.withShell(in: container.name, container.arguments) { streams in
                try await DriverSession.with(
                    streams, nonce: surroundings.nonce, onOutput: { try await sink.output($0) }, onClientWords: { _ in }
                ) { session in
                    let lines = BuildPlan.environmentFile(of: variables, secrets: secrets.values)
                    let orders =
                        (recalls ? ["recall"] : [])
                        + (lines.isEmpty ? [] : ["append \(ContainerLayout.environmentFile) \(lines.shellQuoted)"])
                    let (beginning, _) = try await reattempt(
                        at: point, orders: orders, changes, session, sink, guardian)
                    // This driver is not the container's first process: it leaves, and the container is removed or not.
                    return (beginning.outcome, .leave)
                }
            }
            if case .ended(_, isKept: true) = outcome {} else { try await engine.remove(container.name) }
            try await finish(outcome, sink, guardian)
        } catch {
            _ = await Task { try await engine.remove(container.name) }.result
            try await stopped(by: error, sink)
        }
    }

    private enum Outcome: Sendable {
        case ended(BuildStatus, isKept: Bool)
        case neverStarted(EngineError), lost, unfit(UnfitImage)
    }

    private func finish(_ outcome: Outcome, _ sink: EventSink, _ guardian: Guardian) async throws {
        switch outcome {
        case .ended(let status, let isKept):
            if isKept { try await sink.send(.containerKept(container: container.name)) }
            try await sink.send(.buildFinished(status: status))
        case .neverStarted, .lost: try await lost(sink, guardian)
        case .unfit(let error):
            try await sink.send(.buildFinished(status: .failed))
            throw error
        }
    }

    private func stopped(by error: any Error, _ sink: EventSink) async throws -> Never {
        if error is CancellationError || Task.isCancelled {
            // Whatever broke while we were being stopped broke because of that.
            try await sink.end(.stopped, .none)
            try await sink.send(.buildFinished(status: .stopped))
            throw CancellationError()
        }
        throw error
    }

    /// - Parameter orders: what brings the state back.
    private func reattempt(
        at point: ResumePoint, orders: [String], _ changes: SourceChanges?, _ session: DriverSession,
        _ sink: EventSink, _ guardian: Guardian, _ privilege: Privilege? = nil
    ) async throws -> (Attempt, DriverSession.Ending) {
        var orders = (["rejoin \(plan.sourceDirectory.shellQuoted)"] + orders).map { Array($0.utf8) }
        if let network { orders.append(network.trustOrder.order) }
        if let order = gitCredentialRenewal { orders.append(order) }
        if let order = innerDockerOrder { orders.append(order.order) }
        do { try await session.ready(for: orders) } catch let lost as DriverSession.Lost {
            return (.neverStarted(said: lost.said), .leave)
        }
        _ = try await session.replies(orders.count)
        try await network?.open(container.name)
        try await remember(privilege, sink)
        if debugging.isOn { _ = try await session.perform("debug") }
        let run = BuildRun(executor: self, session: session, sink: sink, way: .stream, opening: [], resume: point)
        if let changes,
            let problem = try await source.apply(changes, to: plan.sourceDirectory, container.name, engine, session)
        {
            throw UnfitImage(image: plan.image, reason: problem)
        }
        let (outcome, ending) = try await limited(session, guardian) { try await run.perform() }
        return (.came(outcome), ending)
    }

    private enum Attempt: Sendable {
        case came(Outcome), neverStarted(said: String)

        /// A driver that never spoke, in a container that ran: it is gone.
        var outcome: Outcome { if case .came(let outcome) = self { outcome } else { .lost } }
    }

    /// Starts the container with the source brought in by the first way the engine does not refuse.
    private func tryEachWay(_ sink: EventSink, _ guardian: Guardian) async throws -> Outcome {
        let ways = source.ways.flatMap { way in privileges.map { (way: way, privilege: $0) } }
        return try await tryEach(
            ways, sink,
            mounting: { way, privilege in
                mounted(withPrograms(source.mounted(container, way, at: plan.sourceDirectory), way), privilege)
            }
        ) { session, way in
            try await attempt(session, sink, guardian, way.way, way.privilege)
        }
    }

    /// Starts the container in the first way the engine does not refuse.
    private func tryEach<Way: Sendable>(
        _ ways: [Way], _ sink: EventSink, mounting: (Way) -> ContainerSpec,
        _ attempt: @escaping @Sendable (DriverSession, Way) async throws -> (Attempt, DriverSession.Ending)
    ) async throws -> Outcome {
        var refusal: EngineError?
        for (number, way) in ways.enumerated() {
            let isLast = number == ways.count - 1
            let mounted = mounting(way)
            // A refusal is no news while there is another way.
            let (beginning, status) = try await withDriver(of: mounted, sink, showsRefusal: isLast) { session in
                try await attempt(session, way)
            }
            switch beginning {
            case .came(let outcome): return outcome
            case .neverStarted(let said):
                let error = await engine.diagnose(mounted, status: status, said: said)
                // A missing image is missing in every way.
                guard error.code == .refused, !isLast else { return .neverStarted(error) }
                refusal = error
            }
        }
        return .neverStarted(refusal ?? EngineError(.refused, doing: "bring the source in", reason: "no way is left"))
    }

    /// Texts of 20 kB on a container's command line cost it more time than a mount.
    private func withPrograms(_ container: ContainerSpec, _ way: SourceStaging.Way) -> ContainerSpec {
        guard way != .stream, let programs else { return container }
        var container = container
        container.readOnlyMounts.append((programs, ContainerLayout.programs))
        // A FIFO takes what is written to it on a read-only mount, too.
        if let pipes { container.readOnlyMounts.append((pipes, ContainerLayout.pipes)) }
        container.arguments = [". \(ContainerLayout.driver)", "buildspec-driver", surroundings.nonce, "", ""]
        return container
    }

    private func attempt(
        _ session: DriverSession, _ sink: EventSink, _ guardian: Guardian, _ way: SourceStaging.Way,
        _ privilege: Privilege?
    ) async throws -> (Attempt, DriverSession.Ending) {
        let run = BuildRun(
            executor: self, session: session, sink: sink, way: way, opening: try openingOrders(way), resume: nil)
        do {
            try await session.ready(for: run.opening.map(\.order))
        } catch let lost as DriverSession.Lost { return (.neverStarted(said: lost.said), .leave) }
        source.remember(way)
        try await network?.open(container.name)
        try await remember(privilege, sink)
        let (outcome, ending) = try await limited(session, guardian) { try await run.perform() }
        return (.came(outcome), ending)
    }

    /// Runs a build within its time, and decides whether the container stays.
    private func limited(
        _ session: DriverSession, _ guardian: Guardian, _ body: @Sendable () async throws -> BuildStatus
    ) async throws -> (Outcome, DriverSession.Ending) {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Task.sleep(for: .seconds(plan.timeout))
                await guardian.timeOut()
                try await engine.remove(container.name)
            }
            defer { group.cancelAll() }
            do {
                let status = try await body()
                let isKept = keep == .always || keep == .failure && status != .succeeded
                if isKept { _ = try await session.perform("stays=yes") }
                return (.ended(status, isKept: isKept), isKept ? .stay : .leave)
            } catch is DriverSession.Lost {
                return (.lost, .leave)
            } catch let error as UnfitImage {
                return (.unfit(error), .leave)
            }
        }
    }

    private func notStarted(_ error: EngineError, _ sink: EventSink) async throws {
        try await sink.end(
            .failed, PhaseContext(statusCode: "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", message: error.description))
        try await sink.send(.buildFinished(status: .failed))
        throw error
    }

    /// The container went away under a command: out of time, or killed by somebody.
    private func lost(_ sink: EventSink, _ guardian: Guardian) async throws {
        if await guardian.isTimedOut {
            try await sink.end(.timedOut, .timedOut)
        } else {
            try await sink.end(
                .failed,
                PhaseContext(
                    statusCode: "CLIENT_ERROR", message: "Build container found dead before completing the build."))
        }
        try await sink.send(.buildFinished(status: .failed))
    }
}

/// Remembers why a container was taken away.
private actor Guardian {
    private(set) var isTimedOut = false
    func timeOut() { isTimedOut = true }
}
