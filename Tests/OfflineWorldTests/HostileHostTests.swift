import Foundation
import Testing

/// Hosts that break HTTP, or never come to an end: the client is told, nothing is recorded, and the next request is served.
@Suite struct HostileHostTests {
    /// What is not answered at all, and why.
    @Test(
        "a host that says nothing useful is told of in words",
        arguments: [
            ("garbage", "what it says is no HTTP"), ("nothing", "the connection ended early"),
            ("half-head", "the connection ended early"), ("reset", "connection reset by peer"),
            ("two-lengths", "what it says is no HTTP"), ("negative-length", "what it says is no HTTP"),
            ("huge-length", "what it says is no HTTP"), ("other-version", "what it says is no HTTP"),
        ])
    func nonsense(path: String, reason: String) async throws {
        try await refused(path, reason)
    }

    @Test(
        "a head without an end is given up soon, whatever it is made of",
        arguments: ["endless-field", "endless-fields", "endless-status", "endless-hints", "endless-blanks"])
    func endlessHead(path: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let answer = try await play.get(proxy, "\(origin.url)/\(path)")
                #expect(answer.status == "502" && answer.text.contains("its headers are too long"), "\(answer)")
                try await play.eventually("the proxy closes") { try await origin.counts()["\(path) closed"] == 1 }
                // Some of these are in the sockets' buffers.
                #expect(try await origin.counts()[path] ?? 0 < 64 << 20)
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
        #expect(play.failures == ["its headers are too long"])
        #expect(try play.store.entries().map(\.status) == [200])
    }

    @Test(
        "a body whose frame has no end is cut, and not recorded", arguments: ["endless-extension", "endless-trailers"])
    func endlessFrame(path: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let answer = try await play.curl(proxy, "\(origin.url)/\(path)")
                #expect(!answer.status.isSuccess)
                try await play.eventually("the proxy closes") { try await origin.counts()["\(path) closed"] == 1 }
                #expect(try await origin.counts()[path] ?? 0 < 64 << 20)
            }
        }
        #expect(play.failures == ["its headers are too long"])
        #expect(try play.store.entries().isEmpty)
    }

    /// The head has left by then: that something is missing shows by the connection's end.
    @Test(
        "a body that ends early is not taken for whole, and not recorded",
        arguments: [
            ("short", "the connection ended early"), ("cut-chunk", "the connection ended early"),
            ("no-last-chunk", "the connection ended early"), ("bad-chunk", "what it says is no HTTP"),
            ("reset-body", "connection reset by peer"),
        ])
    func cutBody(path: String, reason: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let answer = try await play.curl(proxy, "-w", "%{http_code}", "\(origin.url)/\(path)")
                #expect(!answer.status.isSuccess && answer.text.hasSuffix("200"), "\(answer.text) \(answer.errorText)")
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
        #expect(play.failures.count == 1 && play.failures.allSatisfy { $0.contains(reason) }, "\(play.failures)")
        #expect(try play.store.entries().map(\.url).allSatisfy { $0.hasSuffix("/informative") })
    }

    @Test("the same over TLS, where an end without a farewell is none", arguments: ["short", "cut-chunk", "old-cut"])
    func cutBodyOverTLS(path: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.makeCertificates()
        try await play.withHost(certificate: "good") { origin async throws in
            try await play.withProxy(.record, { $0.trustedRootsFile = "\(play.certificates)/ca.pem" }) {
                proxy async throws in
                let answer = try await play.trusting(proxy, ["-w", "%{http_code}", "\(origin.url)/\(path)"])
                #expect(!answer.status.isSuccess && answer.text.hasSuffix("200"), "\(answer.text) \(answer.errorText)")
            }
        }
        #expect(play.failures == ["the connection ended early"])
        #expect(try play.store.entries().isEmpty)
    }

    @Test("what comes behind a whole answer is nobody's", arguments: ["excess", "smuggled"])
    func excess(path: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                // One client connection, so that the host's would be used again.
                let answer = try await play.curl(
                    proxy, "\(origin.url)/\(path)", "\(origin.url)/informative", "\(origin.url)/informative")
                #expect(answer.text == "firstat lastat last", "\(answer.text) \(answer.errorText)")
            }
            return origin.url
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.get(proxy, "\(url)/\(path)") == ("200", "first"))
            #expect(try await play.get(proxy, "\(url)/informative") == ("200", "at last"))
        }
    }

    @Test("a trailer without a value is none that hurts")
    func emptyTrailer() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.get(proxy, "\(origin.url)/empty-trailer") == ("200", "a"))
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
    }

    @Test("where a length and chunks contradict, chunks decide or nothing is taken")
    func lengthAndChunks() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let answer = try await play.get(proxy, "\(origin.url)/length-and-chunks")
                #expect(answer == ("200", "abcde") || answer.status == "502", "\(answer)")
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
    }

    @Test("a host that goes over to another protocol unasked is not followed")
    func switching() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let answer = try await play.get(proxy, "\(origin.url)/switching")
                #expect(answer.status == "502" && answer.text.contains("it changes to another protocol"), "\(answer)")
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
        #expect(try play.store.entries().map(\.status) == [200])
    }

    @Test("answers with any bytes changed harm nobody, and what is recorded is what was seen")
    func mutated() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        // More of them by hand: 20000 take two minutes.
        let count = Int(ProcessInfo.processInfo.environment["BUILDSPEC_TEST_MUTATIONS"] ?? "") ?? 300
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                _ = try await play.curl(
                    proxy, "-m", "3000", "-o", "\(play.folder)/seen-#1", "\(origin.url)/mutated?[1-\(count)]")
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
            return "\(origin.url)/mutated"
        }
        #expect(try play.store.verify().isEmpty)
        let numbers = try play.store.entries().compactMap { entry in
            entry.url.hasPrefix(url) ? entry.url.split(separator: "?").last.map(String.init) : nil
        }
        #expect(numbers.count > count / 10)
        try await play.withProxy(.replay) { proxy async throws in
            for number in numbers.prefix(100) {
                let again = try await play.curl(proxy, "\(url)?\(number)")
                let seen = FileManager.default.contents(atPath: "\(play.folder)/seen-\(number)") ?? Data()
                #expect(again.output == [UInt8](seen), "\(number)")
            }
        }
    }

    @Test("a host that says nothing for too long is given up, before its head")
    func stallHead() async throws {
        try await refused("stall-head", "it says nothing any more", idleSeconds: 1)
    }

    @Test("a host that says nothing for too long is given up, within its body")
    func stallBody() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            // Time enough for the head on a busy machine.
            try await play.withProxy(.record, { $0.idleSeconds = 15 }) { proxy async throws in
                #expect(try await !play.curl(proxy, "\(origin.url)/stall-body").status.isSuccess)
                try await play.eventually("the proxy closes") { try await origin.counts()["stall-body closed"] == 1 }
            }
        }
        #expect(play.failures == ["it says nothing any more"])
        #expect(try play.store.entries().isEmpty)
    }

    @Test("a host that takes a connection for TLS and says nothing is given up")
    func stallHandshake() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withSilence { port async throws in
            try await play.withProxy(.record, { $0.idleSeconds = 1 }) { proxy async throws in
                let answer = try await play.get(proxy, "https://127.0.0.1:\(port)/")
                #expect(answer.status == "502" && answer.text.contains("it says nothing any more"), "\(answer)")
            }
        }
    }

    @Test("a host that closes a connection it kept is asked again on another, also with a body")
    func forgetful() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let url = "\(origin.url)/forgetful"
                let answer = try await play.curl(
                    proxy, url, "--next", "-sS", "-x", proxy, "-d", "more", url, "--next", "-sS", "-x", proxy, url)
                #expect(answer.text == "once once moreonce ", "\(answer.text) \(answer.errorText)")
            }
        }
        #expect(play.failures.isEmpty)
    }

    private func refused(_ path: String, _ reason: String, idleSeconds: Int64 = 300) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record, { $0.idleSeconds = idleSeconds }) { proxy async throws in
                let answer = try await play.get(proxy, "\(origin.url)/\(path)")
                #expect(answer.status == "502", "\(answer)")
                #expect(answer.text.contains("got no answer from 127.0.0.1:\(origin.port): \(reason)"), "\(answer)")
                // Not where the others would be given up as well, on a busy machine.
                guard idleSeconds > 1 else { return }
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
        #expect(play.failures.count == 1 && play.failures.allSatisfy { $0.hasPrefix(reason) }, "\(play.failures)")
        #expect(try play.store.entries().map(\.url).allSatisfy { $0.hasSuffix("/informative") })
    }
}
