internal import AWSCalls
internal import BuildPlanning
internal import Caches
internal import Files
internal import Rendering
internal import SourceSnapshots
internal import SpecParsing
internal import Synchronization
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// One `buildspec run --batch`, from what was asked to the closing table.
///
/// Which build begins when is decided by ``BatchMachine``; each runs as `run` runs one, in a container, with a log and a record of
/// its own. All have the source as it was when the batch began.
struct BatchSession {
    let machine: Machine
    let asked: Asked
    let options: Options
    /// The batch that this one goes on with: what has succeeded in it is taken over.
    var resumed: RecordedBatch?

    /// How a batch is run.
    struct Options: Sendable, Codable {
        /// The identifiers of the builds to run; empty: all.
        var only: [String] = []
        /// Whether what ``only`` depends on runs, too.
        var withDependencies = false
        /// How many builds run at once; `nil`: what the machine allows.
        var jobs: Int?
        var order = BatchScreen.Order.mixed
        /// Whether builds that succeeded in the project's last batch are not run again.
        var rerunsFailed = false
        /// How the tests of a fanout are divided; `nil`: as the command in the container is told.
        var shardRule: ShardRule?
        /// `nil`: containers of the engine. Records of older versions have neither this nor the address.
        var ground: Ground?
        /// `HOST[:PORT]` of this machine that the swarm's nodes reach.
        var swarmAddress: String?
    }

    /// Where builds run that are not containers of the engine.
    enum Ground: String, Sendable, Codable, CaseIterable { case swarm }

    func run() async throws -> ExitStatus {
        var project = try await Project.find(asked, on: machine)
        defer { project.release() }
        let plan: BatchPlan
        switch try readPlan(of: project) {
        case .success(let read): plan = read
        case .failure(let status): return status
        }
        guard options.order == .mixed || project.settings.output.logFormat != .json else {
            throw Failure(
                .usage, "`--log-order grouped` prints logs, and `--log-format json` events",
                help: "leave one of them out")
        }
        var swarm: BatchSwarm?
        defer { swarm?.close() }
        if options.ground == .swarm {
            try SwarmRules(settings: project.settings, plan: plan).requireRunnable()
            swarm = try await BatchSwarm.open(options.swarmAddress, for: project.settings, on: machine)
            project.swarm = swarm
        }
        let file = BatchRecords(machine.places, of: project.identity)
        let earlier = try resumed?.cloudBatch() ?? (options.rerunsFailed ? try file.newest() : nil)
        let snapshots = try await project.snapshots()
        project.sayUnusedSettings()
        let limit = options.jobs ?? swarm?.capacity ?? Self.jobs
        let id = BuildID(project: project.location.buildName, uuid: machine.uuid())
        var result = BatchResult(
            id, plan.tasks, since: machine.now(), limit: limit,
            arnPrefix: "arn:aws:codebuild:\(project.settings.network.region):\(project.settings.network.account)")
        result.tree = snapshots.primary?.tree
        result.isFanout = plan.type == .fanout
        let place = try project.buildspec()
        let times = try shardTimes(of: plan, in: project, file)
        for build in plan.builds {
            result.define(build, in: place.relativePath ?? place.shownPath, dividedBy: times)
        }
        let usual = file.usualTimes(of: result, isNumbered: [.matrix, .fanout].contains(plan.type))
        for index in result.groups.indices {
            result.groups[index].expected = usual[result.groups[index].task.identifier]
        }
        if let earlier { result.recall(earlier, in: BuildRecords(machine.places)) }
        if let resumed, let earlier { say(try ResumedBatch(resumed.document(), earlier, in: result).lines) }
        try file.keep(AskedBatch(asked, options, on: machine), of: result)
        let screen = BatchScreen(
            machine.terminal, of: plan.builds.map(\.identifier), in: options.order,
            isJSON: project.settings.output.logFormat == .json)
        let isSized = project.settings.decisions.last { $0.name == "compute" }?.value == "project"
        let builds = plan.builds.map {
            var build = BatchBuild(
                $0, of: swarm == nil ? asked : asked.withoutKept, in: project.location.folder,
                artifacts: project.artifactsFolder, isSized: isSized)
            build.expected = usual[$0.identifier]
            if let times { build.divide(by: times) }
            return build
        }
        let wanted = project.settings.output.buildJSON
        @Sendable func write(_ result: BatchResult) throws -> String {
            if let wanted {
                try Folder.replace(wanted, with: result.batchGetBuildBatches.bytes + [0x0a], mode: 0o666)
            }
            return try file.write(result)
        }
        let present = Mutex(result)
        machine.lastWords.add { [now = machine.now] in
            // The program is ending: there is nobody to tell.
            _ = try? write(present.withLock { $0 }.brokenOff(at: now()))
        }
        var run = BatchRun(
            project: project, snapshots: snapshots, machine: machine, screen: screen,
            builds: Dictionary(uniqueKeysWithValues: builds.map { ($0.identifier, $0) }), result: result,
            order: BatchMachine(plan.tasks, failsFast: plan.fastFail, limit: limit),
            tell: { result in
                let hasNews = present.withLock { before in
                    defer { before = result }
                    return before.groups.map(\.state) != result.groups.map(\.state)
                }
                // Of a program that is killed it tells what had succeeded. It is written again at the end, where failing counts.
                if hasNews { _ = try? file.write(result) }
            })
        await run.run(forAtMost: project.file.batch.timeoutInMinutes?.value)
        var ended = run.result, exit = run.exit
        if !run.isOutputGone, !Task.isCancelled {
            do { ended.artifact = try await BatchArtifacts(project: project).combine(ended) } catch {
                // The service's phase of it can fail, too.
                exit = FrontDoor.report(error, on: machine.terminal)
                ended.status = .failed
            }
        }
        let path = try write(ended)
        var table = BatchTable(usesColor: machine.terminal.errorUsesColor)
        if let mark = try ended.testMark(in: BuildRecords(machine.places)) { table.mark = mark }
        machine.say(table.render(ended, file: path))
        if run.isOutputGone { throw Terminal.BrokenPipe() }
        try Task.checkCancellation()
        try await writeForOthers(ended, of: project, place)
        return exit
    }

    private func say(_ lines: [String]) { for line in lines { machine.say("\(line)\n") } }

    /// As many as there are processors, and not more than have 2 GB of memory each.
    private static var jobs: Int {
        let memory = Int(ProcessInfo.processInfo.physicalMemory >> 31)
        return max(1, min(ProcessInfo.processInfo.activeProcessorCount, memory))
    }

    /// The times by which the tests of a fanout are divided; `nil` where they are not.
    private func shardTimes(of plan: BatchPlan, in project: Project, _ file: BatchRecords) throws -> String? {
        guard options.shardRule == .time else { return nil }
        guard plan.type == .fanout else {
            throw Failure(
                .usage, "`--shard-by` divides the tests of a fanout, and this batch is a \(plan.type.rawValue)",
                help: "leave it out")
        }
        // The parts of one batch are divided by the same times, however often some of them are run again.
        if options.rerunsFailed || resumed != nil, let kept = try file.shardTimes() { return kept }
        let times = try TestTimes(of: project.identity, in: BuildRecords(machine.places), parts: plan.builds.count)
        if times.isEmpty {
            machine.say(
                "--shard-by time: no report of an earlier build tells how long tests take: all count the same\n")
        }
        try file.keep(shardTimes: times.text)
        return times.text
    }

    /// Writes what the user wants of the batch apart from its record: page, JUnit file and annotations.
    private func writeForOthers(_ batch: BatchResult, of project: Project, _ place: BuildspecPlace) async throws {
        let records = BuildRecords(machine.places)
        if let path = project.settings.output.html {
            try await RecordedBatchPage(batch: batch, machine: machine).write(to: path)
        }
        let parts = batch.groups.compactMap { group in
            group.build.flatMap { build in
                group.result.map {
                    ServiceReports.Part(
                        identifier: group.task.identifier, result: $0, record: records.build(build.uuid))
                }
            }
        }
        try ServiceReports(project: project).write(parts, place)
    }

    // MARK: What is run

    private enum Reading { case success(BatchPlan), failure(ExitStatus) }

    private func readPlan(of project: Project) throws -> Reading {
        let place = try project.buildspec()
        do {
            let buildspec = try project.read(place)
            var plan = try project.batch(of: buildspec)
            let names = plan.builds.map(\.identifier)
            for name in options.only where !names.contains(name) {
                throw Failure(
                    .usage, "`--only` is `\(name)`, and the batch has no build of that name",
                    help: nearName(to: name, among: names).map { "did you mean `\($0)`?" }
                        ?? "`buildspec plan --batch` lists its builds")
            }
            if !options.only.isEmpty {
                plan.keep(only: Set(options.only), withDependencies: options.withDependencies)
            }
            try project.requireAllowed(plan)
            try BatchArtifacts(project: project).requirePlace(plan)
            var missing = project.missingBuildspecs(of: plan)
            let isDefaultUsed = plan.builds.contains { $0.buildspec == nil }
            if isDefaultUsed, !buildspec.spec.hasPhases {
                missing.append(
                    Failure(
                        .invalidBuildspec,
                        "`\(place.shownPath)` has no `phases`, and builds of its batch name no other buildspec",
                        help: "give it `phases`, or each build a `buildspec`"))
            }
            for failure in missing { machine.terminal.say(failure) }
            if let first = missing.first { return .failure(first.status) }
            return .success(plan)
        } catch let problem as BuildspecProblem {
            guard case .invalid = problem else { throw project.missing(place) }
            return .failure(.invalidBuildspec)
        }
    }
}

extension BatchResult {
    /// Notes what a build is, apart from its name.
    ///
    /// - Parameter times: by which the tests are divided that it runs.
    fileprivate mutating func define(_ build: BatchPlan.Build, in buildspec: String, dividedBy times: String?) {
        guard let index = groups.firstIndex(where: { $0.task.identifier == build.identifier }) else { return }
        groups[index].definition = CacheKey.digest(
            of: [
                build.buildspec ?? buildspec, build.image ?? "", build.computeType ?? "", build.environmentType ?? "",
                build.privilegedMode.map { "\($0)" } ?? "",
            ] + build.variables.flatMap { [$0.name, $0.value] } + (times.map { [$0] } ?? []))
    }

    /// Takes over what succeeded in an earlier run of the batch; what did not is known as an earlier try.
    fileprivate mutating func recall(_ batch: CloudBatch, in records: BuildRecords) {
        for index in groups.indices {
            let before = batch.buildGroups?.first { $0.identifier == groups[index].task.identifier }
            guard let before, let last = before.currentBuildSummary, let arn = last.arn, let status = last.buildStatus
            else { continue }
            groups[index].prior = before.summaries.compactMap { summary in
                summary.arn.map { Try(name: $0, status: summary.buildStatus ?? "") }
            }
            // Of a matrix and a fanout the names are numbers: one that means another build now is run.
            guard status == BuildStatus.succeeded.rawValue, before.definition == groups[index].definition,
                let id = BuildID(String(arn.split(separator: "/", maxSplits: 1).last ?? ""))
            else { continue }
            groups[index].prior.removeFirst()
            groups[index].build = id
            groups[index].isRecalled = true
            groups[index].addRecord(records.build(id.uuid))
        }
    }
}
