@testable import Caches
@testable import Files
import Archives
import TestSupport
import Testing

/// Caches to which only what has changed was added.
@Suite struct CacheLayerTests {
    private static let first = [
        Sample(.folder("k")), Sample("k/a", "a1"), Sample("k/b", String(repeating: "b", count: 4000)),
        Sample(.folder("k/d")),
        Sample("k/d/x", "x1"), Sample("k/d/y", "y1"), Sample(.hardLink("k/h", to: "k/a")),
        Sample(.link("k/l", to: "b")),
    ]

    private let key = CacheKey(project: "/a", paths: ["/k"])

    private func store(_ folder: FilePath) -> CacheStore { CacheStore(directory: folder.appending("caches")) }

    private func save(
        _ samples: [Sample], on ground: CacheGround? = nil, watching: [WatchedValue] = [], in folder: FilePath
    ) async throws -> CacheSummary {
        var saving = CacheSaving(metadata: CacheSample.metadata)
        saving.ground = ground
        saving.watched = watching
        return try await store(folder).save(
            key, from: TarStreams([TarStream(try tar(samples, folder))]), taking: CacheScope(allowed: ["k"]), by: saving
        )
    }

    private func change(_ changed: [String], deleted: [String] = []) -> CacheChange {
        CacheChange(
            changed: Set(changed.map { Array($0.utf8) }), deleted: deleted.map { Array($0.utf8) }, entryCount: 7,
            byteCount: 99)
    }

    private func restored(in folder: FilePath) async throws -> [Sample] {
        let output = folder.appending("restored.tar")
        try output.write([])
        _ = try await store(folder).restore(
            key, to: try FileDescriptor.open(output, .writeOnly).rawValue, allowed: ["k"])
        return try untar(output)
    }

    private func inode(_ file: FilePath) throws -> UInt64 {
        try DirectoryHandle(opening: file.removingLastComponent()).status(Array(file.lastComponent!.string.utf8)).inode
    }

    private func names(_ samples: [Sample]) -> [String] {
        samples.map { String(decoding: $0.entry.path, as: UTF8.self) }
    }

    @Test func `what has changed becomes a tarball of its own on top of the first`() async throws {
        try await withScratch { folder in
            let base = try await save(Self.first, in: folder)
            let file = folder.appending("caches").appending(key.name).appending(base.manifest.layers[0].file)
            let inode = try inode(file)
            let second = try await save(
                [Sample(.folder("k/d")), Sample("k/d/x", "x2"), Sample("k/n", "new")],
                on: CacheGround(base.manifest, change(["k/d", "k/d/x", "k/n"], deleted: ["k/d/y"])), in: folder)
            #expect(!second.isUnchanged)
            #expect(second.manifest.layers.count == 2)
            #expect(second.manifest.layers[1].deleted == ["k/d/y"])
            #expect((second.manifest.entryCount, second.manifest.byteCount) == (7, 99))
            #expect(try self.inode(file) == inode)
            let samples = try await restored(in: folder)
            #expect(names(samples) == ["k", "k/a", "k/b", "k/h", "k/l", "k/d/x", "k/n", "k/d"])
            #expect(samples.first { $0.entry.path == Array("k/d/x".utf8) } == Sample("k/d/x", "x2"))
            guard case .sound = try await store(folder).examine(key.name) else {
                Issue.record("the cache is not sound")
                return
            }
        }
    }

    @Test func `a folder that is gone, or has become a link, takes all that was in it along`() async throws {
        try await withScratch { folder in
            let base = try await save(Self.first, in: folder)
            let second = try await save(
                [Sample(.link("k/d", to: "elsewhere"))],
                on: CacheGround(base.manifest, change(["k/d"], deleted: ["k/d"])),
                in: folder)
            #expect(names(try await restored(in: folder)) == ["k", "k/a", "k/b", "k/h", "k/l", "k/d"])
            // It comes back as a folder.
            _ = try await save(
                [Sample(.folder("k/d")), Sample("k/d/z", "z")],
                on: CacheGround(second.manifest, change(["k/d", "k/d/z"], deleted: ["k/d"])), in: folder)
            let samples = try await restored(in: folder)
            #expect(names(samples) == ["k", "k/a", "k/b", "k/h", "k/l", "k/d/z", "k/d"])
            #expect(samples.last?.entry.kind == .directory)
        }
    }

    @Test func `many layers become one, with what they delete`() async throws {
        try await withScratch { folder in
            var manifest = try await save(Self.first, in: folder).manifest
            var counts: [Int] = []
            for number in 1...20 {
                manifest = try await save(
                    [Sample("k/a\(number % 3)", "\(number)")],
                    on: CacheGround(
                        manifest,
                        change(["k/a\(number % 3)"], deleted: number == 2 ? ["k/d"] : number == 4 ? ["k/a2"] : [])),
                    in: folder
                ).manifest
                counts.append(manifest.layers.count)
            }
            #expect(counts.max() == 9)
            #expect(counts.contains(2) && counts.last! < 9)
            #expect(manifest.layers[1].deleted == ["k/a2", "k/d"])
            let samples = try await restored(in: folder)
            #expect(Set(names(samples)) == ["k", "k/a", "k/b", "k/h", "k/l", "k/a0", "k/a1", "k/a2"])
            #expect(samples.first { $0.entry.path == Array("k/a2".utf8) }?.content == Array("20".utf8))
            let files = folder.appending("caches").appending(key.name).names()
            #expect(files.filter { $0.hasSuffix(".zst") }.count == manifest.layers.count)
        }
    }

    @Test func `a change of another cache than the one that is there is refused`() async throws {
        try await withScratch { folder in
            let base = try await save(Self.first, in: folder)
            let other = try await save(Self.first + [Sample("k/o", "o")], in: folder)
            await #expect(throws: CacheNeedsAll.self) {
                try await save([Sample("k/n", "n")], on: CacheGround(base.manifest, change(["k/n"])), in: folder)
            }
            #expect(try await store(folder).lookup(key) == .hit(other.manifest))
            #expect(try await store(folder).keep(base.manifest, watching: []) == nil)
            #expect(try await store(folder).keep(other.manifest, watching: [])?.isUnchanged == true)
        }
    }

    @Test func `what takes too much room is saved with everything`() async throws {
        try await withScratch { folder in
            let base = try await save(Self.first, in: folder).manifest
            #expect(base.takes(changedByteCount: base.byteCount / 4))
            #expect(!base.takes(changedByteCount: base.byteCount / 2))
            let noise = (0..<2000).map { _ in UInt8.random(in: 0...255) }
            let second = try await save(
                [Sample(ArchiveEntry(path: Array("k/n".utf8), size: 2000), noise)],
                on: CacheGround(base, change(["k/n"])), in: folder
            ).manifest
            #expect(!second.takes(changedByteCount: 1))
        }
    }

    @Test func `files with secrets stay known while they stay as they are`() async throws {
        try await withScratch { folder in
            let secret = WatchedValue(name: "TOKEN", value: Array("s3cr3t-value".utf8))
            let base = try await save(
                Self.first + [Sample("k/s", "s3cr3t-value"), Sample("k/t", "s3cr3t-value")], watching: [secret],
                in: folder)
            #expect(base.found.count == 2)
            let kept = try await store(folder).keep(base.manifest, watching: [secret])
            #expect(kept?.found == base.found)
            #expect(try await store(folder).keep(base.manifest, watching: [])?.found == [])
            let second = try await save(
                [Sample("k/s", "harmless")], on: CacheGround(base.manifest, change(["k/s"])), watching: [secret],
                in: folder)
            let found = try await store(folder).keep(second.manifest, watching: [secret])?.found
            #expect(found.map { $0.map { String(decoding: $0.path, as: UTF8.self) } } == ["k/t"])
        }
    }
}
