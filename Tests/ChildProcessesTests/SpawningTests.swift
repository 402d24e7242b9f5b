import ChildProcesses
import Files
import Testing

@Suite(.timeLimit(.minutes(1))) struct SpawningTests {
    private func run(_ script: String, input: String = "") async throws -> CommandOutput {
        try await Command("sh", ["-c", script]).runBriefly(
            inputFrom: UnnamedFile(holding: Array(input.utf8)).descriptor)
    }

    @Test func `it reads its input, and its complaint and its end are known`() async throws {
        let output = try await run("cat >&2; echo dropped; exit 3", input: "text")
        #expect(output.status == .exited(3))
        #expect(output.errorText == "text")
        #expect(output.output == [])
        #expect(try await run("kill -9 $$").status == .signalled(9))
    }

    @Test func `a program that does not exist is named`() async throws {
        let error = await #expect(throws: ChildProcessError.self) {
            try await Command("no-such-program-here", []).runBriefly(inputFrom: UnnamedFile(holding: []).descriptor)
        }
        #expect(error?.code == .notFound)
    }

    @Test func `cancelling kills it`() async throws {
        let pipe = try Pipe()
        defer { close(pipe.writeEnd) }
        // Nothing ever comes: it would read for ever.
        let task = Task { try await Command("cat", []).runBriefly(inputFrom: pipe.readEnd) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    /// As many as that would fill the tasks' pool of any machine, and nobody could let them go on.
    @Test func `waiting for children stops nobody`() async throws {
        let pipes = try (0..<64).map { _ in try Pipe() }
        try await withThrowingTaskGroup(of: ChildStatus.self) { group in
            for pipe in pipes {
                group.addTask { try await Command("cat", []).runBriefly(inputFrom: pipe.readEnd).status }
            }
            try await Task.sleep(for: .milliseconds(50))
            for pipe in pipes { close(pipe.writeEnd) }
            for try await status in group { #expect(status.isSuccess) }
        }
    }
}
