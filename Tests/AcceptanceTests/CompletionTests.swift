import ChildProcesses
import Foundation
import Testing

/// The Tab key in the shells themselves: each is started in a terminal, with the script that `buildspec completion` prints.
@Suite struct ShellCompletionTests {
    enum Shell: String, CaseIterable, Sendable {
        case bash, zsh, fish

        /// What is typed to begin it, and to have it complete words.
        var start: [String] {
            switch self {
            case .bash: ["bash --noprofile --norc -i", "PS1='> '; source <(buildspec completion bash); echo read'y'"]
            case .zsh:
                [
                    "zsh -f -i",
                    "PS1='> '; autoload -U compinit; compinit -D; source <(buildspec completion zsh); echo read'y'",
                ]
            case .fish: ["fish --no-config", "buildspec completion fish | source; echo read'y'"]
            }
        }

        var isThere: Bool {
            ["/bin", "/usr/bin", "/usr/local/bin"].contains { access("\($0)/\(rawValue)", X_OK) == 0 }
        }

        /// The shells of this machine; in CI all, where `.ci/test` installs them.
        static let here =
            ProcessInfo.processInfo.environment["BUILDSPEC_REQUIRE_DOCKER"] == nil
            ? allCases.filter(\.isThere) : allCases
    }

    private func session(_ shell: Shell, in play: Playground) async throws -> TerminalSession {
        try await play.makeProgram("docker", "printf 'app:1.0\\napp:2.0\\n$(touch owned):1\\n'\n")
        try FileManager.default.createSymbolicLink(
            atPath: play.root.appending(path: "bin/buildspec").path, withDestinationPath: Playground.binary)
        let session = try await TerminalSession(in: play)
        let bin = play.root.appending(path: "bin").path
        try await session.type("export BUILDSPEC_COMPLETION_LIMIT=20000 HOME=\(play.root.path) PATH=\(bin):$PATH")
        for line in shell.start { try await session.type(line) }
        try await session.waitFor("\nready")
        return session
    }

    @Test(arguments: Shell.here) func `Tab completes a command, a flag and an image with a colon`(shell: Shell)
        async throws
    {
        let play = try Playground(), session = try await session(shell, in: play)
        try await session.send("buildspec doct")
        try await session.press("Tab")
        try await session.waitFor("buildspec doctor")
        // Ctrl-C would drop keys that the terminal has and the shell has not read yet.
        try await session.press("C-u")
        try await session.send("buildspec run --offl")
        try await session.press("Tab")
        try await session.waitFor("--offline")
        try await session.send("-i app:2")
        try await session.press("Tab")
        try await session.waitFor("-i app:2.0")
        try await session.press("C-u")
        try await session.send("buildspec run --image=app:1")
        try await session.press("Tab")
        try await session.waitFor("--image=app:1.0")
    }

    @Test(arguments: Shell.here) func `a hostile name is completed, and is that name`(shell: Shell) async throws {
        let play = try Playground(), session = try await session(shell, in: play)
        let name = "h$(touch owned) `touch owned`:c.yml"
        try play.write(name, "version: 0.2\nphases:\n  build:\n    commands:\n      - make\n")
        try await session.send("buildspec validate --format json h")
        try await session.press("Tab")
        try await session.waitFor("c.yml")
        try await session.type("")
        let screen = try await session.waitFor("\"path\"")
        #expect(screen.contains("\"\(name)\""))
        // An image that is none, in the list of all.
        try await session.send("buildspec run -i ")
        try await session.press("Tab")
        try await session.press("Tab")
        try await session.waitFor("app:2.0")
        #expect(!play.files(in: play.source).contains("owned"))
    }

    /// The function itself, as bash calls it.
    private func reply(_ line: String, in play: Playground, _ environment: [String: String?] = [:]) async throws
        -> [String]
    {
        let script = """
            set -u
            source <("$0" completion bash)
            command() { shift; "$binary" "$@"; }
            COMP_LINE=$1 COMP_POINT=${#1}
            _buildspec
            [ "${#COMPREPLY[@]}" = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
            """
        var all: [String: String?] = [
            "binary": Playground.binary, "XDG_STATE_HOME": play.state.path, "XDG_CACHE_HOME": play.cache.path,
            "BUILDSPEC_COMPLETION_LIMIT": "20000",
        ]
        all.merge(environment) { $1 }
        let result = try await Command(
            "bash", ["-c", script, Playground.binary, line], environment: all, workingDirectory: play.source.path
        ).collect()
        #expect(result.status == .exited(0) && result.errorText == "")
        return result.text.split(separator: "\n").map(String.init)
    }

    @Test func `bash has the ends of words that it has cut`() async throws {
        let play = try Playground()
        try play.write("a b/$(touch owned).json", "{}")
        try await play.makeProgram("docker", "printf 'app:1.0\\napp:2.0\\n'\n")
        let path = ["PATH": play.root.appending(path: "bin").path + ":/usr/bin:/bin"]
        #expect(try await reply("buildspec run -i app:", in: play, path) == ["1.0", "2.0"])
        #expect(try await reply("buildspec --image=app", in: play, path) == ["app:1.0", "app:2.0"])
        #expect(try await reply("buildspec run --from-build a", in: play, path) == [#"a\ b/"#])
        #expect(
            try await reply(#"buildspec run --from-build a\ b/"#, in: play, path) == [#"a\ b/\$\(touch\ owned\).json"#])
        #expect(try await reply("buildspec run --from-build 'a b/", in: play, path) == ["a b/$(touch owned).json"])
        #expect(!play.files(in: play.source).contains { $0.hasSuffix("owned") })
    }

    @Test func `an engine that hangs, and nonsense, give nothing and no errors`() async throws {
        let play = try Playground()
        try await play.makeProgram("docker", "sleep 60\n")
        let path = [
            "PATH": play.root.appending(path: "bin").path + ":/usr/bin:/bin", "BUILDSPEC_COMPLETION_LIMIT": "300",
        ]
        let start = ContinuousClock.now
        #expect(try await reply("buildspec run -i debian", in: play, path) == [])
        #expect(ContinuousClock.now - start < .seconds(30))
        for line in ["", "buildspec", "buildspec run --env ", "buildspec 'x' \"y"] {
            #expect(try await reply(line, in: play, path) == [])
        }
        let wrong = try await play.call(["complete", "bash"])
        #expect(wrong.status == .exited(0) && wrong.outputText == "")
    }

    @Test func `builds of the folder are offered by their ids`() async throws {
        let play = try Playground()
        let uuid = "0b5c2a7e-0000-4000-8000-000000000000",
            record = play.state.appending(path: "buildspec/builds/\(uuid)")
        try FileManager.default.createDirectory(at: record, withIntermediateDirectories: true)
        try Data().write(to: record.appending(path: "log.txt"))
        let source = play.source.resolvingSymlinksInPath().path
        try Data(
            """
            {"version":1,"time":"2026-01-01T00:00:00.000000Z","kind":"buildStarted","id":"app:\(uuid)","image":"i",\
            "sourceDirectory":"/s","buildspec":"b","source":"\(source)"}\n
            """.utf8
        ).write(to: record.appending(path: "events.jsonl"))
        #expect(try await reply("buildspec show ", in: play) == ["0b5c2a7e"])
        #expect(try await reply("buildspec logs 0b5c2a7e-", in: play) == [uuid])
    }
}
