import ChildProcesses
import Foundation
import Testing

/// Containers that wait for the next build (Documentation/decisions/spares.md).
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct SpareTests {
    /// A project under git whose builds may leave a spare.
    private struct Case {
        let play: Playground
        private var spares: URL { play.state.appending(path: "buildspec/spares") }

        init(_ buildspec: String) async throws {
            play = try Playground()
            try play.buildspec(buildspec)
            try play.write("dir/tool.sh", "#!/bin/sh\necho tool\n")
            let git = """
                chmod 755 dir/tool.sh && ln -s dir/tool.sh link && git init -q . && git add -A &&
                git -c user.name=a -c user.email=a@b commit -qm first
                """
            let made = try await Command("sh", ["-c", git], workingDirectory: play.source.path).collect()
            try #require(made.status.isSuccess, "\(made.errorText)")
        }

        func command(_ arguments: [String] = [], image: String = debian) -> Command {
            play.command(
                [
                    "run", ".", "--verbose", "--image", image, "--artifacts", play.out.path, "--cache",
                    play.root.appending(path: "kept").path,
                ] + arguments)
        }

        func run(_ arguments: [String] = ["--spare", "5m"], image: String = debian) async throws -> CommandOutput {
            try await command(arguments, image: image).collect()
        }

        /// The containers that wait, by their ids.
        func waiting() -> [String] {
            let folders = (try? FileManager.default.contentsOfDirectory(atPath: spares.path)) ?? []
            return folders.compactMap { name in
                guard let data = try? Data(contentsOf: spares.appending(path: "\(name)/ready.json")) else { return nil }
                return (try? JSONSerialization.jsonObject(with: data) as? [String: String])?["container"]
            }
        }

        /// Waits until that many containers wait.
        @discardableResult
        func expect(_ count: Int, within time: Duration = .seconds(60)) async throws -> [String] {
            let end = ContinuousClock.now + time
            while waiting().count != count, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(50))
            }
            try #require(waiting().count == count)
            return waiting()
        }

        /// Waits until the engine has nothing of a container.
        func expectGone(_ container: String) async throws {
            let end = ContinuousClock.now + .seconds(30)
            while try await Docker.call(["inspect", container]).status.isSuccess, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await !Docker.call(["inspect", container]).status.isSuccess)
        }

        /// Kills the processes that keep spares.
        ///
        /// - Returns: whether there were any.
        func killKeepers() async throws -> Bool {
            let script = """
                for p in /proc/[0-9]*; do
                  grep -qz '^keep-spare$' $p/cmdline 2>/dev/null && grep -qzF "XDG_STATE_HOME=$0" $p/environ &&
                    kill -9 "${p#/proc/}" && echo killed
                done
                """
            return try await Command("sh", ["-c", script, play.state.path]).collect().text.contains("killed")
        }

        /// Ends what waits, and looks whether anything stays.
        func end() async throws {
            let containers = waiting()
            let cleaned = try await play.call(["clean", "--kept"])
            #expect(cleaned.status.isSuccess, "\(cleaned.errorText)")
            for container in containers { try await expectGone(container) }
            let end = ContinuousClock.now + .seconds(30)
            while try !FileManager.default.contentsOfDirectory(atPath: spares.path).isEmpty, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: spares.path) == [])
            let label = "label=dev.buildspec.state=\(play.state.path)/buildspec"
            #expect(try await Docker.call(["ps", "-aq", "--filter", label]).text == "")
        }
    }

    private static func isInSpare(_ output: CommandOutput) -> Bool {
        output.errorText.contains(#/buildspec: spare: [0-9a-f]{16}-/#)
    }

    @Test func `a build in a spare finds what it would find in a container of its own`() async throws {
        // Mounts of the source, and the engine's own paths of its volumes, are those that differ.
        let look = #"""
            env | sort | grep -Ev '^(CODEBUILD_(BUILD_ID|BUILD_URL|GOPATH|BUILD_ARN|LOG_PATH|BUILD_NUMBER|START_TIME|SRC_DIR|BATCH|EXECUTION)|HOSTNAME|PWD|OLDPWD|AWS_)'
            cat /proc/self/limits; grep -E '^(Cap|Seccomp|NoNewPrivs|Uid|Gid|Groups|Umask|Sig(Ign|Cgt|Blk))' /proc/self/status; umask
            cut -d' ' -f5 /proc/self/mountinfo | grep -Ev '/codebuild/(output/src|readonly/(source|layers|objects|git|pipes))' | sort
            for p in /proc/[0-9]*; do tr '\0' ' ' <$p/cmdline | cut -c1-60; echo; done | grep -vE 'look|^ *(tr|cut|sort|uniq|grep) |^ *$' | sort | uniq -c
            pwd | sed 's,/src[0-9]*/,/srcN/,'; id; ls -lan --time-style=full-iso . dir | sed -E 's/^total.*//; s/ \.+$//' | grep -v '^d' | awk '{print $1, $3, $4, $5, $6, $9}'
            readlink link; sh link; git status --short 2>&1 | head; cat .git/HEAD; ls /codebuild /codebuild/readonly/bin /tmp; tty || true
            """#
        let spare = try await Case("version: 0.2\nphases: {build: {commands: [sh look.sh]}}\n")
        try spare.play.write("look.sh", look)
        let plain = try await spare.run([])
        #expect(plain.status.isSuccess, "\(plain.errorText)")
        #expect(plain.printed.count > 40)
        #expect(try await spare.run().status.isSuccess)
        try await spare.expect(1)
        let second = try await spare.run()
        #expect(second.status.isSuccess, "\(second.errorText)")
        #expect(Self.isInSpare(second), "\(second.errorText)")
        #expect(second.printed.difference(from: plain.printed).map { "\($0)" } == [])
        try await spare.end()
    }

    @Test
    func `artifacts, caches and reports of a build in a spare are kept, and the next build has a spare of its own`()
        async throws
    {
        let spare = try await Case(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - cat /opt/kept/count 2>/dev/null || true
                  - mkdir -p /opt/kept && echo x >>/opt/kept/count && cp /opt/kept/count out.txt
                  - echo '<testsuite name="s"><testcase name="t"/></testsuite>' >r.xml
            reports: {unit: {files: [r.xml]}}
            artifacts: {files: [out.txt, dir/**/*]}
            cache: {paths: [/opt/kept/**/*]}
            """)
        for number in 1...4 {
            let outcome = try await spare.run()
            #expect(outcome.status.isSuccess, "\(outcome.errorText)")
            #expect(Self.isInSpare(outcome) == (number > 1), "\(outcome.errorText)")
            #expect(outcome.printed.filter { $0 == "x" }.count == number - 1)
            let text = try String(contentsOf: spare.play.out.appending(path: "artifacts/out.txt"), encoding: .utf8)
            #expect(text == String(repeating: "x\n", count: number))
            #expect(spare.play.files(in: spare.play.out).contains { $0.hasSuffix("dir/tool.sh") })
            #expect(outcome.errorText.contains("unit SUCCEEDED: 1 tests"), "\(outcome.errorText)")
            try await spare.expect(1)
        }
        try await spare.end()
    }

    @Test func `of two builds at once one is in the spare`() async throws {
        let spare = try await Case("version: 0.2\nphases: {build: {commands: [sleep 2]}}\n")
        #expect(try await spare.run().status.isSuccess)
        try await spare.expect(1)
        async let one = spare.run()
        async let other = spare.run()
        let outcomes = try await [one, other]
        let succeeded = outcomes.filter { $0.status.isSuccess }
        #expect(succeeded.count == 2)
        let inSpare = outcomes.filter { Self.isInSpare($0) }
        #expect(inSpare.count == 1)
        try await spare.end()
    }

    @Test(arguments: [
        ["--memory", "300m"], ["--cpus", "1"], ["--offline"], ["--no-cache", "--checkpoint"], ["--pull", "always"],
        ["--env", "a.b=c"],
    ])
    func `a build with other settings is not in the spare`(_ arguments: [String]) async throws {
        let spare = try await Case("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        #expect(try await spare.run().status.isSuccess)
        try await spare.expect(1)
        let outcome = try await spare.run(["--spare", "5m"] + arguments)
        // Where images cannot be pulled, --pull always fails after it was decided.
        #expect(outcome.status.isSuccess || arguments == ["--pull", "always"], "\(outcome.errorText)")
        #expect(!Self.isInSpare(outcome), "\(outcome.errorText)")
        #expect(outcome.errorText.contains("buildspec: spare: none"), "\(outcome.errorText)")
        try await spare.end()
    }

    @Test func `a spare of an image that was made anew is not used`() async throws {
        let image = TestImage()
        try await image.make("FROM \(debian)\nENV MADE=first")
        let spare = try await Case("version: 0.2\nphases: {build: {commands: ['echo $MADE']}}\n")
        #expect(try await spare.run(image: image.name).printed == ["first"])
        let old = try await spare.expect(1)
        try await image.make("FROM \(debian)\nENV MADE=second")
        let outcome = try await spare.run(image: image.name)
        #expect(outcome.printed == ["second"], "\(outcome.errorText)")
        #expect(!Self.isInSpare(outcome))
        for container in old { try await spare.expectGone(container) }
        #expect(try await spare.expect(1) != old)
        try await spare.end()
    }

    @Test func `a build that fails in a spare is kept, looked into and resumed`() async throws {
        let spare = try await Case(
            "version: 0.2\nphases: {build: {commands: [export A=b, touch /here, 'test -e /there']}}\n")
        #expect(try await !spare.run(["--spare", "5m", "--keep", "never"]).status.isSuccess)
        try await spare.expect(1)
        let failed = try await spare.run(["--spare", "5m", "--keep", "failure"])
        #expect(!failed.status.isSuccess && Self.isInSpare(failed), "\(failed.errorText)")
        let shell = try await spare.play.call(["shell", "--command", "ls /here; echo $A; touch /there"])
        #expect(shell.outputText == "/here\nb\n", "\(shell.errorText)")
        let resumed = try await spare.play.call(["resume"])
        #expect(resumed.status.isSuccess, "\(resumed.errorText)")
        try await spare.end()
    }

    @Test func `a spare ends when its time is over`() async throws {
        let spare = try await Case("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        #expect(try await spare.run(["--spare", "5s"]).status.isSuccess)
        for container in try await spare.expect(1) { try await spare.expectGone(container) }
        #expect(spare.waiting() == [])
        #expect(try await !Self.isInSpare(spare.run(["--spare", "5s"])))
        try await spare.end()
    }

    @Test func `nothing stays of a build in a spare that is killed, nor of a spare whose keeper is`() async throws {
        let spare = try await Case("version: 0.2\nphases: {build: {commands: ['[ ! -e wait ] || sleep 300']}}\n")
        #expect(try await spare.run().status.isSuccess)
        let used = try await spare.expect(1)
        try spare.play.write("wait", "")
        let command = spare.command(["--spare", "5m"])
        let killed = Task {
            try await command.stream { streams in
                async let said: Void = streams.errorOutput.forEachChunk { _ in }
                var text = ""
                try await streams.output.forEachChunk { chunk in
                    text += String(decoding: chunk, as: UTF8.self)
                    if text.contains("Running command") { streams.terminate() }
                }
                try await said
            }
        }
        _ = try await killed.value
        for container in used { try await spare.expectGone(container) }

        try FileManager.default.removeItem(at: spare.play.source.appending(path: "wait"))
        #expect(try await spare.run().status.isSuccess)
        let kept = try await spare.expect(1)
        #expect(try await spare.killKeepers())
        for container in kept { try await spare.expectGone(container) }
        let next = try await spare.run()
        #expect(next.status.isSuccess && !Self.isInSpare(next), "\(next.errorText)")
        // What the keeper left does not stand in the way of the next spare.
        try await spare.expect(1)
        #expect(try await Self.isInSpare(spare.run()))
        try await spare.end()
    }
}
