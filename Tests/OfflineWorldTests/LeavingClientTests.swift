import Files
import OfflineWorld
import ChildProcesses
import Foundation
import Testing

/// Clients that go away, do not read, or do not come to an end: nobody else suffers, and nothing grows.
@Suite(.serialized) struct LeavingClientTests {
    /// In a process of its own, whose descriptors are not those of other tests.
    @Test("500 clients that leave at any point leave nothing behind")
    func leave() async throws {
        await #expect(processExitsWith: .success) {
            let play = try ProxyPlay()
            defer { play.clean() }
            try await play.makeCertificates()
            try await play.withHost { plain async throws in
                try await play.withHost(certificate: "address") { secure async throws in
                    try await play.withProxy(.record, { $0.trustedRootsFile = play.rootsIfMade }) {
                        proxy async throws in
                        let port = try #require(URL(string: proxy)?.port)
                        // What is opened once and kept is open then.
                        #expect(try await play.get(proxy, "\(plain.url)/informative").text == "at last")
                        #expect(try await play.get(proxy, "\(secure.url)/informative").text == "at last")
                        let before = try openDescriptors()
                        let left = try await play.client("leave", port, "\(plain.port)", "\(secure.port)", "500")
                        #expect(left == "left")
                        try await play.eventually("descriptors are closed") { try openDescriptors() <= before }
                        #expect(try await play.get(proxy, "\(plain.url)/informative").text == "at last")
                        #expect(try await play.get(proxy, "\(secure.url)/informative").text == "at last")
                    }
                }
            }
            // A client that leaves is no host's failure.
            #expect(play.failures == [])
            #expect(try play.store.entries().allSatisfy { $0.url.hasSuffix("/informative") })
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(play.store.folder)/drafts").isEmpty)
        }
    }

    @Test("a body larger than the memory it may take goes through, into the store and out of it")
    func flat() async throws {
        await #expect(processExitsWith: .success) {
            let play = try ProxyPlay()
            defer { play.clean() }
            try await play.makeCertificates()
            let megabyte = 1 << 20, size = 256 * megabyte
            let url = try await play.withHost(certificate: "good") { origin async throws in
                let before = highWater()
                try await play.withProxy(.record, { $0.trustedRootsFile = play.rootsIfMade }) { proxy async throws in
                    let answer = try await play.trusting(
                        proxy,
                        ["-m", "3000", "-o", "/dev/null", "-w", "%{size_download}", "\(origin.url)/bytes/\(size)"])
                    #expect(answer.text == "\(size)", "\(answer.errorText)")
                }
                #expect(highWater() - before < 100 * megabyte)
                return "\(origin.url)/bytes/\(size)"
            }
            let before = highWater()
            try await play.withProxy(.replay) { proxy async throws in
                let answer = try await play.trusting(
                    proxy, ["-m", "3000", "-o", "/dev/null", "-w", "%{size_download}", url])
                #expect(answer.text == "\(size)", "\(answer.errorText)")
            }
            #expect(highWater() - before < 100 * megabyte)
        }
    }

    @Test("a proxy that is stopped waits for nobody, wherever its clients are", .timeLimit(.minutes(10)))
    func stop() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.makeCertificates()
        try await play.withHost { plain async throws in
            try await play.withHost(certificate: "address") { secure async throws in
                let proxy = try ForwardProxy(play.settings(.record))
                let port = try await proxy.listen(host: "127.0.0.1", port: 0)
                try await play.withWaitingClient("hold", port, "\(plain.port)", "\(secure.port)") {
                    try await play.eventually("the host is asked") {
                        try await plain.counts()["GET /stall-body"] == 1
                    }
                    await proxy.stop()
                    // A child of another test that is just being born has a copy of the socket for a moment.
                    try await play.eventually("it listens no more") {
                        try await play.curl("http://127.0.0.1:\(port)", plain.url).status == .exited(7)
                    }
                }
            }
        }
        #expect(try play.store.entries().isEmpty)
        #expect(play.failures.isEmpty)
    }

    @Test("a proxy that is stopped does not wait for a client that does not read", .timeLimit(.minutes(10)))
    func stopReplay() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                _ = try await play.curl(proxy, "-o", "/dev/null", "\(origin.url)/bytes/50000000")
            }
            return "\(origin.url)/bytes/50000000"
        }
        let proxy = try ForwardProxy(play.settings(.replay))
        let port = try await proxy.listen(host: "127.0.0.1", port: 0)
        try await play.withWaitingClient("pause", port, url) { await proxy.stop() }
    }

    @Test(
        "requests that come at once are answered in turn, and what is wrong after them",
        arguments: [
            (["/informative", "/bytes/100000", "/missing"], "200 200 404"),
            (["/informative", "nonsense"], "200 400"), (["/hash", "/informative", "nonsense"], "200 200 400"),
            (["/informative", "close", "/informative"], "200 200"),
        ])
    func pipelined(parts: [String], statuses: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            let text = parts.map { part in
                switch part {
                case "nonsense": #"\x00\x01\r\n\r\n"#
                case "close": "GET \(origin.url)/informative HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n"
                case "/hash": "POST \(origin.url)/hash HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3\\r\\n\\r\\nabc"
                default: "GET \(origin.url)\(part) HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
                }
            }.joined()
            // The last one, so that the proxy closes behind it.
            let last = "GET \(origin.url)/empty HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n"
            let isClosed = parts.contains("nonsense") || parts.contains("close")
            for mode in [ProxySettings.Mode.record, .replay] {
                try await play.withProxy(mode) { proxy async throws in
                    let port = try #require(URL(string: proxy)?.port)
                    let line = try await play.client("talk", port, isClosed ? text : text + last)
                    #expect(line == (isClosed ? statuses : statuses + " 200"), "\(mode)")
                }
            }
        }
    }

    @Test("of what a client does not read little is fetched", arguments: [ProxySettings.Mode.passThrough, .record])
    func slowReader(mode: ProxySettings.Mode) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(mode) { proxy async throws in
                let port = try #require(URL(string: proxy)?.port)
                try await play.withWaitingClient("pause", port, "\(origin.url)/bytes/\(1 << 30)") {
                    // Until nothing more is sent for some seconds.
                    var last = -1, count = 0
                    repeat {
                        last = count
                        try await Task.sleep(for: .seconds(3))
                        count = try await origin.counts()["body bytes"] ?? 0
                    } while count != last
                    #expect(count > 0 && count < 64 << 20)
                }
                #expect(try await play.get(proxy, "\(origin.url)/informative").text == "at last")
            }
        }
        #expect(try play.store.entries().allSatisfy { $0.url.hasSuffix("/informative") })
    }

    @Test("of what a host does not read little is taken from the client")
    func slowHost() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let port = try #require(URL(string: proxy)?.port)
                let sent = try #require(Int(try await play.client("upload", port, "\(origin.url)/unread")))
                #expect(sent > 0 && sent < 64 << 20)
                #expect(try await play.get(proxy, "\(origin.url)/release").status == "200")
            }
        }
    }

    @Test(
        "a request without an end is refused soon",
        arguments: [
            ("url", "HTTP/1.1 431"), ("field", "HTTP/1.1 431"), ("fields", "HTTP/1.1 431"), ("connect", "HTTP/1.1 431"),
            ("connect-fields", "HTTP/1.1 431"), ("method", "HTTP/1.1 400"),
        ])
    func endless(kind: String, status: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withProxy(.record) { proxy async throws in
            let port = try #require(URL(string: proxy)?.port)
            let lines = try await play.client("endless", port, kind).split(separator: "\n")
            #expect(lines.first?.hasPrefix(status) == true, "\(lines)")
            #expect(lines.last == "bounded")
        }
    }

    @Test(
        "what is no request to a proxy is refused",
        arguments: [
            (#"GET / HTTP/1.1\r\nHost: a\r\n\r\n"#, "HTTP/1.1 400"),
            (#"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"#, "HTTP/1.1 400"),
            (#"CONNECT a HTTP/1.1 and more\r\n\r\n"#, "HTTP/1.1 400"),
            (#"CONNECT a:99999 HTTP/1.1\r\n\r\n"#, "HTTP/1.1 400"),
            (#"CONNECT a:b HTTP/1.1\r\n\r\n"#, "HTTP/1.1 400"), (#"CONNECT :1 HTTP/1.1\r\n\r\n"#, "HTTP/1.1 400"),
            (#"\x00\x01\x02\x03\r\n\r\n"#, "HTTP/1.1 400"), (#"SSH-2.0-x\r\n"#, "HTTP/1.1 400"),
            (#"GET http://a.invalid/ HTTP/1.1\r\nContent-Length: x\r\n\r\n"#, "HTTP/1.1 400"),
            (#"POST http://127.0.0.1:1/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"#, "HTTP/1.1 502"),
        ])
    func nonsense(text: String, status: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withProxy(.record) { proxy async throws in
            let port = try #require(URL(string: proxy)?.port)
            let line = try await play.client("say", port, text)
            #expect(line.hasPrefix(status), "\(line)")
        }
        #expect(try play.store.entries().isEmpty)
    }
}

/// Of this process.
private func openDescriptors() throws -> Int {
    #if os(Linux)
        let folder = "/proc/self/fd"
    #else
        let folder = "/dev/fd"
    #endif
    return try FileManager.default.contentsOfDirectory(atPath: folder).count
}

/// The most memory this process has had so far, in bytes.
private func highWater() -> Int {
    var usage = rusage()
    #if os(Linux)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int(usage.ru_maxrss) << 10
    #else
        getrusage(RUSAGE_SELF, &usage)
        return Int(usage.ru_maxrss)
    #endif
}

extension ProxyPlay {
    private static var clientProgram: String {
        URL(filePath: #filePath).deletingLastPathComponent().path + "/Resources/client.py"
    }

    /// Runs Resources/client.py.
    func client(_ what: String, _ port: Int, _ arguments: String...) async throws -> String {
        let output = try await Command("python3", [Self.clientProgram, what, "\(port)"] + arguments).collect()
        #expect(output.errorText == "")
        return output.text
    }

    /// Runs `body` beside Resources/client.py, once it waits.
    func withWaitingClient(
        _ what: String, _ port: Int, _ arguments: String..., body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let command = Command("python3", [Self.clientProgram, what, "\(port)"] + arguments)
        _ = try await command.stream { streams in
            let (lines, said) = AsyncStream.makeStream(of: String.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { streams.terminate() }
                group.addTask {
                    defer { said.finish() }
                    try await streams.output.forEachChunk { said.yield(String(decoding: $0, as: UTF8.self)) }
                }
                group.addTask { try await streams.errorOutput.forEachChunk { _ in } }
                var hasPaused = false
                for await line in lines where line.contains("paused") {
                    hasPaused = true
                    try await body()
                    break
                }
                #expect(hasPaused)
            }
        }
    }
}
