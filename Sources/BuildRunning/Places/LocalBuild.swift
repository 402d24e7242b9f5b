internal import BuildPlanning
internal import ChildProcesses
internal import Engines

/// One build in a container of this machine's engine, from its beginning to `buildFinished`.
struct LocalBuild: Sendable {
    let job: BuildJob
    /// The container to start. Its program is the driver, and its image that of the checkpoint where there is one.
    let container: ContainerSpec
    let sink: EventSink

    init(_ job: BuildJob, from beginning: Beginning, emit: @escaping Emit) {
        self.job = job
        var container = job.surroundings.container
        let surroundings = job.surroundings
        container.arguments = [
            driverText, "buildspec-driver", surroundings.root, buildProgramsText,
        ]
        var phase = BuildPhase.downloadSource
        switch beginning {
        case .fresh: break
        case .again(let continuation, _): phase = BuildPhase(continuation.point.phase)
        case .checkpoint(let checkpoint, let continuation):
            phase = BuildPhase(continuation.point.phase)
            container.image = checkpoint.image
        }
        self.container = container
        let secrets = surroundings.secrets
        sink = EventSink(
            now: surroundings.process.now, mask: SecretMask(secrets.texts, rule: secrets.mask), phase: phase, emit: emit
        )
    }

    var plan: BuildPlan { job.plan }
    var engine: any BuildEngine { job.surroundings.engine }

    /// Runs the build, and emits its end, whatever that is.
    func run(from beginning: Beginning) async throws {
        let outcome: Outcome
        do { outcome = try await carryOut(beginning) } catch { outcome = Outcome(error) }
        // The client has died, and the container may live.
        if case .lost = outcome, container.trace?.mayBeThere == true { await Task { await removeContainer() }.value }
        try await tell(Task.isCancelled ? outcome.stopped : outcome)
    }

    private func carryOut(_ beginning: Beginning) async throws -> Outcome {
        switch beginning {
        case .fresh:
            try await sink.send(
                .buildStarted(
                    BuildEvent.BuildStart(
                        id: plan.id, image: plan.image, sourceDirectory: plan.sourceDirectory,
                        buildspec: plan.buildspecLocation, source: plan.sourcePath, snapshot: plan.snapshot)))
            try await sink.log("Running on buildspec \(job.surroundings.process.programVersion)")
            try await sink.log("Waiting for agent ping")
            return try await startFresh()
        case .again(let continuation, let recallingState):
            try await sink.send(.buildResumed(continuation.point, source: continuation.source))
            return try await goOn(continuation, recallingState: recallingState)
        case .checkpoint(let checkpoint, let continuation):
            try await sink.send(.buildResumed(continuation.point, source: continuation.source))
            return try await start(from: checkpoint, continuation)
        }
    }

    /// Emits how the build has ended. `buildFinished` comes last, even when the events before it cannot be emitted.
    private func tell(_ outcome: Outcome) async throws {
        var failure = outcome.error
        func attempt(_ body: () async throws -> Void) async {
            do { try await body() } catch { failure = failure ?? error }
        }
        if let (status, context) = outcome.brokenPhase { await attempt { try await sink.breakOff(status, context) } }
        if case .ended(_, isKept: true) = outcome {
            await attempt { try await sink.send(.containerKept(container: container.name)) }
        }
        await attempt { try await sink.send(.buildFinished(status: outcome.status)) }
        if let failure { throw failure }
    }

    /// Runs a build within its time, and decides whether the container stays.
    ///
    /// - Throws: ``OutOfTime`` when the time is up. The build has broken off then, even if its container was not removed.
    func limited(
        _ session: DriverSession, _ body: @escaping @Sendable () async throws -> BuildStatus
    ) async throws -> (Outcome, DriverSession.Ending) {
        try await withThrowingTaskGroup(of: BuildStatus?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: .seconds(plan.timeout))
                return nil
            }
            // The build, or its time: whichever ends first. What still copies is cancelled before the container is removed: an
            // engine removes none from which it copies.
            guard let first = await group.nextResult() else { throw CancellationError() }
            group.cancelAll()
            do {
                guard let status = try first.get() else {
                    // A new task is not cancelled with this one.
                    await Task { await removeContainer() }.value
                    throw OutOfTime()
                }
                let keep = job.recipe.ending.keep
                let isKept = keep == .always || keep == .failure && status != .succeeded
                if isKept { _ = try await session.perform("stays=yes") }
                return (.ended(status, isKept: isKept), isKept ? .stay : .leave)
            } catch is DriverSession.Lost {
                return (.lost, .leave)
            } catch {
                // The build may wait for an answer, which does not notice that it was cancelled.
                await session.terminate()
                throw error
            }
        }
    }

    /// Removes the container. When that fails, a notice says so, and the status of the build stays as it is.
    func removeContainer() async {
        do {
            try await engine.remove(container.name)
            container.trace?.noteGone()
        } catch {
            // An output that breaks on the notice breaks on the events that end the build, too.
            try? await sink.send(.notice(text: "warning: \(error)"))
        }
    }
}

/// The time of the build is up.
struct OutOfTime: Error {}

extension LocalBuild {
    /// How a build has ended.
    enum Outcome: Sendable {
        case ended(BuildStatus, isKept: Bool)
        /// The container ended in the middle of the build: somebody has killed it.
        case lost
        case neverStarted(EngineError), unfit(UnfitImage), outOfTime, stopped(any Error), fault(any Error)

        init(_ error: any Error) {
            self =
                switch error {
                // What fails while the build is being stopped fails because of that.
                case _ where error is CancellationError || Task.isCancelled:
                    .stopped(CancellationError())
                case is any StoppingError: .stopped(error)
                case is OutOfTime: .outOfTime
                case let error as UnfitImage: .unfit(error)
                default: .fault(error)
                }
        }

        /// The end of a build that was stopped while it came to this one: what went wrong then went wrong because of that.
        var stopped: Outcome {
            switch self {
            case .ended(_, isKept: true): .ended(.stopped, isKept: true)
            case .stopped: self
            default: .stopped(CancellationError())
            }
        }

        var status: BuildStatus {
            switch self {
            case .ended(let status, _): status
            case .lost, .neverStarted, .unfit, .outOfTime: .failed
            case .stopped: .stopped
            case .fault: .fault
            }
        }

        /// The end of the phase in which the build broke off; `nil` for a build that ran to its end.
        var brokenPhase: (PhaseStatus, PhaseContext)? {
            switch self {
            case .ended: nil
            case .lost: (.failed, .clientError("Build container found dead before completing the build."))
            case .neverStarted(let error):
                (
                    .failed,
                    PhaseContext(statusCode: "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", message: error.shortDescription)
                )
            case .unfit(let error): (.failed, .clientError(error.reason))
            case .outOfTime: (.timedOut, .timedOut)
            case .stopped: (.stopped, .none)
            // [unknown: the words that the service has for its own faults]
            case .fault(let error): (.fault, PhaseContext(statusCode: "INTERNAL_SERVICE_ERROR", message: "\(error)"))
            }
        }

        /// The error that the run of the build throws.
        var error: (any Error)? {
            switch self {
            case .ended, .lost, .outOfTime: nil
            case .neverStarted(let error): error
            case .unfit(let error): error
            case .stopped(let error): error
            case .fault(let error): error
            }
        }
    }
}
