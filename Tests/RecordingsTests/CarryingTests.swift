import Foundation
import Recordings
import Testing

@Suite struct CarryingTests {
    private let url = "https://example.com/a"

    @Test func `what one store lends another takes over, with its times`() throws {
        let folder = try StoreFolder(), other = try StoreFolder()
        let large = String(repeating: "x", count: 300_000)
        try folder.record(get(url, [("Accept", "a/b")]), "small")
        try folder.record(get("https://example.com/b"), large)
        try folder.record(get("https://example.com/c"), large)
        try folder.store.record(get("https://example.com/d"), RecordedHead(status: 204), body: nil)
        let lent = try folder.store.lend(copyingTo: folder.root.appending(path: "copies").path)
        #expect(lent.count == 4)
        #expect(lent.damaged.isEmpty)
        #expect(lent.files.map(\.name).sorted() == folder.files.filter { $0 != "lock" })
        let arrived = RecordingStore(folder: other.root.appending(path: "arrived").path)
        for (name, path) in lent.files {
            let target = URL(filePath: "\(arrived.folder)/\(name)")
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: URL(filePath: path), to: target)
        }
        let times = { (store: RecordingStore) in
            try store.entries().filter { !$0.url.hasSuffix("own") }.map { ($0.url, $0.recordedAt.components.seconds) }
        }
        // Copied files need not have the times of their originals.
        let arrivals = try times(arrived)
        try other.record(get("https://example.com/b"), "older, or newer: the other's counts")
        try other.record(get("https://example.com/own"), "own")
        #expect(try other.store.takeOver(arrived) == (taken: 4, known: 0))
        #expect(try other.answer(get(url, [("Accept", "a/b")])) == "small")
        #expect(try other.answer(get("https://example.com/own")) == "own")
        #expect(try bytes(of: #require(try other.store.response(to: get("https://example.com/b")))).count == 300_000)
        #expect(try other.store.verify().isEmpty)
        #expect(other.files(in: "drafts") == [])
        for (one, another) in zip(arrivals, try times(other.store)) { #expect(one == another) }
        // A second time there is nothing to do, except to mend what was damaged meanwhile.
        #expect(try other.store.takeOver(arrived) == (taken: 0, known: 4))
        let body = try #require(try other.store.entries().first { $0.url == url }).files[1]
        try Data("SMALL".utf8).write(to: other.url(body))
        #expect(try other.store.takeOver(arrived) == (taken: 1, known: 3))
        #expect(try other.store.verify().isEmpty)
    }

    @Test func `what is damaged is not lent, and what is lent is not pruned`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "good")
        try folder.record(get("https://example.com/bad"), "bad")
        let bad = try #require(try folder.store.entries().first { $0.url.hasSuffix("bad") })
        try Data("BAD".utf8).write(to: folder.url(bad.files[1]))
        let lender = folder.fresh
        let lent = try lender.lend(copyingTo: folder.root.appending(path: "copies").path)
        #expect(lent.count == 1)
        #expect(lent.damaged.map(\.url) == [bad.url])
        #expect(lent.files.count == 2)
        #expect(try folder.fresh.prune(unusedSince: .seconds(1 << 40)) == nil)
        withExtendedLifetime(lender) {}
    }

    @Test func `of nothing, nothing is lent and nothing made`() throws {
        let folder = try StoreFolder()
        let copies = folder.root.appending(path: "copies").path
        #expect(try folder.store.lend(copyingTo: copies).files.isEmpty)
        #expect(try folder.store.takeOver(RecordingStore(folder: copies)) == (taken: 0, known: 0))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.root.path) == [])
    }
}
