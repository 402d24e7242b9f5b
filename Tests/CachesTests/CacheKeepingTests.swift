import TestSupport
@testable import Caches
@testable import Files
import Archives
import Foundation
import Testing

@Suite("keeping caches: listing, pruning, removing")
struct CacheKeepingTests {
    private func save(
        _ project: String, _ bytes: Int, in folder: FilePath, used: Int, key: String? = nil,
        saved: String = "2026-07-04T14:25:39Z"
    ) async throws
        -> CacheKey
    {
        let cacheKey = CacheKey(project: project, paths: ["/x"], key: key)
        var numbers = SeededNumbers(seed: UInt64(bytes))
        let content = (0..<bytes).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        let summary = try await CacheStore(directory: folder.appending("caches")).save(
            cacheKey, from: try tar([Sample(ArchiveEntry("x/f"), content)], folder), allowed: ["x"],
            metadata: CacheMetadata(savedAt: saved))
        let manifest = folder.appending("caches").appending(summary.manifest.key.name).appending("manifest.json")
        let times = [timespec(tv_sec: used, tv_nsec: 0), timespec(tv_sec: used, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, manifest.string, times, 0) == 0)
        return cacheKey
    }

    @Test("a store without a folder has no caches")
    func none() async throws {
        try await withScratch { folder in
            let store = CacheStore(directory: folder.appending("caches"))
            let list = try store.list()
            #expect(list == [])
            #expect(try await store.lookup(CacheSample.key) == .miss(reason: "nothing was saved yet"))
            #expect(throws: FileError.self) { try store.show("x") }
            #expect(try store.prune(unusedSince: .seconds(1)).removed == [])
            #expect(folder.names() == [])
        }
    }

    @Test("the list has names, sizes and last use")
    func list() async throws {
        try await withScratch { folder in
            let store = CacheStore(directory: folder.appending("caches"))
            let a = try await save("/a", 1000, in: folder, used: 100),
                b = try await save("/b", 5000, in: folder, used: 200)
            let list = try store.list()
            #expect(list.map(\.name) == [a.name, b.name])
            #expect(list.map(\.lastUsed) == [.seconds(100), .seconds(200)])
            #expect(list[1].byteCount > 5000 && list[1].byteCount < 8000)
            #expect(list[0].manifest?.key == a)
            #expect(try store.show(b.name) == list[1])
            #expect(throws: FileError.self) { try store.show("../\(b.name)") }
        }
    }

    @Test("restoring counts as use")
    func use() async throws {
        try await withScratch { folder in
            let store = CacheStore(directory: folder.appending("caches"))
            let key = try await save("/a", 10, in: folder, used: 100)
            try folder.appending("out").write([])
            _ = try await store.restore(
                key, to: try FileDescriptor.open(folder.appending("out"), .writeOnly).rawValue, allowed: ["x"])
            #expect(try store.list()[0].lastUsed > .seconds(1_000_000_000))
        }
    }

    @Test("pruning removes what is old, and then the longest unused")
    func prune() async throws {
        try await withScratch { folder in
            let store = CacheStore(directory: folder.appending("caches"))
            let a = try await save("/a", 1000, in: folder, used: 100),
                b = try await save("/b", 50_000, in: folder, used: 200)
            let c = try await save("/c", 50_000, in: folder, used: 300)
            #expect(try store.prune(unusedSince: nil).removed == [])
            #expect(try store.prune(unusedSince: .seconds(150)).removed.map(\.name) == [a.name])
            #expect(try store.prune(unusedSince: nil, maxByteCount: 60_000).removed.map(\.name) == [b.name])
            #expect(try store.list().map(\.name) == [c.name])
            #expect(try store.prune(unusedSince: nil, maxByteCount: 0).removed.map(\.name) == [c.name])
            #expect(folder.appending("caches").names() == [])
        }
    }

    @Test("what was set aside is pruned in any case, what is in use never")
    func special() async throws {
        try await withScratch { folder in
            let store = CacheStore(directory: folder.appending("caches"))
            let a = try await save("/a", 10, in: folder, used: 100), b = try await save("/b", 10, in: folder, used: 100)
            try folder.appending("caches").appending(a.name).appending("manifest.json").write("junk")
            _ = try await store.lookup(a)
            #expect(try store.list().map(\.state).contains(.damaged))
            let directory = try DirectoryHandle(opening: folder.appending("caches"))
            let lock = try FileLock.tryAcquire(CacheStore.lockName(b.name), in: directory, .shared, purpose: "testing")
            let outcome = try store.prune(unusedSince: .seconds(1000))
            #expect(outcome.removed.map(\.name) == ["\(a.name).damaged"])
            #expect(outcome.inUse.map(\.name) == [b.name])
            lock?.release()
            #expect(try store.remove(b.name))
            #expect(folder.appending("caches").names() == [])
        }
    }

    @Test("what a process killed while removing left goes with the next pruning")
    func halfRemoved() async throws {
        try await withScratch { folder in
            try await run("mkdir", "-p", folder.appending("caches/.x-1.removed/deep").string)
            let store = CacheStore(directory: folder.appending("caches"))
            #expect(try store.list() == [])
            #expect(try store.prune(unusedSince: nil).removed == [])
            #expect(folder.appending("caches").names() == [])
        }
    }

    @Test("fallback keys find caches of the same project and paths by prefix, the one saved last first")
    func fallback() async throws {
        try await withScratch { folder in
            let store = CacheStore(directory: folder.appending("caches"))
            let older = try await save(
                "/a", 10, in: folder, used: 400, key: "npm-1", saved: "2026-07-04T14:25:39.000001Z")
            let newer = try await save(
                "/a", 20, in: folder, used: 300, key: "npm-2", saved: "2026-07-04T14:25:39.000002Z")
            _ = try await save("/b", 30, in: folder, used: 500, key: "npm-3")
            _ = try await save("/a", 40, in: folder, used: 500)
            let wanted = CacheKey(project: "/a", paths: ["/x"], key: "npm-9")
            #expect(try store.matches(keyPrefix: "npm-", like: wanted) == [newer, older])
            #expect(try store.matches(keyPrefix: "npm-1", like: wanted) == [older])
            #expect(try store.matches(keyPrefix: "maven-", like: wanted) == [])
            #expect(try store.matches(keyPrefix: "", like: CacheKey(project: "/a", paths: ["/y"])) == [])
        }
    }

    @Test("an immutable cache stays as it was saved first; a damaged one does not count")
    func immutable() async throws {
        try await withScratch { folder in
            let store = CacheStore(directory: folder.appending("caches"))
            let key = CacheKey(project: "/a", paths: ["/x"], key: "v1")
            func save(_ text: String) async throws -> CacheSummary {
                try await store.save(
                    key, from: TarStreams([TarStream(try tar([Sample("x/f", text)], folder))]),
                    taking: CacheScope(allowed: ["x"]),
                    by: CacheSaving(metadata: CacheSample.metadata, isImmutable: true))
            }
            let first = try await save("first")
            #expect(!first.isUnchanged)
            let second = try await save("second")
            #expect(second.isUnchanged)
            #expect(second.manifest == first.manifest)
            let tarball = folder.appending("caches").appending(key.name).appending(first.manifest.layers[0].file)
            try await run("truncate", "-s", "10", tarball.string)
            #expect(try await !save("third").isUnchanged)
        }
    }
}
