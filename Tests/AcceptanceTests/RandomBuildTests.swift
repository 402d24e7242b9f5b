import ChildProcesses
import Foundation
import Testing

/// Whatever is built of a repository, the repository stays as it was.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct RandomBuildTests {
    @Test(arguments: 11...14)
    func `a hundred builds of chance sources, in four repositories, leave .git as it was`(seed: Int) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/random-builds.py").path
        let outcome = try await Command("python3", [script, Playground.binary, debian, "25", "\(seed)"]).collect()
        #expect(outcome.text == "25 builds, 0 failed, .git as it was", "\(outcome.errorText)")
        #expect(outcome.status.isSuccess)
    }
}
