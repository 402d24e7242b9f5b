internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// Asks the container about a command that failed in it, while it still runs.
extension PhaseStage {
    /// Emits why a command failed, where its output and the container show that.
    func explain(_ command: BuildSpec.Command, exitStatus: Int) async throws {
        let container = context.container, secrets = context.job.surroundings.secrets
        var failure = CommandFailure(
            command: command.text, exitStatus: exitStatus, shell: context.plan.shell,
            output: await context.sink.lastOutput,
            surroundings: .init(
                isOffline: container.isOffline, docker: context.job.recipe.container.docker,
                memory: container.memory,
                platform: container.platform,
                variables: context.plan.variables.map(\.name) + secrets.values.keys.sorted()))
        let words = [context.plan.shell.program, failure.blamedProgram ?? ""] + failure.namedVariables
        let answer = try await context.session.ask("explain \(words.map(\.shellQuoted).joined(separator: " "))")
        failure.facts = CommandFailure.Facts(answer.bytes)
        if failure.blamedProgram != nil, !context.plan.runtimeVersions.isEmpty,
            try await !RuntimeStage.hasCatalog(context.session)
        {
            failure.surroundings.unusedRuntimes = context.plan.runtimeVersions.map { ($0.name, $0.version) }
        }
        let help = failure.help, failedTests = failure.failedTests
        guard help != nil || !failedTests.isEmpty else { return }
        try await context.sink.explained(command, help: help, failedTests: failedTests)
    }
}
