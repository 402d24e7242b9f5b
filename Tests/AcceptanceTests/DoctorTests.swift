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

    /// What is said under a name.
    private func check(_ name: String, _ play: Playground, _ environment: [String: String?] = [:]) async throws -> (
        state: String, words: String
    ) {
        let result = try await play.call(["doctor", "--json"], environment: environment)
        let document = try #require(JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        let checks = try #require(document["checks"] as? [[String: String]])
        let check = try #require(checks.first { $0["name"] == name }, "nothing is said of \(name)")
        return (check["state"] ?? "", "\(check["message"] ?? "") \(check["help"] ?? "")")
    }

    @Test(.enabled(if: Docker.isThere))
    func `the image of the project is there and starts, or it is said how to get it`()
        async throws
    {
        let play = try Playground()
        try play.write("buildspec.yml", "version: 0.2\nphases: {build: {commands: [echo hi]}}\n")
        let there = ["BUILDSPEC_IMAGE": "debian:bookworm-slim"]
        #expect(try await check("image", play, there).state == "ok")
        #expect(try await check("container", play, there).state == "ok")
        let (state, words) = try await check("image", play, ["BUILDSPEC_IMAGE": "localhost:9/none:1"])
        #expect(state == "warning" && words.contains("docker pull localhost:9/none:1"))
    }

    @Test func `a container that does not start is a problem`() async throws {
        let play = try Playground()
        try play.write("buildspec.yml", "version: 0.2\nphases: {build: {commands: [echo hi]}}\n")
        try await play.makeProgram("docker", #"[ "$1" != run ] || { echo broken >&2; exit 125; }; echo 1 2"# + "\n")
        let path = play.root.appending(path: "bin").path + ":/usr/bin:/bin"
        let (state, words) = try await check("container", play, ["PATH": path, "BUILDSPEC_IMAGE": "some"])
        #expect(state == "problem" && words.contains("broken"))
    }

    @Test func `a clock that is wrong is named`() async throws {
        let play = try Playground()
        try await play.makeProgram(
            "docker", #"case $1 in info) echo 2020-01-01T00:00:00.5Z ;; *) echo 1 2 ;; esac"# + "\n")
        let path = play.root.appending(path: "bin").path + ":/usr/bin:/bin"
        let (state, words) = try await check("clock", play, ["PATH": path])
        #expect(state == "warning" && words.contains("behind"))
    }

    @Test(.enabled(if: getuid() == 0, "giving a folder away takes root"))
    func `a repository of another user is a problem`() async throws {
        let play = try Playground()
        let git = try await Command("git", ["init", "-q", play.source.path]).collect()
        #expect(git.status.isSuccess)
        chown(play.source.path, 65534, 65534)
        chown(play.source.appending(path: ".git").path, 65534, 65534)
        let (state, words) = try await check("repository", play, ["GIT_CONFIG_GLOBAL": "/dev/null"])
        #expect(state == "problem" && words.contains("safe.directory"))
    }

    @Test func `it is said where the AWS CLI has credentials from`() async throws {
        let play = try Playground()
        try await play.makeProgram("aws", #"[ "$1" = configure ] && cat "$AWS_ROWS" || echo aws-cli/1.2"# + "\n")
        let rows = play.root.appending(path: "rows")
        let path = play.root.appending(path: "bin").path + ":/usr/bin:/bin"
        let environment = ["PATH": path, "DOCKER_HOST": "unix:///no/engine", "AWS_ROWS": rows.path]
        try Data("   profile   <not set>   None None\naccess_key  ****************ABCD   env  \n".utf8).write(to: rows)
        let (state, words) = try await check("credentials", play, environment)
        #expect(state == "ok" && words.contains("`env`"))
        // As newer versions of the AWS CLI print it.
        try Data("access_key : <not set> : None : None\n".utf8).write(to: rows)
        #expect(try await check("credentials", play, environment).state == "warning")
    }

    @Test func `a build that was killed leaves a warning`() async throws {
        let play = try Playground(), environment = ["DOCKER_HOST": "unix:///no/engine"]
        #expect(try await check("leftovers", play, environment).state == "ok")
        let running = play.state.appending(path: "buildspec/running")
        try FileManager.default.createDirectory(at: running, withIntermediateDirectories: true)
        try Data().write(to: running.appending(path: "buildspec-of-the-dead"))
        let (state, words) = try await check("leftovers", play, environment)
        #expect(state == "warning" && words.contains("buildspec clean"))
        #expect(FileManager.default.fileExists(atPath: running.appending(path: "buildspec-of-the-dead").path))
    }
}
