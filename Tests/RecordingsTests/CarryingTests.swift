import Foundation
import Recordings
import Testing

@Suite struct CarryingTests {
    private let url = "https://example.com/a"

    @Test func `what one store exports another imports, with its times`() throws {
        let folder = try StoreFolder(), other = try StoreFolder()
        let large = String(repeating: "x", count: 300_000)
        try folder.record(get(url, [("Accept", "a/b")]), "small")
        try folder.record(get("https://example.com/b"), large)
        try folder.record(get("https://example.com/c"), large)
        try folder.store.record(get("https://example.com/d"), RecordedHead(status: 204), body: nil)
        let exported = try folder.store.export(copyingEntriesTo: folder.root.appending(path: "copies").path)
        #expect(exported.count == 4)
        #expect(exported.damaged.isEmpty)
        #expect(exported.files.map(\.name).sorted() == folder.files.filter { $0 != "lock" })
        let arrived = RecordingStore(folder: other.root.appending(path: "arrived").path)
        for (name, path) in exported.files {
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
        #expect(try other.store.importAll(from: arrived) == (imported: 4, known: 0))
        #expect(try other.answer(get(url, [("Accept", "a/b")])) == "small")
        #expect(try other.answer(get("https://example.com/own")) == "own")
        #expect(try bytes(of: #require(try other.store.response(to: get("https://example.com/b")))).count == 300_000)
        #expect(try other.store.verify().isEmpty)
        #expect(other.files(in: "drafts") == [])
        for (one, another) in zip(arrivals, try times(other.store)) { #expect(one == another) }
        // A second time there is nothing to do, except to mend what was damaged meanwhile.
        #expect(try other.store.importAll(from: arrived) == (imported: 0, known: 4))
        let body = try #require(try other.store.entries().first { $0.url == url }).files[1]
        try Data("SMALL".utf8).write(to: other.url(body))
        #expect(try other.store.importAll(from: arrived) == (imported: 1, known: 3))
        #expect(try other.store.verify().isEmpty)
    }

    @Test func `what is damaged is not exported, and what is exported is not pruned`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "good")
        try folder.record(get("https://example.com/bad"), "bad")
        let bad = try #require(try folder.store.entries().first { $0.url.hasSuffix("bad") })
        try Data("BAD".utf8).write(to: folder.url(bad.files[1]))
        let exporter = folder.fresh
        let exported = try exporter.export(copyingEntriesTo: folder.root.appending(path: "copies").path)
        #expect(exported.count == 1)
        #expect(exported.damaged.map(\.url) == [bad.url])
        #expect(exported.files.count == 2)
        #expect(try folder.fresh.prune(unusedSince: .seconds(1 << 40)) == nil)
        withExtendedLifetime(exporter) {}
    }

    @Test func `of nothing, nothing is exported and nothing made`() throws {
        let folder = try StoreFolder()
        let copies = folder.root.appending(path: "copies").path
        #expect(try folder.store.export(copyingEntriesTo: copies).files.isEmpty)
        #expect(try folder.store.importAll(from: RecordingStore(folder: copies)) == (imported: 0, known: 0))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.root.path) == [])
    }
}
