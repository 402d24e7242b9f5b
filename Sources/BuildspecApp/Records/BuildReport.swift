@preconcurrency internal import Dispatch
internal import Files
internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import OfflineWorld
internal import Rendering
internal import SpecParsing

/// One build as it is told and written down, from its first event to build.json and the closing table.
struct BuildReport: Sendable {
    let project: Project
    let id: BuildID
    let record: BuildRecord
    let reporter: BuildReporter

    private var machine: Machine { project.machine }

    init(
        of id: BuildID, _ project: Project, in record: BuildRecord, continuing result: BuildResult = BuildResult(),
        comparing: BuildReporter.Comparing? = nil
    ) {
        self.project = project
        self.id = id
        self.record = record
        reporter = BuildReporter(
            project.settings.output.logFormat, project.machine.terminal, record: record, continuing: result,
            comparing: comparing)
        let now = project.machine.now
        project.machine.lastWords.add { [record, reporter] in
            let isDone = DispatchSemaphore(value: 0)
            // The thread that speaks last words belongs to no task.
            Task {
                await reporter.stop(at: now())
                isDone.signal()
            }
            // The reporter may be writing to a screen that takes nothing.
            guard isDone.wait(timeout: .now() + .milliseconds(200)) == .timedOut else { return }
            record.appendEnd(BuildEvent(time: now(), kind: .buildFinished(status: .stopped)))
        }
    }

    /// Runs a job on this machine and ends the build: build.json, the closing table, deploy files.
    ///
    /// - Parameter blocksDeployMistakes: whether what a deploy stage would refuse counts as a failed build.
    func run(
        _ job: BuildJob, from beginning: Beginning, beside proxy: BuildProxy?, blocksDeployMistakes: Bool = false
    ) async throws -> ExitStatus {
        let failure: (any Error)?, folder = try project.reportFolder(filledAt: job.surroundings.reportCopies)
        // What is not in its place by then never will be.
        defer { try? folder?.remove() }
        try RecordedRecipe.write(job, to: record.folder)
        let board = machine.terminal.board, name = machine.terminal.boardName
        board.expect(job.recipe.plan.phases.flatMap { $0.commands + $0.finally }.map { "\($0.location)" }, of: name)
        let expecting = Task { [id, project] in
            let usual = project.isAmongOthers ? project.expectedTime : ExpectedTime(of: id, project).milliseconds()
            guard let time = usual else { return }
            board.expect(milliseconds: time, of: name)
        }
        defer { expecting.cancel() }
        do {
            try await LocalPlace().run(job, from: beginning) { event in
                // What the proxy has met belongs before the end.
                if case .buildFinished = event.kind { await proxy?.stop() }
                try await reporter.take(event)
            }
            failure = nil
        } catch { failure = error }
        let result = await reporter.result, plan = job.recipe.plan
        try write(result.batchGetBuilds(plan: plan, id: id))
        try writeReports(result, job.recipe)
        if let folder {
            if folder.hasFiles {
                try folder.publish()
            } else {
                machine.say("--reports: the build has no report files\n")
            }
        }
        // A batch has a table of its own.
        if !project.isAmongOthers {
            var table = ClosingTable(logPath: record.logPath, usesColor: machine.terminal.errorUsesColor)
            let records = BuildRecords(machine.places)
            table.timeout = plan.timeout
            table.width = machine.terminal.errorColumns
            table.isBeforeError = failure != nil
            table.hidesLog = project.settings.output.logFormat == .quiet
            table.mark = try records.build(id.uuid).testMark(in: records)
            table.earlier = try records.build(id.uuid).earlierCoverage(in: records)
            machine.say(table.render(result))
        }
        if let missing = failure as? EngineError, missing.code == .imageMissing, case .fresh = beginning {
            throw await missingImage(missing.reason, job)
        }
        if let failure { throw failure }
        guard result.status == .succeeded else { return .buildFailed }
        guard try holdsRules(result) else { return .buildFailed }
        try project.location.pipeline?.export(result.exportedVariables)
        guard try checkDeployFiles(result) else { return blocksDeployMistakes ? .buildFailed : .succeeded }
        await reporter.noteFaultless()
        return .succeeded
    }

    /// The failure of a build whose image cannot be had, with the ways to one that exist here.
    private func missingImage(_ reason: String, _ job: BuildJob) async -> Failure {
        let image = job.recipe.plan.image, isOffline = job.recipe.network.policy.isOffline
        // Without their names less is said.
        let names = (try? await job.surroundings.engine.imageNames()) ?? []
        let choice = ImageChoice(of: image, among: names, mayPull: job.recipe.container.pull != .never)
        let mayPull = !isOffline && job.recipe.container.pull != .never
        let ways = ImageWays(to: choice, among: names, isOffline: !mayPull, said: reason)
        return isOffline
            ? Failure(
                .offlineMissing, "cannot use image `\(image)` with `--offline`: the engine does not have it",
                help: ways.help)
            : Failure(.noEngine, "cannot get image `\(image)`: \(ways.reason ?? reason)", help: ways.help)
    }

    /// Tells what the proxy met, with the command that was running.
    func tell(_ event: ProxyEvent) async {
        await reporter.count(event)
        guard let words = event.words else { return }
        let command = await reporter.result.runningCommand.map { " (command: \($0.prefix { !$0.isNewline }))" } ?? ""
        // An output that cannot be written ends the build by itself.
        try? await reporter.take(BuildEvent(time: machine.now(), kind: .notice(text: words + command)))
    }

    // MARK: Builds that end before they run

    /// Ends a build whose buildspec is missing or wrong: the service's log, the record, the right exit status.
    func refuse(_ problem: BuildspecProblem, _ place: BuildspecPlace) async throws -> ExitStatus {
        let source = project.sourceDirectory(of: id)
        let file = place.relativePath.map { "\(source)/\($0)" } ?? ContainerLayout.inlineBuildspec
        let context: PhaseContext, isThere: Bool
        switch problem {
        case .missing:
            // The default file's absence has a message of its own (CODEBUILD.md 2).
            let isDefault = place.relativePath == "buildspec.yml"
            context = PhaseContext(
                statusCode: "YAML_FILE_ERROR",
                message: isDefault ? "YAML file does not exist" : "stat \(file): no such file or directory")
            isThere = false
        case .invalid(let failure):
            context =
                failure.isOurs
                ? .ours(statusCode: failure.code, message: failure.message)
                : PhaseContext(statusCode: failure.code, message: failure.message)
            isThere = true
        }
        try await BuildRefusal(start: start(buildspec: file), context: context, isBuildspecThere: isThere)
            .run(machine.process(of: id)) { try await reporter.take($0) }
        try write(await reporter.result.batchGetBuilds(plan: nil, id: id))
        await sayComparison()
        guard isThere else { throw project.missing(place) }
        return .invalidBuildspec
    }

    /// Ends a build whose parameters or secrets cannot be had: the service's log and the record.
    func refuse(_ failure: SecretLookup.Failure, _ plan: BuildPlan) async throws {
        try await refuse(failure.context, plan)
    }

    /// Ends a build that cannot begin: the service's log and the record.
    func refuse(_ context: PhaseContext, _ plan: BuildPlan) async throws {
        try await BuildRefusal(plan: plan, context: context)
            .run(machine.process(of: id)) { try await reporter.take($0) }
        try write(await reporter.result.batchGetBuilds(plan: plan, id: id))
        await sayComparison()
    }

    /// Says how a build that did not begin compares with the one of the service that it repeats.
    private func sayComparison() async {
        guard let comparison = await reporter.result.comparison else { return }
        machine.say(comparison.lines.joined(separator: "\n") + "\n")
    }

    /// Writes down how a build ended that an error of ours, or the user, has ended before its container could say so.
    ///
    /// The error itself is told by whoever gets it.
    func fail(_ error: any Error) async {
        guard await reporter.result.endTime == nil else { return }
        // What fails while the build is being stopped fails because of that.
        let isStop = error is CancellationError || error is Terminal.BrokenPipe || Task.isCancelled
        if await reporter.result.start == nil {
            try? await reporter.take(BuildEvent(time: machine.now(), kind: .buildStarted(start(buildspec: ""))))
        }
        // A record that cannot be written has been told by the error that ended the build.
        for event in await reporter.result.breakingOff(isStop ? .stopped : .fault, at: machine.now()) {
            try? await reporter.take(event)
        }
        try? write(await reporter.result.batchGetBuilds(plan: nil, id: id))
    }

    private func start(buildspec: String) -> BuildEvent.BuildStart {
        .init(
            id: id, image: project.settings.container.image, sourceDirectory: project.sourceDirectory(of: id),
            buildspec: buildspec, source: project.location.folder)
    }

    /// Says which rules of `--fail-on` a build breaks that has succeeded.
    ///
    /// - Returns: whether it breaks none.
    private func holdsRules(_ result: BuildResult) throws -> Bool {
        let records = BuildRecords(machine.places), build = records.build(id.uuid)
        var holds = true
        for rule in project.settings.output.failRules {
            let reason = try rule.reason(result.reports) {
                guard let reports = try RecordedReports(of: build) else { return [] }
                let history = try TestHistory(before: build, reports.context, in: records)
                var names: [String] = []
                try reports.forEachCase(where: RecordedTestCase.isFailure) { test in
                    let name = test.test.fullName
                    if history.isEmpty || history.mark(name) == .new { names.append(name) }
                }
                return names
            }
            guard let reason else { continue }
            machine.say("--fail-on \(rule): \(reason)\n")
            holds = false
        }
        return holds
    }

    // MARK: Files

    private func writeReports(_ result: BuildResult, _ recipe: BuildRecipe) throws {
        let path = "\(record.folder)/\(ReportFiles.reports)"
        // Those of a build that goes on are made anew.
        guard !result.reports.isEmpty else { return try Folder.remove(path) }
        let branch = recipe.plan.variables.last { $0.name == "CODEBUILD_SOURCE_VERSION" }?.value
        let json = result.batchGetReports(
            project: recipe.project.key, branch: branch, identifier: project.batchIdentifier)
        try Folder.replace(path, with: json.bytes + [0x0a])
    }

    /// Writes the build's page where the user wants one. A batch's builds have none.
    func writePage() async throws {
        guard let path = project.settings.output.html, project.batchIdentifier == nil else { return }
        let records = BuildRecords(machine.places)
        try Folder.replace(path, with: try await records.build(id.uuid).page(in: records, on: machine), mode: 0o666)
    }

    /// Writes the page of a build that ends with an error of its own; that there is none is only said.
    func writePageOfFailure() async {
        do { try await writePage() } catch { machine.say("there is no page: \(error)\n") }
    }

    private func write(_ json: JSONText) throws {
        try Folder.replace("\(record.folder)/build.json", with: json.bytes + [0x0a])
        if let path = project.settings.output.buildJSON {
            try Folder.replace(path, with: json.bytes + [0x0a], mode: 0o666)
        }
    }

    /// Looks at what a deploy stage would read of the artifacts, and says what it would refuse.
    ///
    /// - Returns: whether there is nothing to say. Artifacts in zip files are not looked into.
    private func checkDeployFiles(_ result: BuildResult) throws -> Bool {
        let places = machine.places
        func file(_ path: String, named name: String) throws -> DeployFiles.File {
            DeployFiles.File(name: name, path: places.shown(path), bytes: try Files.read(path))
        }
        let definition = try project.settings.artifacts.taskDefinition.map { try file($0, named: "taskdef.json") }
        var isFine = true
        for artifact in result.artifacts where Files.kind(of: artifact.path) == .folder {
            let files = try DeployFiles.names.filter { Files.kind(of: "\(artifact.path)/\($0)") == .file }.map {
                try file("\(artifact.path)/\($0)", named: $0)
            }
            guard !files.isEmpty else { continue }
            let renderer = DiagnosticRenderer(color: machine.terminal.errorUsesColor)
            for finding in DeployFiles.check(files, taskDefinition: definition) {
                machine.say(renderer.text(finding.diagnostic, source: finding.source))
                isFine = false
            }
        }
        return isFine
    }
}

extension Project {
    /// The folder of a build's container that the primary source is brought into.
    fileprivate func sourceDirectory(of id: BuildID) -> String {
        ContainerLayout.sourceDirectories(of: id, clones: clones)[0]
    }
}

/// A build whose output nobody reads any more is stopped.
extension Terminal.BrokenPipe: StoppingError {}
