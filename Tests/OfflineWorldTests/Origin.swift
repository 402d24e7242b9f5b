import OfflineWorld
import ChildProcesses
import Foundation
import Recordings
import Synchronization
import Testing

/// Resources/origin.py while it runs.
struct Origin: Sendable {
    /// `http://127.0.0.1:PORT`
    let url: String
    let port: Int

    /// How often, or of how many bytes, something was seen; asked of the origin itself.
    func counts() async throws -> [String: Int] {
        let answer = try await Command("curl", ["-sSk", "--noproxy", "*", "-m", "300", "\(url)/counts"]).collect()
        return try JSONDecoder().decode([String: Int].self, from: Data(answer.output))
    }
}

extension ProxyPlay {
    private static var resources: String { URL(filePath: #filePath).deletingLastPathComponent().path + "/Resources" }

    /// Runs `body` beside an origin, which is gone afterwards.
    ///
    /// - Parameters:
    ///   - address: it listens on.
    ///   - certificate: the name of one of ``makeCertificates()``; with it the origin speaks TLS.
    ///   - root: a folder to serve.
    func withHost<Result: Sendable>(
        address: String = "127.0.0.1", certificate: String? = nil, root: String? = nil, relay: Int? = nil,
        _ body: @escaping @Sendable (Origin) async throws -> Result
    ) async throws -> Result {
        var arguments = ["-u", "\(Self.resources)/origin.py", "--host", address]
        if let certificate { arguments += ["--certificate", "\(certificates)/\(certificate)-server.pem"] }
        if let root { arguments += ["--root", root] }
        if let relay { arguments += ["--relay", "\(relay)"] }
        let name =
            certificate.map { $0 == "address" ? "127.0.0.1" : "localhost" }
            ?? (address.contains(":") ? "[\(address)]" : address)
        return try await Command("python3", arguments).stream { streams in
            let (lines, said) = AsyncStream.makeStream(of: String.self)
            let complaints = Complaints()
            return try await withThrowingTaskGroup(of: Void.self) { group in
                defer { streams.terminate() }
                group.addTask {
                    defer { said.finish() }
                    try await streams.output.forEachChunk { said.yield(String(decoding: $0, as: UTF8.self)) }
                }
                group.addTask {
                    try await streams.errorOutput.forEachChunk { chunk in
                        complaints.text.withLock { $0 += String(decoding: chunk, as: UTF8.self) }
                    }
                }
                for await line in lines {
                    guard let match = line.firstMatch(of: #/port ([0-9]+)/#), let port = Int(match.1) else { continue }
                    let scheme = certificate == nil ? "http" : "https"
                    let outcome = try await body(Origin(url: "\(scheme)://\(name):\(port)", port: port))
                    // What it did not expect it says, and that is a fault of the test.
                    #expect(complaints.text.withLock { $0 } == "")
                    return outcome
                }
                throw OriginFailure(words: complaints.text.withLock { $0 })
            }
        }.result
    }

    private struct OriginFailure: Error { let words: String }

    private final class Complaints: Sendable { let text = Mutex("") }

    var certificates: String { "\(folder)/certificates" }

    /// Makes an authority, `ca.pem`, and servers' certificates of many kinds.
    func makeCertificates() async throws {
        try FileManager.default.createDirectory(atPath: certificates, withIntermediateDirectories: true)
        let made = try await Command("sh", ["\(Self.resources)/certificates.sh", certificates]).collect()
        try #require(made.status.isSuccess, "\(made.errorText)")
    }

    /// A client that believes the proxy's own authority.
    func trusting(_ proxy: String, _ arguments: [String]) async throws -> CommandOutput {
        try await curl(proxy, ["--cacert", try authorityFile()] + arguments)
    }

    /// The certificate of the proxy's authority, in a file of its own.
    func authorityFile() throws -> String {
        let path = "\(folder)/proxy-ca.pem"
        let authority = try CertificateAuthority(in: "\(folder)/authority", project: "test", now: Date())
        try Data(authority.certificatePEM.utf8).write(to: URL(filePath: path), options: .atomic)
        return path
    }

    var store: RecordingStore { RecordingStore(folder: "\(folder)/store") }

    var failures: [String] {
        events.withLock { events in
            events.compactMap { event in
                if case .failed(_, let reason) = event { reason } else { nil }
            }
        }
    }

    /// Asks for something, and gives the status and the text.
    func get(_ proxy: String, _ url: String, _ arguments: [String] = []) async throws -> (status: String, text: String)
    {
        let output = try await trusting(proxy, arguments + ["-w", "\n%{http_code}", url])
        let lines = output.text.split(separator: "\n", omittingEmptySubsequences: false)
        return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
    }

    /// Waits for something that another task or process does; for minutes, since the machine may be busy.
    func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(300)
        while try await !isSo() {
            try #require(ContinuousClock.now < end, "\(what): not within five minutes")
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
