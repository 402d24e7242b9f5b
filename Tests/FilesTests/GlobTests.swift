import TestSupport
@testable import Files
import Testing

@Suite("Glob")
struct GlobTests {
    @Test(
        "matches",
        arguments: [
            // The guide's forms (CODEBUILD.md 6.1).
            ("app.jar", "app.jar"), ("target/app.jar", "target/app.jar"), ("**/*", "a"), ("**/*", "a/b/c"),
            ("dir/*", "dir/a"), ("dir/**/*", "dir/a"), ("dir/**/*", "dir/a/b"), ("dir/**", "dir/a/b"),
            ("/root/.m2/**/*", "/root/.m2/repository/x.jar"), ("/root/.m2/*", "/root/.m2/x"),
            ("my-build*", "my-build-1"),
            ("**/file-name/**/*", "a/b/file-name/c"), ("**/.*", ".env"), ("**/.*", "a/.env"),
            ("**/.*/**/*", ".git/config"),
            ("**/__tests__/*.js", "__tests__/a.js"), ("**/__tests__/*.js", "x/y/__tests__/a.js"),
            // Dot files are files.
            ("*", ".hidden"), ("**/*", ".ebextensions/x.config"), ("?x", ".x"),
            // Spelling that does not count.
            ("./a/b", "a/b"), ("a//b", "a/b"), ("a/./b", "a/b"), ("build/", "build"), (".//./a", "a"),
            // Several, classes, backslashes.
            ("{a,b}.txt", "b.txt"), ("{a,b/c}/d", "b/c/d"), ("*.{jar,war,{x,y}z}", "q.yz"), ("a{,b}c", "ac"),
            ("a{,b}c", "abc"),
            ("{**/x,y}", "a/b/x"), ("[a-c]x", "bx"), ("[!a-c]x", "dx"), ("[^a-c]x", "dx"), ("[]]x", "]x"),
            ("[a\\]]x", "]x"),
            ("[a-]x", "-x"), ("\\*", "*"), ("a\\{b", "a{b"), ("a\\/b", "a/b"), ("[ä-ü]x", "öx"), ("?", "😀"),
            ("a?c", "aäc"),
            // What is not closed stands for itself.
            ("a[b", "a[b"), ("a{b", "a{b"), ("a}b", "a}b"), ("x\\", "x\\"), ("{a", "{a"), ("a,b", "a,b"),
            // Stars in and across names.
            ("a*b*c", "aXbYc"), ("**", "a/b"), ("a**b", "a/x/b"), ("**.js", "a/b.js"), ("a/**/b", "a/b"),
            ("a/**/b", "a/x/y/b"),
            ("a/**/**/b", "a/b"), ("***/a", "a"), ("*/*", "a/b"), ("a/**/*.jar", "a/b/c.jar"),
        ])
    func matches(pattern: String, path: String) {
        #expect(Glob(pattern).matches(Array(path.utf8)))
    }

    @Test(
        "does not match",
        arguments: [
            ("app.jar", "target/app.jar"), ("target/app.jar", "app.jar"), ("*", "a/b"), ("dir/*", "dir"),
            ("dir/*", "dir/a/b"),
            ("dir/**/*", "dir"), ("dir/**", "dir"), ("dir/**/*", "dirx/a"), ("/root/.m2/*", "/root/.m2/a/b"),
            ("a?c", "a/c"),
            ("a[!b]c", "a/c"), ("a[/]c", "a/c"), ("[z-a]", "m"), ("a/**/b", "ab"), ("a/**/b", "xa/b"),
            ("*.jar", "a.jarx"),
            ("{a,b}", "{a,b}"), ("\\*", "a"), ("", "a"), ("**/x", "ax"), ("a**b", "a"), ("[a-c]x", "dx"), ("A", "a"),
            ("a/../b", "b"), ("/a", "a"), ("a", "/a"),
        ])
    func differs(pattern: String, path: String) {
        #expect(!Glob(pattern).matches(Array(path.utf8)))
    }

    @Test("names that are not UTF-8 are matched byte by byte")
    func bytes() {
        #expect(Glob("a?c").matches([0x61, 0xff, 0x63]))
        #expect(Glob("a*c").matches([0x61, 0xff, 0xfe, 0x63]))
        #expect(Glob("a??c").matches([0x61, 0xe2, 0x82, 0x63]))
        #expect(!Glob("a?c").matches([0x61, 0xff, 0xff, 0x63]))
        #expect(Glob("[!x]").matches([0x80]))
        #expect(!Glob("\u{fffd}").matches([0xff]))
        #expect(Glob("a*b").matches(Array("a\nb".utf8)))
    }

    @Test(
        "the directory before the first wildcard",
        arguments: [
            ("/root/.m2/**/*", "/root/.m2", true, true), ("target/*.jar", "target", true, false),
            ("*.jar", "", true, false),
            ("**/*", "", true, true), ("**", "", true, true), ("a/b", "a/b", false, false),
            ("./a//b/", "a/b", false, false),
            ("/", "/", false, false), ("/*", "/", true, false), ("/**", "/", true, true),
            ("a/b{c,d}/e", "a", true, false),
            ("a\\*b/c/*", "a*b/c", true, false), ("a[b/c", "a[b/c", false, false), ("a/**", "a", true, true),
            ("a/*/**/*", "a", true, false), ("a/**/*.x", "a", true, false), ("~/.m2/**/*", "~/.m2", true, true),
        ])
    func prefix(pattern: String, prefix: String, hasWildcard: Bool, isWholeTree: Bool) {
        let glob = Glob(pattern)
        #expect(glob.literalPrefix == prefix)
        #expect(glob.hasWildcard == hasWildcard)
        #expect(glob.isWholeTree == isWholeTree)
    }

    @Test(
        "no pattern takes long",
        arguments: [
            String(repeating: "**/*a*/", count: 40) + "b", String(repeating: "*a", count: 200),
            String(repeating: "a*", count: 200) + "b",
            String(repeating: "{a,aa,*}", count: 100), String(repeating: "{", count: 5000),
            String(repeating: "{a", count: 5000),
            String(repeating: "[", count: 5000), String(repeating: "[a", count: 5000) + "\\]",
            String(repeating: "{a,", count: 60) + String(repeating: "}", count: 60),
            String(repeating: "{*,**}", count: 50) + "x", String(repeating: "**", count: 2000),
            String(repeating: "\\", count: 5001),
        ])
    func evil(pattern: String) {
        let path = Array(String(repeating: "aaaaaaaaa/", count: 100).utf8) + Array("aaaa".utf8)
        let time = ContinuousClock().measure {
            let glob = Glob(pattern)
            for _ in 0..<5 { _ = glob.matches(path) }
        }
        // An exponential one would outlive us all; a debug build on a busy machine gets its time.
        #expect(time < .seconds(10))
    }

    @Test("braces in more than 64 others stand for themselves")
    func deepBraces() {
        func braces(_ count: Int) -> (open: String, closed: String) {
            (String(repeating: "{", count: count), String(repeating: "}", count: count))
        }
        let (open, closed) = braces(70), (kept, end) = braces(6)
        #expect(Glob("\(open)a\(closed)").matches(Array("\(kept)a\(end)".utf8)))
    }

    @Test("agrees with a simple matcher that tries everything")
    func againstReference() {
        var numbers = SeededNumbers(seed: 7)
        let letters = ["a", "b", "/", "*", "**", "?", "**/", "[ab]", "[!a]", "{a,b/}"]
        for _ in 0..<20_000 {
            let parts = (0..<Int.random(in: 0...6, using: &numbers)).map { _ in
                letters.randomElement(using: &numbers) ?? "a"
            }
            let pattern = parts.joined()
            // Spelling is another test's; braces before stars are not for the reference.
            guard !pattern.contains("//"), !pattern.hasSuffix("/"), !pattern.contains("}*"), !pattern.contains("}/")
            else { continue }
            let path = (0..<Int.random(in: 1...6, using: &numbers)).map { _ in
                ["a", "b", "/"].randomElement(using: &numbers) ?? "a"
            }.joined()
            guard !path.hasPrefix("/") || pattern.hasPrefix("/"), !path.contains("//"), !path.hasSuffix("/") else {
                continue
            }
            #expect(
                Glob(pattern).matches(Array(path.utf8))
                    == Reference.matches(parts[...], Array(path)[...], atNameStart: true),
                "\(pattern) \(path)")
        }
    }

    /// The meaning of patterns, by trying every way.
    private enum Reference {
        static func matches(_ pattern: ArraySlice<String>, _ path: ArraySlice<Character>, atNameStart: Bool) -> Bool {
            // Stars that touch are one run.
            var pattern = pattern
            guard var part = pattern.popFirst() else { return path.isEmpty }
            while part.hasPrefix("*"), !part.hasSuffix("/"), let next = pattern.first,
                next.hasPrefix("*") || next == "/"
            {
                if next == "/" && (part.count < 2 || !atNameStart) { break }
                part += next
                pattern.removeFirst()
            }
            if part.hasPrefix("*"), part.hasSuffix("/"), !(part.filter { $0 == "*" }.count > 1 && atNameStart) {
                // Stars that are no whole name.
                let stars = String(part.dropLast())
                return (0...path.count).contains { count in
                    let eaten = path.prefix(count)
                    let rest = path.dropFirst(count)
                    return (stars.count > 1 || !eaten.contains("/")) && rest.first == "/"
                        && matches(pattern, rest.dropFirst(), atNameStart: true)
                }
            }
            switch part {
            case "?":
                return path.first.map { $0 != "/" } ?? false && matches(pattern, path.dropFirst(), atNameStart: false)
            case "[ab]":
                return path.first.map { "ab".contains($0) } ?? false
                    && matches(pattern, path.dropFirst(), atNameStart: false)
            case "[!a]":
                return path.first.map { $0 != "a" && $0 != "/" } ?? false
                    && matches(pattern, path.dropFirst(), atNameStart: false)
            case "{a,b/}":
                return matches(["a"] + pattern, path, atNameStart: atNameStart)
                    || matches(["b", "/"] + pattern, path, atNameStart: atNameStart)
            case _ where part.hasPrefix("*") && part.hasSuffix("/"):
                return matches(pattern, path, atNameStart: true)
                    || path.indices.contains {
                        path[$0] == "/" && matches(pattern, path[path.index(after: $0)...], atNameStart: true)
                    }
            case "*":
                return (0...path.count).contains { count in
                    !path.prefix(count).contains("/") && matches(pattern, path.dropFirst(count), atNameStart: false)
                }
            case _ where part.hasPrefix("**"):
                return (0...path.count).contains { matches(pattern, path.dropFirst($0), atNameStart: false) }
            default: return path.first == part.first && matches(pattern, path.dropFirst(), atNameStart: part == "/")
            }
        }
    }
}
