import ChildProcesses
import Foundation
import Testing

/// `on-failure: RETRY…` (CODEBUILD.md 3.5), in real containers; `HostRetryTests` has its rules.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct RetryTests {
    private func run(_ onFailure: String, commands: [String]) async throws -> CommandOutput {
        let play = try Playground()
        let items = commands.map { "      - |-\n        \($0)\n" }.joined()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                on-failure: \(onFailure)
                commands:
            \(items)    finally:
                  - echo finally
              post_build:
                commands:
                  - echo post $CODEBUILD_BUILD_SUCCEEDING
            """)
        return try await play.run(["--no-cache"])
    }

    @Test func `a retried phase begins with its first command, its first folder and the flag as it was`() async throws {
        let outcome = try await run(
            "RETRY",
            commands: [
                "mkdir -p sub && cd sub", "echo ${PWD##*/src/} $CODEBUILD_BUILD_SUCCEEDING",
                "echo x >> /tmp/tries; (exit $((3 - $(wc -l < /tmp/tries))))",
            ])
        #expect(outcome.status.isSuccess)
        #expect(outcome.printed == ["sub 1", "sub 1", "sub 1", "finally", "post 1"])
        #expect(outcome.log.contains("[Container] Retrying phase BUILD, attempt 2 of 3"))
        #expect(!outcome.errorText.contains("failed   BUILD"))
    }

    @Test func `a phase that goes on failing is told once in the table, with its last failure`() async throws {
        let outcome = try await run("RETRY-1-exit status 7", commands: ["echo try; exit 7"])
        #expect(outcome.status.exitStatus == 1)
        #expect(outcome.printed == ["try", "try", "finally", "post 0"])
        #expect(outcome.errorText.contains("failed   BUILD: echo try; exit 7"))
    }
}
