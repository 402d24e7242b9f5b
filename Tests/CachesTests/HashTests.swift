import TestSupport
@testable import Caches
@testable import Files
import Archives
import Testing

@Suite("checksums")
struct HashTests {
    /// From the reference implementation, seed 0.
    @Test(
        "XXH64 is XXH64",
        arguments: [
            ("", "ef46db3751d8e999"), ("a", "d24ec4f1a98c6e5b"), ("abc", "44bc2cf5ad770999"),
            ("Nobody inspects the spammish repetition", "fbcea83c8a378bf1"),
        ])
    func vectors(text: String, expected: String) {
        var hash = ContentHash()
        Array(text.utf8).withUnsafeBytes { hash.update($0) }
        #expect(hash.text == expected)
    }

    @Test("the pieces in which bytes come do not matter")
    func pieces() {
        var numbers = SeededNumbers(seed: 9)
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var whole = ContentHash()
        bytes.withUnsafeBytes { whole.update($0) }
        for _ in 0..<50 {
            var hash = ContentHash()
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 0...90, using: &numbers)
                Array(rest.prefix(count)).withUnsafeBytes { hash.update($0) }
                rest = rest.dropFirst(count)
            }
            #expect(hash.value == whole.value)
        }
    }

    @Test("a file that is still written is hashed to its end")
    func trailing() async throws {
        try await withScratch { folder in
            try folder.appending("file").write([])
            let file = OwnedDescriptor(try FileDescriptor.open(folder.appending("file"), .readWrite).rawValue)
            let (wake, ring) = try TrailingHash.bell()
            async let hash = BlockingThread.run { try TrailingHash.hash(file, wokenBy: wake, stop: $0) }
            try await BlockingThread.run { _ in
                for part in 0..<40 {
                    try file.writeAll([UInt8](repeating: UInt8(part), count: 100_000))
                    if part % 3 == 0 { try ring.writeAll([1]) }
                }
                ring.close()
            }
            let expected = try await run("sha256sum", folder.appending("file").string)
            #expect(try await hash.sha256 == String(decoding: expected.prefix(64), as: UTF8.self))
        }
    }

    @Test("a fingerprint knows what entries are, and not their order")
    func fingerprint() {
        func print(_ entries: [(ArchiveEntry, String)]) -> String {
            var fingerprint = CacheFingerprint()
            for (entry, content) in entries {
                fingerprint.begin(entry)
                Array(content.utf8).withUnsafeBytes { fingerprint.update($0) }
            }
            return fingerprint.finish()
        }
        let a = ArchiveEntry("a"), b = ArchiveEntry("b")
        let base = print([(a, "x"), (b, "y")])
        #expect(print([(b, "y"), (a, "x")]) == base)
        #expect(base.count == 64)
        var changes: [ArchiveEntry] = [ArchiveEntry("c"), .link("a", to: "x"), .hardLink("a", to: "x"), .folder("a")]
        for change in [\ArchiveEntry.uid, \.gid, \.size, \.modified.seconds] {
            var entry = a
            entry[keyPath: change] += 1
            changes.append(entry)
        }
        changes.append(ArchiveEntry("a", mode: 0o600))
        var nanoseconds = a
        nanoseconds.modified.nanoseconds = 1
        changes.append(nanoseconds)
        let prints =
            changes.map { print([($0, "x"), (b, "y")]) } + [print([(a, "z"), (b, "y")]), print([(a, "x")]), base]
        #expect(Set(prints).count == prints.count)

        var later = ArchiveEntry.folder("d")
        later.modified.seconds += 5
        #expect(print([(later, "")]) == print([(.folder("d"), "")]))
    }

    @Test("two paths of a cache that only look alike are two")
    func alikePaths() {
        let paths = ["\u{e9}", "e\u{301}"]
        #expect(CacheKey(project: "p", paths: paths).paths.count == 2)
        #expect(CacheKey(project: "p", paths: paths).name == CacheKey(project: "p", paths: paths.reversed()).name)
    }
}
