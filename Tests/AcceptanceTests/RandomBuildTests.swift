import ChildProcesses
import Foundation
import Testing

/// Whatever is built of a repository, the repository stays as it was.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct RandomBuildTests {
    @Test func `a hundred builds of chance sources leave .git as it was`() async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/random-builds.py").path
        let outcome = try await Command("python3", [script, Playground.binary, debian, "100"]).collect()
        #expect(outcome.text == "100 builds, 0 failed, .git as it was", "\(outcome.errorText)")
        #expect(outcome.status.isSuccess)
    }
}
