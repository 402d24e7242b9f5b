internal import AWSCalls
internal import SourceSnapshots
internal import ArgumentParser
internal import BuildRunning
internal import BuildPlanning
internal import Rendering
internal import Engines
internal import SpecParsing

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Print what `run` would do, and why.",
        discussion: """
            Image, variables, phases, cache, artifacts: everything that is decided before anything runs, each value with \
            the place it comes from: a flag, a variable of the environment, a line of the settings or the buildspec, \
            the image. Texts that get their last form from the build's own variables are shown as they are written.

              buildspec plan                                   what `buildspec run` would do here
              buildspec plan -e PROFILE=ci --format json
              buildspec plan --batch                           the builds of the buildspec's `batch`
            """)

    @OptionGroup var options: RunOptions

    @Flag(help: "Show the builds of the buildspec's `batch` instead.")
    var batch = false

    @Option(help: "How to print it: text or json.")
    var format = PlanFormat.text

    func run() async throws {
        await FrontDoor.enter { [options, batch, format] places, terminal in
            let session = BuildSession(options: options, places: places, terminal: terminal)
            return try await session.plan(isBatch: batch, format: format)
        }
    }
}

/// How a plan is printed.
enum PlanFormat: String, CaseIterable, ExpressibleByArgument { case text, json }

extension BuildSession {
    /// Prints the plan. Nothing is run or pulled, and nothing written but the snapshot in the cache.
    func plan(isBatch: Bool, format: PlanFormat) async throws -> ExitStatus {
        var location = try BuildLocation(options, places: places)
        var staged: StagedSource?
        defer { staged?.release() }
        if location.isReadFromGit {
            staged = try await stage(location, for: nil, without: namedSecrets(location))
            location.contents = staged?.files ?? location.source
        }
        let project = try readSettings(location)
        let settings = try RunSettings(options, project: project, places: places)
        let place = try location.buildspec(project, places: places)
        let spec: BuildSpec, text: [UInt8]
        switch try readSpec(place, isStrict: settings.isStrict) {
        case .success(let read): (spec, text) = read
        case .failure(.missing):
            throw Failure(
                .noSuchFile, "cannot find the buildspec `\(place.shownPath)`",
                help: "write one, or name another with --buildspec FILE")
        case .failure: return .invalidBuildspec
        }
        if isBatch {
            if spec.hasWrongBatch { return .invalidBuildspec }
            guard let batch = spec.batch else {
                throw Failure(
                    .invalidBuildspec, "`\(place.shownPath)` has no `batch`",
                    help: "leave out --batch to see the plan of its one build")
            }
            let plan = BatchPlan(batch)
            try print(text: plan.text, json: plan.json, format)
            return .succeeded
        }
        if withoutPhases(spec) != nil { return .invalidBuildspec }
        var snapshot = staged?.snapshot
        if snapshot == nil { snapshot = try await self.snapshot(location, without: secretsPath(settings, location)) }
        let request = request(
            BuildID(project: location.projectName, uuid: "00000000-0000-0000-0000-000000000000"), settings, place,
            text: text, source: facts(location, snapshot),
            number: try BuildNumber(project: location.projectName, places).upcoming(), startMilliseconds: 0)
        let plan = BuildPlan(spec, request)
        let view = try await view(plan, settings, location, staged, place, project)
        try print(text: view.text, json: view.json, format)
        return .succeeded
    }

    private func print(text: String, json: JSONText, _ format: PlanFormat) throws {
        try terminal.write(format == .json ? json.bytes + [0x0a] : Array(text.utf8))
    }

    private func view(
        _ plan: BuildPlan, _ settings: RunSettings, _ location: BuildLocation, _ staged: StagedSource?,
        _ place: BuildspecPlace, _ project: ProjectSettings
    ) async throws -> PlanView {
        var cachePlace: String?
        if case .kept(let rules) = plan.cache {
            cachePlace =
                settings.cacheBucket?.url(of: "")
                ?? cacheKeeping(plan, settings, location, place, project, nil)?.place(rules)
        }
        return PlanView(
            plan: plan, source: location.source, image: await image(plan.image, settings),
            artifactsDirectory: artifactsDirectory(settings, location), cachePlace: cachePlace,
            baseImages: try await baseImagesView(plan, settings, location, staged))
    }

    /// What the engine knows of the image; a plan needs no engine, so that an unreachable one knows nothing.
    private func image(_ name: String, _ settings: RunSettings) async -> PlanView.Image? {
        let engine = DockerEngine(context: settings.context)
        do {
            return try await engine.imageConfiguration(try await pullableName(name, engine)).map {
                PlanView.Image(id: $0.id, variables: $0.variables)
            }
        } catch { return nil }
    }
}
