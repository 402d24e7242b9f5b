import OfflineWorld
import Foundation
import Synchronization
import Testing

/// Hosts reached by the user's own proxy: another one of ours plays it, and knows hosts that nobody else knows.
@Suite struct ChainedProxyTests {
    @Test("plain and TLS go by the user's proxy, and are recorded")
    func chained() async throws {
        let play = try ProxyPlay(), user = try ProxyPlay()
        defer {
            play.clean()
            user.clean()
        }
        let roots = try user.authorityFile()
        try await user.withHost { origin async throws in
            try await user.withProxy(.passThrough, { $0.mirrors = Self.mirrors(origin) }) { users async throws in
                try await play.withProxy(
                    .record,
                    {
                        $0.upstreamProxy = users
                        $0.trustedRootsFile = roots
                    }
                ) { proxy async throws in
                    for scheme in ["http", "https"] {
                        let url = "\(scheme)://a.buildspec-test.invalid"
                        #expect(try await play.get(proxy, "\(url)/informative") == ("200", "at last"))
                        #expect(
                            try await play.get(proxy, "\(url)/hash", ["-d", "abc"]).text.hasPrefix("POST 3 ba7816"))
                        // Of the user's proxy, which has no answer either.
                        let failure = try await play.get(proxy, "\(url)/garbage")
                        #expect(failure.status == "502" && failure.text.contains("no HTTP"), "\(failure)")
                    }
                    // Never by the user's proxy.
                    #expect(
                        try await play.get(proxy, "http://127.0.0.1:\(origin.port)/informative") == ("200", "at last"))
                }
            }
        }
        #expect(play.failures.isEmpty)
        try await play.withProxy(.replay) { proxy async throws in
            for scheme in ["http", "https"] {
                let url = "\(scheme)://a.buildspec-test.invalid"
                #expect(try await play.get(proxy, "\(url)/informative") == ("200", "at last"))
                #expect(try await play.get(proxy, "\(url)/hash", ["-d", "abc"]).text.hasPrefix("POST 3 ba7816"))
                #expect(try await play.get(proxy, "\(url)/garbage").status == "504")
            }
        }
    }

    @Test("a user's proxy that speaks TLS itself, its certificate checked")
    func secure() async throws {
        let play = try ProxyPlay(), user = try ProxyPlay()
        defer {
            play.clean()
            user.clean()
        }
        try await play.makeCertificates()
        let believed = "\(play.certificates)/both.pem"
        let roots = try [play.certificates + "/ca.pem", user.authorityFile()].map {
            try String(contentsOfFile: $0, encoding: .utf8)
        }
        try roots.joined().write(toFile: believed, atomically: true, encoding: .utf8)
        try await user.withHost { origin async throws in
            try await user.withProxy(.passThrough, { $0.mirrors = Self.mirrors(origin) }) { users async throws in
                let port = try #require(URL(string: users)?.port)
                for (certificate, flaw) in [
                    ("good", nil), ("unknown", "your proxy: its certificate is not to be believed"),
                ] {
                    try await play.withHost(certificate: certificate, relay: port) { front async throws in
                        try await play.withProxy(
                            .record,
                            {
                                $0.upstreamProxy = "https://localhost:\(front.port)"
                                $0.trustedRootsFile = believed
                            }
                        ) { proxy async throws in
                            for scheme in ["http", "https"] {
                                let answer = try await play.get(
                                    proxy, "\(scheme)://a.buildspec-test.invalid/hash", ["-d", "abc"])
                                if let flaw {
                                    #expect(answer.status == "502" && answer.text.contains(flaw), "\(answer)")
                                } else {
                                    #expect(answer.text.hasPrefix("POST 3 ba7816"), "\(answer)")
                                }
                            }
                        }
                    }
                }
                // The host's certificate is told of, not the proxy's.
                try await play.withHost(certificate: "good", relay: port) { front async throws in
                    try await play.withProxy(
                        .record,
                        {
                            $0.upstreamProxy = "https://localhost:\(front.port)"
                            $0.trustedRootsFile = "\(play.certificates)/ca.pem"
                        }
                    ) { proxy async throws in
                        let answer = try await play.get(proxy, "https://a.buildspec-test.invalid/hash")
                        #expect(answer.text.contains("which is not trusted"), "\(answer)")
                        #expect(!answer.text.contains("ca of a test"), "\(answer)")
                    }
                }
            }
        }
    }

    @Test("a user's proxy that is none for HTTP is refused without its password, but where nobody needs it")
    func otherKinds() throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        for text in ["socks5://me:secret@127.0.0.1:1080", "http://127.0.0.1:none"] {
            var settings = try play.settings(.record)
            settings.upstreamProxy = text
            let error = #expect(throws: ProxyError.self) { try ForwardProxy(settings) }
            #expect(error?.reason == "that is no proxy for HTTP")
            #expect(error?.doing.contains("secret") == false)
            settings.mode = .replay
            #expect(throws: Never.self) { try ForwardProxy(settings) }
        }
    }

    @Test(
        "user and password are shown to the user's proxy, and to nobody behind it",
        arguments: [("me:secret", "Basic bWU6c2VjcmV0"), ("me%40x:p%3Aw", "Basic bWVAeDpwOnc="), ("", nil)])
    func credentials(userinfo: String, header: String?) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        // An origin does for a proxy here: it takes whole URLs, and tells what it was sent.
        try await play.withHost { origin async throws in
            let place = userinfo.isEmpty ? "" : "\(userinfo)@"
            try await play.withProxy(.passThrough, { $0.upstreamProxy = "http://\(place)127.0.0.1:\(origin.port)" }) {
                proxy async throws in
                let text = try await play.get(proxy, "http://a.invalid/echo").text
                let headers = try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
                #expect(headers["proxy-authorization"] == header)
                #expect(headers["host"] == "a.invalid")
                #expect(headers["proxy-connection"] == nil)
                // What a client has for us is not for the next.
                let own = try await play.get(
                    proxy, "http://a.invalid/echo", ["-H", "Proxy-Authorization: Basic mine"]
                ).text
                #expect(!own.contains("mine"))
                // No proxy for what is to be reached directly: that host is none.
                let tunnel = try await play.get(proxy, "https://a.invalid/x")
                #expect(tunnel.status == "502" && tunnel.text.contains("your proxy says: HTTP/1.1 404"), "\(tunnel)")
            }
        }
    }

    @Test(
        "what ends in an exception goes directly",
        arguments: [
            ("a.invalid", true), (".invalid", true), ("invalid", true), ("*", true), ("b.invalid", false),
            ("nvalid", false), ("x.a.invalid", false),
        ])
    func exceptions(exception: String, goesDirectly: Bool) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(
                .record,
                {
                    $0.upstreamProxy = origin.url
                    $0.upstreamExceptions = [exception]
                }
            ) { proxy async throws in
                let answer = try await play.get(proxy, "http://a.invalid/informative")
                #expect(answer.status == (goesDirectly ? "502" : "200"), "\(answer)")
                if goesDirectly { #expect(answer.text.contains("cannot resolve host"), "\(answer)") }
            }
        }
    }

    @Test("this machine is never asked for by the user's proxy", arguments: ["127.0.0.1", "::1"])
    func ownMachine(address: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost(address: address) { origin async throws in
            try await play.withProxy(.record, { $0.upstreamProxy = "http://127.0.0.1:1" }) { proxy async throws in
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
    }

    @Test("a user's proxy that is not there, or says nothing, is told of", arguments: ["http", "https"])
    func broken(scheme: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withProxy(.record, { $0.upstreamProxy = "http://127.0.0.1:1" }) { proxy async throws in
            let answer = try await play.get(proxy, "\(scheme)://a.invalid/")
            #expect(answer.status == "502" && answer.text.contains("connection refused"), "\(answer)")
        }
        try await play.withSilence { port async throws in
            try await play.withProxy(
                .record,
                {
                    $0.upstreamProxy = "http://127.0.0.1:\(port)"
                    $0.idleSeconds = 1
                }
            ) { proxy async throws in
                let answer = try await play.get(proxy, "\(scheme)://a.invalid/")
                #expect(answer.status == "502" && answer.text.contains("it says nothing any more"), "\(answer)")
            }
        }
    }

    private static func mirrors(_ origin: Origin) -> [ProxyMirror] {
        ["http", "https"].compactMap { ProxyMirror("\($0)://a.buildspec-test.invalid/=\(origin.url)/") }
    }
}
