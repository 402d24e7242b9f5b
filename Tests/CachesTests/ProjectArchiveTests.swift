import TestSupport
@testable import Caches
@testable import Files
import Archives
import Testing

@Suite("archives of projects")
struct ProjectArchiveTests {
    private var manifest: ProjectArchive.Manifest {
        .init(
            program: "buildspec 1", createdAt: "2026-11-25T00:00:00.000000Z", project: "p-1", cacheProject: "/home/p",
            images: [.init(name: "a:1", id: "sha256:00")])
    }
    private let contents = ["caches/x/manifest.json": "{}", "images.tar": "not really", "recordings/entries/a/b": ""]

    /// - Returns: the archive's path, in `folder`.
    @discardableResult
    private func write(in folder: FilePath) async throws -> FilePath {
        let files = try contents.keys.sorted().map { name in
            let path = folder.appending("in-\(name.split(separator: "/").joined(separator: "-"))")
            try path.write(contents[name] ?? "")
            return ProjectArchive.File(name, at: path)
        }
        let path = folder.appending("archive")
        let length = try ProjectArchive.write(manifest, files, to: path, stop: StopFlag())
        #expect(length == Int64(try path.bytes().count))
        return path
    }

    /// Unpacks into a new folder, which stays only when that succeeds.
    private func unpack(_ path: FilePath, in folder: FilePath) async throws -> ProjectArchive.Manifest {
        let target = folder.appending("out")
        try await run("mkdir", target.string)
        do { return try ProjectArchive.unpack(path, into: target, stop: StopFlag()) } catch {
            try await run("rm", "-r", target.string)
            throw error
        }
    }

    private func reason(_ path: FilePath, in folder: FilePath) async throws -> String {
        let error = await #expect(throws: FileError.self) { try await unpack(path, in: folder) }
        #expect(error?.code == .damaged)
        #expect(error?.description.hasPrefix("cannot import the archive `\(path)`: ") == true)
        return error?.reason ?? ""
    }

    @Test("two builds of one process may write one archive at once")
    func atOnce() async throws {
        try await withScratch { folder in
            let path = try await write(in: folder)
            let part = ProjectArchive.File("images.tar", at: folder.appending("in-images.tar")), manifest = manifest
            try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await BlockingThread.run { try ProjectArchive.write(manifest, [part], to: path, stop: $0) }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await unpack(path, in: folder).parts.map(\.name) == ["images.tar"])
            #expect(folder.names().filter { $0.hasSuffix(".tmp") } == [])
        }
    }

    @Test("what was written is read, and tar reads it too", .enabled(if: hasGNUTar))
    func roundTrip() async throws {
        try await withScratch { folder in
            let path = try await write(in: folder)
            #expect(try DirectoryHandle(opening: folder).status(Array("archive".utf8)).mode == 0o600)
            let read = try await unpack(path, in: folder)
            #expect(read.parts.map(\.name) == contents.keys.sorted())
            #expect(read.parts.map(\.byteCount) == [2, 10, 0])
            #expect(read.images == manifest.images)
            for (name, text) in contents { #expect(try folder.appending("out").appending(name).text() == text) }
            let listing = String(decoding: try await run("tar", "--zstd", "-tf", path.string), as: UTF8.self)
            #expect(listing.split(separator: "\n").map(String.init) == ["manifest.json"] + contents.keys.sorted())
            #expect(folder.names().filter { $0.hasSuffix(".tmp") } == [])
        }
    }

    @Test("one wrong bit anywhere is found")
    func bitFlips() async throws {
        try await withScratch { folder in
            let path = try await write(in: folder), sound = try path.bytes()
            for index in sound.indices {
                var bytes = sound
                bytes[index] ^= 1 << UInt8(index % 8)
                try path.write(bytes)
                let target = folder.appending("out\(index)")
                try await BlockingThread.run { _ in
                    let error = #expect(throws: FileError.self) {
                        try ProjectArchive.unpack(path, into: target, stop: StopFlag())
                    }
                    #expect(error?.code == .damaged, "byte \(index)")
                }
            }
        }
    }

    @Test("cut short anywhere, or with more at its end, it is found")
    func truncation() async throws {
        try await withScratch { folder in
            let path = try await write(in: folder), sound = try path.bytes()
            for length in sound.indices {
                try path.write(Array(sound[..<length]))
                let error = #expect(throws: FileError.self) {
                    try ProjectArchive.unpack(path, into: folder.appending("out\(length)"), stop: StopFlag())
                }
                #expect(error?.code == .damaged, "\(length) bytes")
            }
            try path.write(sound + [0])
            _ = try await reason(path, in: folder)
        }
    }

    /// An archive made by hand, with the right hashes at its end.
    private func forge(_ manifest: [UInt8], _ entries: [(name: String, text: String)], in folder: FilePath) throws
        -> FilePath
    {
        let path = folder.appending("forged")
        let file = try FileDescriptor.open(
            path, .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
        try file.closeAfter {
            let writer = try ArchiveWriter(fileDescriptor: file.rawValue, format: .tarZstd(level: 1, threads: 0))
            for (name, bytes) in [("manifest.json", manifest)] + entries.map({ ($0.name, Array($0.text.utf8)) }) {
                try writer.begin(ArchiveEntry(path: Array(name.utf8), size: Int64(bytes.count)))
                try bytes.withUnsafeBytes { try writer.write($0) }
                try writer.end()
            }
            try writer.close()
        }
        return path
    }

    private static let one = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"  // of "1"

    private func manifest(_ names: [String], hash: String = one) throws -> [UInt8] {
        var manifest = manifest
        manifest.parts = names.map { .init(name: $0, byteCount: 1, sha256: hash) }
        return try manifest.encoded()
    }

    @Test(
        "every flaw names its part",
        arguments: [
            (["a"], [("a", "2")], "its part `a` does not match its checksum"),
            (["a"], [("a", "11")], "its part `a` does not match its checksum"),
            (["a", "b"], [("a", "1")], "its part `b` is missing"),
            (["a", "b"], [("b", "1")], "`b` stands where its part `a` belongs"),
            (["a"], [("a", "1"), ("b", "1")], "there is more in it than its manifest names"),
            (["a"], [("a", "1")], "its parts are whole, but the bytes around them were changed"),
        ] as [([String], [(String, String)], String)])
    func flaws(named: [String], there: [(String, String)], reason: String) async throws {
        try await withScratch { folder in
            let path = try forge(manifest(named), there.map { (name: $0.0, text: $0.1) }, in: folder)
            let found = try await self.reason(path, in: folder)
            #expect(found == reason)
        }
    }

    @Test(
        "a manifest that cannot be used is said to be none",
        arguments: [
            ("{", "its `manifest.json` is not readable"),
            ("{\"formatVersion\": 1}", "its `manifest.json` is not readable"),
            (
                "{\"formatVersion\": 2}",
                "it was written by another version of buildspec (archive format 2; this one reads 1)"
            ),
        ])
    func manifests(text: String, reason: String) async throws {
        try await withScratch { folder in
            let found = try await self.reason(try forge(Array(text.utf8), [], in: folder), in: folder)
            #expect(found == reason)
        }
    }

    @Test(
        "parts that lead elsewhere are refused",
        arguments: ["../x", "/x", "a/../../x", "a//b", ".", "a/", "manifest.json"])
    func hostile(name: String) async throws {
        try await withScratch { folder in
            let path = try forge(manifest([name]), [(name: name, text: "1")], in: folder)
            #expect(try await reason(path, in: folder) == "it has a part named `\(name)`")
        }
    }

    @Test("other files are said to be none")
    func others() async throws {
        try await withScratch { folder in
            let path = folder.appending("other")
            try path.write("hello")
            #expect(try await reason(path, in: folder).contains("not made by `buildspec cache export`"))
            try FileDescriptor(rawValue: try tar([Sample("a", "1")], folder, "other")).close()
            #expect(try await reason(path, in: folder).contains("not made by `buildspec cache export`"))
            let error = #expect(throws: FileError.self) {
                try ProjectArchive.unpack(folder.appending("none"), into: folder.appending("out"), stop: StopFlag())
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test("an archive that cannot be written leaves the old one")
    func unwritable() async throws {
        try await withScratch { folder in
            let path = try await write(in: folder), before = try path.bytes()
            #expect(throws: FileError.self) {
                try ProjectArchive.write(
                    manifest, [.init("x", at: folder.appending("none"))], to: path, stop: StopFlag())
            }
            #expect(try path.bytes() == before)
            #expect(folder.names().filter { $0.hasSuffix(".tmp") } == [])
        }
    }
}

@Suite("caches on their way to another machine")
struct CacheCarryingTests {
    /// Exports a cache and unpacks the archive.
    private func carry(_ store: CacheStore, _ key: CacheKey, in folder: FilePath) async throws -> (
        CacheManifest, FilePath
    ) {
        let files = try await store.export(key, as: "caches/\(key.name)")
        let path = folder.appending("archive"), out = folder.appending("out")
        try await run("rm", "-rf", out.string)
        try await run("mkdir", out.string)
        _ = try ProjectArchive.write(
            .init(program: "p", createdAt: "t", project: "p", cacheProject: key.project, images: []), files, to: path,
            stop: StopFlag())
        let manifest = try ProjectArchive.unpack(path, into: out, stop: StopFlag())
        let exported = out.appending("caches/\(key.name)")
        let hashes = Dictionary(uniqueKeysWithValues: manifest.parts.map { ($0.name, $0.sha256) })
        return (try CacheStore.read(exported: exported) { hashes["caches/\(key.name)/\($0)"] }, exported)
    }

    @Test("a cache becomes another project's, and is one that can be restored")
    func other() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let store = CacheStore(directory: folder.appending("caches"))
            let (manifest, exported) = try await carry(store, CacheSample.key, in: folder)
            // Reading leaves the cache as it is, the seals of its tarballs included.
            #expect(try store.show(CacheSample.key.name).manifest == manifest)
            let there = CacheStore(directory: folder.appending("there"))
            let (key, isNew) = try await there.importCache(manifest, from: exported, project: "/elsewhere/q")
            #expect(isNew)
            #expect(key == CacheKey(project: "/elsewhere/q", paths: CacheSample.key.paths, key: CacheSample.key.key))
            guard case .hit(let found) = try await there.verify(key) else {
                Issue.record("not found")
                return
            }
            #expect(found.fingerprint == manifest.fingerprint)
            #expect(found.metadata == manifest.metadata)
            guard case .sound = try await there.examine(key.name) else {
                Issue.record("not sound")
                return
            }
            #expect(try await there.importCache(manifest, from: exported, project: "/elsewhere/q").isNew == false)
        }
    }

    @Test("one without a key replaces what is there, one with a key does not")
    func replacing() async throws {
        for text in [nil, "k1"] {
            try await withScratch { folder in
                let key = CacheKey(project: "/p", paths: ["/root/k"], key: text)
                let one = CacheStore(directory: folder.appending("one")),
                    two = CacheStore(directory: folder.appending("two"))
                for (store, content) in [(one, "1"), (two, "2")] {
                    let stream = try tar([Sample("root/k/f", content)], folder)
                    _ = try await store.save(key, from: stream, allowed: ["root/k"], metadata: .init(savedAt: content))
                }
                let (manifest, exported) = try await carry(one, key, in: folder)
                #expect(try await two.importCache(manifest, from: exported, project: "/p").isNew == (text == nil))
                #expect(try two.show(key.name).manifest?.metadata.savedAt == (text == nil ? "1" : "2"))
                guard case .sound = try await two.examine(key.name) else {
                    Issue.record("not sound")
                    return
                }
            }
        }
    }

    @Test("a tarball that is not the manifest's is refused")
    func wrong() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let store = CacheStore(directory: folder.appending("caches"))
            let (_, exported) = try await carry(store, CacheSample.key, in: folder)
            #expect(throws: FileError.self) { try CacheStore.read(exported: exported) { _ in "00" } }
            try exported.appending("manifest.json").write("{")
            #expect(throws: FileError.self) { try CacheStore.read(exported: exported) { _ in nil } }
        }
    }
}
