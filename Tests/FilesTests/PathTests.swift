import TestSupport
@testable import Files
import Testing

@Suite("paths")
struct PathTests {
    @Test(
        "names come to one form",
        arguments: [
            ("a", "a"), ("./a", "a"), ("a/b/", "a/b"), ("a//b", "a/b"), ("./", ""), (".", ""), ("a/./b", "a/b"),
            (".a", ".a"),
            ("a/..b", "a/..b"), ("...", "..."), ("a/.../b", "a/.../b"), ("", ""),
        ])
    func normal(name: String, expected: String) throws {
        #expect(RelativePath.normalized(Array(name.utf8)) == .success(Array(expected.utf8)))
    }

    @Test("names that lead out have a flaw", arguments: ["..", "../a", "a/..", "a/../b", "./../a", "a/b/../../.."])
    func leadsUp(name: String) {
        #expect(RelativePath.normalized(Array(name.utf8)) == .failure(.leadsUp))
    }

    @Test("so have absolute ones", arguments: ["/", "/a", "//a", "/../a"])
    func absolute(name: String) {
        #expect(RelativePath.normalized(Array(name.utf8)) == .failure(.isAbsolute))
    }

    @Test("a path is below its folders and no others")
    func below() {
        func isBelow(_ path: String, _ folder: String) -> Bool {
            RelativePath.isBelowOrEqual(Array(path.utf8), Array(folder.utf8))
        }
        #expect(isBelow("a/b", "a") && isBelow("a", "a") && isBelow("a", ""))
        #expect(!isBelow("ab", "a") && !isBelow("a", "a/b"))
        #expect(
            RelativePath.ancestors(of: Array("a/b/c".utf8)).map { String(decoding: $0, as: UTF8.self) } == ["a/b", "a"])
    }

    @Test("a map renames both ways; the longest prefix decides")
    func map() {
        let map = PathMap([
            .init(stream: "codebuild/output/src7/src", stored: "codebuild/source"),
            .init(stream: "/.m2/", stored: "root/.m2"),
            .init(stream: "codebuild/output/src7/src/deep", stored: "deep"),
        ])
        let pairs = [
            ("codebuild/output/src7/src/a", "codebuild/source/a"), ("codebuild/output/src7/src", "codebuild/source"),
            (".m2/x", "root/.m2/x"), ("codebuild/output/src7/src/deep/x", "deep/x"), ("other/x", "other/x"),
            ("codebuild/output/src7/srcx", "codebuild/output/src7/srcx"),
        ]
        for (stream, stored) in pairs {
            #expect(map.stored(Array(stream.utf8)) == Array(stored.utf8))
            #expect(map.stream(Array(stored.utf8)) == Array(stream.utf8))
        }
        let top = PathMap([.init(stream: "", stored: "root")])
        #expect(top.stored(Array("a".utf8)) == Array("root/a".utf8))
        #expect(top.stream(Array("root".utf8)) == [])
    }

    @Test("any name becomes text and is got back from it")
    func text() {
        var numbers = SeededNumbers(seed: 3)
        for _ in 0..<2000 {
            let path = (0..<Int.random(in: 0...12, using: &numbers)).map { _ in
                UInt8.random(in: 1...255, using: &numbers)
            }
            let text = PathText.text(path)
            #expect(PathText.path(text) == path)
            #expect(!text.contains("\n"))
        }
        #expect(PathText.text(Array("ä/b c".utf8)) == "ä/b c")
        #expect(PathText.text(Array("a\nb\\".utf8) + [0xff]) == "a\\x0ab\\x5c\\xff")
        #expect(PathText.path("a\\q") == nil)
        #expect(PathText.path("a\\x1") == nil)
    }

    @Test("a text that is made of no name means none", arguments: ["\\x41", "\\x+f", "\\xFF", "a\nb", "\\x2f"])
    func foreignText(text: String) {
        #expect(PathText.path(text) == nil)
    }
}
