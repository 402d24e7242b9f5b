internal import BuildRunning
internal import AWSCalls
internal import BuildPlanning
internal import ChildProcesses
internal import Engines
internal import Rendering
internal import SourceSnapshots
internal import SpecParsing

/// One `buildspec plan`: prints what a run would do. Nothing of the build is run, nothing is pulled, and nothing is written but
/// the snapshot in the cache and what an image's runtimes are, which are read once for each image.
struct PlanSession {
    let machine: Machine
    let asked: Asked
    let isBatch: Bool
    let format: DrawnFormat

    func run() async throws -> ExitStatus {
        var project = try await Project.find(asked, on: machine)
        defer { project.release() }
        let place = try project.buildspec()
        do {
            let buildspec = try project.read(place)
            if isBatch { return try printBatch(buildspec, in: project) }
            try project.requirePhases(buildspec.spec)
            let build = PlannedBuild(
                of: project, buildspec,
                on: .init(
                    id: BuildID(project: project.location.buildName, uuid: "00000000-0000-0000-0000-000000000000"),
                    number: try BuildRecords(machine.places).number(of: project.identity).upcoming(),
                    start: Timestamp(microseconds: 0), snapshots: try await project.snapshots()))
            if let refusal = build.imageRefusal() { throw refusal.failure }
            let view = try await view(build)
            try print(text: view.text, json: view.json)
            return .succeeded
        } catch let problem as BuildspecProblem {
            guard case .invalid = problem else { throw project.missing(place) }
            return .invalidBuildspec
        }
    }

    private func printBatch(_ buildspec: ReadBuildspec, in project: Project) throws -> ExitStatus {
        let plan = try project.batch(of: buildspec)
        switch format {
        case .dot: try machine.terminal.write(Array(BatchGraph(plan).dot.utf8))
        case .mermaid: try machine.terminal.write(Array(BatchGraph(plan).mermaid.utf8))
        case .text, .json: try print(text: plan.text, json: plan.json)
        }
        let missing = project.missingBuildspecs(of: plan)
        for failure in missing { machine.terminal.say(failure) }
        return missing.first?.status ?? .succeeded
    }

    private func print(text: String, json: JSONText) throws {
        try machine.terminal.write(format == .json ? json.bytes + [0x0a] : Array(text.utf8))
    }

    private func view(_ build: PlannedBuild) async throws -> PlanView {
        let engine = machine.engine(of: build.project.settings)
        let image = try await image(build, engine)
        var view = PlanView(
            plan: build.plan, source: build.project.location.place.path, image: image.view,
            artifactsDirectory: build.project.artifactsFolder, cachePlace: cachePlace(build),
            artifactsPlan: build.recipe.artifacts,
            baseImages: try await BaseImages(project: build.project, plan: build.plan).view(engine),
            imageNotes: image.notes, runtimes: image.runtimes, unusedSettings: build.project.unusedSettings)
        if let repeated = RepeatedPlan(build) {
            view.repeated = repeated.view(
                unanswered: repeated.unansweredReferences, image: try await repeated.missingImage(on: engine))
        }
        view.cacheWay = try await cacheWay(build, of: image.view?.name ?? build.plan.image, engine)
        view.docker = build.recipe.container.docker
        view.missingSources = build.missingSources.map { other in
            PlanView.MissingSource(
                identifier: other.identifier, place: other.setting?.identifier.map { "\($0.location)" } ?? "settings")
        }
        return view
    }

    private func cachePlace(_ build: PlannedBuild) -> String? {
        guard case .kept(let rules) = build.plan.cache else { return nil }
        if case .bucket(let url) = build.recipe.cache.place { return S3Location(url)?.url(of: "") }
        return build.cacheKeeping(room: nil)?.place(rules)
    }

    private func cacheWay(_ build: PlannedBuild, of image: String, _ engine: any Engine) async throws -> String? {
        guard let images = CacheImages(of: build, on: engine) else { return nil }
        do { return try await images.outlook(image, build.cacheKeeping(room: nil)).words } catch is EngineError {
            return "unpacked: no engine answers"
        }
    }

    /// The image as far as the engine knows it, what is to be said of it, and which of its runtimes the build would have.
    private struct ImageFacts {
        var view: PlanView.Image?
        var notes: [String]
        var runtimes: PlanView.Runtimes?
    }

    private func image(_ build: PlannedBuild, _ engine: any Engine) async throws -> ImageFacts {
        let container = build.recipe.container, isOffline = build.recipe.network.policy.isOffline
        do {
            let image = try await BuildImage(of: container, on: engine)
            var known = image.configuration
            if known == nil { known = try await engine.imageConfiguration(image.choice.name) }
            var notes = image.lines(on: build.plan, container)
            if known == nil, CuratedImage.isName(container.image), try await engine.answers() {
                let ways = image.ways(isOffline: isOffline)
                if let reason = ways.reason { notes.append("cannot be had: \(reason)") }
                if !image.choice.canBePulled || isOffline { notes += ways.lines }
            }
            let view = known.map {
                PlanView.Image(
                    id: $0.id, variables: $0.variables, name: image.choice.name, digest: $0.digests.first)
            }
            let runtimes = try await ImageRuntimes(machine.places).selection(
                of: build.plan, id: known?.id, on: engine)
            return ImageFacts(view: view, notes: notes, runtimes: runtimes)
        } catch is EngineError {
            // A plan needs no engine, so that an unreachable one knows nothing.
        } catch is ChildProcessError {}
        return ImageFacts(
            notes: LambdaRules.notes(on: build.plan, container).map { "warning: \($0)" },
            runtimes: build.plan.runtimeVersions.isEmpty ? nil : .unknown("no engine answers"))
    }
}
