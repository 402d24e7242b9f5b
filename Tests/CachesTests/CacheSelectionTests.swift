import TestSupport
@testable import Caches
import Archives
import Testing

@Suite("what of its folders a cache takes")
struct CacheSelectionTests {
    private func selection(_ patterns: String...) -> CacheSelection {
        CacheSelection(patterns.map { .init(written: $0, stored: $0) })
    }

    @Test(
        "files are taken as the glob says",
        arguments: [
            ("s/vendor/*", ["s/vendor/a", "s/vendor/.b"], ["s/vendor", "s/vendor/d/a", "s/a"]),
            (
                "s/**/node_modules/**/*", ["s/node_modules/a", "s/p/q/node_modules/r/s"],
                ["s/node_modules", "s/p/a", "s/xnode_modules/a"]
            ),
            ("s/target/*.jar", ["s/target/a.jar", "s/target/.jar"], ["s/target/a.jarx", "s/target/d/a.jar"]),
            ("root/.m2/*", ["root/.m2/settings.xml"], ["root/.m2/repository/a", "root/.m2x/a"]),
            ("s/*/lib", ["s/a/lib", "s/a/lib/x", "s/a/lib/x/y"], ["s/lib", "s/a/libx", "s/a/b/lib"]),
            ("s/{a,b}/**", ["s/a/x", "s/b/x/y"], ["s/c/x"]),
            ("s/a/**/*", ["s/a/x", "s/a/x/y"], ["s/b"]), ("s/a", ["s/a", "s/a/x/y"], ["s/ab", "s"]),
            ("s/a/", ["s/a/x"], ["s/b"]), ("s/[ab].txt", ["s/a.txt"], ["s/c.txt"]),
        ])
    func files(pattern: String, taken: [String], left: [String]) {
        let selection = selection(pattern)
        for path in taken { #expect(selection.judge(Array(path.utf8), isFolder: false) == .take, "\(path)") }
        for path in left { #expect(selection.judge(Array(path.utf8), isFolder: false) == .leave, "\(path)") }
    }

    @Test("folders count for themselves only where all below them is meant")
    func folders() {
        func judge(_ pattern: String, _ path: String) -> CacheSelection.Verdict {
            selection(pattern).judge(Array(path.utf8), isFolder: true)
        }
        #expect(judge("s/**/m/**/*", "s/m/empty") == .take)
        #expect(judge("s/*/m/**", "s/a/m/empty") == .take)
        #expect(judge("s/**/m", "s/a/m") == .take)
        #expect(judge("s/*", "s/d") == .leaveFolder(of: "s/*"))
        #expect(judge("s/*", "t") == .leave)
        #expect(judge("s/**/*.jar", "s/d.jar") == .leaveFolder(of: "s/**/*.jar"))
    }

    @Test("trees alone need no look at single paths")
    func trees() {
        #expect(selection("a", "b/**/*", "c/**").isTreesOnly)
        #expect(!selection("a", "b/*").isTreesOnly)
    }

    /// Saves a stream and gives back what the cache holds.
    private func saved(
        _ samples: [Sample], _ patterns: String..., root: String = "s"
    ) async throws -> (summary: CacheSummary, samples: [Sample]) {
        try await withScratch { folder in
            let store = CacheStore(directory: folder.appending("caches"))
            let selection = CacheSelection(patterns.map { .init(written: $0, stored: $0) })
            func save(_ links: CacheLinksNeeded?) async throws -> CacheSummary {
                try await store.save(
                    CacheSample.key, from: TarStreams([TarStream(try tar(samples, folder))]),
                    taking: CacheScope(allowed: [root], selection: selection),
                    by: CacheSaving(metadata: CacheSample.metadata), links: links)
            }
            let summary: CacheSummary
            do { summary = try await save(nil) } catch let links as CacheLinksNeeded {
                #expect(try store.list().isEmpty)
                summary = try await save(links)
            }
            return (summary, try await CacheSample.restore(in: folder, allowed: [root]).samples)
        }
    }

    @Test("folders on the way to what is taken come along, others do not")
    func way() async throws {
        let (summary, samples) = try await saved(
            [
                Sample(.folder("s")), Sample(.folder("s/a")), Sample("s/a/x.txt", "1"), Sample(.folder("s/a/b")),
                Sample(.folder("s/a/b/c")), Sample("s/a/b/c/y.jar", "2"), Sample("s/a/b/z.jar", "3"),
                Sample(.folder("s/d")), Sample("s/d/n.txt", "4"), Sample("s/top.jar", "5"),
            ], "s/**/*.jar")
        #expect(
            samples.map(\.entry.name) == ["s", "s/a", "s/a/b", "s/a/b/c", "s/a/b/c/y.jar", "s/a/b/z.jar", "s/top.jar"])
        #expect(summary.entryCount == 7)
        #expect(summary.skipped == [])
        #expect(summary.shallowPatterns == [])
    }

    @Test("a pattern of one level that meets folders is named")
    func shallow() async throws {
        let (summary, samples) = try await saved(
            [Sample(.folder("s")), Sample(.folder("s/repository")), Sample("s/repository/x", "1"), Sample("s/a", "2")],
            "s/*")
        #expect(samples.map(\.entry.name) == ["s", "s/a"])
        #expect(summary.shallowPatterns == ["s/*"])
    }

    @Test("a file keeps its content and its links when its first name is not taken")
    func hardLinks() async throws {
        let (_, samples) = try await saved(
            [
                Sample("s/a/first", "content"), Sample(.hardLink("s/a/second", to: "s/a/first")),
                Sample(.hardLink("s/b.jar", to: "s/a/first")), Sample(.hardLink("s/c.jar", to: "s/a/first")),
                Sample("s/d.jar", "other"), Sample(.link("s/l.jar", to: "d.jar")),
            ], "s/*.jar")
        #expect(
            samples.map { "\($0.entry.name) \(String(decoding: $0.content, as: UTF8.self))" } == [
                "s/b.jar content", "s/c.jar ", "s/d.jar other", "s/l.jar ",
            ])
        #expect(samples[1].entry.kind == .hardLink(target: Array("s/b.jar".utf8)))
    }
}
