import ChildProcesses
import Foundation
import Testing

/// `git-credential-helper: yes`: the host's own git credentials, for the source's host alone.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct GitCredentialTests {
    /// A source with a remote, and a home whose git knows one host.
    private func playground(_ buildspec: String, remote: String) async throws -> (
        play: Playground, home: [String: String?]
    ) {
        let play = try Playground()
        try play.buildspec(buildspec)
        for arguments in [["init", "-q", "."], ["remote", "add", "origin", remote]] {
            _ = try await Command("git", ["-C", play.source.path] + arguments).collect()
        }
        let config = play.root.appending(path: ".gitconfig")
        try Data(
            """
            [credential "https://git.example.com"]
            \thelper = "!f() { echo $1 >>'\(play.root.path)/calls'; echo username=bot; echo password=hunter=two; }; f"
            """.utf8
        ).write(to: config)
        return (play, ["HOME": play.root.path, "GIT_CONFIG_GLOBAL": nil, "XDG_CONFIG_HOME": play.root.path])
    }

    private func asked(_ host: String, _ more: String = "", _ action: String = "get") -> String {
        "printf 'protocol=https\\\\nhost=\(host)\\\\n\(more)\\\\n' | /codebuild/readonly/bin/git-credential-helper \(action)"
    }

    @Test func `git in the build is answered for the source's host and no other`() async throws {
        let (play, home) = try await playground(
            """
            version: 0.2
            env: {git-credential-helper: yes}
            phases:
              install:
                commands:
                  - cat /root/.gitconfig
                  - ls -l /codebuild/output/tmp/git-credential | cut -c 1-10
              build:
                commands:
                  - "\(asked("git.example.com", "path=acme/x.git\\\\n")) | tr a-z A-Z"
                  - "\(asked("git.example.com"))"
                  - "\(asked("git.example.com", "username=bot\\\\n")) | wc -l"
                  - "\(asked("git.example.com", "username=other\\\\n")) | wc -l"
                  - "\(asked("evil.example.com")) | wc -l"
                  - "\(asked("git.example.com", "", "store")); \(asked("git.example.com", "", "erase"))"
              post_build:
                run-as: games
                commands:
                  - "\(asked("git.example.com")) | tr a-z A-Z"
            """, remote: "https://git.example.com/acme/x.git")
        let result = try await play.run(environment: home)
        #expect(
            result.printed == [
                "[credential]", "\thelper = /codebuild/readonly/bin/git-credential-helper", "-rw-------",
                "USERNAME=BOT", "PASSWORD=HUNTER=TWO", "username=bot", "password=***", "2", "0", "0", "USERNAME=BOT",
                "PASSWORD=HUNTER=TWO",
            ], "\(result.errorText)")
        // Read-only: the host's git was asked once, and told nothing.
        #expect(try String(contentsOf: play.root.appending(path: "calls"), encoding: .utf8) == "get\n")
        #expect(!result.outputText.contains("hunter=two"))
    }

    @Test func `git itself takes what the helper says`() async throws {
        let (play, home) = try await playground(
            """
            version: 0.2
            env: {git-credential-helper: yes}
            phases:
              build:
                commands:
                  - git config --global credential.helper
                  - echo url=https://git.example.com/acme/y.git | git credential fill | tr a-z A-Z | grep PASSWORD
                  - echo url=https://evil.example.com/x.git | GIT_TERMINAL_PROMPT=0 git credential fill
            """, remote: "https://git.example.com/acme/x.git")
        let result = try await play.run(image: "buildspec/java17", environment: home)
        #expect(result.printed.prefix(2) == ["/codebuild/readonly/bin/git-credential-helper", "PASSWORD=HUNTER=TWO"])
        #expect(result.errorText.contains("failed   BUILD: echo url=https://evil.example.com"))
    }

    @Test(arguments: [
        ("https://unknown.example.com/x.git", "git has none here for https://unknown.example.com"),
        ("git@git.example.com:acme/x.git", "the source's remote is not http or https"),
    ])
    func `without credentials the build goes on, and says so`(remote: String, why: String) async throws {
        let (play, home) = try await playground(
            "version: 0.2\nenv: {git-credential-helper: yes}\nphases: {build: {commands: ['ls /codebuild/readonly/bin || true', 'true']}}",
            remote: remote)
        let result = try await play.run(environment: home)
        #expect(result.status.isSuccess)
        #expect(result.errorText.contains("git-credential-helper: \(why): git in the build gets no credentials"))
        #expect(!FileManager.default.fileExists(atPath: play.root.appending(path: "calls").path))
    }

    @Test func `the host's git is asked only for builds that want it, and never without a network`() async throws {
        let (play, home) = try await playground(
            "version: 0.2\nphases: {build: {commands: ['test ! -e /codebuild/readonly/bin']}}",
            remote: "https://git.example.com/acme/x.git")
        #expect(try await play.run(environment: home).status.isSuccess)
        try play.buildspec(
            "version: 0.2\nenv: {git-credential-helper: yes}\nphases: {build: {commands: ['test ! -e /codebuild/readonly/bin']}}"
        )
        let offline = try await play.run(["--offline"], environment: home)
        #expect(offline.status.isSuccess)
        #expect(offline.errorText.contains("git-credential-helper: --offline"))
        #expect(!FileManager.default.fileExists(atPath: play.root.appending(path: "calls").path))
    }
}
