internal import BuildPlanning
internal import SpecParsing

/// Runs the commands of one phase, INSTALL to POST_BUILD.
struct PhaseStage: Sendable {
    let context: StageContext
    private let phase: BuildPlan.Phase
    /// Whether all phases before have succeeded.
    private let isSucceeding: Bool

    init(_ context: StageContext, _ phase: BuildPlan.Phase, isSucceeding: Bool) {
        self.context = context
        self.phase = phase
        self.isSucceeding = isSucceeding
    }

    /// Runs the phase, and repeats its commands as its rule for retries says.
    ///
    /// - Parameter point: the command of the phase to begin with; `nil` for its first.
    /// - Returns: why the phase failed, or `nil`.
    func run(from point: ResumePoint?) async throws -> PhaseContext? {
        if let steps = phase.steps {
            try await context.sink.send(
                .notice(text: "\(phase.name.apiName): \(steps): `steps` of GitHub Actions are not run"))
        }
        let isInFinally = point?.isInFinally ?? false, first = point?.index ?? 0
        let commands = isInFinally ? [] : phase.commands.dropFirst(first)
        let finally = phase.finally.dropFirst(isInFinally ? first : 0)
        if phase.hasCommands, let problem = try await admitUser() { return problem }
        let remembers = context.job.recipe.ending.keep != .never && isSucceeding
        let retry = RetryRule(phase.onFailure)
        if retry.limit > 0 { _ = try await context.session.perform("kept=$(cat \"$tmp/dir.txt\")") }
        var failure = try await perform(commands, remembering: remembers), attempt = 0
        while let failed = failure, attempt < retry.limit, retry.matches(failed) {
            attempt += 1
            try await context.sink.retry(attempt, of: retry.limit)
            try await beginAnew()
            failure = try await perform(phase.commands[...], remembering: remembers)
        }
        let inFinally = try await perform(finally, isFinally: true, remembering: remembers && failure == nil)
        return failure ?? inFinally
    }

    /// Looks for the user that the phase runs as: a command of an earlier phase may have made that user.
    private func admitUser() async throws -> PhaseContext? {
        guard let user = phase.runAs, user != "root" else { return nil }
        switch try await context.session.perform("admit \(user.shellQuoted)") {
        case 0: return nil
        case 67:
            return .clientError(
                "`run-as` names user `\(user)`, which the image does not have and no earlier phase has made")
        case let status: return .clientError("cannot give the source to user `\(user)` (status \(status))")
        }
    }

    /// Resets the folder and the flag of success after a failed attempt of the phase. Variables stay as they are.
    /// [inferred, CODEBUILD.md 3.5: the commands are repeated from the first]
    private func beginAnew() async throws {
        _ = try await context.session.perform("printf '%s\\n' \"$kept\" >\"$tmp/dir.txt\"")
        if isSucceeding { try await tellCommands(isSucceeding: true) }
    }

    /// Runs commands until one fails.
    ///
    /// - Parameter remembers: whether the state that each command begins with is kept, in case the command fails.
    private func perform(
        _ commands: ArraySlice<BuildSpec.Command>, isFinally: Bool = false, remembering remembers: Bool
    ) async throws -> PhaseContext? {
        let plan = context.plan
        for (index, written) in zip(commands.indices, commands) {
            let point = ResumePoint(phase: phase.name, isInFinally: isFinally, index: index)
            guard let command = try await stepped(written, at: point) else { continue }
            try await context.sink.commandStarted(command)
            let user = phase.runAs == "root" ? nil : phase.runAs
            let words = [
                user ?? "", plan.shell.program, plan.script(for: command.text, root: context.job.surroundings.root),
            ]
            let status = try await context.session.perform(
                (remembers ? "remember; " : "") + "run " + words.map(\.shellQuoted).joined(separator: " "))
            try await context.sink.commandFinished(command, exitStatus: status)
            guard status == 0 else {
                try await explain(command, exitStatus: status)
                try await tellCommands(isSucceeding: false)
                if context.job.debugging.pausesAfterFailure { try await pause("after \(point) failed") }
                return .commandFailed(command.text, exitStatus: status)
            }
        }
        return nil
    }

    /// Sets `CODEBUILD_BUILD_SUCCEEDING` for the commands that follow.
    private func tellCommands(isSucceeding: Bool) async throws {
        let line = "export CODEBUILD_BUILD_SUCCEEDING='\(isSucceeding ? 1 : 0)'\n"
        _ = try await context.session.perform("append \(ContainerLayout.environmentFile) \(line.shellQuoted)")
    }
}
