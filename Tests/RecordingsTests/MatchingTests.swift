import Recordings
import Testing

/// What may answer what (Documentation/decisions/recordings.md).
@Suite struct MatchingTests {
    private let url = "https://example.com/a"

    @Test(
        "equivalent URLs are one",
        arguments: [
            ("HTTPS://Example.COM/a", "https://example.com/a"),
            ("https://example.com:443/a", "https://example.com/a"),
            ("http://example.com:80/a", "http://example.com/a"),
            ("https://example.com", "https://example.com/"),
            ("https://example.com?q=1", "https://example.com/?q=1"),
            ("https://example.com/a#part", "https://example.com/a"),
            ("https://user:password@example.com/a", "https://example.com/a"),
            ("https://example.com/%7euser/%41%2d%2E%5f", "https://example.com/~user/A-._"),
            ("https://example.com/a%2fb?x=%c3%a4", "https://example.com/a%2Fb?x=%C3%A4"),
            ("https://example.com/a/./b/../c", "https://example.com/a/c"),
            ("https://example.com/../a/..", "https://example.com/"),
            ("https://[::1]:443/a", "https://[::1]/a"),
        ])
    func equivalent(one: String, other: String) throws {
        let folder = try StoreFolder()
        try folder.record(get(one), "x")
        #expect(try folder.answer(get(other)) == "x")
        #expect(try folder.store.entries().map(\.url) == [other])
    }

    @Test(
        "other URLs are others",
        arguments: [
            ("https://example.com/a", "http://example.com/a"), ("https://example.com/a", "https://example.com/A"),
            ("https://example.com/a", "https://example.com/a/"), ("https://example.com/a", "https://example.com/a?"),
            ("https://example.com/a%2Fb", "https://example.com/a/b"),
            ("https://example.com/?a+b", "https://example.com/?a%20b"),
            ("https://example.com/?a=1&b=2", "https://example.com/?b=2&a=1"),
            ("https://example.com:8443/", "https://example.com/"), ("http://example.com:443/", "http://example.com/"),
            ("https://example.com/%zz", "https://example.com/%ZZ"),
            ("https://example.com/a//b", "https://example.com/a/b"),
            ("https://example.com/?continuationToken=1", "https://example.com/?continuationToken=2"),
            ("https://example.com/?expires=1", "https://example.com/?expires=2"),
        ])
    func different(one: String, other: String) throws {
        let folder = try StoreFolder()
        try folder.record(get(one), "x")
        #expect(try folder.answer(get(other)) == nil)
    }

    @Test func `the very same request goes before any that would do`() throws {
        let folder = try StoreFolder()
        for accept in ["text/html", "application/json", "*/*"] {
            try folder.record(get(url, [("Accept", accept)]), accept, [("Content-Type", "text/html")])
        }
        for accept in ["text/html", "application/json", "*/*"] {
            #expect(try folder.answer(get(url, [("accept", accept)])) == accept)
        }
    }

    @Test func `the order of what is accepted means nothing`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url, [("Accept", "a/b, c/d;q=0.5"), ("Accept", "e/f")]), "x", [("Vary", "Accept")])
        #expect(try folder.answer(get(url, [("Accept", "e/f,a/b"), ("accept", "c/d; q=0.5")])) == "x")
        #expect(try folder.answer(get(url, [("Accept", "c/d")])) == nil)
    }

    @Test func `without Vary a response answers whatever is accepted`() throws {
        let folder = try StoreFolder()
        try folder.record(
            get(url, [("Accept", "text/html"), ("Accept-Encoding", "gzip")]), "x", [("Content-Type", "text/html")])
        #expect(try folder.answer(get(url)) == "x")
        #expect(try folder.answer(get(url, [("Accept", "application/json"), ("Accept-Encoding", "br")])) == "x")
    }

    @Test(
        "with Vary, what was chosen then must be acceptable now",
        arguments: [
            ("text/html; charset=utf-8", "text/html", true), ("text/html", "text/*", true), ("text/html", "*/*", true),
            ("text/html", "", true), ("text/html", "application/json", false),
            ("text/html", "text/html;q=0, */*", false), ("text/html", "TEXT/HTML; Q=0.5", true),
            ("text/html", "text/*;q=0,*/*;q=1", false),
        ])
    func type(recorded: String, accept: String, isAnswer: Bool) throws {
        let folder = try StoreFolder()
        try folder.record(
            get(url, [("Accept", "something/else")]), "x", [("Content-Type", recorded), ("vary", "Origin, ACCEPT")])
        #expect(try folder.answer(get(url, accept.isEmpty ? [] : [("Accept", accept)])) == (isAnswer ? "x" : nil))
    }

    @Test(
        "with Vary, the coding must be one that is decoded",
        arguments: [
            ("", "gzip, br", true), ("", "", true), ("", "identity;q=0", false), ("", "*;q=0", false),
            ("", "gzip, identity;q=0.1, *;q=0", true), ("gzip", "gzip", true), ("gzip", "gzip;q=0.5,br", true),
            ("gzip", "", false), ("gzip", "br", false), ("gzip", "*", true), ("gzip", "gzip;q=0, *", false),
            ("br, gzip", "gzip", false), ("br, gzip", "gzip,br", true), ("GZIP", "gzip", true),
        ])
    func coding(recorded: String, accept: String, isAnswer: Bool) throws {
        let folder = try StoreFolder()
        let headers = (recorded.isEmpty ? [] : [("Content-Encoding", recorded)]) + [("Vary", "Accept-Encoding")]
        try folder.record(get(url, [("Accept-Encoding", "something-else")]), "x", headers)
        #expect(
            try folder.answer(get(url, accept.isEmpty ? [] : [("Accept-Encoding", accept)])) == (isAnswer ? "x" : nil))
    }

    @Test func `of several that would do, one that can be decoded goes first, then the newest`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url, [("Accept-Encoding", "identity")]), "plain")
        try folder.record(get(url, [("Accept-Encoding", "gzip")]), "zipped", [("Content-Encoding", "gzip")])
        #expect(try folder.answer(get(url)) == "plain")
        #expect(try folder.answer(get(url, [("Accept-Encoding", "br, gzip")])) == "zipped")
    }

    @Test func `with Vary of everything only the very same request is answered`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url, [("Accept", "a/b")]), "x", [("Vary", "*")])
        #expect(try folder.answer(get(url, [("Accept", "a/b")])) == "x")
        #expect(try folder.answer(get(url, [("Accept", "a/b, */*")])) == nil)
    }

    @Test func `other headers do not matter, named by Vary or not`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url, [("User-Agent", "a/1"), ("Cookie", "c=1")]), "x", [("Vary", "User-Agent, Cookie")])
        #expect(try folder.answer(get(url, [("User-Agent", "a/2")])) == "x")
    }

    @Test func `a part answers the same part only`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url, [("Range", "bytes=0-3")]), "part", status: 206)
        #expect(try folder.answer(get(url, [("range", "bytes=0-3"), ("Accept", "*/*")])) == "part")
        #expect(try folder.answer(get(url, [("Range", "bytes=0-4")])) == nil)
        #expect(try folder.answer(get(url)) == nil)
    }

    @Test func `a HEAD is answered from the GET, without a body`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "12345", [("Content-Length", "5")])
        let found = try #require(try folder.store.response(to: RecordedRequest(method: "HEAD", url: url)))
        #expect(found.head.value("content-length") == "5")
        #expect(found.body == nil)
        #expect(found.bodyLength == 0)
        #expect(try folder.store.holds(RecordedRequest(method: "HEAD", url: url)))
        try folder.store.record(RecordedRequest(method: "HEAD", url: url), RecordedHead(status: 405), body: nil)
        #expect(try folder.store.response(to: RecordedRequest(method: "HEAD", url: url))?.head.status == 405)
        #expect(try folder.answer(get(url)) == "12345")
    }
}
