import BuildPlanning
import TestSupport
import Testing

/// The shared fixtures, each built on the host's shell.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostCorpusTests {
    private static let built = CorpusCase.all.filter { $0.expectation.valid && $0.expectation.validate_only != true }

    @Test func `the fixtures are there`() { #expect(Self.built.count >= 30) }

    @Test(arguments: built)
    func `a shared fixture is seen as expected`(fixture: CorpusCase) async throws {
        try await HostPlayground.with { play in
            let text = String(decoding: fixture.text, as: UTF8.self)
            try play.write("buildspec.yml", text)
            let build = try await play.run(text)
            var outcome = CorpusOutcome()
            outcome.buildStatus = build.status?.rawValue ?? ""
            for (phase, status) in build.phases { outcome.phases[phase.rawValue] = status.rawValue }
            outcome.commandedPhases = Set(build.commandedPhases.map(\.rawValue))
            outcome.printed = build.printed
            for identifier in ["artifacts"] + (fixture.expectation.secondary_artifacts ?? [:]).keys {
                outcome.artifacts[identifier] = try await play.files(in: play.out.appending(identifier))
            }
            outcome.exportedVariables = build.exportedVariables
            fixture.expectation.expect(outcome)
        }
    }
}
