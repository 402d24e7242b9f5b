internal import Artifacts
internal import SourceSnapshots
internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import SpecParsing

typealias BuildProcess = BuildExecutor.Surroundings
struct BuildJob: Sendable {
    var recipe: BuildRecipe
    var surroundings: Surroundings
    var debugging = Debugging()
}
struct Surroundings: Sendable {
    var engine: any BuildEngine
    var container: ContainerSpec
    var source: SourceStaging
    var artifacts: ArtifactStore
    var process: BuildProcess
    var cache: CacheKeeping?
    var secrets = BuildSecrets()
    var docker: InnerDocker?
    var network: BuildNetwork?
    var programs: String?
    var pipes: String?
    var onCheckpoint: (@Sendable (Checkpoint) async throws -> Void)?
    init(
        engine: any BuildEngine, container: ContainerSpec, source: SourceStaging, artifacts: ArtifactStore,
        process: BuildProcess
    ) {
        self.engine = engine
        self.container = container
        self.source = source
        self.artifacts = artifacts
        self.process = process
    }
}
enum Beginning: Sendable {
    case fresh
    case again(Continuation, recallingState: Bool)
    case checkpoint(Checkpoint, Continuation)
    struct Continuation: Sendable {
        var point: ResumePoint
        var changes: SourceChanges?
        var variables: [BuildPlan.Variable]
    }
}
struct LocalPlace {
    func run(_ job: BuildJob, from b: Beginning, emit: @escaping @Sendable (BuildEvent) async throws -> Void)
        async throws
    {
        let s = job.surroundings
        let e = BuildExecutor(
            plan: job.recipe.plan, engine: s.engine, container: s.container, source: s.source, cache: s.cache,
            artifacts: s.artifacts, zipsArtifacts: job.recipe.artifacts.zips, secrets: s.secrets,
            surroundings: s.process,
            keep: .init(rawValue: job.recipe.ending.keep.rawValue) ?? .never, part: job.recipe.part,
            debugging: job.debugging,
            docker: s.docker, programs: s.programs, pipes: s.pipes, network: s.network, onCheckpoint: s.onCheckpoint)
        switch b {
        case .fresh: try await e.run(emit: emit)
        case .again(let c, let r):
            try await e.resume(at: c.point, recallingState: r, syncing: c.changes, setting: c.variables, emit: emit)
        case .checkpoint(let p, let c):
            try await e.restart(at: c.point, from: p, syncing: c.changes, setting: c.variables, emit: emit)
        }
    }
}
