import ChildProcesses
import Engines
import Files
import TestSupport
import Testing

@testable import BuildRunning

/// The marks between the driver and the program, spoken with real shells.
@Suite struct DriverSessionTests {
    /// Speaks with a shell program in the driver's place. It finds the nonce in `$nonce`.
    private func speak<Result: Sendable>(
        _ program: String, _ body: @escaping @Sendable (DriverSession) async throws -> Result
    ) async throws -> (result: Result, output: String) {
        signal(SIGPIPE, SIG_IGN)
        let output = Output()
        let text = """
            IFS= read -r nonce
            mark() { printf '\\036%s %d %d\\n' "$nonce" "$1" "$2"; }
            \(program)
            """
        let result = try await Command("sh", ["-c", text]).stream { streams in
            try await DriverSession.with(
                streams, nonce: "secret-7", onOutput: { await output.add($0) }, onClientWords: { _ in }
            ) { session in
                (try await body(session), .leave)
            }
        }.result
        return (result, await output.text)
    }

    private actor Output {
        private var bytes: [UInt8] = []
        func add(_ more: [UInt8]) { bytes += more }
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    @Test func `an order ends when both of its marks have come`() async throws {
        let (status, output) = try await speak(
            "mark 0 0; mark 0 0 >&2; read -r order; echo hello; mark 1 7; sleep 0.1; mark 1 7 >&2; read -r order"
        ) { session in
            try await session.ready(for: [])
            return try await session.perform("x")
        }
        #expect(status == 7 && output == "hello\n")
    }

    @Test(arguments: [
        // A mark that comes before its order, one that comes twice, one of long ago, one with another status.
        "mark 1 0; read -r order; mark 2 0; mark 2 0 >&2",
        "read -r order; mark 1 0; mark 1 0; mark 1 0 >&2",
        "read -r order; mark 0 0; mark 1 0; mark 1 0 >&2",
        "read -r order; mark 1 0; mark 1 7 >&2",
        "read -r order; mark 1 7; mark 2 7 >&2",
    ])
    func `a mark that no order explains is an error, and no status`(program: String) async throws {
        await #expect(throws: DriverSession.Misread.self) {
            try await speak("mark 0 0; mark 0 0 >&2; \(program); sleep 5") { session in
                try await session.ready(for: [])
                var statuses: [Int] = []
                for _ in 0..<2 { statuses.append(try await session.perform("x")) }
                return statuses
            }
        }
    }

    @Test func `what an order writes to standard error is no part of the next answer`() async throws {
        let (bytes, _) = try await speak(
            "mark 0 0; mark 0 0 >&2; while IFS= read -r order; do eval \"${order%%;*}\"; n=$((n+1)); mark $n 0; mark $n 0 >&2; done"
        ) { session in
            try await session.ready(for: [])
            _ = try await session.perform("echo noise >&2")
            return try await session.ask("printf answer >&2").bytes
        }
        #expect(bytes == Array("answer".utf8))
    }
}
