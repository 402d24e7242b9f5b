internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// Asking a container about a command that failed in it, as long as it is there.
extension BuildRun {
    /// Tells why a command failed, where output and container give it away.
    func explain(_ command: BuildSpec.Command, exitStatus: Int) async throws {
        let container = executor.container
        var failure = CommandFailure(
            command: command.text, exitStatus: exitStatus, shell: plan.shell, output: await sink.lastOutput,
            surroundings: .init(
                isOffline: container.isOffline, isPrivileged: executor.docker != nil, memory: container.memory,
                platform: container.platform,
                variables: plan.variables.map(\.name) + executor.secrets.values.keys.sorted()))
        let words = [plan.shell.program, failure.blamedProgram ?? ""] + failure.namedVariables
        let answer = try await session.ask("explain \(words.map(\.shellQuoted).joined(separator: " "))")
        failure.facts = CommandFailure.Facts(answer.bytes)
        let help = failure.help, failedTests = failure.failedTests
        guard help != nil || !failedTests.isEmpty else { return }
        try await sink.explained(command, help: help, failedTests: failedTests)
    }
}
