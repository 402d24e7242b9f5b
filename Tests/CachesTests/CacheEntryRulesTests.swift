import TestSupport
@testable import Caches
import Archives
import Testing

@Suite("what may be in a cache")
struct CacheEntryRulesTests {
    private func judge(_ entries: [ArchiveEntry], roots: [String] = ["root/.m2"]) -> [CacheEntryRules.Verdict] {
        var rules = CacheEntryRules(roots: roots.map { Array($0.utf8) })
        return entries.map { rules.judge($0) }
    }

    @Test(
        "single entries",
        arguments: [
            (ArchiveEntry("root/.m2/a"), nil), (ArchiveEntry("root/.m2"), nil), (.folder("root/.m2"), nil),
            (ArchiveEntry("/root/.m2/a"), .absolutePath), (ArchiveEntry("root/.m2/../x"), .leadsUp),
            (ArchiveEntry("root/x"), .outsideDeclaredPaths), (ArchiveEntry("root/.m2x"), .outsideDeclaredPaths),
            (ArchiveEntry("root"), .outsideDeclaredPaths), (.folder("rootx"), .outsideDeclaredPaths),
            (ArchiveEntry("root/.m2/s", .other("socket")), .special("socket")),
            (ArchiveEntry("root/.m2/d", .other("block device")), .special("block device")),
            (.link("root/.m2/l", to: "/etc/passwd"), nil),
            (.hardLink("root/.m2/h", to: "etc/shadow"), .linkTargetOutside),
            (.hardLink("root/.m2/h", to: "/etc/shadow"), .linkTargetOutside),
            (.hardLink("root/.m2/h", to: "root/.m2/../../etc/shadow"), .linkTargetOutside),
            (.hardLink("root/.m2/h", to: "root/.m2/absent"), .linkTargetMissing),
        ] as [(ArchiveEntry, SkippedEntry.Reason?)])
    func single(entry: ArchiveEntry, reason: SkippedEntry.Reason?) {
        #expect(judge([entry]) == [reason.map { .skip($0) } ?? .take(entry)])
    }

    @Test("folders above the declared paths are ignored")
    func above() {
        #expect(judge([.folder("root"), .folder("./root/")]) == [.ignore, .ignore])
    }

    @Test("spelling is mended, and hard link targets with it")
    func spelling() {
        let verdicts = judge([ArchiveEntry("./root/.m2/a"), .hardLink("root//.m2/b", to: "./root/.m2/a")])
        #expect(verdicts == [.take(ArchiveEntry("root/.m2/a")), .take(.hardLink("root/.m2/b", to: "root/.m2/a"))])
    }

    @Test("nothing leads through a link of the archive itself")
    func throughLink() {
        let verdicts = judge([
            .link("root/.m2/l", to: "/etc"), ArchiveEntry("root/.m2/l/passwd"), ArchiveEntry("root/.m2/l/deep/er"),
            .folder("root/.m2/l"), .hardLink("root/.m2/h", to: "root/.m2/l"), ArchiveEntry("root/.m2/h/passwd"),
            ArchiveEntry("root/.m2/lx"),
        ])
        #expect(
            verdicts == [
                .take(.link("root/.m2/l", to: "/etc")), .skip(.throughLink), .skip(.throughLink),
                .skip(.throughLink),
                .take(.hardLink("root/.m2/h", to: "root/.m2/l")), .skip(.throughLink),
                .take(ArchiveEntry("root/.m2/lx")),
            ])
    }

    @Test("a hard link to an entry that was left out is left out")
    func linkToLeftOut() {
        let verdicts = judge([ArchiveEntry("root/.m2/s", .other("FIFO")), .hardLink("root/.m2/h", to: "root/.m2/s")])
        #expect(verdicts == [.skip(.special("FIFO")), .skip(.linkTargetMissing)])
    }

    @Test("what was left out says so by name, on one line")
    func words() {
        let skip = SkippedEntry(path: Array("a\nb".utf8), reason: .special("socket"))
        #expect("\(skip)" == "`a\\x0ab` left out: it is a socket")
    }
}
