internal import BuildPlanning

extension SecretMask {
    /// Masks every text of an event but the output of commands, which is masked as a stream.
    func masked(_ kind: BuildEvent.Kind) -> BuildEvent.Kind {
        switch kind {
        case .agentLog(let phase, let text): .agentLog(phase: phase, text: masked(text))
        case .commandStarted(let phase, let command, let location):
            .commandStarted(phase: phase, command: masked(command), location: location)
        case .commandFinished(let phase, let command, let exitStatus, let milliseconds):
            .commandFinished(
                phase: phase, command: masked(command), exitStatus: exitStatus, milliseconds: milliseconds)
        case .commandExplained(let phase, let command, let help, let failedTests):
            .commandExplained(
                phase: phase, command: masked(command), help: help.map { masked($0) },
                failedTests: failedTests.map { masked($0) })
        case .phaseFinished(let phase, let status, let context, let milliseconds):
            .phaseFinished(
                phase: phase, status: status,
                context: PhaseContext(statusCode: context.statusCode, message: masked(context.message)),
                milliseconds: milliseconds)
        case .cacheRestored(let entries, let bytes, let path):
            .cacheRestored(entries: entries, bytes: bytes, from: masked(path))
        case .cacheSaved(let entries, let bytes, let path, let changed):
            .cacheSaved(entries: entries, bytes: bytes, to: masked(path), changed: changed)
        case .artifactsCollected(let identifier, let files, let bytes, let path, let name):
            .artifactsCollected(
                identifier: masked(identifier), files: files, bytes: bytes, path: masked(path),
                name: name.map { masked($0) })
        case .reportMade(let report): .reportMade(masked(report))
        case .notice(let text): .notice(text: masked(text))
        case .variablesExported(let variables):
            .variablesExported(variables.map { .init(name: $0.name, value: masked($0.value)) })
        case .runtimesSelected(let runtimes):
            .runtimesSelected(
                runtimes.map {
                    .init(name: $0.name, asked: masked($0.asked), version: masked($0.version), key: $0.key)
                })
        case .comparedWithOriginal(let comparison):
            .comparedWithOriginal(
                OriginalComparison(
                    id: comparison.id, failure: comparison.failure.map { masked($0) },
                    differences: comparison.differences.map {
                        .init(field: $0.field, there: masked($0.there), here: masked($0.here))
                    }, times: comparison.times))
        case .buildStarted, .buildResumed, .phaseStarted, .phaseSkipped, .checkpointMade, .phaseRetried, .output,
            .containerKept, .imageUsed, .networkUsed,
            .buildFinished:
            kind
        }
    }

    private func masked(_ report: ReportFacts) -> ReportFacts {
        var report = report
        report.name = masked(report.name)
        report.reportGroupArn = masked(report.reportGroupArn)
        report.arn = masked(report.arn)
        report.problems = report.problems.map { masked($0) }
        for path in [\ReportFacts.failedTests, \.slowestTests, \.flakyTests] {
            report[keyPath: path] = report[keyPath: path].map { masked($0) }
        }
        return report
    }

    private func masked(_ test: ReportFacts.Case) -> ReportFacts.Case {
        var test = test
        test.testSuiteName = masked(test.testSuiteName)
        test.prefix = test.prefix.map { masked($0) }
        test.name = masked(test.name)
        test.message = test.message.map { masked($0) }
        test.file = test.file.map { masked($0) }
        return test
    }
}
