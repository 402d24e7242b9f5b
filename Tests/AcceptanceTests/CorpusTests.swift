import ChildProcesses
import Foundation
import TestSupport
import Testing

/// The shared fixtures, by the program itself. Builds of all of them are in `HostCorpusTests`, on the host's shell; here are
/// one or two of each kind, in real containers.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct CorpusTests {
    private static let built = [
        "phase-order", "build-fails-post-runs", "finally-on-failure", "on-failure-continue-pre-build", "cwd-persists",
        "version-01-isolated-commands", "heredoc-in-block", "crlf-line-ends", "env-value-types",
        "artifacts-double-star", "secondary-artifacts", "sections-beside-phases",
    ]

    @Test func `the fixtures are there`() {
        #expect(CorpusCase.all.count == 45)
        #expect(CorpusCase.all.filter { Self.built.contains($0.name) }.count == Self.built.count)
    }

    @Test(arguments: CorpusCase.all)
    func `a shared fixture is judged as expected`(fixture: CorpusCase) async throws {
        let play = try Playground(), want = fixture.expectation
        try fixture.text.write(to: play.source.appending(path: "buildspec.yml"))
        let checked = try await play.call(["validate", "buildspec.yml"])
        #expect(checked.status.exitStatus == (want.valid ? 0 : 65))
        guard !want.valid else { return }
        #expect(checked.outputText.contains("buildspec.yml:"))
        if let part = want.error_contains { #expect(checked.outputText.contains(part)) }
        guard want.validate_only != true else { return }
        let (ran, build) = try await run(play)
        #expect(ran.status.exitStatus == 65)
        #expect(build["buildStatus"] as? String == "FAILED")
    }

    @Test(arguments: CorpusCase.all.filter { built.contains($0.name) })
    func `a shared fixture is seen as expected in a container`(fixture: CorpusCase) async throws {
        try await expectAsDescribed(fixture)
    }

    /// podman as `.ci/podman` has found it.
    private static let podman = ProcessInfo.processInfo.environment["BUILDSPEC_TEST_PODMAN"]

    @Test(.enabled(if: podman != nil), arguments: CorpusCase.all.filter { built.contains($0.name) })
    func `a shared fixture is seen as expected in a container of podman's`(fixture: CorpusCase) async throws {
        let folder = URL(filePath: try #require(Self.podman)).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        try await expectAsDescribed(
            fixture, environment: ["BUILDSPEC_ENGINE": "podman", "PATH": "\(folder):\(path)"])
    }

    private func expectAsDescribed(_ fixture: CorpusCase, environment: [String: String?] = [:]) async throws {
        let play = try Playground(), want = fixture.expectation
        try fixture.text.write(to: play.source.appending(path: "buildspec.yml"))
        let (ran, build) = try await run(play, environment)
        var outcome = CorpusOutcome()
        outcome.buildStatus = build["buildStatus"] as? String ?? ""
        #expect(ran.status.exitStatus == (outcome.buildStatus == "SUCCEEDED" ? 0 : 1))
        for phase in build["phases"] as? [[String: Any]] ?? [] {
            outcome.phases[phase["phaseType"] as? String ?? ""] = phase["phaseStatus"] as? String
        }
        let events = ran.outputText.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        outcome.commandedPhases = Set(
            events.filter { $0["kind"] as? String == "commandStarted" }.compactMap { $0["phase"] as? String })
        outcome.printed =
            events.filter { $0["kind"] as? String == "output" }.compactMap { $0["text"] as? String }.joined()
            .split(separator: "\n").map(String.init)
        for identifier in ["artifacts"] + (want.secondary_artifacts ?? [:]).keys {
            outcome.artifacts[identifier] = play.files(in: play.out.appending(path: identifier))
        }
        for variable in build["exportedEnvironmentVariables"] as? [[String: String]] ?? [] {
            outcome.exportedVariables[variable["name"] ?? ""] = variable["value"]
        }
        want.expect(outcome)
    }

    /// Runs the build, and reads its record.
    private func run(
        _ play: Playground, _ environment: [String: String?] = [:]
    ) async throws -> (ran: CommandOutput, build: [String: Any]) {
        let record = play.root.appending(path: "build.json")
        let ran = try await play.run(
            ["--no-cache", "--build-json", record.path, "--log-format", "json"], environment: environment)
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: record)) as? [String: Any]
        return (ran, try #require((json?["builds"] as? [[String: Any]])?.first))
    }
}
