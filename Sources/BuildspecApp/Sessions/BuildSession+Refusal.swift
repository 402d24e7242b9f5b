internal import BuildRunning
internal import Rendering
internal import BuildPlanning
internal import SpecParsing

extension BuildSession {
    /// Ends a build whose buildspec is missing or wrong: the service's log, the record, the right exit status.
    func refuse(
        _ reading: SpecOutcome, _ location: BuildLocation, _ place: BuildspecPlace, _ settings: RunSettings,
        _ id: BuildID,
        _ reporter: BuildReporter, _ record: BuildRecord, _ process: BuildProcess
    ) async throws -> ExitStatus {
        let source = ContainerLayout.sourceDirectory(of: id)
        let file = place.relativePath.map { "\(source)/\($0)" } ?? ContainerLayout.inlineBuildspec
        let start = BuildEvent.BuildStart(
            id: id, image: settings.image, sourceDirectory: source, buildspec: file, source: location.source)
        let context: PhaseContext, status: ExitStatus
        switch reading {
        case .missing:
            // The default file's absence has a message of its own (CODEBUILD.md 2).
            let isDefault = place.relativePath == "buildspec.yml"
            context = PhaseContext(
                statusCode: "YAML_FILE_ERROR",
                message: isDefault ? "YAML file does not exist" : "stat \(file): no such file or directory")
            status = .noSuchFile
        case .invalid(let message):
            context = PhaseContext(statusCode: "YAML_FILE_ERROR", message: message)
            status = .invalidBuildspec
        }
        let isThere = status != .noSuchFile
        try await BuildRefusal(start: start, context: context, isBuildspecThere: isThere)
            .run(process) { try await reporter.take($0) }
        let result = await reporter.result
        try write(result.batchGetBuilds(plan: nil, id: id), settings, record)
        if !isThere {
            throw Failure(
                status, "cannot find the buildspec `\(place.shownPath)`",
                help: "write one, or name another with --buildspec FILE")
        }
        return status
    }
}

extension BuildSession {
    /// What no Linux container can run: nothing, or Windows' own shells.
    func unrunnable(_ spec: BuildSpec) -> SpecOutcome? {
        guard let shell = spec.environment.shell, ["powershell.exe", "cmd.exe"].contains(shell.value.lowercased())
        else { return withoutPhases(spec) }
        let message = "`env.shell` is `\(shell.value)`, which only Windows builds have"
        terminal.say(
            Failure(
                .invalidBuildspec, "\(shell.location): \(message)",
                help: "builds run in Linux containers here; `env.shell` can be `bash` or `/bin/sh`"))
        return .invalid(message)
    }

    /// A buildspec of a batch alone is valid, and nothing to run.
    func withoutPhases(_ spec: BuildSpec) -> SpecOutcome? {
        guard !spec.hasPhases else { return nil }
        terminal.say(
            Failure(
                .invalidBuildspec, "`phases` is missing, and a `batch` is not run as one build",
                help: "`buildspec plan --batch` shows its builds; run one of them with its own --buildspec and --env"))
        return .invalid(BuildFailure.notABuildspec.message)
    }
}
