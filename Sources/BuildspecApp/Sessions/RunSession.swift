internal import Rendering
internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import Files
internal import SourceSnapshots

/// One `buildspec run`, from what was asked to the closing table.
struct RunSession {
    private(set) var project: Project
    private let id: BuildID
    private let mark: RunningMarks.Mark
    private let start: Timestamp
    /// How long it took to find the source and to bring it in, in milliseconds.
    private let sourceTime: Int
    /// The service's log of the build that is run again.
    private let cloudLog: CloudLogFile?
    /// Knows whether the engine may have something of the build.
    private let trace = ContainerTrace()
    /// Whether the container stays by the user's wish.
    private(set) var isKept = false
    /// Whether what a deploy stage would refuse counts as a failed build; in the hook it does.
    var blocksDeployMistakes = false

    private var machine: Machine { project.machine }
    private var records: BuildRecords { BuildRecords(machine.places) }
    /// The build's UUID.
    var build: String { id.uuid }

    /// Finds the project of a build that is to be run. Whoever opens a session closes it.
    init(_ asked: Asked, on machine: Machine) async throws {
        start = machine.now()
        let location = try await ProjectLocation.find(asked, on: machine)
        cloudLog = try await CloudLogFile.find(asked, of: location.repeated, on: machine)
        id = BuildID(project: location.buildName, uuid: machine.uuid())
        mark = try await BuildRecords(machine.places).marks().mark(id.containerName)
        do {
            project = try await Project.find(asked, in: location, on: machine, heldBy: id.containerName)
            sourceTime = machine.now().milliseconds(since: start)
        } catch {
            mark.release()
            throw error
        }
    }

    /// Begins one build of a batch: of a project that was found for all of them.
    init(of project: Project, as id: BuildID) async throws {
        start = project.machine.now()
        cloudLog = nil
        sourceTime = 0
        self.id = id
        mark = try await BuildRecords(project.machine.places).marks().mark(id.containerName)
        self.project = project
    }

    mutating func close() {
        guard trace.mayBeThere, !isKept else {
            project.release()
            return mark.release()
        }
        // What the engine may still have is removed by the next sweep; its source is held until then.
        project.leaveToContainer()
        mark.leave()
    }

    mutating func run() async throws -> ExitStatus {
        let place = try project.buildspec()
        records.prune()
        project.useProgress()
        defer { machine.terminal.board.end(machine.terminal.boardName) }
        let record = try await records.begin(id)
        defer { record.close() }
        let report = BuildReport(
            of: id, project, in: record,
            comparing: project.repeated.flatMap {
                $0.hasEnded ? .init(original: $0.original, sourceTime: sourceTime) : nil
            })
        defer { cloudLog?.compare(with: record, of: project.repeated?.build, on: machine) }
        do {
            let status = try await run(place, report)
            try await report.writePage()
            if !project.isAmongOthers { try await report.writeForServices(place) }
            return status
        } catch {
            await report.fail(error)
            await report.writePageOfFailure()
            // The error that ended the build is the one to tell.
            do { if !project.isAmongOthers { try await report.writeForServices(place) } } catch {
                machine.say("neither --junit nor --annotate is written: \(error)\n")
            }
            throw error
        }
    }

    private mutating func run(_ place: BuildspecPlace, _ report: BuildReport) async throws -> ExitStatus {
        let buildspec: ReadBuildspec
        do {
            buildspec = try project.read(place)
            try project.requireRunnable(buildspec.spec)
        } catch let problem as BuildspecProblem {
            return try await report.refuse(problem, place)
        }
        machine.terminal.board.note("staging the source", of: machine.terminal.boardName)
        try await project.stage(for: id.containerName)
        let build = PlannedBuild(
            of: project, buildspec,
            on: .init(
                id: id, number: try await records.number(of: project.identity).next(), start: start,
                snapshots: try await project.snapshots()))
        if let refusal = build.imageRefusal() {
            try await report.refuse(refusal.context, build.plan)
            throw refusal.failure
        }
        try project.requireArtifactPlaces(build.plan)
        // It is refused before anything runs.
        _ = try project.reportFolder()
        let engine = machine.engine(of: project.settings)
        if let repeated = RepeatedPlan(build) {
            return try await run(build, repeating: repeated, with: engine, report)
        }
        var missing = build.refusalForMissingSources()
        if missing == nil { missing = await build.sayUnsetVariables(on: engine) }
        if let missing {
            try Task.checkCancellation()
            try await report.refuse(missing.context, build.plan)
            throw missing.failure
        }
        build.sayLiteralReferences()
        // Of a batch they have been said once for all.
        if !project.isAmongOthers { project.sayUnusedSettings() }
        let gathering = SecretGathering(build: build, engine: engine), secrets: BuildSecrets
        do { secrets = try await gathering.secrets() } catch let missing as SecretGathering.Incomplete {
            try Task.checkCancellation()
            if let first = missing.failures.first { try await report.refuse(first, build.plan) }
            gathering.say(missing.failures)
            return .invalidSettings
        }
        return try await run(build, with: secrets, on: engine, report)
    }

    /// Runs a build of the service again: first what it does without is said, with the flags that would give it.
    private mutating func run(
        _ build: PlannedBuild, repeating repeated: RepeatedPlan, with engine: any Engine, _ report: BuildReport
    ) async throws -> ExitStatus {
        let gathering = SecretGathering(build: build, engine: engine)
        let secrets: BuildSecrets?, refused: [SecretLookup.Failure]
        do {
            secrets = try await gathering.secrets(needing: repeated.needs)
            refused = []
        } catch let missing as SecretGathering.Incomplete { (secrets, refused) = (nil, missing.failures) }
        let unanswered = build.plan.references.filter { variable in
            secrets.map { $0.values[variable.name] == nil } ?? refused.contains { $0.variable == variable }
        }
        let view = repeated.view(unanswered: unanswered, image: try await repeated.missingImage(on: engine))
        machine.say(view.lines.joined(separator: "\n") + "\n")
        // A source that is not here is refused where a command names its folder.
        if let missing = await build.sayUnsetVariables(on: engine) {
            try Task.checkCancellation()
            try await report.refuse(missing.context, build.plan)
            throw missing.failure
        }
        build.sayLiteralReferences()
        guard let secrets else {
            try Task.checkCancellation()
            if let first = refused.first { try await report.refuse(first, build.plan) }
            gathering.say(refused)
            return .invalidSettings
        }
        return try await run(build, with: secrets, on: engine, report)
    }

    private mutating func run(
        _ build: PlannedBuild, with secrets: BuildSecrets, on engine: any Engine, _ report: BuildReport
    ) async throws -> ExitStatus {
        var sweep = Sweep(machine: machine, engine: engine, artifacts: project.artifactsFolder)
        if case .folder(let folder) = build.recipe.cache.place { sweep.caches = FilePath(folder) }
        let unseen = try await sweep.run()
        let kept = KeptBuild(build, asked: try project.askedAgain(in: report.record.folder), start: start)
        if build.recipe.ending.makesCheckpoints {
            try await Checkpoints.prune(on: engine, machine)
            try kept.write(to: report.record.folder, sourceFiles: try await project.sourceFiles(), isKept: false)
        }
        var surroundings = BuildSurroundings(build: build, engine: engine, secrets: secrets)
        surroundings.trace = trace
        let cacheImages = CacheImages(of: build, on: engine)
        surroundings.cacheImages = cacheImages
        defer { cacheImages?.order() }
        let spare = Spare(of: build, on: engine)
        surroundings.spare = spare
        let status = try await surroundings.with(
            tell: { await report.tell($0) }
        ) { [blocksDeployMistakes] job, proxy in
            try await report.run(job, from: .fresh, beside: proxy, blocksDeployMistakes: blocksDeployMistakes)
        }
        // Nobody waits for a next build who has stopped this one.
        if !Task.isCancelled { spare?.order() }
        let result = await report.reporter.result
        if result.keptContainer != nil {
            try kept.write(to: report.record.folder, sourceFiles: try await project.sourceFiles())
            project.leaveToContainer()
            isKept = true
            if !project.isAmongOthers {
                let earlier = EarlierContainers(
                    machine: machine, engine: engine, build: id.uuid, source: project.location.folder)
                try await earlier.drop(because: "that of this build takes its place")
            }
        }
        await sweep.finish(unseen)
        if status == .succeeded, await report.reporter.isFaultless {
            // The build is what was asked for; that it may be built once more is all that follows.
            do { try await rememberGreen(id.uuid) } catch {
                machine.say(
                    "note: a push of this tree will build it again, since this build cannot be noted: \(error)\n")
            }
        }
        return status
    }
}
