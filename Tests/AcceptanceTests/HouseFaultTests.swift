import ChildProcesses
import Foundation
import Testing

/// Faults that an earlier layout of the code had, each by the test that shows it.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct HouseFaultTests {
    @Test func `fault 1: a build that begins while a step is edited leaves the edited file alone`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases:\n  build:\n    commands:\n      - echo one\n")
        // The sweep of any other call meets the file while the editor has it.
        let editor = "\(Playground.binary) clean >&2; sed -i s/one/edited/"
        let outcome = try await play.command(
            ["run", "-i", debian, "--no-cache", "--step"], environment: ["VISUAL": editor]
        ).collect(input: Array("edit\nrun\n".utf8))
        #expect(outcome.status.isSuccess, "\(outcome.errorText)")
        #expect(outcome.printed == ["edited"])
        #expect(!outcome.errorText.contains("removed container"))
    }

    @Test func `an empty VISUAL is none`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases:\n  build:\n    commands:\n      - echo one\n")
        let outcome = try await play.command(
            ["run", "-i", debian, "--no-cache", "--step"],
            environment: ["VISUAL": "", "EDITOR": "sed -i s/one/edited/"]
        ).collect(input: Array("edit\nrun\n".utf8))
        #expect(outcome.printed == ["edited"])
    }

    @Test(arguments: ["flag", "variable", "setting"])
    func `fault 2: a build that the hook kept can be looked into and gone on with`(_ way: String) async throws {
        let project = try await PushedProject(keeps: way == "setting")
        try project.play.write("check.sh", "pwd; exit 1\n")
        try await project.commit("broken")
        let words = way == "flag" ? ["--", "--keep", "failure"] : []
        let outcome = try await project.push(
            words, environment: way == "variable" ? ["BUILDSPEC_KEEP": "failure"] : [:])
        #expect(outcome.status.exitStatus == 1, "\(outcome.errorText)")
        let shell = try await project.play.call(["shell", "--command", "echo inside; ls check.sh"])
        #expect(shell.status.isSuccess && shell.outputText.contains("inside\ncheck.sh"), "\(shell.errorText)")
        let resumed = try await project.play.call(["resume"])
        #expect(resumed.status.exitStatus == 1 && resumed.errorText.contains("at BUILD:1"), "\(resumed.errorText)")
        _ = try await project.play.call(["clean", "--kept"])
        #expect(try await Docker.containers(of: project.play).isEmpty)
    }

    @Test func `fault 3: the hook's memory reads the settings that the build reads`() async throws {
        let project = try await PushedProject(settings: "ci/codebuild.yml")
        try project.play.write("ci/buildspec.yml", "version: 0.2\nphases: {build: {commands: [sh check.sh]}}\n")
        try await project.commit("moved")
        let words = ["--", "--buildspec", "ci/buildspec.yml"]
        #expect(try await project.push(words).status.isSuccess)
        let second = try await project.push(words)
        #expect(second.errorText.contains("was green in build"), "\(second.errorText)")
    }

    @Test(arguments: ["env-file", "secrets"])
    func `fault 3: a changed file outside the tree is a new build`(_ flag: String) async throws {
        let project = try await PushedProject()
        let file = project.play.root.appending(path: "values")
        let words = ["--", "--\(flag)", file.path]
        func write(_ value: String) throws {
            let text = flag == "env-file" ? "NAME=\(value)\n" : "secrets-manager: {name: \(value)}\n"
            try Data(text.utf8).write(to: file)
        }
        try write("one")
        #expect(try await project.push(words).errorText.contains("building"))
        #expect(try await project.push(words).errorText.contains("was green in build"))
        try write("two")
        let changed = try await project.push(words)
        #expect(changed.status.isSuccess && changed.errorText.contains("building"), "\(changed.errorText)")
        #expect(try await project.builds() == 2)
    }

    @Test(
        arguments: [
            (["--offline", "-i", "no-such/image"], [:], 75, "FAULT"),
            (["-i", debian], ["DOCKER_HOST": "unix:///no/such.sock"], 69, "FAILED"),
        ] as [([String], [String: String], Int, String)])
    func `fault 5: a build that our own error ends is recorded as ended`(
        _ words: [String], _ environment: [String: String], _ exitStatus: Int, _ status: String
    ) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        let outcome = try await play.call(["run", "--no-cache"] + words, environment: environment.mapValues { $0 })
        #expect(outcome.status.exitStatus == exitStatus, "\(outcome.errorText)")
        let shown = try await play.call(["show", "--format", "json"]).outputText
        #expect(shown.contains("\"buildStatus\":\"\(status)\""), "\(shown)")
        let builds = try await play.call(["builds"]).outputText
        #expect(builds.contains(status), "\(builds)")
    }

    @Test func `a closed pipe ends a build as stopped, and its record goes on to the end`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['seq 1 200000; sleep 1; echo late']}}\n")
        let program = Playground.binary
        let outcome = try await Command(
            "sh", ["-c", "\(program) run -i \(debian) --no-cache | head -n 1"],
            environment: [
                "XDG_CACHE_HOME": play.cache.path, "XDG_STATE_HOME": play.state.path, "NO_COLOR": "1",
            ], workingDirectory: play.source.path
        ).collect()
        #expect(outcome.status.isSuccess)
        let builds = try await play.call(["builds"]).outputText
        #expect(builds.contains("STOPPED"), "\(builds)")
    }

    @Test func `fault 6: what cannot be written is status 73, and --verbose says where values come from`() async throws
    {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        let outcome = try await play.call(["plan", "--verbose", "-i", debian])
        #expect(outcome.status.isSuccess)
        #expect(outcome.errorText.contains("image: \(debian) (--image)"), "\(outcome.errorText)")
        let quiet = try await play.call(["plan", "-i", debian])
        #expect(!quiet.errorText.contains("--image"))
        // The sweep of every build writes its marks here; the room of files says that it cannot.
        try Data().write(to: play.root.appending(path: "file"))
        let full = try await play.call(
            ["run", "-i", debian], environment: ["XDG_STATE_HOME": play.root.appending(path: "file").path])
        #expect(full.status.exitStatus == 73, "\(full.errorText)")
    }

    @Test(arguments: ["kept.json", "checkpoints.json"])
    func `fault 14: a file of another format version is refused by name`(_ name: String) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['false']}}\n")
        _ = try await play.run(["--no-cache", "--checkpoint"])
        let builds = play.state.appending(path: "buildspec/builds")
        let build = try #require(try FileManager.default.contentsOfDirectory(atPath: builds.path).first)
        let file = builds.appending(path: build).appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        try Data(text.replacing(#/"version":[0-9]+/#, with: "\"version\":7").utf8).write(to: file)
        let outcome = try await play.call(
            name == "kept.json" ? ["resume"] : ["shell", "--at", "BUILD", "--command", ":"])
        #expect(outcome.status.exitStatus == 74, "\(outcome.errorText)")
        #expect(outcome.errorText.contains("\(name)`: it has format 7"), "\(outcome.errorText)")
        try Data(text.utf8).write(to: file)
        _ = try await play.call(["clean", "--checkpoints"])
    }
}

/// A repository whose HEAD is handed to `hook run pre-push`, as git would when it is pushed.
private struct PushedProject {
    let play: Playground

    init(settings: String = "codebuild.yml", keeps: Bool = false) async throws {
        play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [sh check.sh]}}\n")
        try play.write(
            settings, "environment: {image: \(debian)}\n" + (keeps ? "x-buildspec: {keep: failure}\n" : ""))
        try play.write("check.sh", "exit 0\n")
        try await git("init", "-q", "-b", "main")
        try await commit("first")
    }

    @discardableResult
    func git(_ arguments: String...) async throws -> String {
        let environment: [String: String?] = [
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
        ]
        return try await Command("git", arguments, environment: environment, workingDirectory: play.source.path)
            .collect().outputText
    }

    func commit(_ message: String) async throws {
        try await git("add", "-A")
        try await git("commit", "-q", "-m", message)
    }

    func push(_ words: [String] = [], environment: [String: String?] = [:]) async throws -> CommandOutput {
        let commit = try await git("rev-parse", "HEAD").filter { !$0.isWhitespace }
        let line = "refs/heads/main \(commit) refs/heads/main \(String(repeating: "0", count: 40))\n"
        return try await play.command(
            ["hook", "run", "pre-push", "origin", "url"] + words, environment: environment
        ).collect(input: Array(line.utf8))
    }

    func builds() async throws -> Int {
        try await play.call(["builds", "--limit", "1000"]).outputText.split(separator: "\n").dropFirst().count
    }
}
