import TestSupport
@testable import Caches
@testable import Files
import Archives
import Synchronization
import Testing

/// What the cache tests share.
enum CacheSample {
    static let key = CacheKey(project: "/home/u/petclinic", paths: ["/root/.m2/**/*"])
    static let metadata = CacheMetadata(buildspec: "buildspec.yml", image: "debian", savedAt: "2026-07-04T14:25:39Z")
    static let allowed = ["root/.m2"]

    static let samples = [
        Sample(.folder("root/.m2")), Sample("root/.m2/a", "first", mode: 0o4755), Sample("root/.m2/b", "second"),
        Sample(.hardLink("root/.m2/h", to: "root/.m2/a")), Sample(.link("root/.m2/l", to: "/usr/lib/x")),
        Sample(
            ArchiveEntry(
                path: Array("root/.m2/ä\n".utf8) + [0xff], uid: 1000, gid: 4_000_000,
                modified: .init(seconds: -5, nanoseconds: 7)), [0, 1]),
    ]

    @discardableResult
    static func save(_ samples: [Sample] = samples, in folder: FilePath) async throws -> CacheSummary {
        try await CacheStore(directory: folder.appending("caches")).save(
            key, from: try tar(samples, folder), allowed: allowed, metadata: metadata)
    }

    /// - Returns: what the receiver of the stream gets; an empty file is no entries.
    static func restore(
        in folder: FilePath, map: PathMap = .identity, allowed: [String] = allowed
    ) async throws -> (summary: CacheSummary, samples: [Sample]) {
        let output = folder.appending("restored.tar")
        try output.write([])
        let descriptor = try FileDescriptor.open(output, .writeOnly).rawValue
        let summary = try await CacheStore(directory: folder.appending("caches")).restore(
            key, to: descriptor, map: map, allowed: allowed)
        return (summary, try untar(output))
    }

    /// A manifest's text as a program without checksums writes it.
    static func withoutChecksum(_ manifest: String) -> String {
        String(decoding: CacheManifest.Checksum.removed(from: Array(manifest.utf8)), as: UTF8.self)
    }

    /// A changed manifest with the right checksum.
    static func withChecksum(_ manifest: String) -> String {
        String(decoding: CacheManifest.Checksum.added(to: Array(withoutChecksum(manifest).utf8)), as: UTF8.self)
    }

    static func cacheFolder(in folder: FilePath) -> FilePath { folder.appending("caches").appending(key.name) }

    static func tarball(in folder: FilePath) throws -> FilePath {
        let names = cacheFolder(in: folder).names().filter { $0.hasSuffix(".tar.zst") }
        return cacheFolder(in: folder).appending(try #require(names.first))
    }
}

@Suite("saving and restoring a cache")
struct CacheStoreTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    @Test("names, kinds, modes, owners, times and content survive")
    func roundTrip() async throws {
        try await withScratch { folder in
            let saved = try await CacheSample.save(in: folder)
            #expect(saved.entryCount == 6)
            #expect(saved.byteCount == 13)
            #expect(saved.skipped == [])
            #expect(saved.warnings == [])
            #expect(!saved.isUnchanged)
            let (summary, samples) = try await CacheSample.restore(in: folder)
            #expect(samples == CacheSample.samples)
            #expect(summary.entryCount == 6)
            #expect(summary.byteCount == 13)
        }
    }

    @Test("real trees of a real tar come back the same", .enabled(if: hasGNUTar, "needs GNU tar"))
    func realTree() async throws {
        try await withScratch { folder in
            let script = """
                set -e; cd '\(folder)'; mkdir -p tree/root/.m2 back; cd tree/root/.m2
                i=0; while [ $i -lt 60 ]; do mkdir -p "d$i/e e"; head -c $((i * 3000)) /dev/urandom > "d$i/e e/f$i"; i=$((i + 1)); done
                printf x > "$(printf 'new\\nline')"; printf y > "$(printf 'latin\\344')"; : > empty; printf z > 'ä€'
                ln d9/'e e'/f9 hard; ln -s nowhere dangling; ln -s /etc absolute; truncate -s 3M sparse; chmod 1777 d1; chmod 4711 d2/'e e'/f2
                touch -d '1999-12-31 23:59:59.123456789' d3/'e e'/f3; mkfifo fifo
                cd '\(folder)'; tar --sort=name -C tree -cf in.tar root/.m2
                """
            try await run("sh", "-c", script)
            let store = CacheStore(directory: folder.appending("caches"))
            let saved = try await store.save(
                CacheSample.key, from: try folder.appending("in.tar").open(), allowed: ["root/.m2"],
                metadata: CacheSample.metadata)
            #expect(saved.skipped == [SkippedEntry(path: Array("root/.m2/fifo".utf8), reason: .special("FIFO"))])
            let out = folder.appending("out.tar")
            try out.write([])
            _ = try await store.restore(
                CacheSample.key, to: try FileDescriptor.open(out, .writeOnly).rawValue, allowed: ["root/.m2"])
            let compare = """
                set -e; cd '\(folder)'; rm tree/root/.m2/fifo; touch -r back tree/root/.m2; tar -C back -xpf out.tar
                for t in tree back; do touch -d @0 $t/root/.m2; tar --sort=name --format=gnu -C $t -cf $t.tar root/.m2; done; cmp tree.tar back.tar
                """
            try await run("sh", "-c", compare)
        }
    }

    @Test(
        "the source folder differs from build to build; the tarball does not show it",
        .enabled(if: hasGNUTar, "needs GNU tar"))
    func mapping() async throws {
        try await withScratch { folder in
            let store = CacheStore(directory: folder.appending("caches"))
            let saved = PathMap([.init(stream: "src", stored: "codebuild/source")])
            let samples = [
                Sample("src/node_modules/x", "1"), Sample(.hardLink("src/node_modules/y", to: "src/node_modules/x")),
            ]
            let m2 = [Sample(".m2/z", "2")]
            let streams = [
                TarStream(try tar(samples, folder, "a.tar"), map: saved),
                TarStream(try tar(m2, folder, "b.tar"), map: PathMap([.init(stream: ".m2", stored: "root/.m2")])),
            ]
            let allowed = ["codebuild/source/node_modules", "/root/.m2/"]
            try await _ = store.save(
                CacheSample.key, from: TarStreams(streams), taking: CacheScope(allowed: allowed),
                by: CacheSaving(metadata: CacheSample.metadata))
            let listing = try await run("tar", "--zstd", "-tf", try CacheSample.tarball(in: folder).string)
            #expect(
                String(decoding: listing, as: UTF8.self)
                    == "codebuild/source/node_modules/x\ncodebuild/source/node_modules/y\nroot/.m2/z\n")

            let restored = PathMap([.init(stream: "codebuild/output/src99/src", stored: "codebuild/source")])
            let (_, back) = try await CacheSample.restore(in: folder, map: restored, allowed: allowed)
            #expect(
                back.map(\.entry.name) == [
                    "codebuild/output/src99/src/node_modules/x", "codebuild/output/src99/src/node_modules/y",
                    "root/.m2/z",
                ])
            #expect(back[1].entry.kind == .hardLink(target: Array("codebuild/output/src99/src/node_modules/x".utf8)))
        }
    }

    @Test("the manifest says what, whence and when, and the checksum is everybody's")
    func manifest() async throws {
        try await withScratch { folder in
            let manifest = try await CacheSample.save(in: folder).manifest
            let json = try CacheSample.cacheFolder(in: folder).appending("manifest.json").text()
            #expect(CacheManifest.Reading(Array(json.utf8)) == .manifest(manifest))
            for part in ["\"formatVersion\" : 2", "\"image\" : \"debian\"", "/root/.m2/**/*", "2026-07-04T14:25:39Z"] {
                #expect(json.contains(part))
            }
            #expect(manifest.key == CacheSample.key)
            #expect(manifest.entryCount == 6)
            let sum = try await run("sha256sum", try CacheSample.tarball(in: folder).string)
            #expect(manifest.layers.map(\.sha256) == [String(decoding: sum.prefix(64), as: UTF8.self)])
            #expect(CacheSample.cacheFolder(in: folder).names() == ["manifest.json", manifest.layers[0].file].sorted())
        }
    }

    @Test("unchanged content, in whatever order it comes, rewrites nothing")
    func unchanged() async throws {
        try await withScratch { folder in
            let first = try await CacheSample.save(in: folder)
            let status = try DirectoryHandle(opening: CacheSample.cacheFolder(in: folder)).status(
                Array(first.manifest.layers[0].file.utf8))
            let reordered = [CacheSample.samples[2]] + CacheSample.samples[0...1] + CacheSample.samples[3...]
            let second = try await CacheSample.save(Array(reordered), in: folder)
            #expect(second.isUnchanged)
            #expect(second.manifest == first.manifest)
            let now = try DirectoryHandle(opening: CacheSample.cacheFolder(in: folder)).status(
                Array(first.manifest.layers[0].file.utf8))
            #expect(now == status)
            #expect(CacheSample.cacheFolder(in: folder).names().count == 2)
        }
    }

    @Test("changed content replaces the tarball, and only one remains")
    func changed() async throws {
        try await withScratch { folder in
            let first = try await CacheSample.save(in: folder)
            let second = try await CacheSample.save([Sample("root/.m2/a", "other")], in: folder)
            #expect(!second.isUnchanged)
            #expect(second.manifest.fingerprint != first.manifest.fingerprint)
            #expect(CacheSample.cacheFolder(in: folder).names().count == 2)
            #expect(try await CacheSample.restore(in: folder).samples == [Sample("root/.m2/a", "other")])
        }
    }

    @Test("no entries make a cache of no entries")
    func empty() async throws {
        try await withScratch { folder in
            let saved = try await CacheSample.save([], in: folder)
            #expect(saved.entryCount == 0)
            #expect(try await CacheSample.restore(in: folder).samples == [])
        }
    }

    @Test("on restoring, what lies outside the declared paths is left out and named")
    func narrower() async throws {
        try await withScratch { folder in
            try await CacheSample.save([Sample("root/.m2/a/x", "1"), Sample("root/.m2/b/y", "2")], in: folder)
            let (summary, samples) = try await CacheSample.restore(in: folder, allowed: ["root/.m2/b"])
            #expect(samples.map(\.entry.name) == ["root/.m2/b/y"])
            #expect(summary.skipped == [SkippedEntry(path: Array("root/.m2/a/x".utf8), reason: .outsideDeclaredPaths)])
        }
    }

    @Test("where the top of the stream is the cache's own folder, it has a name")
    func topFolder() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let map = PathMap([.init(stream: "", stored: "root/.m2")])
            #expect(
                try await CacheSample.restore(in: folder, map: map).samples.map(\.entry.name).prefix(2) == [".", "a"])
        }
    }

    @Test("what killed processes left is swept up by the next to save")
    func drafts() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            try CacheSample.cacheFolder(in: folder).appending(".draft-tarball").write("half")
            try await CacheSample.save([Sample("root/.m2/n", "new")], in: folder)
            #expect(CacheSample.cacheFolder(in: folder).names().count == 2)
        }
    }

    @Test("progress is told in bytes of content")
    func progress() async throws {
        try await withScratch { folder in
            let seen = Recorder<Int64>()
            let stream = TarStream(try tar(CacheSample.samples, folder))
            _ = try await CacheStore(directory: folder.appending("caches")).save(
                CacheSample.key, from: TarStreams([stream], progress: { seen.add($0) }),
                taking: CacheScope(allowed: CacheSample.allowed), by: CacheSaving(metadata: CacheSample.metadata))
            #expect(seen.all.last == 13)
            #expect(seen.all == seen.all.sorted())
        }
    }

    @Test("a key is whatever the user wrote: it is escaped for people, and the order of paths does not count")
    func keys() {
        let key = CacheKey(project: "/p", paths: ["b", "a", "b"], key: "../x y\u{1b}[1m\n")
        #expect(key.shownKey == "../x y\\x1b[1m\\x0a")
        #expect(key.paths == ["a", "b"])
        #expect(key.name.hasPrefix("p-x-y-1m-"))
        #expect(key == CacheKey(project: "/p", paths: ["a", "b"], key: key.key))
        #expect(key.version == CacheKey(project: "/q", paths: ["a", "b"]).version)
        #expect(key.version != CacheKey(project: "/p", paths: ["a", "c"]).version)
    }

    @Test("the name of a cache is readable in front, and everything that makes it another cache changes it")
    func names() {
        let key = CacheSample.key
        #expect(key.name.hasPrefix("petclinic-"))
        #expect(key.name.count == "petclinic-".count + 16)
        var others = [
            key, CacheKey(project: "/home/v/petclinic", paths: key.paths),
            CacheKey(project: key.project, paths: ["/root/.m2/*"]),
        ]
        others += [
            CacheKey(project: key.project, paths: key.paths, key: "maven/../1"),
            CacheKey(project: key.project, paths: []),
        ]
        #expect(Set(others.map(\.name)).count == others.count)
        #expect(others[3].name.hasPrefix("petclinic-maven-1-"))
        #expect(CacheKey(project: "/", paths: ["b", "a", "a"]).name == CacheKey(project: "/", paths: ["a", "b"]).name)
        #expect(CacheKey(project: "a", paths: ["b", "c"]).name != CacheKey(project: "a", paths: ["bc"]).name)
    }
}

/// Collects what callbacks are told, from whatever thread.
final class Recorder<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    var all: [Value] { values.withLock { $0 } }
    func add(_ value: Value) { values.withLock { $0.append(value) } }
}
