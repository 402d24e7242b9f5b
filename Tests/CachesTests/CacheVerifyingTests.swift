@testable import Files
import TestSupport
@testable import Caches
import Archives
import Testing

@Suite("verifying caches")
struct CacheVerifyingTests {
    private let name = CacheSample.key.name

    @Test("a sound cache is sound")
    func sound() async throws {
        try await withScratch { folder in
            let saved = try await CacheSample.save(in: folder)
            let store = CacheStore(directory: folder.appending("caches"))
            #expect(try await store.examine(name) == .sound(saved.manifest))
            await #expect { try await store.examine("none") } throws: { ($0 as? FileError)?.code == .notFound }
        }
    }

    @Test(
        "damage of every kind is found, and left as it is",
        arguments: [
            "for f in *.tar.zst; do printf xyz | dd of=$f bs=1 seek=30 conv=notrunc; done", "truncate -s -1 *.tar.zst",
            "rm *.tar.zst",
            "rm manifest.json", "echo '{' > manifest.json",
            "sed -i 's/\"entryCount\" : 6/\"entryCount\" : 7/' manifest.json",
        ])
    func damaged(script: String) async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let cache = CacheSample.cacheFolder(in: folder)
            try await run("sh", "-c", "cd '\(cache)' && \(script)")
            let before = try await run("sh", "-c", "cd '\(cache)' && sha256sum * && ls -l")
            let store = CacheStore(directory: folder.appending("caches"))
            guard case .damaged = try await store.examine(name) else {
                Issue.record("not found damaged")
                return
            }
            #expect(try await run("sh", "-c", "cd '\(cache)' && sha256sum * && ls -l") == before)
        }
    }

    @Test("no changed bit of a manifest goes unnoticed")
    func flips() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let store = CacheStore(directory: folder.appending("caches"))
            let file = CacheSample.cacheFolder(in: folder).appending("manifest.json"), sound = try file.bytes()
            for place in sound.indices {
                var bytes = sound
                bytes[place] ^= 1 << UInt8(place % 8)
                guard case .damaged = CacheManifest.Reading(bytes) else {
                    Issue.record("byte \(place) of the manifest")
                    continue
                }
            }
            try file.write(CacheSample.withoutChecksum(String(decoding: sound, as: UTF8.self)))
            #expect(try await store.examine(name) == .damaged(reason: "its manifest has no checksum"))
        }
    }

    @Test("what was set aside is known as such; what was never finished, or is of another version, is not")
    func others() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let store = CacheStore(directory: folder.appending("caches"))
            let cache = CacheSample.cacheFolder(in: folder)
            let manifest = try cache.appending("manifest.json").text()
            try cache.appending("manifest.json").write(
                CacheSample.withoutChecksum(manifest).replacing("\"formatVersion\" : 2", with: "\"formatVersion\" : 9"))
            guard case .unchecked = try await store.examine(name) else {
                Issue.record("a newer version is not damage")
                return
            }
            try cache.appending("manifest.json").write("junk")
            _ = try await store.lookup(CacheSample.key)
            #expect(try await store.examine("\(name).damaged") == .setAside)
            try await run("mkdir", folder.appending("caches/half").string)
            try folder.appending("caches/half/.draft-tarball").write("x")
            guard case .unchecked = try await store.examine("half") else {
                Issue.record("what was never finished is not damage")
                return
            }
        }
    }
}
