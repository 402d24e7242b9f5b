internal import BuildPlanning

/// Runs builds in containers of an engine that this machine reaches.
public struct LocalPlace: BuildPlace {
    public init() {}

    public func run(_ job: BuildJob, from beginning: Beginning, emit: @escaping Emit) async throws {
        try await LocalBuild(job, from: beginning, emit: emit).run(from: beginning)
    }
}
