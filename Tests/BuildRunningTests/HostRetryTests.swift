import BuildPlanning
import Testing

/// `on-failure: RETRY…` (CODEBUILD.md 3.5), on the host's shell. `RetryTests` shows it in a real container.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostRetryTests {
    private func run(_ onFailure: String, commands: [String]) async throws -> HostBuild {
        let items = commands.map { "      - |-\n        \($0)\n" }.joined()
        return try await HostPlayground.with {
            try await $0.run(
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
        }
    }

    @Test func `a retried phase begins with its first command, its first folder and the flag as it was`() async throws {
        let build = try await run(
            "RETRY",
            commands: [
                "mkdir -p sub && cd sub", "echo ${PWD##*/src/} $CODEBUILD_BUILD_SUCCEEDING",
                "echo x >> $ROOT/tries; (exit $((3 - $(wc -l < $ROOT/tries))))",
            ])
        #expect(build.status == .succeeded)
        #expect(build.printed == ["sub 1", "sub 1", "sub 1", "finally", "post 1"])
        #expect(build.log.contains("[Container] Retrying phase BUILD, attempt 2 of 3"))
    }

    @Test(arguments: [("RETRY", 4), ("RETRY-1", 2), ("RETRY-0", 1), ("RETRY-2-exit status 7", 3)])
    func `a phase that goes on failing is tried once and retried as often as the rule says`(
        rule: String, tries: Int
    ) async throws {
        let build = try await run(rule, commands: ["echo try; exit 7"])
        #expect(build.status == .failed)
        #expect(build.printed == Array(repeating: "try", count: tries) + ["finally", "post 0"])
        #expect(build.phases[.build] == .failed)
    }

    @Test(arguments: ["RETRY-exit status 8", "RETRY-5-timeout.*"])
    func `a failure that the pattern does not name is final`(rule: String) async throws {
        #expect(try await run(rule, commands: ["echo try; exit 7"]).printed == ["try", "finally", "post 0"])
    }
}
