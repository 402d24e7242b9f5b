import ChildProcesses
import Foundation
import Testing

/// What `buildspec doctor` says of machines that have all, or lack something.
@Suite struct DoctorTests {
    /// What was found under one name.
    private struct Check: Decodable {
        let name: String, state: String, message: String, help: String?

        var words: String { "\(message) \(help ?? "")" }
    }

    private func checks(_ play: Playground, _ environment: [String: String?]) async throws -> (
        status: ChildStatus, found: [String: Check]
    ) {
        struct Answer: Decodable { let version: Int, checks: [Check] }
        let result = try await play.call(["doctor", "--json"], environment: environment)
        let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output))
        #expect(answer.version == 1)
        return (result.status, Dictionary(uniqueKeysWithValues: answer.checks.map { ($0.name, $0) }))
    }

    private func check(_ name: String, in play: Playground, with environment: [String: String?]) async throws -> Check {
        try #require(try await checks(play, environment).found[name], "nothing is said of \(name)")
    }

    @Test(.enabled(if: Docker.isThere)) func `a machine with an engine is well`() async throws {
        let (status, found) = try await checks(try Playground(), [:])
        #expect(status == .exited(0))
        #expect(found["engine"]?.state == "ok" && found["git"]?.state == "ok" && found["state"]?.state == "ok")
    }

    @Test func `an engine that is nowhere is a problem`() async throws {
        let (status, found) = try await checks(try Playground(), ["DOCKER_HOST": "unix:///no/engine"])
        #expect(status == .exited(69))
        #expect(found["engine"]?.state == "problem" && found["git"]?.state == "ok")
    }

    @Test(.enabled(if: Docker.isThere)) func `a context that is not there is a problem, with the way to others`()
        async throws
    {
        let found = try await check(
            "engine", in: try Playground(), with: ["DOCKER_CONTEXT": "nowhere", "DOCKER_HOST": nil])
        #expect(found.state == "problem" && found.words.contains("docker context ls"), "\(found)")
    }

    @Test func `an engine that hangs is given up`() async throws {
        let play = try Playground()
        try await play.makeProgram("docker", "sleep 60\n")
        let path = play.root.appending(path: "bin").path + ":/usr/bin:/bin", start = ContinuousClock.now
        let (status, found) = try await checks(play, ["PATH": path])
        #expect(status == .exited(69) && found["engine"]?.state == "problem")
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func `an old git is a problem, and no AWS CLI a warning`() async throws {
        let play = try Playground()
        try await play.makeProgram("git", "echo git version 2.25.1\n")
        try await play.makeProgram("docker", "echo 1 2\n")
        let (_, found) = try await checks(play, ["PATH": play.root.appending(path: "bin").path + ":/bin"])
        #expect(found["git"]?.state == "problem" && found["engine"]?.state == "ok")
    }

    @Test(.enabled(if: Docker.isThere))
    func `the image of the project is there and starts, or it is said how to get it`()
        async throws
    {
        let play = try Playground()
        try play.write("buildspec.yml", "version: 0.2\nphases: {build: {commands: [echo hi]}}\n")
        let there = ["BUILDSPEC_IMAGE": "debian:bookworm-slim"]
        #expect(try await check("image", in: play, with: there).state == "ok")
        let (_, found) = try await checks(play, there)
        #expect(found["container"]?.state == "ok" && found["network"]?.state == "ok", "\(found)")
        #expect(found["engine"]?.message.contains("context `") == true, "\(found)")
        let none = try await check("image", in: play, with: ["BUILDSPEC_IMAGE": "localhost:9/none:1"])
        #expect(none.state == "warning" && none.words.contains("docker pull localhost:9/none:1"))
    }

    @Test func `a container that does not start is a problem`() async throws {
        let play = try Playground()
        try play.write("buildspec.yml", "version: 0.2\nphases: {build: {commands: [echo hi]}}\n")
        try await play.makeProgram("docker", #"[ "$1" != run ] || { echo broken >&2; exit 125; }; echo 1 2"# + "\n")
        let path = play.root.appending(path: "bin").path + ":/usr/bin:/bin"
        let found = try await check("container", in: play, with: ["PATH": path, "BUILDSPEC_IMAGE": "some"])
        #expect(found.state == "problem" && found.words.contains("broken"))
    }

    @Test func `a clock that is wrong is named`() async throws {
        let play = try Playground()
        try await play.makeProgram(
            "docker", #"case $1 in info) echo 2020-01-01T00:00:00.5Z ;; *) echo 1 2 ;; esac"# + "\n")
        let path = play.root.appending(path: "bin").path + ":/usr/bin:/bin"
        let found = try await check("clock", in: play, with: ["PATH": path])
        #expect(found.state == "warning" && found.words.contains("behind"))
    }

    @Test(.enabled(if: getuid() == 0, "giving a folder away takes root"))
    func `a repository of another user is a problem`() async throws {
        let play = try Playground()
        let git = try await Command("git", ["init", "-q", play.source.path]).collect()
        #expect(git.status.isSuccess)
        chown(play.source.path, 65534, 65534)
        chown(play.source.appending(path: ".git").path, 65534, 65534)
        let found = try await check("repository", in: play, with: ["GIT_CONFIG_GLOBAL": "/dev/null"])
        #expect(found.state == "problem" && found.words.contains("safe.directory"))
    }

    @Test func `it is said where the AWS CLI has credentials from`() async throws {
        let play = try Playground()
        try await play.makeProgram("aws", #"[ "$1" = configure ] && cat "$AWS_ROWS" || echo aws-cli/1.2"# + "\n")
        let rows = play.root.appending(path: "rows")
        let path = play.root.appending(path: "bin").path + ":/usr/bin:/bin"
        let environment = ["PATH": path, "DOCKER_HOST": "unix:///no/engine", "AWS_ROWS": rows.path]
        try Data("   profile   <not set>   None None\naccess_key  ****************ABCD   env  \n".utf8).write(to: rows)
        let found = try await check("credentials", in: play, with: environment)
        #expect(found.state == "ok" && found.words.contains("`env`"))
        // As newer versions of the AWS CLI print it.
        try Data("access_key : <not set> : None : None\n".utf8).write(to: rows)
        #expect(try await check("credentials", in: play, with: environment).state == "warning")
    }

    @Test func `a build that was killed leaves a warning`() async throws {
        let play = try Playground(), environment = ["DOCKER_HOST": "unix:///no/engine"]
        #expect(try await check("leftovers", in: play, with: environment).state == "ok")
        let running = play.state.appending(path: "buildspec/running")
        try FileManager.default.createDirectory(at: running, withIntermediateDirectories: true)
        try Data().write(to: running.appending(path: "buildspec-of-the-dead"))
        let found = try await check("leftovers", in: play, with: environment)
        #expect(found.state == "warning" && found.words.contains("buildspec clean"))
        #expect(FileManager.default.fileExists(atPath: running.appending(path: "buildspec-of-the-dead").path))
    }
}
