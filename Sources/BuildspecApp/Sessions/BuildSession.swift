internal import Artifacts
internal import SourceSnapshots
internal import Archives
internal import BuildRunning
internal import BuildPlanning
internal import Rendering
internal import Engines
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import Files

/// One `buildspec run`, from what was typed to the closing table.
struct BuildSession: Sendable {
    let options: RunOptions
    let places: Places
    let terminal: Terminal
    /// Whether what a deploy stage would refuse counts as a failed build; in the hook it does.
    var blocksDeployMistakes = false

    func run() async throws -> ExitStatus {
        let start = Self.now()
        var location = try BuildLocation(options, places: places)
        let id = BuildID(project: location.projectName, uuid: UUID().uuidString.lowercased())
        let marks = try runningMarks()
        let mark = try await marks.mark(id.containerName)
        defer { mark.release() }
        var staged: StagedSource?
        defer { staged?.release() }
        if location.isReadFromGit {
            staged = try await stage(location, for: id.containerName, without: namedSecrets(location))
            location.contents = staged?.files ?? location.source
        }
        let project = try readSettings(location)
        let settings = try RunSettings(options, project: project, places: places)
        let place = try location.buildspec(project, places: places)
        BuildHistory(places).prune()
        let record = try BuildRecord(folder: "\(places.state)/builds/\(id.uuid)")
        defer { record.close() }
        let reporter = BuildReporter(format: settings.logFormat, terminal: terminal, record: record)
        let surroundings = surroundings(id)

        let spec: BuildSpec, text: [UInt8]
        switch try readSpec(place, isStrict: settings.isStrict) {
        case .success(let read): (spec, text) = read
        case .failure(let outcome):
            return try await refuse(outcome, location, place, settings, id, reporter, record, surroundings)
        }
        if let outcome = unrunnable(spec) {
            return try await refuse(outcome, location, place, settings, id, reporter, record, surroundings)
        }
        if staged == nil {
            staged = try await stage(location, for: id.containerName, without: secretsPath(settings, location))
        }
        let facts = facts(location, staged?.snapshot)
        let plan = BuildPlan(
            spec,
            request(
                id, settings, place, text: text, source: facts,
                number: try BuildNumber(project: id.project, places).next(),
                startMilliseconds: start.microseconds / 1000))
        let (secrets, failures) = try await lookUpSecrets(plan, settings, location, remote: facts.repositoryURL)
        guard failures.isEmpty else {
            return try await refuse(failures, plan, settings, reporter, record, surroundings)
        }
        let engine = DockerEngine(context: settings.context)
        try await sweep(marks, engine)
        let container = try await containerSpec(plan, settings, engine)
        let room = try await scratch(plan, settings)
        defer { room?.remove() }
        let (docker, volume) = try await innerDocker(plan, settings, location, staged, engine)
        defer { withExtendedLifetime(volume) {} }
        let cache = cacheKeeping(plan, settings, location, place, project, room)
        if settings.isOffline {
            try await requireAll(plan, settings, location, staged, container, cache, engine)
        }
        let proxy = try await proxy(plan, settings, location, engine, reporter)
        let executor = try await executor(
            plan, engine, container, settings, location, staged, secrets, surroundings, cache, docker, proxy)
        let kept = KeptBuild(
            container: container.name, plan: plan, places: places, startNanoseconds: start.microseconds * 1000,
            usesCloud: proxy.map { _ in usesCloud(plan, settings) })
        if settings.makesCheckpoints {
            try await Checkpoints.prune(BuildHistory(places), engine, places, terminal)
            try kept.write(to: record.folder, sourceFiles: try await sourceFiles(settings, location), isKept: false)
        }
        let status = try await perform(executor.run, settings, id, plan, reporter, record, proxy)
        if settings.artifacts == nil, await !reporter.result.artifacts.isEmpty { try hideOurFolder(location) }
        if await reporter.result.keptContainer != nil {
            try kept.write(to: record.folder, sourceFiles: try await sourceFiles(settings, location))
            staged?.release(isKept: true)
            staged = nil
        }
        return status
    }

    /// - Parameter staged: `nil` for a folder without git, and for a build that goes on.
    func executor(
        _ plan: BuildPlan, _ engine: DockerEngine, _ container: ContainerSpec, _ settings: RunSettings,
        _ location: BuildLocation, _ staged: StagedSource?, _ secrets: BuildSecrets,
        _ surroundings: BuildExecutor.Surroundings, _ cache: CacheKeeping?, _ docker: InnerDocker?, _ proxy: BuildProxy?
    ) async throws -> BuildExecutor {
        var container = container
        container.environment += proxy?.environment ?? []
        return BuildExecutor(
            plan: plan, engine: engine, container: container,
            source: try await staging(location, staged, settings, engine),
            cache: cache, artifacts: ArtifactStore(directory: FilePath(artifactsDirectory(settings, location))),
            zipsArtifacts: settings.zips, secrets: secrets, surroundings: surroundings, keep: settings.keep,
            part: settings.part, debugging: debugging(settings, container.name, engine),
            docker: docker, programs: ProgramFolder.make(places), pipes: try pipesFolder(plan), network: proxy?.network,
            onCheckpoint: settings.makesCheckpoints ? keepCheckpoint(of: plan) : nil)
    }

    /// Beside the build's record, for as long as its container may stay.
    private func pipesFolder(_ plan: BuildPlan) throws -> String? {
        guard case .kept = plan.cache else { return nil }
        let folder = "\(places.state)/builds/\(plan.id.uuid)/pipes"
        try Files.makeFolder(folder)
        return folder
    }

    private func keepCheckpoint(of plan: BuildPlan) -> @Sendable (Checkpoint) async throws -> Void {
        let build = RecordedBuild(folder: "\(places.state)/builds/\(plan.id.uuid)")
        return { try Checkpoints(build).add($0) }
    }

    /// What the front door knows, for the plan.
    ///
    /// - Parameter text: of the buildspec; it goes into the container when it is no file of the source.
    func request(
        _ id: BuildID, _ settings: RunSettings, _ place: BuildspecPlace, text: [UInt8], source: SourceFacts,
        number: Int, startMilliseconds: Int64
    ) -> BuildRequest {
        var request = BuildRequest(
            id: id, image: settings.image, buildspecPath: place.relativePath, overrides: settings.overrides,
            source: source,
            initiator: places.environment["USER"] ?? places.environment["LOGNAME"] ?? "\(getuid())",
            region: region(settings),
            buildNumber: number, startMilliseconds: startMilliseconds, timeout: settings.timeout,
            usesCache: settings.usesCache,
            inlineBuildspec: place.relativePath == nil ? String(decoding: text, as: UTF8.self) : nil)
        request.account = settings.account
        request.decisions = settings.decisions
        request.isStrict = settings.isStrict
        return request
    }

    func region(_ settings: RunSettings) -> String {
        settings.region ?? places.environment["AWS_REGION"] ?? places.environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
    }

    func perform(
        _ run: (@escaping @Sendable (BuildEvent) async throws -> Void) async throws -> Void, _ settings: RunSettings,
        _ id: BuildID, _ plan: BuildPlan,
        _ reporter: BuildReporter, _ record: BuildRecord, _ proxy: BuildProxy?
    ) async throws -> ExitStatus {
        let failure: (any Error)?
        do {
            try await run { try await reporter.take($0) }
            failure = nil
        } catch { failure = error }
        await proxy?.stop()
        let result = await reporter.result
        try write(result.batchGetBuilds(plan: plan, id: id), settings, record)
        terminal.say(ClosingTable(logPath: record.logPath, usesColor: terminal.errorUsesColor).render(result))
        if let missing = failure as? EngineError, missing.code == .imageMissing, settings.isOffline {
            throw Failure(
                .offlineMissing, "`--offline`, and the engine has no image `\(plan.image)`",
                help: "`docker pull \(plan.image)` while there is a network")
        }
        if let failure { throw failure }
        guard result.status == .succeeded else { return .buildFailed }
        return try checkDeployFiles(result, settings) || !blocksDeployMistakes ? .succeeded : .buildFailed
    }

    // MARK: Before anything runs

    func readSettings(_ location: BuildLocation) throws -> ProjectSettings {
        guard let file = location.settingsFile else { return ProjectSettings() }
        let bytes = try Files.read(file)
        let reading = readProjectSettings(bytes, file: places.shown(file), extraKeys: RunOptions.settingsKeys)
        show(reading.diagnostics, source: bytes)
        guard !reading.diagnostics.contains(where: { $0.severity == .error }) else {
            throw Failure(
                .invalidSettings, "cannot use the settings in `\(places.shown(file))`", help: "mend what is named above"
            )
        }
        return reading.settings
    }

    /// Why there is no buildspec to run; what is wrong in it has been said.
    enum SpecOutcome: Error {
        case missing
        /// With the service's message, or ours where it has none.
        case invalid(String)
    }

    /// - Returns: what the buildspec means, with its text.
    func readSpec(_ place: BuildspecPlace, isStrict: Bool) throws -> Result<(BuildSpec, [UInt8]), SpecOutcome> {
        guard let bytes = try place.read() else { return .failure(.missing) }
        let reading = readBuildSpec(bytes, file: place.shownPath)
        show(reading.diagnostics, source: bytes)
        guard let spec = reading.spec else {
            let first = reading.diagnostics.first { $0.severity == .error }
            return .failure(.invalid(reading.failure?.message ?? first?.message ?? "the buildspec is wrong"))
        }
        if isStrict, let warning = reading.diagnostics.first {
            return .failure(.invalid("\(warning.message) (--strict)"))
        }
        return .success((spec, bytes))
    }

    func artifactsDirectory(_ settings: RunSettings, _ location: BuildLocation) -> String {
        settings.artifacts ?? "\(location.source)/.buildspec/out"
    }

    private func show(_ diagnostics: [Diagnostic], source: [UInt8]) {
        let renderer = DiagnosticRenderer(color: terminal.errorUsesColor)
        terminal.say(renderer.text(diagnostics, source: source))
    }

    func write(_ json: JSONText, _ settings: RunSettings, _ record: BuildRecord) throws {
        try Files.replace("\(record.folder)/build.json", with: json.bytes + [0x0a])
        if let path = settings.buildJSON { try Files.replace(path, with: json.bytes + [0x0a]) }
    }

    // MARK: Surroundings

    func surroundings(_ id: BuildID) -> BuildExecutor.Surroundings {
        BuildExecutor.Surroundings(
            nonce: "\(id.uuid)-\(UInt64.random(in: .min ... .max))", now: Self.now, programVersion: programVersion)
    }

    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
