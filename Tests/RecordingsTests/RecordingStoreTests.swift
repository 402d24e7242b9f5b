import Foundation
import Recordings
import Testing

@Suite struct RecordingStoreTests {
    private let url = "https://example.com/a"

    @Test func `what was recorded comes back, with its head, trailers, body and time`() throws {
        let folder = try StoreFolder()
        let body = try folder.store.startBody()
        try body.write(Array("hello ".utf8))
        try body.write(Array("world".utf8))
        let head = RecordedHead(
            status: 203, reason: "Really: \\n OK",
            headers: [("X-A", "1"), ("X-A", " two: \\ \n three"), ("Empty", "")],
            trailers: [("X-Sum", "9")])
        let before = Date()
        try folder.store.record(get(url), head, body: body)
        let found = try #require(try folder.fresh.response(to: get(url)))
        #expect(found.head.status == 203)
        #expect(found.head.reason == "Really: \\n OK")
        #expect(found.head.headers.map(\.name) == ["X-A", "X-A", "Empty"])
        #expect(found.head.headers.map(\.value) == ["1", " two: \\ \n three", ""])
        #expect(found.head.trailers.map(\.name) == ["X-Sum"])
        #expect(found.bodyLength == 11)
        #expect(found.content == Array("hello world".utf8))
        #expect(try bytes(of: found) == Array("hello world".utf8))
        #expect(found.url == url)
        let age = Double(found.recordedAt.components.seconds) - before.timeIntervalSince1970
        #expect(abs(age) < 60)
    }

    @Test func `the folder of drafts goes with the last of them, also under somebody who begins one`() throws {
        let folder = try StoreFolder()
        let drafts = "\(folder.store.folder)/drafts"
        let body = try folder.store.startBody()
        try folder.store.sweepDrafts()
        #expect(FileManager.default.fileExists(atPath: drafts))
        body.abandon()
        try folder.store.sweepDrafts()
        #expect(!FileManager.default.fileExists(atPath: drafts))
        try folder.store.startBody().abandon()
    }

    @Test func `what was not recorded is nothing, and looking for it makes nothing`() throws {
        let folder = try StoreFolder()
        #expect(try folder.store.response(to: get(url)) == nil)
        #expect(try folder.store.holds(get(url)) == false)
        #expect(try folder.store.isEmpty)
        #expect(folder.files == [])
        #expect(!FileManager.default.fileExists(atPath: folder.store.folder))
        try folder.record(get(url), "x")
        #expect(try !folder.store.isEmpty)
        #expect(try folder.store.response(to: get("https://example.com/b")) == nil)
        #expect(try folder.store.response(to: RecordedRequest(method: "POST", url: url)) == nil)
        #expect(try folder.store.holds(get(url)))
    }

    @Test func `a response without a body has none, and an empty one is none`() throws {
        let folder = try StoreFolder()
        try folder.store.record(get(url), RecordedHead(status: 204), body: nil)
        try folder.record(get("https://example.com/b"), "")
        for url in [url, "https://example.com/b"] {
            let found = try #require(try folder.store.response(to: get(url)))
            #expect(found.body == nil)
            #expect(found.bodyLength == 0)
            #expect(try bytes(of: found) == [])
        }
        #expect(folder.files(in: "bodies") == [])
        #expect(folder.files(in: "drafts") == [])
    }

    @Test func `equal bodies are one file`() throws {
        let folder = try StoreFolder()
        for name in 1...5 { try folder.record(get("https://example.com/\(name)"), "the same") }
        try folder.record(get("https://example.com/other"), "another")
        #expect(folder.files(in: "bodies").count == 2)
        #expect(folder.files(in: "entries").count == 6)
    }

    @Test func `a later recording replaces an earlier one`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "old")
        try folder.record(get(url), "new", status: 404)
        #expect(try folder.answer(get(url)) == "new")
        #expect(try folder.store.response(to: get(url))?.head.status == 404)
        #expect(folder.files(in: "entries").count == 1)
    }

    @Test(arguments: [401, 407])
    func `a request for credentials does not replace an answer, and an answer replaces it`(status: Int) throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "who are you?", status: status)
        #expect(try folder.answer(get(url)) == "who are you?")
        try folder.record(get(url), "come in")
        try folder.record(get(url), "who are you?", status: status)
        #expect(try folder.answer(get(url)) == "come in")
        #expect(folder.files(in: "drafts") == [])
    }

    @Test func `bodies of requests tell requests apart`() throws {
        let folder = try StoreFolder()
        for hash in ["aa", "bb", nil] {
            let request = RecordedRequest(method: "POST", url: url, bodyHash: hash)
            try folder.record(request, "answer to \(hash ?? "nothing")")
        }
        #expect(try folder.answer(RecordedRequest(method: "POST", url: url, bodyHash: "AA")) == "answer to aa")
        #expect(try folder.answer(RecordedRequest(method: "post", url: url)) == "answer to nothing")
        #expect(try folder.answer(RecordedRequest(method: "POST", url: url, bodyHash: "cc")) == nil)
        #expect(try folder.answer(RecordedRequest(method: "PUT", url: url, bodyHash: "aa")) == nil)
    }

    @Test func `a large body is read in pieces and not loaded`() throws {
        let folder = try StoreFolder()
        let block = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let body = try folder.store.startBody()
        for _ in 0..<20 { try body.write(block) }
        #expect(body.length == 2_000_000)
        try folder.store.record(get(url), RecordedHead(status: 200), body: body)
        let found = try #require(try folder.store.response(to: get(url)))
        #expect(found.content == nil)
        #expect(found.bodyLength == 2_000_000)
        try folder.store.check(found)
        #expect(try bytes(of: found, piece: 77_777) == Array(repeating: block, count: 20).flatMap { $0 })
        #expect(try Data(contentsOf: URL(filePath: try #require(found.body))).count == 2_000_000)
    }

    @Test func `an abandoned body leaves nothing, and is recorded no more`() throws {
        let folder = try StoreFolder()
        let body = try folder.store.startBody()
        try body.write([1, 2, 3])
        #expect(folder.files(in: "drafts").count == 1)
        body.abandon()
        #expect(folder.files(in: "drafts") == [])
        #expect(throws: RecordingError.self) {
            try folder.store.record(get(url), RecordedHead(status: 200), body: body)
        }
        #expect(try folder.store.response(to: get(url)) == nil)
        _ = try folder.store.startBody()
        #expect(folder.files(in: "drafts") == [])
    }

    @Test func `drafts of a dead process are swept, those of a living one are not`() throws {
        let folder = try StoreFolder()
        let living = try folder.store.startBody()
        try living.write([1])
        try Data("left".utf8).write(to: folder.url("drafts/4711-dead"))
        let other = folder.fresh
        let body = try other.startBody()
        #expect(!folder.files(in: "drafts").contains("drafts/4711-dead"))
        #expect(folder.files(in: "drafts").count == 2)
        body.abandon()
        try folder.store.record(get(url), RecordedHead(status: 200), body: living)
        #expect(try folder.store.response(to: get(url))?.content == [1])
    }

    @Test func `many recording the same at once leave one whole recording`() async throws {
        let folder = try StoreFolder()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    // Each as if it were a process of its own.
                    let store = folder.fresh
                    for round in 0..<20 {
                        let text = String(repeating: "\(number % 4)", count: 1000)
                        let body = try store.startBody()
                        try body.write(Array(text.utf8))
                        let request = get("https://example.com/\(round % 2)")
                        try store.record(request, RecordedHead(status: 200), body: body)
                        let found = try #require(try store.response(to: request)?.content)
                        #expect(found.count == 1000)
                        #expect(Set(found).count == 1)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(folder.files(in: "entries").count == 2)
        #expect(folder.files(in: "bodies").count == 4)
        #expect(folder.files(in: "drafts") == [])
        #expect(try folder.store.verify().isEmpty)
    }

    @Test func `entries are listed by URL`() throws {
        let folder = try StoreFolder()
        try folder.record(get("https://b.example/"), "12345")
        try folder.record(get("https://a.example/"), "x", status: 404)
        let entries = try folder.store.entries()
        #expect(entries.map(\.url) == ["https://a.example/", "https://b.example/"])
        #expect(entries.map(\.status) == [404, 200])
        #expect(entries.map(\.byteCount) == [1, 5])
        #expect(entries.map(\.method) == ["GET", "GET"])
        let named = Set(entries.flatMap(\.files))
        #expect(named == Set(folder.files.filter { $0 != "lock" }))
        #expect(try RecordingStore(folder: "/nonexistent/x").entries().isEmpty)
    }

    @Test func `a head without end is refused`() throws {
        let folder = try StoreFolder()
        let head = RecordedHead(status: 200, headers: [("X", String(repeating: "x", count: 5 << 20))])
        let error = #expect(throws: RecordingError.self) { try folder.store.record(get(url), head, body: nil) }
        #expect(error?.description == "cannot record \(url): its headers are longer than 4 MiB")
        #expect(try folder.store.response(to: get(url)) == nil)
    }

    @Test func `a store that cannot be written says so`() throws {
        let folder = try StoreFolder()
        try Data().write(to: URL(filePath: folder.store.folder))
        let error = #expect(throws: RecordingError.self) { try folder.store.startBody() }
        #expect(error?.description.hasPrefix("cannot write a recording in `\(folder.store.folder)/drafts`: ") == true)
    }
}
