import ChildProcesses
import Foundation
import Testing

/// Builds that stop to be looked at: `--break`, `--step`, `codebuild-breakpoint` (CODEBUILD.md 11).
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct BreakpointTests {
    private let program = Playground.binary

    @Test(arguments: [debian, busybox])
    func `a breakpoint of the build's own does nothing without a debug session`(image: String) async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: [codebuild-breakpoint, codebuild-resume, echo on]}}")
        let outcome = try await play.run(["--no-cache"], image: image)
        #expect(outcome.status.isSuccess && outcome.printed == ["on"])
    }

    @Test func `at two terminals: a breakpoint inside a script, and on it goes from the other`() async throws {
        let play = try Playground()
        try play.write("inner.sh", "IN=script\nexport IN\ncodebuild-breakpoint\necho \"behind it, $(cat /tmp/said)\"\n")
        try play.buildspec("version: 0.2\nphases: {build: {commands: [NAME=petclinic, sh inner.sh]}}")
        let first = try await TerminalSession(in: play), second = try await TerminalSession(in: play)
        try await first.type("\(program) run -i \(debian) --no-cache --debug-session; echo ended with $?")
        try await first.waitFor("Running command sh inner.sh")
        try await second.type("\(program) shell")
        try await second.waitFor("BUILD] ")
        try await second.type("echo \"$NAME looked\" > /tmp/said; codebuild-resume; exit")
        let end = try await first.waitFor("ended with 0")
        #expect(end.contains("behind it, petclinic looked"))
    }

    @Test func `--break pauses before the command it names, and after a failure`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {pre_build: {commands: [A=1]}, build: {commands: [echo one, 'cat /tmp/two', 'false']}}"
        )
        async let build = play.run(["--no-cache", "--break", "BUILD:2", "--break", "failure"])
        func lookUntil(_ script: String, says expected: String) async throws {
            for _ in 0..<600 {
                let said = try await play.call(["shell", "--command", script]).outputText
                if said == expected { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            Issue.record("the build never stood where `\(script)` says `\(expected)`")
        }
        let paused = "[ -e /codebuild/output/tmp/paused ] && echo $A paused"
        try await lookUntil(paused, says: "1 paused\n")
        _ = try await play.call(["shell", "--command", "echo two > /tmp/two; codebuild-resume"])
        try await lookUntil("[ -s /tmp/two ] && \(paused)", says: "1 paused\n")
        _ = try await play.call(["shell", "--command", "codebuild-resume"])
        let outcome = try await build
        #expect(outcome.printed == ["one", "two"])
        #expect(
            outcome.errorText.contains("paused before BUILD:2")
                && outcome.errorText.contains("paused after BUILD:3 failed"))
        #expect(try await play.run(["--break", "x"]).status.exitStatus == 64)
    }

    @Test func `--step runs, skips, edits and quits as it is told`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases:\n  build:\n    commands: [echo one, echo two, echo three, echo four]\n    finally: [echo never]\n"
        )
        let outcome = try await play.command(
            ["run", "-i", debian, "--no-cache", "--step"], environment: ["VISUAL": "sed -i s/three/edited/"]
        ).collect(input: Array("r\nskip\nedit\nrun\nq\n".utf8))
        #expect(outcome.printed == ["one", "edited"])
        #expect(outcome.status.exitStatus == 1)
        #expect(outcome.log.contains("[Container] Phase complete: BUILD State: STOPPED"))
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `at a terminal: step, open a shell, edit, and go on`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['A=x', 'echo wrong $A', echo last]}}")
        let session = try await TerminalSession(in: play)
        try await session.type(
            "VISUAL='sed -i s/wrong/right/' \(program) run -i \(debian) --no-cache --step; echo ended with $?")
        try await session.waitFor("BUILD:1")
        try await session.waitFor("quit [r]?")
        try await session.type("")
        try await session.waitFor("BUILD:2")
        try await session.type("shell")
        try await session.waitFor("[step] ")
        try await session.type("echo A is $A; exit")
        try await session.waitFor("A is x")
        try await session.waitFor("exit\nBUILD:2")
        try await session.type("e")
        try await session.waitFor("    echo right $A")
        try await session.type("c")
        let end = try await session.waitFor("ended with 0")
        #expect(end.contains("\nright x\n") && end.contains("\nlast\n"))
    }
}
