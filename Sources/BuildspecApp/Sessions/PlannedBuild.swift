internal import AWSCalls
internal import BuildPlanning
internal import Files
internal import SourceSnapshots
internal import SpecParsing

/// A buildspec that was read and can be run.
struct ReadBuildspec: Sendable {
    let place: BuildspecPlace
    let text: [UInt8]
    let spec: BuildSpec
}

/// Why there is no buildspec to run; what is wrong in it has been said.
enum BuildspecProblem: Error {
    case missing
    /// The buildspec is wrong, in the service's words where they are known.
    case invalid(BuildFailure)
}

extension Project {
    /// Reads the buildspec and says what is wrong in it.
    ///
    /// - Throws: ``BuildspecProblem``; ``Failure`` when the file cannot be read.
    func read(_ place: BuildspecPlace) throws -> ReadBuildspec {
        guard let bytes = try place.read() else { throw BuildspecProblem.missing }
        let reading = readBuildSpec(bytes, file: place.shownPath)
        machine.say(reading.diagnostics, source: bytes)
        guard let spec = reading.spec else {
            throw BuildspecProblem.invalid(reading.failure ?? .ours("the buildspec is wrong"))
        }
        if settings.ending.isStrict, let warning = reading.diagnostics.first(where: { $0.severity == .warning }) {
            throw BuildspecProblem.invalid(.ours("\(warning.message) (--strict)"))
        }
        return ReadBuildspec(place: place, text: bytes, spec: spec)
    }

    /// - Throws: ``BuildspecProblem`` for what no Linux container can run: nothing, or the shells of Windows.
    func requireRunnable(_ spec: BuildSpec) throws {
        if let shell = spec.environment.shell, ["powershell.exe", "cmd.exe"].contains(shell.value.lowercased()) {
            let message = "`env.shell` is `\(shell.value)`, which only Windows builds have"
            machine.terminal.say(
                Failure(
                    .invalidBuildspec, "\(shell.location): \(message)",
                    help: "builds run in Linux containers here; `env.shell` can be `bash` or `/bin/sh`"))
            throw BuildspecProblem.invalid(.ours(message))
        }
        try requirePhases(spec)
        if let outputs = settings.artifacts.outputs, let refusal = spec.refusal(of: outputs) {
            machine.terminal.say(
                Failure(
                    .invalidBuildspec, refusal.message,
                    help:
                        "with one `--output` it is the primary artifact, `artifacts: files`; with several, the secondary ones"
                ))
            throw BuildspecProblem.invalid(refusal)
        }
    }

    /// - Throws: ``BuildspecProblem`` for a buildspec of a batch alone, which is valid and has nothing to run.
    func requirePhases(_ spec: BuildSpec) throws {
        guard !spec.hasPhases else { return }
        machine.terminal.say(
            Failure(
                .invalidBuildspec, "`phases` is missing, and a `batch` is not run as one build",
                help: "`buildspec plan --batch` shows its builds; run one of them with its own --buildspec and --env"))
        throw BuildspecProblem.invalid(.notABuildspec)
    }

    /// The failure of a build without a buildspec, which names the buildspecs that the source has elsewhere.
    func missing(_ place: BuildspecPlace) -> Failure {
        Failure(
            .noSuchFile, "cannot find the buildspec `\(place.shownPath)`",
            help: BuildspecExample(folder: files).help(naming: "--buildspec FILE"))
    }
}

/// A build of a project with everything decided that can be decided before it runs.
struct PlannedBuild: Sendable {
    let project: Project
    let buildspec: ReadBuildspec
    let recipe: BuildRecipe
    /// The URL of the source's remote repository.
    let remote: String?

    var plan: BuildPlan { recipe.plan }
    var machine: Machine { project.machine }

    /// What tells one build of a project from the next.
    struct Occasion {
        let id: BuildID
        /// `CODEBUILD_BUILD_NUMBER`.
        let number: Int
        let start: Timestamp
        let snapshots: TakenSnapshots
    }

    init(of project: Project, _ buildspec: ReadBuildspec, on occasion: Occasion) {
        self.project = project
        self.buildspec = buildspec
        remote = occasion.snapshots.primary?.head.origin
        let settings = project.settings
        let inside = buildspec.place.relativePath
        var request = BuildRequest(
            id: occasion.id, image: settings.container.image, buildspecPath: inside,
            overrides: settings.values.variables, source: project.facts(occasion.snapshots),
            initiator: project.initiator,
            region: settings.network.region, buildNumber: project.repeated?.build.buildNumber ?? occasion.number,
            startMilliseconds: occasion.start.microseconds / 1000, timeout: settings.ending.timeout,
            usesCache: settings.cache.isUsed,
            inlineBuildspec: inside == nil ? String(decoding: buildspec.text, as: UTF8.self) : nil)
        request.secondarySources = project.otherFacts(occasion.snapshots)
        request.account = settings.network.account
        request.decisions = settings.decisions
        request.isStrict = settings.ending.isStrict
        request.batchIdentifier = project.batchIdentifier ?? project.repeated?.task?.identifier
        request.mounts = settings.container.mounts ?? []
        request.encryptionKey = project.file.encryptionKey?.value.ownKey
        let plan = BuildPlan(buildspec.spec, request)
        recipe = BuildRecipe(
            plan: plan, project: project.identity, container: settings.container, network: settings.network,
            sources: [SourcePlan(project.location.place, target: plan.sourceDirectory)]
                + plan.secondarySources.compactMap { source in
                    project.others.first { $0.identifier == source.identifier }?.source.map {
                        SourcePlan($0.place, as: source.identifier, target: source.directory)
                    }
                }, cache: settings.cache, artifacts: settings.artifacts, part: settings.stops.part,
            ending: settings.ending)
    }
}

extension Project {
    /// Who starts its builds: `CODEBUILD_INITIATOR`.
    fileprivate var initiator: String {
        if let initiator = repeated?.build.initiator, !initiator.isEmpty { return initiator }
        return location.pipeline.map { "codepipeline/\($0.name)" } ?? machine.userName
    }
}

extension PlannedBuild {
    /// Why no build can run in the image that is asked for: one of Windows, of macOS, of a machine.
    func imageRefusal() -> (context: PhaseContext, failure: Failure)? {
        guard let refusal = CuratedImage(named: plan.image)?.refusal else { return nil }
        let decision = plan.decisions.first { $0.name == "image" }
        let status: ExitStatus = decision?.origin == .settings ? .invalidSettings : .usage
        let place = decision?.place.map { "\($0): " } ?? ""
        return (
            .ours(statusCode: "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", message: refusal.message),
            Failure(status, place + refusal.message, help: refusal.help)
        )
    }
}

extension String {
    /// A KMS key; `nil` for the one that every account has for S3, whose account is not the build's here.
    fileprivate var ownKey: String? { isEmpty || hasSuffix(":alias/aws/s3") ? nil : self }
}

extension BuildRecipe {
    /// Whether the AWS of this machine answers the build's own calls.
    var usesLocalAWS: Bool { network.playsAWS || network.policy.isOffline && plan.calls("aws") }
}

extension SourcePlan {
    fileprivate init(_ place: SourcePlace, as identifier: String? = nil, target: String) {
        self.init(identifier: identifier, folder: place.path, kind: place.kind.map { "\($0)" }, target: target)
    }
}
