import Files
import ChildProcesses
import Foundation
import Testing

/// Builds of what git has, in real containers.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct SnapshotTests {
    /// Host's git and its libraries, for a build in an image without git; `nil` where they do not run in it.
    private static let gitFiles: [String]? = {
        let find = Process(), output = Foundation.Pipe()
        find.executableURL = URL(filePath: "/bin/sh")
        find.arguments = [
            "-c",
            """
            set -e; git=$(command -v git); files="$git $(ldd "$git" | sed -n 's/.*=> \\(.*\\/lib\\(pcre\\|z\\).*\\) (.*/\\1/p')"
            set -- $files; docker run --rm $(for f; do printf ' -v %s:/g/%s:ro' "$f" "${f##*/}"; done) \
            -e LD_LIBRARY_PATH=/g debian:bookworm-slim /g/git --version >/dev/null; printf '%s\\n' "$@"
            """,
        ]
        find.standardOutput = output
        find.standardError = FileHandle.nullDevice
        guard (try? find.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        find.waitUntilExit()
        return find.terminationStatus == 0 ? text.split(separator: "\n").map(String.init) : nil
    }()

    private func git(_ play: Playground, _ arguments: String...) async throws -> String {
        let outcome = try await Command(
            "git", ["-C", play.source.path, "-c", "user.name=t", "-c", "user.email=t@example.org"] + arguments
        ).collect()
        #expect(outcome.status.isSuccess, "\(outcome.errorText)")
        return outcome.text
    }

    /// A repository whose commit runs `commands`.
    private func repository(_ commands: String...) async throws -> Playground {
        let play = try Playground()
        try buildspec(play, commands)
        try play.write("kept.txt", "committed\n")
        _ = try await git(play, "init", "-q", "-b", "main")
        _ = try await git(play, "add", "-A")
        _ = try await git(play, "commit", "-q", "-m", "first")
        return play
    }

    private func buildspec(_ play: Playground, _ commands: [String]) throws {
        let lines = commands.map { "      - |\n        \($0.replacing("\n", with: "\n        "))\n" }.joined()
        try play.buildspec("version: 0.2\nphases:\n  build:\n    commands:\n\(lines)")
    }

    /// Runs the program where the engine does not see our files: in a mount namespace of its own.
    private func runUnseen(_ play: Playground, _ arguments: [String]) async throws -> CommandOutput {
        var command = play.command(["run", ".", "--image", debian] + arguments)
        command.arguments =
            [
                "-m", "sh", "-c",
                "cp -a source seen && mount -t tmpfs none source && cp -a seen/. source && mkdir -p cache && "
                    + "mount -t tmpfs none cache && cd source && exec \"$@\"", "sh", Playground.binary,
            ] + command.arguments
        command.executable = "unshare"
        command.workingDirectory = play.root.path
        return try await command.collect()
    }

    private static let canUnshare = getuid() == 0

    @Test func `a commit is built with its own buildspec and settings, whatever lies around`() async throws {
        let play = try await repository("cat kept.txt; echo $PROFILE; ls")
        try play.write(
            "codebuild.yml", "environment: {environmentVariables: [{name: PROFILE, value: committed, type: PLAINTEXT}]}"
        )
        _ = try await git(play, "add", "-A")
        _ = try await git(play, "commit", "-q", "-m", "settings")
        try play.write("kept.txt", "dirty\n")
        try play.write("codebuild.yml", "not: [valid")
        try play.buildspec("broken")
        try play.write("untracked", "")
        let result = try await play.run(["--source", "git:main"])
        #expect(result.printed == ["committed", "committed", "buildspec.yml", "codebuild.yml", "kept.txt"])
        #expect(try await play.run().status.exitStatus == 78)
        #expect(try await play.run(["--source", "git:nowhere"]).status.exitStatus == 66)
    }

    @Test func `the tree is shown, recorded and planned, and equal for equal content`() async throws {
        let play = try await repository("true")
        try play.write("new.txt", "new\n")
        let result = try await play.run(["--log-format", "json"])
        let start = try #require(result.outputText.split(separator: "\n").first)
        let event = try #require(try JSONSerialization.jsonObject(with: Data(start.utf8)) as? [String: Any])
        let tree = try #require(event["tree"] as? String)
        #expect(event["sourceKind"] as? String == "git:worktree")
        #expect((event["snapshot"] as? String)?.count == 64)
        #expect(result.errorText.contains("source   git:worktree, tree \(tree)"))
        #expect(try await play.call(["plan", "--image", debian]).text.contains("\(tree) (git:worktree)"))
        _ = try await git(play, "add", "-A")
        #expect(try await play.call(["plan", "-s", "git:index", "--image", debian]).text.contains(tree))
        #expect(tree == (try await git(play, "write-tree")))
    }

    @Test func `the build is told of commit, branch, remote and trigger`() async throws {
        let play = try await repository("env | grep -E 'SOURCE_|WEBHOOK' | sort")
        _ = try await git(play, "remote", "add", "origin", "https://me:secret@example.org/x.git")
        _ = try await git(play, "tag", "v1")
        let commit = try await git(play, "rev-parse", "HEAD")
        func expected(_ name: String, _ reference: String, _ trigger: String) -> [String] {
            [
                "CODEBUILD_RESOLVED_SOURCE_VERSION=\(commit)", "CODEBUILD_SOURCE_REPO_URL=https://example.org/x.git",
                "CODEBUILD_SOURCE_VERSION=\(name)", "CODEBUILD_WEBHOOK_EVENT=PUSH",
                "CODEBUILD_WEBHOOK_HEAD_REF=\(reference)", "CODEBUILD_WEBHOOK_TRIGGER=\(trigger)",
            ]
        }
        #expect(try await play.run().printed == expected("main", "refs/heads/main", "branch/main"))
        #expect(try await play.run(["-s", "git:v1"]).printed == expected("v1", "refs/tags/v1", "tag/v1"))
        #expect(
            try await play.run(["-s", "git:\(commit)"]).printed
                == Array(expected(commit, "", "").prefix(3)))
    }

    @Test(.enabled(if: gitFiles != nil), arguments: ["overlay", "copy", "stream"])
    func `git works in the build, however the source came in`(way: String) async throws {
        let script = "PATH=/tmp/g:$PATH; export LD_LIBRARY_PATH=/tmp/g; "
        let play = try await repository(
            "mkdir /tmp/g && cp tools/* /tmp/g/",
            script
                + "git status --porcelain; git diff-index --name-only HEAD; git log --format=%s; git describe --tags",
            script + "git -c user.name=b -c user.email=b@b commit -qam built && git tag mine && git clean -fdq",
            script + "git log --format=%s; git status --porcelain; ls")
        _ = try await git(play, "tag", "v1")
        try play.write("kept.txt", "changed\n")
        for file in Self.gitFiles ?? [] {
            try FileManager.default.createDirectory(
                at: play.source.appending(path: "tools"), withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                at: URL(filePath: file).resolvingSymlinksInPath(),
                to: play.source.appending(path: "tools/\(file.split(separator: "/").last ?? "")"))
        }
        let before = try await git(play, "for-each-ref")
        // What the engine was found to do is remembered here.
        try FileManager.default.createDirectory(
            at: play.cache.appending(path: "buildspec/engines"), withIntermediateDirectories: true)
        try "\(way)\n".write(
            to: play.cache.appending(path: "buildspec/engines/default"), atomically: true, encoding: .utf8)
        let result = try await play.run()
        #expect(
            result.printed == [
                " M kept.txt", "?? tools/", "kept.txt", "first", "v1", "built", "first", "buildspec.yml", "kept.txt",
            ], "\(result.errorText)")
        #expect(try await git(play, "for-each-ref") == before)
    }

    @Test(.enabled(if: canUnshare), arguments: [true, false])
    func `an engine that does not see our files is found out by trying, once`(isGit: Bool) async throws {
        let play = try await repository("cat kept.txt; ls -a | grep -c git; stat -c '%U %a' kept.txt")
        if !isGit { try FileManager.default.removeItem(at: play.source.appending(path: ".git")) }
        let result = try await runUnseen(play, [])
        #expect(result.printed == ["committed", isGit ? "1" : "0", "root 644"], "\(result.errorText)")
        #expect(!result.errorText.contains("docker: "))
    }

    @Test func `the engine's way is remembered, and no volume outlives its build`() async throws {
        let play = try await repository("grep -c \" $CODEBUILD_SRC_DIR overlay\" /proc/mounts; echo x > new; false")
        let result = try await play.run()
        #expect(result.printed.first == "1")
        let memory = try String(
            contentsOf: play.cache.appending(path: "buildspec/engines/default"), encoding: .utf8)
        #expect(memory.hasPrefix("overlay\n/"))
        let build = try #require(
            try FileManager.default.contentsOfDirectory(
                atPath: play.state.appending(path: "buildspec/builds").path
            ).first)
        #expect(try await Docker.call(["volume", "ls", "-q", "--filter", "name=\(build)"]).text == "")
        #expect(play.files(in: play.cache).contains { $0.contains("/layers/") || $0.contains("/users/") } == false)
    }

    @Test func `two builds at once each see their own source to the end`() async throws {
        let play = try await repository("cat kept.txt; sleep 3; cat kept.txt; ls | wc -l")
        async let first = play.run()
        // Its source is in as soon as it says so.
        while try await Command(
            "grep", ["-qrx", "committed", play.state.appending(path: "buildspec/builds").path]
        ).collect().status != .exited(0) { try await Task.sleep(for: .milliseconds(50)) }
        try play.write("kept.txt", "changed\n")
        try play.write("more", "")
        async let second = play.run()
        #expect(try await first.printed == ["committed", "committed", "2"])
        #expect(try await second.printed == ["changed", "changed", "3"])
    }

    @Test func `a killed build's volumes and mirror are free after the next`() async throws {
        let play = try await repository("sleep 60")
        let killed = Process()
        killed.executableURL = URL(filePath: Playground.binary)
        killed.arguments = ["run", ".", "--image", debian]
        killed.currentDirectoryURL = play.source
        killed.environment = ProcessInfo.processInfo.environment.merging([
            "XDG_CACHE_HOME": play.cache.path, "XDG_STATE_HOME": play.state.path,
        ]) { $1 }
        killed.standardOutput = FileHandle.nullDevice
        killed.standardError = FileHandle.nullDevice
        try killed.run()
        var volumes = ""
        while volumes.isEmpty || !killed.isRunning {
            try await Task.sleep(for: .milliseconds(100))
            let builds = try? FileManager.default.contentsOfDirectory(
                atPath: play.state.appending(path: "buildspec/builds").path)
            guard let build = builds?.first else { continue }
            volumes = try await Docker.call(["ps", "-q", "--filter", "name=\(build)"]).text
        }
        kill(killed.processIdentifier, SIGKILL)
        killed.waitUntilExit()
        let builds = try FileManager.default.contentsOfDirectory(
            atPath: play.state.appending(path: "buildspec/builds").path)
        try buildspec(play, ["true"])
        #expect(try await play.run().status.isSuccess)
        #expect(try await Docker.call(["volume", "ls", "-q", "--filter", "name=\(builds[0])"]).text == "")
        #expect(play.files(in: play.cache).contains { $0.contains("/layers/") || $0.contains("/users/") } == false)
    }

    @Test func `a run-as user may write everywhere, and artifacts come out`() async throws {
        let play = try await repository()
        try play.write("sub/data", "d\n")
        try play.buildspec(
            """
            version: 0.2
            run-as: daemon
            phases: {build: {commands: ['echo more >> sub/data; rm kept.txt; echo new > sub/new; stat -c %U . sub sub/data']}}
            artifacts: {files: ['sub/*', '**/*.yml']}
            """)
        let result = try await play.run()
        #expect(result.printed == ["daemon", "daemon", "daemon"])
        #expect(
            play.files(in: play.out.appending(path: "artifacts")) == ["buildspec.yml", "sub/data", "sub/new"])
        let data = try String(contentsOf: play.out.appending(path: "artifacts/sub/data"), encoding: .utf8)
        #expect(data == "d\nmore\n")
        #expect(try String(contentsOf: play.source.appending(path: "sub/data"), encoding: .utf8) == "d\n")
    }

    @Test func `a kept build of a repository can be resumed with what changed since`() async throws {
        let play = try await repository("cat kept.txt; test -e later; cat later", "echo end; ls")
        let failed = try await play.run(["--keep", "failure"])
        #expect(failed.printed.first == "committed")
        // A build in between may not disturb it.
        try play.write("kept.txt", "changed\n")
        try play.write("other", "")
        _ = try await play.run(["--no-cache", "-f", "version: 0.2\nphases: {build: {commands: [ls]}}"])
        try play.write("later", "brought in\n")
        let resumed = try await play.call(["resume"])
        #expect(
            resumed.printed == [
                "changed", "brought in", "end", "buildspec.yml", "kept.txt", "later", "other",
            ], "\(resumed.errorText)")
        let all = try await Docker.call(["volume", "ls", "-q"]).text
        for build in try FileManager.default.contentsOfDirectory(
            atPath: play.state.appending(path: "buildspec/builds").path)
        {
            #expect(!all.contains(build))
        }
    }

    @Test func `a cache at a path that no overlay can name is copied from`() async throws {
        let play = try await repository("cat kept.txt; grep -c \" $CODEBUILD_SRC_DIR overlay\" /proc/mounts || true")
        let result = try await play.run(environment: ["XDG_CACHE_HOME": play.root.path + "/odd: \"a, b\""])
        #expect(result.printed == ["committed", "0"], "\(result.errorText)")
    }

    @Test func `a checkpoint holds the source`() async throws {
        let play = try await repository("cat kept.txt; test -e later")
        let failed = try await play.run(["--checkpoint", "--keep", "never"])
        #expect(failed.printed.first == "committed")
        try play.write("later", "")
        let resumed = try await play.call(["resume"])
        #expect(resumed.printed == ["committed"], "\(resumed.errorText)")
        _ = try await play.call(["clean", "--checkpoints"])
    }

    @Test func `artifacts in the source are hidden from git`() async throws {
        let play = try await repository()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}\nartifacts: {files: kept.txt}\n")
        _ = try await git(play, "commit", "-qam", "artifacts")
        #expect(try await play.call(["run", ".", "--image", debian]).status.isSuccess)
        #expect(play.files(in: play.source.appending(path: ".buildspec")) == [".gitignore", "out/artifacts/kept.txt"])
        #expect(try await git(play, "status", "--porcelain") == "")
    }

    @Test func `a git that is too old is named`() async throws {
        let play = try await repository("true")
        try await play.makeProgram("git", "echo --path-format=absolute\necho true\n")
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let result = try await play.run(environment: ["PATH": "\(play.root.path)/bin:\(path)"])
        #expect(result.status.exitStatus == 74)
        #expect(result.errorText.contains("git 2.34 or newer is needed"))
    }

    @Test func `variables of a git hook do not mislead us`() async throws {
        let play = try await repository("cat kept.txt")
        let result = try await play.run(environment: [
            "GIT_DIR": "/nonexistent", "GIT_INDEX_FILE": "/nonexistent/index", "GIT_WORK_TREE": "/",
            "GIT_OBJECT_DIRECTORY": "/nonexistent/objects", "GIT_QUARANTINE_PATH": "/nonexistent",
        ])
        #expect(result.printed == ["committed"], "\(result.errorText)")
    }
}
