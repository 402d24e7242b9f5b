import ChildProcesses
import Foundation
import Recordings
import Testing

/// What a good host answers comes through, is recorded, and comes again, byte for byte.
@Suite struct StreamingTests {
    /// A request that is made while recording, and again in the replay.
    struct Request: Sendable {
        let path: String
        var arguments: [String] = []
        var description: String { ([path] + arguments).joined(separator: " ") }

        init(_ path: String, _ arguments: String...) {
            self.path = path
            self.arguments = arguments
        }
    }

    private static let requests = [
        Request("bytes/0"), Request("bytes/1"), Request("bytes/65536"), Request("bytes/65537"),
        Request("bytes/5000000"), Request("bytes/70000", "-r", "5-70"), Request("bytes/70000", "-r", "-9"),
        Request("bytes/70000", "-r", "69999-"), Request("bytes/70000", "-r", "70000-"), Request("bytes/70000", "-I"),
        Request("bytes/70000", "-r", "5-", "-H", "If-Range: \"bytes-70000\""),
        // An address of its own: recordings do not tell requests apart by this header.
        Request("bytes/70000?other", "-r", "5-", "-H", "If-Range: \"other\""), Request("bytes/20", "-0"),
        Request("chunked/0"), Request("chunked/1"), Request("chunked/200000"), Request("chunked/200000", "-0"),
        Request("chunked/9", "-I"), Request("gzip"), Request("gzip", "--compressed"),
        Request("gzip", "-H", "Accept-Encoding: gzip"), Request("accept", "-H", "Accept: application/json"),
        Request("redirect/301?to=/informative"), Request("redirect/302?to=/informative", "-L"),
        Request("redirect/307?to=/hash", "-L", "-d", "abc"), Request("hash", "-d", ""), Request("hash", "-d", "abc"),
        Request("hash", "-X", "PUT", "-d", "abc"), Request("hash", "-X", "DELETE"),
        Request("hash", "-H", "Transfer-Encoding: chunked", "-d", "abc"),
        Request("patient", "-H", "Expect: 100-continue", "-d", "abc"), Request("informative"), Request("old"),
        Request("empty"), Request("no-content"), Request("missing"),
        Request("login", "-u", "user:word", "--anyauth"), Request("cookie?value=x"), Request("slow"),
    ]

    @Test("over plain HTTP")
    func plain() async throws { try await comeAgain(Self.requests) }

    @Test("within TLS")
    func secure() async throws { try await comeAgain(Self.requests, certificate: "good") }

    @Test("from an address of IP version 6")
    func version6() async throws { try await comeAgain([Request("bytes/70000")], address: "::1") }

    /// Asks one host for everything: directly, while recording, and in the replay.
    private func comeAgain(
        _ requests: [Request], address: String = "127.0.0.1", certificate: String? = nil
    ) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        if certificate != nil { try await play.makeCertificates() }
        let (host, direct, first) = try await play.withHost(address: address, certificate: certificate) {
            origin async throws in
            var direct: [Answer] = []
            for request in requests {
                direct.append(try await Answer(to: request, of: origin.url, play, ["--noproxy", "*", "-k"]))
            }
            let first = try await play.withProxy(.record, { $0.trustedRootsFile = play.rootsIfMade }) {
                proxy async throws in
                var first: [Answer] = []
                for request in requests {
                    first.append(try await Answer(to: request, of: origin.url, play, ["-x", proxy]))
                }
                return first
            }
            return (origin.url, direct, first)
        }
        try await play.withProxy(.replay) { proxy async throws in
            for (request, (direct, first)) in zip(requests, zip(direct, first)) {
                let again = try await Answer(to: request, of: host, play, ["-x", proxy])
                Self.expectTheSame(direct, first: first, again: again, of: request)
            }
        }
        #expect(play.failures.isEmpty)
    }

    private static func expectTheSame(
        _ direct: Answer, first: Answer, again: Answer, of request: Request
    ) {
        let name = Comment(rawValue: request.description)
        #expect(first.body == direct.body, name)
        #expect(again.body == direct.body, name)
        #expect(first.status == direct.status && again.status == direct.status, name)
        #expect(first.result == direct.result && again.result == direct.result, name)
        let frame: Set = ["connection", "transfer-encoding", "content-length", "keep-alive"]
        // Every answer bears the second it was made in.
        let own = frame.union(["date"])
        #expect(
            first.headers.filter { !own.contains($0.0) }.map(\.1)
                == direct.headers.filter { !own.contains($0.0) }.map(\.1),
            name)
        let secret: Set = ["set-cookie", "x-auth-token"]
        let kept = first.headers.filter { !frame.contains($0.0) && !secret.contains($0.0) }.map(\.1)
        #expect(again.headers.filter { !frame.contains($0.0) }.map(\.1) == kept, name)
    }

    /// What curl got: the last answer of several.
    private struct Answer {
        let result: ChildStatus
        let status: String
        /// Names in small letters, with the whole lines.
        let headers: [(String, String)]
        let body: [UInt8]

        init(to request: Request, of host: String, _ play: ProxyPlay, _ way: [String]) async throws {
            let head = "\(play.folder)/head"
            let output = try await Command(
                "curl",
                ["-sS", "-m", "300", "--cacert", try play.authorityFile(), "-D", head] + way + request.arguments + [
                    "\(host)/\(request.path)"
                ],
                environment: ["NO_PROXY": nil, "no_proxy": nil]
            ).collect()
            result = output.status
            // With -I curl prints the head itself.
            body = request.arguments.contains("-I") ? [] : output.output
            let text = try String(contentsOfFile: head, encoding: .utf8).replacing("\r\n", with: "\n")
            let heads = text.split(separator: "\n\n").filter { $0.hasPrefix("HTTP/") }
            let last = heads.last { !$0.hasPrefix("HTTP/1.1 1") } ?? ""
            let lines = last.split(separator: "\n").map(String.init)
            status = lines.first.map { String($0.split(separator: " ").dropFirst().first ?? "") } ?? ""
            headers = lines.dropFirst().map { line in (line.prefix { $0 != ":" }.lowercased(), line) }
        }
    }

    @Test("trailers come through and again")
    func trailers() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.curl(proxy, "--raw", "\(origin.url)/chunked/5").text.contains("X-Sum: of all"))
            }
            return "\(origin.url)/chunked/5"
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.curl(proxy, "--raw", url).text.contains("X-Sum: of all"))
        }
    }

    @Test("an upload that is refused early ends early, with the refusal")
    func earlyRefusal() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let file = "\(play.folder)/large"
        try await play.makeFile(file, megabytes: 200)
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let answer = try await play.get(
                    proxy, "\(origin.url)/early-refusal", ["-H", "Expect:", "-T", file])
                #expect(answer == ("413", "too much for me"), "\(answer)")
                #expect(try await origin.counts()["refused bytes"] ?? 0 < 150 << 20)
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
        // Of a request that was not read to its end nobody knows what it was.
        #expect(try play.store.entries().map(\.status) == [200])
    }

    @Test("a large upload comes through, with its hash as the one that is matched", arguments: ["good", nil])
    func upload(certificate: String?) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.makeCertificates()
        let file = "\(play.folder)/large"
        try await play.makeFile(file, megabytes: 50)
        let hash = try await Command("sha256sum", [file]).collect().text.prefix(64)
        let expected = "PUT \(50 << 20) \(hash)\n"
        let url = try await play.withHost(certificate: certificate) { origin async throws in
            try await play.withProxy(.record, { $0.trustedRootsFile = play.rootsIfMade }) { proxy async throws in
                #expect(try await play.get(proxy, "\(origin.url)/hash", ["-T", file]).text == expected)
            }
            return "\(origin.url)/hash"
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.get(proxy, url, ["-T", file]).text == expected)
            #expect(try await play.get(proxy, url, ["-X", "PUT", "-d", "other"]).status == "504")
        }
    }
}

extension ProxyPlay {
    var rootsIfMade: String? {
        FileManager.default.fileExists(atPath: "\(certificates)/ca.pem") ? "\(certificates)/ca.pem" : nil
    }

    /// A file that is not the same everywhere, and takes little time.
    func makeFile(_ path: String, megabytes: Int) async throws {
        let made = try await Command("sh", ["-c", "seq -f %063.0f \(megabytes * 16384) > '\(path)'"]).collect()
        try #require(made.status.isSuccess, "\(made.errorText)")
    }
}
