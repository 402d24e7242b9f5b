internal import BuildPlanning
internal import ChildProcesses
internal import Engines

/// One build in a container of this machine's engine, from its beginning to `buildFinished`.
struct LocalBuild: Sendable {
    let job: BuildJob
    /// The container to start: with the driver as its program, and of a checkpoint's image where there is one.
    let container: ContainerSpec
    let sink: EventSink
    private let guardian = Guardian()

    init(_ job: BuildJob, from beginning: Beginning, emit: @escaping Emit) {
        self.job = job
        var container = job.surroundings.container
        container.arguments = [driverText, "buildspec-driver", job.surroundings.process.nonce, "", buildProgramsText]
        if case .checkpoint(let checkpoint, _) = beginning { container.image = checkpoint.image }
        self.container = container
        sink = EventSink(
            now: job.surroundings.process.now, mask: SecretMask(job.surroundings.secrets.texts), emit: emit)
    }

    var plan: BuildPlan { job.plan }
    var engine: any BuildEngine { job.surroundings.engine }

    func run(from beginning: Beginning) async throws {
        switch beginning {
        case .fresh:
            try await sink.send(
                .buildStarted(
                    .init(
                        id: plan.id, image: plan.image, sourceDirectory: plan.sourceDirectory,
                        buildspec: plan.buildspecLocation, source: plan.sourcePath, snapshot: plan.snapshot)))
            try await sink.log("Running on buildspec \(job.surroundings.process.programVersion)")
            try await sink.log("Waiting for agent ping")
            try await toTheEnd { try await startFresh() }
        case .again(let continuation, let recallingState):
            try await sink.send(.buildResumed(continuation.point))
            try await toTheEnd { try await goOn(continuation, recallingState: recallingState) }
        case .checkpoint(let checkpoint, let continuation):
            try await sink.send(.buildResumed(continuation.point))
            try await toTheEnd { try await start(from: checkpoint, continuation) }
        }
    }

    /// How a build in its container has ended.
    enum Outcome: Sendable {
        case ended(BuildStatus, isKept: Bool)
        case neverStarted(EngineError), lost, unfit(UnfitImage)
    }

    private func toTheEnd(_ body: () async throws -> Outcome) async throws {
        do { try await finish(try await body()) } catch {
            guard error is CancellationError || Task.isCancelled else { throw error }
            // Whatever broke while we were being stopped broke because of that.
            try await sink.end(.stopped, .none)
            try await sink.send(.buildFinished(status: .stopped))
            throw CancellationError()
        }
    }

    private func finish(_ outcome: Outcome) async throws {
        switch outcome {
        case .ended(let status, let isKept):
            if isKept { try await sink.send(.containerKept(container: container.name)) }
            try await sink.send(.buildFinished(status: status))
        case .lost: try await lost()
        case .neverStarted(let error):
            try await sink.end(
                .failed, PhaseContext(statusCode: "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", message: error.description))
            try await sink.send(.buildFinished(status: .failed))
            throw error
        case .unfit(let error):
            try await sink.send(.buildFinished(status: .failed))
            throw error
        }
    }

    /// Ends a build whose container went away under a command: out of time, or killed by somebody.
    private func lost() async throws {
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

    /// Runs a build within its time, and decides whether the container stays.
    func limited(
        _ session: DriverSession, _ body: @Sendable () async throws -> BuildStatus
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
                let keep = job.recipe.ending.keep
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
}

/// Remembers why a container was taken away.
private actor Guardian {
    private(set) var isTimedOut = false
    func timeOut() { isTimedOut = true }
}
