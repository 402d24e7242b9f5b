internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import Files
internal import SourceSnapshots
internal import SpecParsing

/// One `buildspec resume`: goes on with a build in its kept container, or in a new one of a checkpoint.
struct ResumeSession {
    let machine: Machine
    let build: RecordedBuild
    let kept: KeptBuild
    /// The place at which the user wants to go on: `PHASE` or `PHASE:N`.
    let from: String?
    /// Whether changed files of the source are brought in first.
    let syncs: Bool

    /// - Parameter machine: as it is now; the build goes on with the folder and the variables that it was begun with.
    init(_ build: RecordedBuild, _ kept: KeptBuild, on machine: Machine, from: String?, syncs: Bool) {
        self.machine = kept.machine(now: machine)
        self.build = build
        self.kept = kept
        self.from = from
        self.syncs = syncs
    }

    func run() async throws -> ExitStatus {
        // Of a commit or an index the files are checked out to read the buildspec from; the container has its own.
        var asked = kept.asked
        // The container stays by the rule it stayed by before, though there may be no terminal now.
        if kept.recipe.ending.keep != .never { asked.keep = kept.recipe.ending.keep.rawValue }
        var project = try await Project.find(asked, on: machine)
        defer { project.release() }
        let buildspec: ReadBuildspec
        do { buildspec = try project.read(try project.buildspec()) } catch is BuildspecProblem {
            return .invalidBuildspec
        }
        project.useProgress()
        defer { machine.terminal.board.endAll() }
        let engine = machine.engine(of: project.settings)
        let isRunning = try await engine.isRunning(kept.container)
        if !isRunning { try await engine.remove(kept.container) }
        guard isRunning || build.hasCheckpoints else {
            KeptBuild.forget(build, machine.places)
            throw Failure(
                .noSuchFile, "the container of build `\(build.uuid)` is gone", help: "`buildspec run` begins anew")
        }
        let before = try build.result()
        guard let id = before.start?.id else {
            throw Failure(.inputOutput, "the record `\(build.folder)` has no beginning", help: "run the build anew")
        }
        let planned = PlannedBuild(
            of: project, buildspec,
            on: .init(
                id: id, number: kept.recipe.plan.number, start: before.startTime ?? machine.now(),
                snapshots: try await project.snapshots()))
        let gathering = SecretGathering(build: planned, engine: engine), secrets: BuildSecrets
        do { secrets = try await gathering.secrets() } catch let missing as SecretGathering.Incomplete {
            try Task.checkCancellation()
            gathering.say(missing.failures)
            return .invalidSettings
        }
        var surroundings = BuildSurroundings(build: planned, engine: engine, secrets: secrets)
        var point = try resumePoint(before, planned.plan)
        if isRunning {
            surroundings.keptContainer = kept.container
        } else {
            surroundings.checkpoint = try Checkpoints(build).checkpoint(before: point.phase)
            // The checkpoint stands at the phase's beginning; only a user can know what may be left out of it.
            if from == nil { point = ResumePoint(phase: point.phase) }
        }
        announce(point, of: planned.plan)
        return try await goOn(planned, in: surroundings, at: point, after: before)
    }

    private func goOn(
        _ planned: PlannedBuild, in surroundings: BuildSurroundings, at point: ResumePoint, after before: BuildResult
    ) async throws -> ExitStatus {
        let records = BuildRecords(machine.places)
        let mark = try await records.marks().mark(kept.container)
        let trace = surroundings.trace
        if surroundings.keptContainer != nil { trace.noteStart() }
        var isKept = surroundings.keptContainer != nil
        // What the engine may still have is removed by the next sweep.
        defer { if trace.mayBeThere, !isKept { mark.leave() } else { mark.release() } }
        let record = try await records.reopen(build)
        defer { record.close() }
        let report = BuildReport(of: planned.plan.id, planned.project, in: record, continuing: before)
        let start = machine.now(), changes = try await changes(planned.project)
        // Secrets are looked up anew: their values were kept nowhere that they could be compared with.
        let known = Dictionary(kept.recipe.plan.variables.map { ($0.name, $0.value) }) { $1 }
        let added = planned.plan.variables.filter {
            $0.type != .plaintext || $0.origin >= .buildspec && known[$0.name] != $0.value
        }
        var continuation = Beginning.Continuation(point: point, changes: changes?[""], variables: added)
        continuation.otherChanges = changes?.filter { !$0.key.isEmpty } ?? [:]
        if continuation.changes != nil { continuation.source = planned.plan.snapshot }
        let beginning: Beginning =
            if let checkpoint = surroundings.checkpoint { .checkpoint(checkpoint, continuation) } else {
                .again(continuation, recallingState: before.failure != nil || before.stoppedAt != nil)
            }
        let status: ExitStatus
        do {
            status = try await surroundings.with(tell: { await report.tell($0) }) { job, proxy in
                try await report.run(job, from: beginning, beside: proxy)
            }
        } catch {
            // What went on with the build has removed its container, or will, unless it said that it stays.
            let result = await report.reporter.result
            isKept = result.keptContainer != nil
            // One that came to no command is as it was.
            if !isKept || result.stoppedAt != nil { try keep(isKept, planned, from: start, with: changes, in: record) }
            throw error
        }
        isKept = await report.reporter.result.keptContainer != nil
        try keep(isKept, planned, from: start, with: changes, in: record)
        try await report.writePage()
        try await report.writeForServices(nil)
        return status
    }

    /// Writes what the next `resume` has to know, or forgets the container.
    private func keep(
        _ isKept: Bool, _ planned: PlannedBuild, from start: Timestamp, with changes: [String: SourceChanges]?,
        in record: BuildRecord
    ) throws {
        guard isKept else { return KeptBuild.forget(build, machine.places) }
        try KeptBuild(planned, asked: kept.asked, start: start)
            .write(to: record.folder, sourceFiles: changes?.mapValues(\.all) ?? [:])
    }

    /// What has changed in the sources since they were brought in; `nil` where nothing is to be brought in.
    private func changes(_ project: Project) async throws -> [String: SourceChanges]? {
        guard syncs else { return nil }
        var changes = try await project.changes(since: kept.startNanoseconds) {
            try KeptBuild.sourceFiles(of: build, in: $0)
        }
        if let primary = try await project.changes(sinceCommitOf: kept) { changes[""] = primary }
        let changed = changes.values.reduce(0) { $0 + $1.changed.count }
        let deleted = changes.values.reduce(0) { $0 + $1.deleted.count }
        if changed + deleted > 0 { machine.say("bringing in \(changed) changed and \(deleted) deleted files\n") }
        return changes
    }

    /// The place at which the user wants to go on, or the command that failed, in the buildspec as it is now.
    private func resumePoint(_ before: BuildResult, _ plan: BuildPlan) throws -> ResumePoint {
        if let from {
            guard let point = ResumePoint(from) else {
                throw Failure(.usage, "`--from` is `\(from)`, expected a phase such as BUILD, or its command, BUILD:3")
            }
            return point
        }
        guard let failure = before.failure ?? before.stoppedAt,
            let name = PhaseName(rawValue: failure.phase.rawValue.lowercased()),
            let old = kept.phase(name), let phase = plan.phases.first(where: { $0.name == name })
        else {
            throw Failure(
                .usage, "no command of the build has failed or was stopped",
                help: "say where to go on: --from PHASE, or PHASE:N")
        }
        let place = failure.location.map { "\($0)" }
        func failed(_ command: BuildSpec.Command) -> Bool { place == "\(command.location)" }
        let isInFinally = !old.commands.contains(where: failed) && old.finally.contains(where: failed)
        let ran = isInFinally ? old.finally : old.commands
        let index = ResumePoint.index(
            in: (isInFinally ? phase.finally : phase.commands).map(\.text), of: ran.firstIndex(where: failed) ?? 0,
            in: ran.map(\.text))
        return ResumePoint(phase: name, isInFinally: isInFinally, index: index)
    }

    /// Says what will run.
    private func announce(_ point: ResumePoint, of plan: BuildPlan) {
        var lines = ["resuming \(plan.id) at \(point)"]
        for phase in plan.phases where phase.name >= point.phase {
            let isFirst = phase.name == point.phase
            let commands =
                isFirst ? (point.isInFinally ? [] : Array(phase.commands.dropFirst(point.index))) : phase.commands
            let finally = isFirst && point.isInFinally ? Array(phase.finally.dropFirst(point.index)) : phase.finally
            lines += (commands + finally).map { command in
                let first = command.text.split(separator: "\n").first.map(String.init) ?? ""
                return "  \(phase.name.apiName)  \(first)\(command.text.dropLast().contains("\n") ? " …" : "")"
            }
        }
        machine.say(lines.joined(separator: "\n") + "\n")
    }
}
