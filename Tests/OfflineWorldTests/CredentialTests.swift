import AWSCalls
import ChildProcesses
import Files
import Foundation
import Synchronization
import Testing

@testable import OfflineWorld

@Suite("AWS credentials for a build")
struct CredentialTests {
    /// A source of credentials with a clock that the test sets.
    private final class Source: Sendable {
        struct Refused: Error {}
        struct State {
            var now: Int64 = 1000, count = 0, life: Int64? = 3600
            var isRefusing = false, failures = 0, shown: [String] = []
        }
        let state = Mutex(State())

        func next() throws -> AWSCredentials {
            try state.withLock { state in
                if state.isRefusing { throw Refused() }
                state.count += 1
                return AWSCredentials(
                    accessKeyID: "id-\(state.count)", secretAccessKey: "secret", sessionToken: "token",
                    expiration: state.life.map { state.now + $0 })
            }
        }

        func keeper() async throws -> CredentialKeeper {
            let keeper = CredentialKeeper(
                try next(), now: { self.state.withLock(\.now) }, fetch: { try self.next() },
                onFailure: { _ in self.state.withLock { $0.failures += 1 } })
            await keeper.show { credentials in self.state.withLock { $0.shown.append(credentials.accessKeyID) } }
            return keeper
        }

        func set(now: Int64) { state.withLock { $0.now = now } }
    }

    /// The id that is given at a time, once a renewal that it may have begun has ended.
    private func given(by keeper: CredentialKeeper, at now: Int64, _ source: Source) async throws -> String {
        source.set(now: now)
        return try await keeper.current().credentials.accessKeyID
    }

    @Test(
        "they are renewed before they end, and each is shown before it is given",
        arguments: [(3600, 3759, 3760), (60, 1044, 1045), (nil, 1674, 1675)] as [(Int64?, Int64, Int64)])
    func renewing(life: Int64?, fresh: Int64, stale: Int64) async throws {
        let source = Source()
        source.state.withLock { $0.life = life }
        let keeper = try await source.keeper()
        #expect(try await given(by: keeper, at: fresh, source) == "id-1")
        #expect(source.state.withLock(\.count) == 1)
        // The old ones last: nobody waits.
        _ = try await given(by: keeper, at: stale, source)
        while source.state.withLock(\.count) < 2 { await Task.yield() }
        while try await keeper.current().credentials.accessKeyID != "id-2" { await Task.yield() }
        #expect(source.state.withLock(\.shown) == ["id-1", "id-2"])
        #expect(source.state.withLock(\.count) == 2)
    }

    @Test("those that have ended are never given: whoever asks waits for others, or is told why there are none")
    func ended() async throws {
        let source = Source(), keeper = try await source.keeper()
        #expect(try await given(by: keeper, at: 4600, source) == "id-2")
        source.state.withLock { $0.isRefusing = true }
        // While the old ones last a failure is only told.
        _ = try await given(by: keeper, at: 8000, source)
        while source.state.withLock(\.failures) == 0 { await Task.yield() }
        await #expect(throws: Source.Refused.self) { try await given(by: keeper, at: 8200, source) }
        source.state.withLock { $0.isRefusing = false }
        #expect(try await given(by: keeper, at: 8201, source) == "id-3")
        #expect(try await keeper.current().expiration == 8201 + 3600)
    }

    @Test("of many who ask at once one asks the CLI")
    func together() async throws {
        let source = Source(), keeper = try await source.keeper()
        source.set(now: 5000)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await keeper.current().credentials.accessKeyID } }
            for try await id in group { #expect(id == "id-2") }
        }
    }

    @Test("nobody has to ask for them to be renewed, and cancelling ends that")
    func keeping() async throws {
        let source = Source(), keeper = try await source.keeper()
        source.set(now: 3760)
        let keeping = Task { await keeper.keepFresh() }
        while source.state.withLock(\.count) < 2 { await Task.yield() }
        keeping.cancel()
        await keeping.value
    }

    #if os(Linux)
        @Test("the endpoint answers as SDKs want it, and nobody who does not know the token")
        func endpoint() async throws {
            let source = Source(), keeper = try await source.keeper()
            let socket = try #require(try NetworkNamespace.listenHere(on: ["127.0.0.1"], port: 0).first)
            let port = try Self.port(of: socket)
            let endpoint = CredentialEndpoint(token: "t0k", keeper: keeper)
            let serving = Task { try await endpoint.serve(socket: socket) }
            func curl(_ words: String..., path: String = "/credentials") async throws -> (status: String, body: String)
            {
                let outcome = try await Command(
                    "curl", ["-sS", "-m", "60", "-w", "\n%{http_code}", "http://127.0.0.1:\(port)\(path)"] + words
                ).collect()
                let lines = outcome.text.split(separator: "\n").map(String.init)
                return (lines.last ?? "", lines.first ?? "")
            }
            let good = try await curl("-H", "Authorization: t0k")
            #expect(good.status == "200")
            let fields = try JSONDecoder().decode([String: String].self, from: Data(good.body.utf8))
            #expect(
                fields == [
                    "AccessKeyId": "id-1", "SecretAccessKey": "secret", "Token": "token",
                    "Expiration": "1970-01-01T01:16:40Z",
                ])
            for words in [
                [], ["-H", "Authorization: t0x"], ["-H", "Authorization: t0k0"], ["-H", "Authorization: "],
            ] {
                let refused = try await curl(words[...].first ?? "-g", words.last ?? "-g")
                #expect(refused.status == "403" && !refused.body.contains("secret"), "\(words)")
            }
            #expect(try await curl("-H", "Authorization: t0k", path: "/").status == "404")
            #expect(try await curl("-H", "Authorization: t0k", "-X", "DELETE").status == "405")
            source.state.withLock {
                $0.isRefusing = true
                $0.now = 9000
            }
            let failed = try await curl("-H", "Authorization: t0k")
            #expect(failed.status == "500" && failed.body.contains("CredentialsUnavailable"), "\(failed)")
            serving.cancel()
            _ = await serving.result
            #expect(try await curl("-H", "Authorization: t0k").status == "000", "nothing listens any more")
        }

        private static func port(of socket: Int32) throws -> UInt16 {
            var name = sockaddr_in(), size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafeMutablePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
            }
            try #require(status == 0)
            return UInt16(bigEndian: name.sin_port)
        }
    #endif
}
