import ChildProcesses
import Foundation
import Recordings
import Synchronization
import Testing

@Suite struct ForwardProxyTests {
    @Test("what was recorded is given again when its host is gone")
    func replay() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let body = String(repeating: "0123456789", count: 30_000)
        let url = try await play.withOrigin(["a": body]) { origin async throws in
            let first = try await play.withProxy(.record) { try await play.curl($0, "\(origin)/a") }
            #expect(first.text == body)
            return "\(origin)/a"
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.curl(proxy, url).text == body)
            #expect(try await play.curl(proxy, "-r", "10-19", url).text == "0123456789")
            #expect(try await play.curl(proxy, "-0", url).text == body)
            #expect(
                try await play.curl(proxy, "-o", "/dev/null", "-w", "%{http_code}", "-r", "300000-", url).text == "416")
            #expect(try await play.curl(proxy, "-p", url).text == body)
        }
    }

    @Test("a request that was not recorded is refused, and told of without its secrets")
    func missing() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withProxy(.replay) { proxy async throws in
            let answer = try await play.curl(proxy, "-w", "%{http_code}", "http://a.invalid/x?token=verysecret&b=1")
            #expect(answer.text.hasSuffix("504") && answer.text.contains("GET http://a.invalid/x?b=1 was not recorded"))
        }
        #expect(play.events.withLock { $0 } == [.missing(method: "GET", url: "http://a.invalid/x?b=1")])
    }

    @Test("a host that does not answer is told of in words")
    func unreachable() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withProxy(.record) { proxy async throws in
            let answer = try await play.curl(proxy, "-w", "%{http_code}", "http://127.0.0.1:1/")
            #expect(
                answer.text.contains("no answer from 127.0.0.1:1: connection refused") && answer.text.hasSuffix("502"))
        }
    }

    @Test("another protocol than HTTP/1.1 is refused, one that may be ignored is ignored")
    func upgrade() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withOrigin(["a": "text"]) { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let socket = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-w", "%{http_code}"]
                #expect(try await play.curl(proxy, socket + ["\(origin)/a"]).text.hasSuffix("501"))
                #expect(try await play.curl(proxy, "--http2", "\(origin)/a").text == "text")
            }
        }
    }
}
