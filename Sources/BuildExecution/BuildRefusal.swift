public import BuildPlanning

/// A build that ends before a container exists: its buildspec is missing or wrong (DESIGN 8.1).
public struct BuildRefusal: Sendable {
    private let start: BuildEvent.BuildStart
    private let context: PhaseContext
    private let isBuildspecThere: Bool

    /// - Parameter isBuildspecThere: only then does the log say where it lies.
    public init(start: BuildEvent.BuildStart, context: PhaseContext, isBuildspecThere: Bool) {
        self.start = start
        self.context = context
        self.isBuildspecThere = isBuildspecThere
    }

    /// Says what CodeBuild's log would say, up to the failure of DOWNLOAD_SOURCE.
    public func run(
        _ surroundings: BuildExecutor.Surroundings, emit: @escaping @Sendable (BuildEvent) async throws -> Void
    ) async throws {
        let sink = EventSink(now: surroundings.now, emit: emit)
        try await sink.send(.buildStarted(start))
        try await sink.log("Running on buildspec \(surroundings.programVersion)")
        try await sink.log("Waiting for agent ping")
        try await sink.log("Waiting for DOWNLOAD_SOURCE")
        try await sink.begin(.downloadSource)
        try await sink.log("Phase is DOWNLOAD_SOURCE")
        try await sink.log("CODEBUILD_SRC_DIR=\(start.sourceDirectory)")
        if isBuildspecThere { try await sink.log("YAML location is \(start.buildspec)") }
        try await sink.end(.failed, context)
        try await sink.send(.buildFinished(status: .failed))
    }
}
