internal import BuildPlanning
internal import SpecParsing

/// Runs the stages of one build in their order, from DOWNLOAD_SOURCE to UPLOAD_ARTIFACTS.
struct BuildStages: Sendable {
    private let context: StageContext

    init(_ context: StageContext) { self.context = context }

    private var plan: BuildPlan { context.plan }
    private var sink: EventSink { context.sink }
    private var part: BuildPart { context.job.recipe.part }

    /// Runs a build in a new container, or the part of it that is asked for.
    ///
    /// - Throws: ``UnfitImage``
    func run(_ source: SourceStage) async throws -> BuildStatus {
        var cache = CacheStage.Memory()
        if let failure = try await downloadSource(source, &cache) {
            try await sink.end(.failed, failure)
            return .failed
        }
        try await sink.end(.succeeded, .none)
        try await tellSkipped()
        return try await runPhases(from: part.start, cache)
    }

    /// Goes on with a build that has run before.
    func goOn(at point: ResumePoint) async throws -> BuildStatus {
        if let problem = try await DockerStage(context).run() { throw context.unfit(problem.message) }
        return try await runPhases(from: point, nil)
    }

    // MARK: DOWNLOAD_SOURCE (CODEBUILD.md 3.1, 4.1)

    /// - Returns: why the phase failed, or `nil`.
    private func downloadSource(_ source: SourceStage, _ cache: inout CacheStage.Memory) async throws -> PhaseContext? {
        try await sink.log("Waiting for DOWNLOAD_SOURCE")
        try await sink.begin(.downloadSource)
        try await sink.log("Phase is DOWNLOAD_SOURCE")
        if let problem = try await source.run() { return .clientError(problem) }
        for line in plan.openingLines { try await sink.log(line) }
        if let failure = try await RuntimeStage(context).run() { return failure }
        try await sink.log("Moving to directory \(plan.sourceDirectory)")
        cache = try await CacheStage(context).restore()
        if let problem = try await DockerStage(context).run() { return problem }
        try await sink.log("Registering with agent")
        for line in plan.phaseCountLines { try await sink.log(line) }
        return nil
    }

    /// Emits which phases are skipped because only a part of the build was asked for.
    private func tellSkipped() async throws {
        for phase in PhaseName.allCases where phase < part.start?.phase ?? .install || phase > part.last {
            try await sink.send(.phaseSkipped(phase: BuildPhase(phase)))
        }
    }

    // MARK: INSTALL to UPLOAD_ARTIFACTS

    /// - Parameter cache: what restoring has remembered; `nil` in a build that goes on.
    private func runPhases(from start: ResumePoint?, _ cache: CacheStage.Memory?) async throws -> BuildStatus {
        var rules: [PhaseName: BuildSpec.OnFailure] = [:]
        for phase in plan.phases { rules[phase.name] = phase.onFailure }
        var machine = PhaseMachine(
            rules: rules, continueFailsTheBuild: plan.isStrict || PhaseMachine.continueFailsTheBuildByDefault,
            from: start?.phase ?? .install, until: part.last)
        var isSucceeding = true
        while true {
            switch machine.next() {
            case .run(let name):
                guard let phase = plan.phases.first(where: { $0.name == name }) else { continue }
                try await context.makeCheckpoint(before: phase)
                try await sink.begin(BuildPhase(name))
                let failure = try await PhaseStage(context, phase, isSucceeding: isSucceeding)
                    .run(from: start?.phase == name ? start : nil)
                if name == .postBuild { try await CacheStage(context).save(cache) }
                try await sink.end(failure == nil ? .succeeded : .failed, failure ?? .none)
                if failure != nil {
                    machine.failed(name)
                    isSucceeding = false
                }
            case .uploadArtifacts:
                if try await !ArtifactStage(context, explainsMissing: isSucceeding).run() { machine.uploadFailed() }
            case .finish(let status):
                try await exportVariables()
                try await DockerStage(context).noteImages()
                return status
            }
        }
    }

    private func exportVariables() async throws {
        guard !plan.exportedVariables.isEmpty else { return }
        let variables: [String: String], secrets = plan.secretExports
        do { variables = try await context.values(of: plan.exportedVariables) } catch let error as UnreadableState {
            return try await sink.send(.notice(text: "no variables are exported: \(error)"))
        }
        if !secrets.isEmpty {
            try await sink.send(.notice(text: "not exported, being secrets: \(secrets.joined(separator: ", "))"))
        }
        try await sink.send(
            .variablesExported(
                plan.exportedVariables.compactMap { name in
                    // Names that begin with AWS_ cannot be exported; unset variables are skipped (CODEBUILD.md 3.6).
                    guard !name.hasPrefix("AWS_"), !secrets.contains(name), let value = variables[name] else {
                        return nil
                    }
                    return .init(name: name, value: value)
                }))
    }
}
