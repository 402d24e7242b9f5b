import OfflineWorld
import Foundation
import Testing

/// Which recording answers which request.
@Suite struct MatchingOverTheWireTests {
    @Test("a condition while recording is answered by it, and the whole is recorded")
    func conditions() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let known = ["-H", "If-None-Match: \"bytes-70000\""]
        let date = ["-H", "If-Modified-Since: Tue, 03 Nov 2026 10:00:00 GMT"]
        let url = try await play.withHost { origin async throws in
            let url = "\(origin.url)/bytes/70000"
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.get(proxy, url, known) == ("304", ""))
                #expect(try await play.get(proxy, url, date) == ("304", ""))
                // The same connection goes on behind it.
                let twice = try await play.curl(proxy, known + [url, "-o", "/dev/null", "\(origin.url)/informative"])
                #expect(twice.text == "at last")
            }
            return url
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.curl(proxy, url).output.count == 70000)
            #expect(try await play.get(proxy, url, known) == ("304", ""))
            #expect(try await play.get(proxy, url, date) == ("304", ""))
            #expect(try await play.curl(proxy, ["-H", "If-None-Match: \"older\"", url]).output.count == 70000)
        }
    }

    @Test("a condition that fails is no answer for others")
    func failedCondition() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            let url = "\(origin.url)/precondition"
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.get(proxy, url) == ("200", "it is so"))
                #expect(try await play.get(proxy, url, ["-H", "If-Match: \"other\""]).status == "412")
            }
            return url
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.get(proxy, url) == ("200", "it is so"))
        }
    }

    @Test("answers of the moment are no recordings", arguments: ["broken", "later", "timeout"])
    func moment(path: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.get(proxy, "\(origin.url)/\(path)").text == "not now")
            }
            return "\(origin.url)/\(path)"
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.get(proxy, url).status == "504")
        }
    }

    @Test("parts are cut from a whole, and a HEAD is answered from a GET")
    func parts() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                _ = try await play.curl(proxy, "\(origin.url)/bytes/300000")
            }
            return "\(origin.url)/bytes/300000"
        }
        let whole = (0..<300_000).map { UInt8($0 % 256) }
        let etag = "If-Range: \"bytes-300000\"", otherTag = "If-Range: \"older\""
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.curl(proxy, "-r", "100-299", url).output == Array(whole[100...299]))
            #expect(try await play.curl(proxy, "-r", "-70000", url).output == Array(whole.suffix(70000)))
            #expect(try await play.curl(proxy, "-r", "5-", "-H", etag, url).output == Array(whole[5...]))
            #expect(try await play.curl(proxy, "-r", "5-", "-H", otherTag, url).output == whole)
            #expect(try await play.curl(proxy, "-r", "0-4,9-10", url).output == whole)
            let head = try await play.curl(proxy, "-I", url).text
            #expect(head.contains("200 OK") && head.contains("Content-Length: 300000"), "\(head)")
            #expect(head.contains("ETag: \"bytes-300000\""))
            // A download that was cut goes on.
            let file = "\(play.folder)/part"
            try Data(whole.prefix(1234)).write(to: URL(filePath: file))
            #expect(try await play.curl(proxy, "-C", "-", "-o", file, url).status.isSuccess)
            #expect(try [UInt8](Data(contentsOf: URL(filePath: file))) == whole)
        }
    }

    @Test("what a server chose by a header is given to those alone who accept it")
    func variants() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.get(proxy, "\(origin.url)/gzip", ["--compressed"]).text.hasPrefix("plain or"))
                _ = try await play.get(proxy, "\(origin.url)/accept", ["-H", "Accept: application/json"])
            }
            return origin.url
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.get(proxy, "\(url)/gzip").status == "504")
            let squeezed = try await play.curl(proxy, "-H", "Accept-Encoding: gzip", "\(url)/gzip").output
            #expect(squeezed.prefix(2) == [0x1f, 0x8b])
            #expect(try await play.get(proxy, "\(url)/gzip", ["--compressed"]).text.hasPrefix("plain or"))
            #expect(try await play.get(proxy, "\(url)/accept", ["-H", "Accept: text/html"]).status == "504")
            #expect(try await play.get(proxy, "\(url)/accept", ["-H", "Accept: */*"]).text == "as application/json")
        }
    }

    @Test("methods and bodies tell requests apart")
    func bodies() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                for text in ["a", "b"] { _ = try await play.get(proxy, "\(origin.url)/hash", ["-d", text]) }
            }
            return "\(origin.url)/hash"
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.get(proxy, url, ["-d", "a"]).text.hasPrefix("POST 1 ca978112"))
            #expect(try await play.get(proxy, url, ["-d", "b"]).text.hasPrefix("POST 1 3e23e816"))
            for other in [["-d", "c"], ["-d", ""], ["-X", "PUT", "-d", "a"], []] {
                #expect(try await play.get(proxy, url, other).status == "504", "\(other)")
            }
        }
    }

    @Test("a request for credentials does not take the place of an answer")
    func credentials() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            let url = "\(origin.url)/login"
            try await play.withProxy(.record) { proxy async throws in
                #expect(try await play.get(proxy, url).status == "401")
                #expect(try await play.get(proxy, url, ["-u", "user:word"]) == ("200", "come in"))
                #expect(try await play.get(proxy, url).status == "401")
            }
            return url
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.get(proxy, url) == ("200", "come in"))
            #expect(try await play.get(proxy, url, ["-u", "user:word"]) == ("200", "come in"))
        }
    }

    @Test("the last of several answers is the one that is given again")
    func latest() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                for number in 1...3 {
                    #expect(try await play.get(proxy, "\(origin.url)/counter").text == "\(number)")
                }
            }
            return "\(origin.url)/counter"
        }
        try await play.withProxy(.replay) { proxy async throws in
            for _ in 1...2 { #expect(try await play.get(proxy, url).text == "3") }
        }
    }

    @Test("what a mirror gives is recorded under the name that was asked for")
    func mirrors() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = "https://packages.invalid/bytes/1000"
        try await play.withHost { origin async throws in
            let mirror = try #require(ProxyMirror("https://packages.invalid/=\(origin.url)/"))
            try await play.withProxy(.record, { $0.mirrors = [mirror] }) { proxy async throws in
                #expect(try await play.trusting(proxy, [url]).output.count == 1000)
                #expect(try await play.get(proxy, "https://packages.invalid/echo").text.contains("127.0.0.1"))
            }
        }
        #expect(try play.store.entries().map(\.url).sorted() == [url, "https://packages.invalid/echo"])
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.trusting(proxy, [url]).output.count == 1000)
        }
    }
}
