public import BuildPlanning

/// A build that ends before a container exists: its buildspec is missing or wrong, or a secret is (DESIGN 8.1).
public struct BuildRefusal: Sendable {
    private let start: BuildEvent.BuildStart
    private let context: PhaseContext
    /// The lines of DOWNLOAD_SOURCE up to its failure.
    private let lines: [String]

    /// - Parameter isBuildspecThere: whether the buildspec was found. Only then the log says where it lies.
    public init(start: BuildEvent.BuildStart, context: PhaseContext, isBuildspecThere: Bool) {
        self.start = start
        self.context = context
        lines =
            ["CODEBUILD_SRC_DIR=\(start.sourceDirectory)"]
            + (isBuildspecThere ? ["YAML location is \(start.buildspec)"] : [])
    }

    /// Refuses a build whose plan is made, because its parameters or secrets have no values.
    public init(plan: BuildPlan, context: PhaseContext) {
        start = BuildEvent.BuildStart(
            id: plan.id, image: plan.image, sourceDirectory: plan.sourceDirectory, buildspec: plan.buildspecLocation,
            source: plan.sourcePath)
        self.context = context
        lines = plan.openingLines
    }

    /// Emits the events of the build, up to the failure of DOWNLOAD_SOURCE.
    ///
    /// - Throws: what `emit` throws; `buildFinished` is the last event all the same.
    public func run(_ process: BuildProcess, emit: @escaping Emit) async throws {
        let sink = EventSink(now: process.now, emit: emit)
        let told: Result<Void, any Error>
        do { told = .success(try await tell(process, sink)) } catch { told = .failure(error) }
        let finished: Result<Void, any Error>
        do { finished = .success(try await sink.send(.buildFinished(status: .failed))) } catch {
            finished = .failure(error)
        }
        // Of two failures the first is the reason.
        try told.get()
        try finished.get()
    }

    private func tell(_ process: BuildProcess, _ sink: EventSink) async throws {
        try await sink.send(.buildStarted(start))
        try await sink.log("Running on buildspec \(process.programVersion)")
        try await sink.log("Waiting for agent ping")
        try await sink.log("Waiting for DOWNLOAD_SOURCE")
        try await sink.begin(.downloadSource)
        try await sink.log("Phase is DOWNLOAD_SOURCE")
        for line in lines { try await sink.log(line) }
        try await sink.end(.failed, context)
    }
}
