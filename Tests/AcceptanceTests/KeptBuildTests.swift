import ChildProcesses
import Foundation
import Testing

/// Failed builds that stay, to be looked into and gone on with: `--keep`, `shell`, `resume`, `clean`.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct KeptBuildTests {
    private func dropKept(_ play: Playground) async throws {
        _ = try await play.call(["clean", "--kept"])
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    /// Ten commands of BUILD, the last of which fails as long as `state.txt` says so.
    private let tenCommands =
        "version: 0.2\nphases:\n  build:\n    commands:\n"
        + (1...9).map { "      - echo run-\($0) >> ran.txt; N=\($0)\n" }.joined()
        + "      - echo run-10 >> ran.txt; mkdir -p /root/kept; cp state.txt /root/kept/; grep good state.txt\n    finally: [echo finally]\n"
        + "  post_build:\n    commands: ['echo post $CODEBUILD_BUILD_SUCCEEDING $N']\n"
        + "artifacts: {files: ['ran.txt', 'state.txt']}\ncache: {paths: ['/root/kept/**/*']}\n"

    @Test func `a build goes on from its failed last command, and ends as one that never failed`() async throws {
        let play = try Playground()
        try play.buildspec(tenCommands)
        try play.write("state.txt", "bad\n")
        let failed = try await play.run(["--keep", "failure"])
        #expect(failed.status.exitStatus == 1)
        #expect(failed.errorText.contains("buildspec resume"))
        #expect(try await Docker.containers(of: play).count == 1)

        try play.write("state.txt", "good\n")
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess)
        #expect(resumed.printed == ["good", "finally", "post 1 9"])
        #expect(resumed.errorText.contains("at BUILD:10"))
        #expect(try await Docker.containers(of: play).isEmpty)

        let caches = try FileManager.default.subpathsOfDirectory(atPath: play.cache.path)
        let tarball = try #require(caches.first { $0.hasSuffix(".tar.zst") })
        let kept = try await Command(
            "tar", ["--zstd", "-xOf", play.cache.appending(path: tarball).path, "root/kept/state.txt"]
        ).collect()
        #expect(kept.text == "good")
        let ran = try String(contentsOf: play.out.appending(path: "artifacts/ran.txt"), encoding: .utf8)
        #expect(ran.split(separator: "\n").count == 11)  // The tenth ran twice: its first run began the line.
        let builds = try await play.call(["builds"]).outputText.split(separator: "\n")
        #expect(builds.count == 2 && builds[1].contains("SUCCEEDED"))
        let table = try await play.call(["show"]).outputText
        #expect(!table.contains("FAILED") && table.contains("UPLOAD_ARTIFACTS  SUCCEEDED"))
    }

    @Test func `an edited command, a changed variable and a deleted file are what goes on`() async throws {
        let play = try Playground()
        try play.write("gone.txt", "")
        try play.buildspec(
            """
            version: 0.2
            env: {variables: {MODE: old, SAME: same}}
            phases:
              build:
                commands:
                  - mkdir -p sub; cd sub; SAME=changed
                  - "cd ..; false"
            """)
        _ = try await play.run(["--keep", "always", "--no-cache"])
        try FileManager.default.removeItem(at: play.source.appending(path: "gone.txt"))
        try play.buildspec(
            """
            version: 0.2
            env: {variables: {MODE: new, SAME: same}}
            phases:
              build:
                commands:
                  - mkdir -p sub; cd sub; SAME=changed
                  - "echo $MODE $SAME ${PWD##*/}; ls .."
            """)
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess)
        #expect(resumed.printed == ["new changed sub", "buildspec.yml", "sub"])
        try await dropKept(play)
    }

    @Test func `a resumed build is recorded under the tree that was brought in`() async throws {
        let play = try Playground()
        for arguments in [["init", "-q"], ["config", "user.name", "t"], ["config", "user.email", "t@example.org"]] {
            _ = try await Command("git", ["-C", play.source.path] + arguments).collect()
        }
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['[ -e mended ]']}}\n")
        func tree() async throws -> String? {
            let builds = try await play.call(["builds", "--format", "json"]).text
            return builds.firstMatch(of: #/"tree":\s*"([0-9a-f]+)"/#).map { String($0.1) }
        }
        _ = try await play.run(["--keep", "failure"])
        let broken = try #require(try await tree())
        try play.write("mended", "")
        #expect(try await play.call(["resume"]).status.isSuccess)
        let mended = try #require(try await tree())
        #expect(mended != broken)
        let shown = try await play.call(["show", String(mended.prefix(12))])
        #expect(shown.text.contains("tree \(mended)"), "\(shown.text)\(shown.errorText)")
        #expect(try await play.call(["show", String(broken.prefix(12))]).status.exitStatus == 66)
    }

    @Test func `resume begins where it is told to, and leaves the source alone when told to`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases:\n  pre_build: {commands: [echo pre]}\n  build: {commands: [echo one, echo two, 'cat f; false']}\n"
        )
        try play.write("f", "old\n")
        _ = try await play.run(["--keep", "failure", "--no-cache"])
        try play.write("f", "new\n")
        let again = try await play.call(["resume", "--from", "BUILD:2", "--no-sync"])
        #expect(again.status.exitStatus == 1)
        #expect(again.printed == ["two", "old"])
        // It failed again, so it stays again, and brings in what changed since.
        try play.write("f", "newer\n")
        #expect(try await play.call(["resume"]).printed == ["newer"])
        try await dropKept(play)
    }

    @Test func `a shell stands where the failed command began, as its user`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            run-as: nobody
            env: {shell: bash, variables: {A: "it's"}}
            phases:
              build:
                commands:
                  - mkdir "a b"; cd "a b"; B=2
                  - cd /; C=3; touch /tmp/left; false
              post_build: {commands: [B=post]}
            """)
        _ = try await play.run(["--keep", "failure", "--no-cache"])
        let look = try await play.call(["shell", "--command", "echo \"$A $B-$C ${PWD##*/} $(id -un)\"; exit 7"])
        #expect(look.outputText == "it's 2- a b nobody\n")
        #expect(look.status.exitStatus == 7)
        let copied = try await play.call(["shell", "--copy-out", "/tmp/left"])
        #expect(copied.errorText.contains("copied `/tmp/left` of build "))
        #expect(copied.errorText.contains("/left`\nnote: that is in the source, where the next build finds it"))
        #expect(FileManager.default.fileExists(atPath: play.source.appending(path: "left").path))
        try await dropKept(play)
        let gone = try await play.call(["shell"])
        #expect(gone.status.exitStatus == 66 && gone.errorText.contains("--keep"))
    }

    @Test func `a shell looks into a running build`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: [A=kept, 'while [ ! -e /tmp/go ]; do sleep 0.1; done']}}")
        async let build = play.run(["--no-cache"])
        var seen = ""
        for _ in 0..<300 where !seen.contains("kept") {
            try await Task.sleep(for: .milliseconds(100))
            seen = try await play.call(["shell", "--command", "echo $A"]).outputText
        }
        #expect(seen == "kept\n")
        _ = try await play.call(["shell", "--command", "touch /tmp/go"])
        #expect(try await build.status.isSuccess)
    }

    @Test func `a resume that cannot begin leaves the container, and what is in it, to the next`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: ['echo hours > /root/work', 'cat good']}}\n")
        #expect(try await play.run(["--keep", "failure", "--no-cache"]).status.exitStatus == 1)
        let container = try #require(try await Docker.containers(of: play).first)
        // The source cannot be unpacked where it has to go: a folder is in the way of a file.
        try play.write("good", "good\n")
        let inTheWay = "mkdir -p \"$CODEBUILD_SRC_DIR/good/deep\" && touch \"$CODEBUILD_SRC_DIR/good/deep/x\""
        #expect(try await play.call(["shell", "--command", inTheWay]).status.isSuccess)
        let refused = try await play.call(["resume"])
        #expect(!refused.status.isSuccess, "\(refused.errorText)")
        #expect(try await Docker.containers(of: play) == [container])
        #expect(try await play.call(["shell", "--command", "rm -r \"$CODEBUILD_SRC_DIR/good\""]).status.isSuccess)
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess && resumed.printed == ["good"], "\(resumed.errorText)")
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `a stopped resume leaves the container, ends its command, and the next one begins with that`()
        async throws
    {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - 'echo hours > /root/work; A=kept'
                  - cat good
                  - 'B=$A$B; echo begun $B; sleep $(cat pause)'
              post_build: {commands: ['echo after $B']}
            """)
        try play.write("pause", "300\n")
        #expect(try await play.run(["--keep", "failure", "--no-cache"]).status.exitStatus == 1)
        let container = try #require(try await Docker.containers(of: play).first)
        try play.write("good", "good\n")
        // Not SIGINT: a shell has its background children ignore that.
        let resume = play.command(["resume"])
        let stopping =
            "\"$0\" resume >../resumed 2>&1 & until grep -q '^begun' ../resumed; do sleep 0.05; done; kill $!; wait $!"
        let stopped = try await Command(
            "sh", ["-c", stopping, resume.executable], environment: resume.environment,
            workingDirectory: resume.workingDirectory
        ).collect()
        #expect(stopped.status.exitStatus == 143)
        #expect(try await Docker.containers(of: play) == [container])
        let processes = try await Docker.call(["top", container, "-eo", "args"]).text
        #expect(!processes.contains("sleep 300"), "\(processes)")
        #expect(try await play.call(["show"]).outputText.contains("STOPPED"))
        try play.write("pause", "0\n")
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess, "\(resumed.errorText)")
        #expect(resumed.printed == ["begun kept", "after kept"])
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `without an id this folder's project is meant, and no other`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['false']}}\n")
        #expect(try await play.run(["--keep", "failure", "--no-cache"]).status.exitStatus == 1)
        try play.write("deep/er/file", "")
        let elsewhere = play.root.appending(path: "elsewhere").path
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        for words in [["resume"], ["shell", "--command", "pwd"]] {
            var command = play.command(words)
            command.workingDirectory = elsewhere
            let outcome = try await command.collect()
            #expect(outcome.status.exitStatus == 66, "\(outcome.errorText)")
            #expect(outcome.printed.isEmpty)
        }
        var inside = play.command(["shell", "--command", "echo here"])
        inside.workingDirectory = play.source.appending(path: "deep/er").path
        #expect(try await inside.collect().text == "here")
        try await dropKept(play)
    }

    @Test func `without a terminal nothing is kept, and a kept container costs no time`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['false']}}")
        _ = try await play.run(["--no-cache"])
        #expect(try await Docker.containers(of: play).isEmpty)
        _ = try await play.run(["--no-cache", "--keep", "failure"])
        let container = try #require(try await Docker.containers(of: play).first)
        #expect(try await Docker.call(["exec", container, "cat", "/proc/1/comm"]).text == "sleep")
        // A next run does not take it for what a killed one left.
        _ = try await play.run(["--no-cache"])
        #expect(try await Docker.containers(of: play) == [container])
        try await dropKept(play)
    }

    @Test func `a kept container whose record is gone is cleaned away`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}")
        _ = try await play.run(["--no-cache", "--keep", "always"])
        try FileManager.default.removeItem(at: play.state)
        #expect(try await Docker.containers(of: play).count == 1)
        #expect(try await play.call(["clean"]).errorText.contains("whose record is gone"))
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `only a part of a build is run`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases:\n"
                + ["install", "pre_build", "build", "post_build"].map {
                    "  \($0): {commands: [echo \($0)-1, echo \($0)-2]}\n"
                }.joined())
        let some = try await play.run(["--no-cache", "--from", "PRE_BUILD:2", "--until", "build"])
        #expect(some.printed == ["pre_build-2", "build-1", "build-2"])
        #expect(some.log.contains("[Container] Skipping phase INSTALL"))
        #expect(some.log.contains("[Container] Skipping phase POST_BUILD"))
        #expect(try await play.run(["--no-cache", "--phase", "BUILD"]).printed == ["build-1", "build-2"])
        for wrong in [["--phase", "DEPLOY"], ["--from", "x"], ["--from", "BUILD", "--until", "INSTALL"]] {
            #expect(try await play.run(wrong).status.exitStatus == 64)
        }
    }

    @Test func `at a terminal: fail, look inside, mend the source, resume, succeed`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases:\n  build:\n    commands:\n      - mkdir -p in && cd in && NAME=petclinic\n"
                + "      - echo checking; grep good ../state.txt\n")
        try play.write("state.txt", "bad\n")
        let session = try await TerminalSession(in: play)
        // What `shell` opens after the build, by the build itself.
        try await session.type("\(Playground.binary) run -i \(debian) --no-cache --shell")
        try await session.waitFor("`buildspec shell")
        let greeting = try await session.waitFor("BUILD] ")
        #expect(greeting.contains("this command failed with exit status 1 (buildspec.yml:6:9)"))
        #expect(greeting.contains("its last lines:\n    checking"))
        try await session.type("echo \"name=$NAME in ${PWD##*/}\"")
        try await session.waitFor("name=petclinic in in")
        try await session.press("Up")
        try await session.press("Up")
        try await session.waitFor("/in # echo checking; grep good ../state.txt")
        try await session.press("C-u")
        try await session.type("exit")
        try await session.waitFor("exit\n>")  // Keys typed before would go to the shell that leaves.
        try play.write("state.txt", "good\n")
        try await session.type("\(Playground.binary) resume; echo ended with $?")
        let end = try await session.waitFor("ended with 0")
        #expect(end.contains("Resuming the build at BUILD:2"))
        #expect(try await Docker.containers(of: play).isEmpty)
    }
}
