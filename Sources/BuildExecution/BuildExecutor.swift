public import BuildPlanning
public import Engines
public import Workspaces
internal import ChildProcesses

/// Carries a plan out on an engine and says what happens, event by event.
public struct BuildExecutor: Sendable {
    let plan: BuildPlan
    let engine: any Engine
    let container: ContainerSpec
    let source: SourceStaging
    let cache: CacheKeeping?
    let artifacts: ArtifactStore
    let zipsArtifacts: Bool
    let surroundings: Surroundings

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
        plan: BuildPlan, engine: any Engine, container: ContainerSpec, source: SourceStaging,
        cache: CacheKeeping?, artifacts: ArtifactStore, zipsArtifacts: Bool, surroundings: Surroundings
    ) {
        self.plan = plan
        self.engine = engine
        var container = container
        container.arguments = [driverText, "buildspec-driver", surroundings.nonce, "", buildProgramsText]
        self.container = container
        self.source = source
        self.cache = cache
        self.artifacts = artifacts
        self.zipsArtifacts = zipsArtifacts
        self.surroundings = surroundings
    }

    /// Runs the build to its end. A failed command is an event, not an error.
    ///
    /// - Parameter emit: receives every event in order; the build waits for it.
    /// - Throws: ``Engines/EngineError`` when no container could be had, `CancellationError` after the container is gone,
    ///   whatever `emit` throws. In each of these cases the last event is `buildFinished`.
    public func run(emit: @escaping @Sendable (BuildEvent) async throws -> Void) async throws {
        let sink = EventSink(now: surroundings.now, emit: emit)
        try await sink.send(
            .buildStarted(
                .init(
                    id: plan.id, image: plan.image, sourceDirectory: plan.sourceDirectory,
                    buildspec: plan.buildspecLocation)))
        try await sink.log("Running on buildspec \(surroundings.programVersion)")
        try await sink.log("Waiting for agent ping")
        let guardian = Guardian()
        do {
            let (outcome, status) = try await engine.withContainer(container) { streams in
                try await DriverSession.with(
                    streams, nonce: surroundings.nonce, onOutput: { try await sink.output($0) },
                    onClientWords: { text in
                        // A pull's progress is worth showing, and nothing depends on it.
                        try? await sink.send(.notice(text: String(decoding: text, as: UTF8.self)))
                    }
                ) { session in
                    try await attempt(session, sink, guardian)
                }
            }
            switch outcome {
            case .ended(let status): try await sink.send(.buildFinished(status: status))
            case .neverStarted(let said):
                try await notStarted(await engine.diagnose(container, status: status, said: said), sink)
            case .lost: try await lost(sink, guardian)
            }
        } catch let error as CancellationError {
            try await stopped(sink)
            throw error
        } catch  where Task.isCancelled {
            // Whatever broke while we were being stopped broke because of that.
            try await stopped(sink)
            throw CancellationError()
        }
    }

    private enum Outcome: Sendable { case ended(BuildStatus), neverStarted(said: String), lost }

    private func attempt(
        _ session: DriverSession, _ sink: EventSink, _ guardian: Guardian
    ) async throws -> Outcome {
        do { try await session.ready() } catch let lost as DriverSession.Lost { return .neverStarted(said: lost.said) }
        let run = BuildRun(executor: self, session: session, sink: sink)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Task.sleep(for: .seconds(plan.timeout))
                await guardian.timeOut()
                try await engine.remove(container.name)
            }
            defer { group.cancelAll() }
            do {
                return .ended(try await run.perform())
            } catch is DriverSession.Lost {
                return .lost
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

    private func stopped(_ sink: EventSink) async throws {
        try await sink.end(.stopped, .none)
        try await sink.send(.buildFinished(status: .stopped))
    }
}

/// Remembers why a container was taken away.
private actor Guardian {
    private(set) var isTimedOut = false
    func timeOut() { isTimedOut = true }
}
