internal import Files
internal import SourceSnapshots
internal import ArgumentParser
internal import BuildRunning
internal import BuildPlanning
internal import Engines
internal import SpecParsing

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a failed build in its kept container.",
        discussion: """
            Begins with the command that failed, with the buildspec as it is now; files of the source that changed \
            since are brought in first. Later phases, cache and artifacts follow as if the command had succeeded at once; \
            record and log go on.

              buildspec resume                      the newest build
              buildspec resume 0b5c --from BUILD:2  from the second command of BUILD

            When the container is gone and the build made checkpoints, a new container begins with the one before the \
            phase that failed, or that --from names.
            """)

    @Argument(help: "The build: its id or the beginning of it (default: the newest that was kept).")
    var build: String?

    @Option(help: "Begin with this phase, or with its Nth command: PHASE or PHASE:N.")
    var from: String?

    @Flag(help: "Leave the source in the container as it is.")
    var noSync = false

    func run() async throws {
        await FrontDoor.enter { [build, from, noSync] places, terminal in
            let (build, kept) = try KeptBuilds(places).find(build)
            let options = try RunOptions.parse(kept.arguments)
            let session = BuildSession(options: options, places: kept.places(now: places), terminal: terminal)
            return try await session.resume(build, kept, from: from, syncs: !noSync)
        }
    }
}

extension BuildSession {
    /// Goes on with a build that was kept.
    func resume(_ build: RecordedBuild, _ kept: KeptBuild, from: String?, syncs: Bool) async throws -> ExitStatus {
        var location = try BuildLocation(options, places: places)
        // Of a commit or an index the files are checked out, to read the buildspec from; the container has its own.
        var staged: StagedSource?
        defer { staged?.release() }
        if location.isReadFromGit {
            staged = try await stage(location, for: nil, without: namedSecrets(location))
            location.contents = staged?.files ?? location.source
        }
        let project = try readSettings(location)
        let settings = try RunSettings(options, project: project, places: places)
        let place = try location.buildspec(project, places: places)
        guard case .success(let (spec, text)) = try readSpec(place, isStrict: settings.isStrict) else {
            return .invalidBuildspec
        }
        let engine = DockerEngine(context: settings.context)
        let isRunning = try await engine.isRunning(kept.container)
        if !isRunning { try await engine.remove(kept.container) }
        guard isRunning || build.hasCheckpoints else {
            KeptBuild.forget(build, places)
            throw Failure(
                .noSuchFile, "the container of build `\(build.uuid)` is gone", help: "`buildspec run` begins anew")
        }
        let before = try build.result()
        guard let id = before.start?.id else {
            throw Failure(.inputOutput, "the record `\(build.folder)` has no beginning", help: "run the build anew")
        }
        var snapshot = staged?.snapshot
        if snapshot == nil { snapshot = try await self.snapshot(location, without: secretsPath(settings, location)) }
        let facts = facts(location, snapshot)
        let plan = BuildPlan(
            spec,
            request(
                id, settings, place, text: text, source: facts, number: kept.number,
                startMilliseconds: (before.startTime?.microseconds ?? 0) / 1000))
        let (secrets, failures) = try await lookUpSecrets(
            plan, settings, location, remote: facts.repositoryURL)
        guard failures.isEmpty else {
            say(failures, settings)
            return .buildFailed
        }
        var point = try resumePoint(before, kept, plan, from: from)
        var checkpoint: Checkpoint?
        if !isRunning {
            checkpoint = try Checkpoints(build).checkpoint(before: point.phase)
            // The checkpoint stands at the phase's beginning; only a user can know what may be left out of it.
            if from == nil { point = ResumePoint(phase: point.phase) }
        }
        try announce(point, of: plan, id)

        var container = try await containerSpec(plan, settings, engine)
        if let checkpoint { container.image = checkpoint.image }
        let mark = try await RunningMarks(folder: "\(places.state)/running").mark(container.name)
        defer { mark.release() }
        let room = try await scratch(plan, settings)
        defer { room?.remove() }
        let (docker, volume) = try await innerDocker(
            plan, settings, location, staged, engine, in: isRunning ? kept.container : nil)
        defer { withExtendedLifetime(volume) {} }
        let record = try BuildRecord(folder: build.folder, continues: true)
        defer { record.close() }
        let reporter = BuildReporter(
            format: settings.logFormat, terminal: terminal, record: record, continuing: before)
        let proxy = try await proxy(plan, settings, location, engine, reporter)
        let executor = try await executor(
            plan, engine, container, settings, location, nil, secrets, surroundings(id),
            cacheKeeping(plan, settings, location, place, project, room), docker, proxy)
        let changes =
            syncs && !location.isReadFromGit
            ? try SourceChanges(
                of: try await sourceTree(settings, location), since: kept.startNanoseconds,
                before: try KeptBuild.sourceFiles(of: build)) : nil
        if let changes, !changes.isEmpty {
            terminal.say("bringing in \(changes.changed.count) changed and \(changes.deleted.count) deleted files\n")
        }
        let start = Self.now()
        // Secrets are looked up anew: their values were kept nowhere that they could be compared with.
        let added = plan.variables.filter {
            $0.type != .plaintext || $0.origin >= .buildspec && kept.variables[$0.name] != $0.value
        }
        let status = try await perform(
            { [point, checkpoint] emit in
                if let checkpoint {
                    try await executor.restart(
                        at: point, from: checkpoint, syncing: changes, setting: added, emit: emit)
                } else {
                    try await executor.resume(
                        at: point, recallingState: before.failure != nil, syncing: changes, setting: added, emit: emit)
                }
            }, settings, id, plan, reporter, record, proxy)
        if await reporter.result.keptContainer != nil {
            try KeptBuild(
                container: kept.container, plan: plan, arguments: kept.arguments, places: places,
                startNanoseconds: start.microseconds * 1000, usesCloud: proxy.map { _ in usesCloud(plan, settings) }
            ).write(to: record.folder, sourceFiles: changes?.all ?? (try KeptBuild.sourceFiles(of: build)))
        } else {
            KeptBuild.forget(build, places)
        }
        return status
    }

    /// Where the user wants to go on, or the command that failed, in the buildspec as it is now.
    private func resumePoint(
        _ before: BuildResult, _ kept: KeptBuild, _ plan: BuildPlan, from: String?
    ) throws -> ResumePoint {
        if let from {
            guard let point = ResumePoint(from) else {
                throw Failure(.usage, "`--from` is `\(from)`, expected a phase such as BUILD, or its command, BUILD:3")
            }
            return point
        }
        guard let failure = before.failure, let name = PhaseName(rawValue: failure.phase.rawValue.lowercased()),
            let old = kept.phases[name.rawValue], let phase = plan.phases.first(where: { $0.name == name })
        else {
            throw Failure(
                .usage, "no command of the build has failed", help: "say where to go on: --from PHASE, or PHASE:N")
        }
        let place = failure.location.map { "\($0)" }
        let isInFinally = !old.commands.contains { $0.place == place } && old.finally.contains { $0.place == place }
        let ran = isInFinally ? old.finally : old.commands
        let index = ResumePoint.index(
            in: (isInFinally ? phase.finally : phase.commands).map(\.text),
            of: ran.firstIndex { $0.place == place } ?? 0, in: ran.map(\.text))
        return ResumePoint(phase: name, isInFinally: isInFinally, index: index)
    }

    /// Says what will run.
    private func announce(_ point: ResumePoint, of plan: BuildPlan, _ id: BuildID) throws {
        var lines = ["resuming \(id) at \(point)"]
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
        terminal.say(lines.joined(separator: "\n") + "\n")
    }
}
