import ChildProcesses
import Foundation

/// Serves a folder on loopback while `body` runs.
///
/// - Parameter body: gets the server's URL, which ends in a slash.
func serving(_ folder: URL, _ body: @escaping @Sendable (String) async throws -> Void) async throws {
    let server = Command(
        "python3", ["-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder.path, "0"])
    let (lines, said) = AsyncStream.makeStream(of: String.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            _ = try await server.stream { streams in
                async let _ = streams.errorOutput.forEachChunk { _ in }
                try await streams.output.forEachChunk { said.yield(String(decoding: $0, as: UTF8.self)) }
            }
        }
        defer { group.cancelAll() }
        var text = ""
        for await line in lines {
            text += line
            guard let port = text.firstMatch(of: #/port ([0-9]+)/#)?.output.1 else { continue }
            try await body("http://127.0.0.1:\(port)/")
            return
        }
    }
}
