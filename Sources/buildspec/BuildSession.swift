internal import Archives
internal import BuildExecution
internal import BuildPlanning
internal import ConsoleRendering
internal import Engines
internal import SpecParsing
internal import Workspaces
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// One `buildspec run`, from what was typed to the closing table.
struct BuildSession: Sendable {
    let options: RunOptions
    let places: Places
    let terminal: Terminal

    func run() async throws -> ExitStatus {
        let start = Self.now()
        let location = try BuildLocation(options, places: places)
        let git = Git(folder: location.source, inherited: places.environment.keys)
        let isInRepository = Self.isInRepository(location.source)
        async let head = isInRepository ? git.head() : (nil, nil, nil)

        let project = try readSettings(location)
        let settings = try RunSettings(options, project: project, places: places)
        let id = BuildID(project: location.projectName, uuid: UUID().uuidString.lowercased())
        let record = try BuildRecord(folder: "\(places.state)/builds/\(id.uuid)")
        defer { record.close() }
        let reporter = BuildReporter(format: settings.logFormat, terminal: terminal, record: record)
        let surroundings = BuildExecutor.Surroundings(
            nonce: "\(id.uuid)-\(UInt64.random(in: .min ... .max))", now: Self.now, programVersion: programVersion)

        let spec: BuildSpec
        switch try readSpec(location, isStrict: settings.isStrict) {
        case .success(let read): spec = read
        case .failure(let outcome):
            return try await refuse(outcome, location, settings, id, reporter, record, surroundings)
        }
        if let outcome = unresolved(spec, project, settings) {
            return try await refuse(outcome, location, settings, id, reporter, record, surroundings)
        }
        let facts = try await head
        let request = BuildRequest(
            id: id, image: settings.image, buildspecPath: location.relativePath, overrides: settings.overrides,
            source: SourceFacts(version: facts.1 ?? facts.0, resolvedVersion: facts.0, repositoryURL: facts.2),
            initiator: places.environment["USER"] ?? places.environment["LOGNAME"] ?? "\(getuid())",
            region: settings.region ?? places.environment["AWS_REGION"] ?? places.environment["AWS_DEFAULT_REGION"]
                ?? "us-east-1",
            buildNumber: 1, startMilliseconds: start.microseconds / 1000, timeout: settings.timeout,
            usesCache: settings.usesCache,
            inlineBuildspec: location.relativePath == nil
                ? String(decoding: try Files.read(location.buildspecFile), as: UTF8.self) : nil)
        let plan = BuildPlan(spec, request)
        let engine = DockerEngine(context: settings.context)
        let marks = try await sweep(engine)
        let container = try await containerSpec(plan, settings, location, engine)
        let mark = try marks.mark(container.name)
        defer { mark.release() }
        let room = try await scratch(plan, settings)
        defer { room?.remove() }
        let executor = BuildExecutor(
            plan: plan, engine: engine, container: container,
            source: SourceStaging(
                way: container.readOnlyMounts.isEmpty ? .stream : .mount, changesOwner: getuid() != 0
            ) { [source = location.source] in
                let ignored = isInRepository ? try await git.ignoredPaths() : nil
                return try SourceTree(root: source, excluding: ignored ?? [])
            },
            cache: cacheKeeping(plan, settings, location, project, room),
            artifacts: ArtifactStore(
                directory: FilePath(settings.artifacts ?? "\(location.source)/.buildspec/out")),
            zipsArtifacts: settings.zips, surroundings: surroundings)
        return try await perform(executor, settings, id, plan, reporter, record)
    }

    private func perform(
        _ executor: BuildExecutor, _ settings: RunSettings, _ id: BuildID, _ plan: BuildPlan,
        _ reporter: BuildReporter, _ record: BuildRecord
    ) async throws -> ExitStatus {
        let failure: (any Error)?
        do {
            try await executor.run { try await reporter.take($0) }
            failure = nil
        } catch { failure = error }
        let result = await reporter.result
        try write(result.batchGetBuilds(plan: plan, id: id), settings, record)
        terminal.say(ClosingTable(logPath: record.logPath, usesColor: terminal.errorUsesColor).render(result))
        if let missing = failure as? EngineError, missing.code == .imageMissing, settings.isOffline {
            throw Failure(
                .offlineMissing, "`--offline`, and the engine has no image `\(plan.image)`",
                help: "`docker pull \(plan.image)` while there is a network")
        }
        if let failure { throw failure }
        return result.status == .succeeded ? .succeeded : .buildFailed
    }

    // MARK: Before anything runs

    private func readSettings(_ location: BuildLocation) throws -> ProjectSettings {
        guard let file = location.settingsFile else { return ProjectSettings() }
        let bytes = try Files.read(file)
        let reading = readProjectSettings(bytes, file: file, extraKeys: RunOptions.settingsKeys)
        show(reading.diagnostics, source: bytes)
        guard !reading.diagnostics.contains(where: { $0.severity == .error }) else {
            throw Failure(.invalidSettings, "cannot use the settings in `\(file)`", help: "mend what is named above")
        }
        return reading.settings
    }

    /// Why there is no buildspec to run; what is wrong in it has been said.
    enum SpecOutcome: Error {
        case missing
        /// With the service's message, or ours where it has none.
        case invalid(String)
        /// Values that lie in AWS.
        case unresolved(PhaseContext, names: [String])
    }

    private func readSpec(_ location: BuildLocation, isStrict: Bool) throws -> Result<BuildSpec, SpecOutcome> {
        guard Files.kind(of: location.buildspecFile) == .file else { return .failure(.missing) }
        let bytes = try Files.read(location.buildspecFile)
        let reading = readBuildSpec(bytes, file: location.shownPath)
        show(reading.diagnostics, source: bytes)
        guard let spec = reading.spec else {
            let first = reading.diagnostics.first { $0.severity == .error }
            return .failure(.invalid(reading.failure?.message ?? first?.message ?? "the buildspec is wrong"))
        }
        if isStrict, let warning = reading.diagnostics.first {
            return .failure(.invalid("\(warning.message) (--strict)"))
        }
        guard spec.hasPhases else {
            return .failure(.invalid("`phases` is missing, and a `batch` is not run without --batch"))
        }
        return .success(spec)
    }

    private func show(_ diagnostics: [Diagnostic], source: [UInt8]) {
        let renderer = DiagnosticRenderer(color: terminal.errorUsesColor)
        for diagnostic in diagnostics { terminal.say(renderer.text(diagnostic, source: source)) }
    }

    func write(_ json: JSONText, _ settings: RunSettings, _ record: BuildRecord) throws {
        try Files.replace("\(record.folder)/build.json", with: json.bytes + [0x0a])
        if let path = settings.buildJSON { try Files.replace(path, with: json.bytes + [0x0a]) }
    }

    // MARK: Surroundings

    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Whether the folder or one above it holds `.git`: only then is git asked.
    private static func isInRepository(_ folder: String) -> Bool {
        var path = Substring(folder)
        while true {
            if Files.kind(of: "\(path)/.git") != nil { return true }
            guard let slash = path.lastIndex(of: "/") else { return false }
            path = path[..<slash]
        }
    }
}
