import ChildProcesses
import Foundation
import Testing

/// The lines that show a running build on a terminal, and what is said elsewhere.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct ProgressTests {
    private let program = Playground.binary

    @Test func `on a terminal a line shows the running command, and is gone when the build ends`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - echo first
                  - echo words of old; echo more; until [ -e go ]; do sleep 0.1; done
            """)
        let run = "\(program) run -i \(debian) --no-cache --keep never"
        let session = try await TerminalSession(in: play)
        try await session.type("\(run); echo ended with $?")
        let running = try await session.waitFor("BUILD 2/2  ")
        #expect(running.contains("  echo words of old; echo more; until"))
        // Three seconds of silence.
        try await session.waitFor("> more")
        _ = try await play.call(["shell", "--command", "touch go"])
        let end = try await session.waitFor("ended with 0")
        #expect(!end.contains("BUILD 2/2") && end.contains("Phase complete: BUILD State: SUCCEEDED"))
        // The next build knows how long this one took.
        try await session.type("clear; \(run); echo ended with $?")
        try await session.waitFor(" of about ")
        try await session.press("C-c")
        let stopped = try await session.waitFor("ended with 130")
        #expect(!stopped.contains(" of about "))
        // Neither a terminal without cursor movements nor a user who wants none.
        for word in ["TERM=dumb", "NO_COLOR=1", "BUILDSPEC_PROGRESS=none"] {
            try await session.type("clear; \(word) \(run) --timeout 6s; echo ended with $?")
            let screen = try await session.waitFor("ended with 1")
            #expect(!screen.contains("BUILD 2/2") && !screen.contains(" of about "), "\(word)")
        }
    }

    @Test func `output that is no terminal gets the build's bytes alone`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['echo first; sleep 1.2; echo last']}}")
        let session = try await TerminalSession(in: play)
        try await session.type("\(program) run -i \(debian) --no-cache > out.txt; echo ended with $?")
        try await session.waitFor("ended with 0")
        let log = try String(contentsOf: play.source.appending(path: "out.txt"), encoding: .utf8)
        #expect(!log.contains("\u{1b}") && log.contains("\nfirst\nlast\n"))
        let piped = try await play.run(["--no-cache", "--progress", "auto"])
        #expect(!piped.errorText.contains("\u{1b}") && !piped.errorText.contains("BUILD 1/1"))
        #expect(try await play.run(["--progress", "loud"]).status.exitStatus == 64)
    }

    @Test func `a batch shows a line for each build that runs`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch:
              build-list:
                - identifier: one
                - identifier: other
            phases:
              build:
                commands:
                  - sleep 4
            """)
        let session = try await TerminalSession(in: play)
        try await session.type("\(program) run --batch --jobs 2 -i \(debian) --no-cache; echo ended with $?")
        try await session.waitFor("one    BUILD 1/1  ")
        try await session.waitFor("other  BUILD 1/1  ")
        let end = try await session.waitFor("ended with 0")
        #expect(!end.contains("BUILD 1/1"))
    }
}
