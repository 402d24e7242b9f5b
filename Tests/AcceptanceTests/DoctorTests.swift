import ChildProcesses
import Foundation
import Testing

/// What `buildspec doctor` says of machines that have all, or lack something.
@Suite struct DoctorTests {
    private func checks(_ play: Playground, _ environment: [String: String?]) async throws -> (
        status: ChildStatus, states: [String: String]
    ) {
        let result = try await play.call(["doctor", "--json"], environment: environment)
        let document = try #require(JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        #expect(document["version"] as? Int == 1)
        let checks = try #require(document["checks"] as? [[String: Any]])
        let pairs = checks.compactMap { check in
            (check["name"] as? String).flatMap { name in (check["state"] as? String).map { (name, $0) } }
        }
        return (result.status, Dictionary(uniqueKeysWithValues: pairs))
    }

    @Test(.enabled(if: Docker.isThere)) func `a machine with an engine is well`() async throws {
        let (status, states) = try await checks(try Playground(), [:])
        #expect(status == .exited(0))
        #expect(states["engine"] == "ok" && states["git"] == "ok" && states["state"] == "ok")
    }

    @Test func `an engine that is nowhere is a problem`() async throws {
        let (status, states) = try await checks(try Playground(), ["DOCKER_HOST": "unix:///no/engine"])
        #expect(status == .exited(69))
        #expect(states["engine"] == "problem" && states["git"] == "ok")
    }

    @Test func `an engine that hangs is given up`() async throws {
        let play = try Playground()
        try await play.makeProgram("docker", "sleep 60\n")
        let path = play.root.appending(path: "bin").path + ":/usr/bin:/bin", start = ContinuousClock.now
        let (status, states) = try await checks(play, ["PATH": path])
        #expect(status == .exited(69) && states["engine"] == "problem")
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func `an old git is a problem, and no AWS CLI a warning`() async throws {
        let play = try Playground()
        try await play.makeProgram("git", "echo git version 2.25.1\n")
        try await play.makeProgram("docker", "echo 1 2\n")
        let (_, states) = try await checks(play, ["PATH": play.root.appending(path: "bin").path + ":/bin"])
        #expect(states["git"] == "problem" && states["engine"] == "ok")
    }
}
