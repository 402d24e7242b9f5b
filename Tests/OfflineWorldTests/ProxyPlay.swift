import OfflineWorld
import ChildProcesses
import Foundation
import Recordings
import Synchronization

/// A store, an authority and a folder of a test's own.
final class ProxyPlay: Sendable {
    let folder: String
    let events = Mutex<[ProxyEvent]>([])

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/proxy-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// The same folder in another process, which does not clean it.
    init(folder: String) { self.folder = folder }

    func clean() {
        // Only litter is left where it fails.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs `body` beside a proxy.
    ///
    /// - Parameters:
    ///   - change: what is to be set otherwise.
    ///   - body: gets the proxy's URL.
    func withProxy<Outcome>(
        _ mode: ProxySettings.Mode, _ change: (inout ProxySettings) -> Void = { _ in },
        _ body: (String) async throws -> Outcome
    ) async throws -> Outcome {
        var settings = try settings(mode)
        change(&settings)
        return try await ForwardProxy.whileServing(settings) { proxy in
            let port = try await proxy.listen(host: "127.0.0.1", port: 0)
            return try await body("http://127.0.0.1:\(port)")
        }
    }

    func settings(_ mode: ProxySettings.Mode) throws -> ProxySettings {
        let authority = try CertificateAuthority(in: "\(folder)/authority", project: "test", now: Date())
        var settings = ProxySettings(mode: mode, authority: authority, store: RecordingStore(folder: "\(folder)/store"))
        // A machine that runs all tests at once is slow: only tests of silence wait for less.
        settings.idleSeconds = 300
        settings.onEvent = { [self] event in events.withLock { $0.append(event) } }
        return settings
    }

    func curl(_ proxy: String, _ arguments: String...) async throws -> CommandOutput {
        try await curl(proxy, arguments)
    }

    func curl(_ proxy: String, _ arguments: [String]) async throws -> CommandOutput {
        try await Command(
            "curl", ["-sS", "-m", "300", "-x", proxy] + arguments, environment: ["NO_PROXY": nil, "no_proxy": nil]
        ).collect()
    }

    /// Runs `body` beside a server of files, which is gone afterwards.
    ///
    /// - Parameter body: gets the server's URL.
    func withOrigin<Result: Sendable>(
        _ files: [String: String], _ body: @escaping @Sendable (String) async throws -> Result
    ) async throws -> Result {
        let www = "\(folder)/www"
        try FileManager.default.createDirectory(atPath: www, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(www)/\(name)")) }
        let server = Command(
            "python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", www])
        return try await server.stream { streams in
            defer { streams.terminate() }
            let (lines, said) = AsyncStream.makeStream(of: String.self)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await streams.output.forEachChunk { said.yield(String(decoding: $0, as: UTF8.self)) }
                }
                group.addTask { try await streams.errorOutput.forEachChunk { _ in } }
                defer { streams.terminate() }
                for await line in lines {
                    guard let port = line.firstMatch(of: #/port ([0-9]+)/#) else { continue }
                    return try await body("http://127.0.0.1:\(port.1)")
                }
                throw CancellationError()
            }
        }.result
    }
}
