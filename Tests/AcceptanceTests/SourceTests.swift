import ChildProcesses
import Foundation
import Testing

/// What of the source gets into a build.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct SourceTests {
    private func git(_ play: Playground, _ arguments: String...) async throws -> CommandOutput {
        try await Command(
            "git", ["-C", play.source.path, "-c", "user.name=t", "-c", "user.email=t@example.org"] + arguments
        ).collect()
    }

    /// A checksum over all names, modes and contents of a folder, `.git` included.
    private func fingerprint(_ play: Playground) async throws -> String {
        try await Command(
            "sh",
            ["-c", "find . -printf '%y %m %p %l\\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum"],
            workingDirectory: play.source.path
        ).collect().text
    }

    private func repository() async throws -> Playground {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - find . -name .git -prune -o -type f -print | sort
                  - touch made-in-build; rm kept.txt
            """)
        try play.write(".gitignore", "target/\n*.log\n")
        try play.write("kept.txt", "k")
        try play.write("sub/target/junk.class", "j")
        try play.write("sub/a.txt", "a")
        try play.write("noise.log", "n")
        try play.write(".buildspec/out/old", "o")
        _ = try await git(play, "init", "-q", "-b", "main")
        _ = try await git(play, "add", "-A")
        _ = try await git(play, "commit", "-q", "-m", "first")
        try play.write("untracked.txt", "u")
        return play
    }

    private let expected = ["./.gitignore", "./buildspec.yml", "./kept.txt", "./sub/a.txt", "./untracked.txt"]

    @Test func `ignored files stay out, untracked ones come along, and nothing is written`() async throws {
        let play = try await repository()
        let before = try await fingerprint(play)
        let result = try await play.run()
        #expect(result.printed == expected)
        #expect(try await fingerprint(play) == before)
    }

    @Test func `outside git too, a walk of the build's own folders meets nothing read-only`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - chown -R nobody /codebuild/output
                  - find /codebuild/output -xdev -name junk -delete
                  - find /codebuild/output -name 'junk*' -exec rm -r {} +
                  - find / -xdev -name 'junk*' -delete
                  - ls; stat -c %U sub
            """)
        for file in ["junk", "sub/junk1", "kept"] { try play.write(file, "x") }
        let result = try await play.run()
        #expect(result.status.isSuccess, "\(result.outputText)")
        #expect(result.printed == ["buildspec.yml", "kept", "sub", "nobody"])
        #expect(play.files(in: play.source) == ["buildspec.yml", "junk", "kept", "sub/junk1"])
    }

    @Test func `an engine that does not see our files gets a tar stream of the same`() async throws {
        let play = try await repository()
        let context = "buildspec-test-\(UUID().uuidString.prefix(8).lowercased())"
        let created = try await Docker.call(
            ["context", "create", context, "--docker", "host=unix:///var/run/docker.sock"])
        #expect(created.status.isSuccess, "\(created.errorText)")
        let result = try await play.run(["--context", context])
        _ = try await Docker.call(["context", "rm", "-f", context])
        #expect(result.printed == expected)
    }

    @Test func `.git comes along and says what it says outside`() async throws {
        let play = try await repository()
        let commit = try await git(play, "rev-parse", "HEAD").text
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - cat .git/HEAD
                  - echo "$CODEBUILD_RESOLVED_SOURCE_VERSION $CODEBUILD_SOURCE_VERSION"
            """)
        #expect(try await play.run().printed == ["ref: refs/heads/main", "\(commit) main"])
    }

    @Test func `a path with a comma and a quote is mounted all the same`() async throws {
        let play = try Playground()
        try play.write("odd, \"name\"/buildspec.yml", "version: 0.2\nphases: {build: {commands: [ls]}}")
        #expect(try await play.call(["run", "odd, \"name\"", "--image", debian]).printed == ["buildspec.yml"])
    }

    @Test func `a buildspec file of this folder belongs to this folder's source`() async throws {
        let play = try Playground()
        try play.write("ci/build.yml", "version: 0.2\nphases: {build: {commands: [ls]}}")
        let result = try await play.call(["run", "ci/build.yml", "--image", debian])
        #expect(result.printed == ["ci"])
        #expect(result.log.contains { $0.hasSuffix("/src/ci/build.yml") })
    }

    @Test func `a buildspec from elsewhere is an inline one`() async throws {
        let play = try Playground()
        try "version: 0.2\nphases: {build: {commands: [head -n 1 /codebuild/readonly/buildspec.yml]}}"
            .write(to: play.root.appending(path: "other.yml"), atomically: true, encoding: .utf8)
        let result = try await play.run(["-f", play.root.appending(path: "other.yml").path])
        #expect(result.log.contains("[Container] YAML location is /codebuild/readonly/buildspec.yml"))
        #expect(result.printed == ["version: 0.2"])
    }

    @Test(arguments: ["-", "text", "settings"])
    func `a buildspec can come as text, and lies where the service puts it`(way: String) async throws {
        let play = try Playground()
        let text = "version: 0.2\nphases: {build: {commands: ['cat /codebuild/readonly/buildspec.yml', 'ls']}}\n"
        try play.write("only.txt", "")
        if way == "settings" {
            try play.write(
                "codebuild.yml",
                "source:\n  buildspec: |\n    " + text.split(separator: "\n").joined(separator: "\n    "))
        }
        let arguments =
            ["run", "--no-cache", "-i", debian] + (way == "settings" ? [] : ["-f", way == "-" ? "-" : text])
        let outcome = try await play.command(arguments).collect(input: way == "-" ? Array(text.utf8) : [])
        #expect(outcome.log.contains("[Container] YAML location is /codebuild/readonly/buildspec.yml"))
        #expect(
            outcome.printed.contains("phases: {build: {commands: ['cat /codebuild/readonly/buildspec.yml', 'ls']}}"))
        #expect(outcome.printed.contains("only.txt") && !outcome.printed.contains("buildspec.yml"))
    }

    @Test func `the settings name another buildspec of the source, and a flag beats them`() async throws {
        let play = try Playground()
        try play.write("ci/a.yml", "version: 0.2\nphases: {build: {commands: ['echo a']}}")
        try play.write("ci/b.yml", "version: 0.2\nphases: {build: {commands: ['echo b']}}")
        try play.write("codebuild.yml", "source: {buildspec: ci/a.yml}")
        #expect(try await play.run().printed == ["a"])
        #expect(try await play.run(["-f", "ci/b.yml"]).printed == ["b"])
        #expect(try await play.run(environment: ["BUILDSPEC_BUILDSPEC": "ci/b.yml"]).printed == ["b"])
    }

    @Test func `an object in S3 is refused with the way to fetch it`() async throws {
        let outcome = try await Playground().run(["-f", "arn:aws:s3:::bucket/buildspec.yml"])
        #expect(outcome.status.exitStatus == 64)
        #expect(outcome.errorText.contains("aws s3 cp"))
    }
}
