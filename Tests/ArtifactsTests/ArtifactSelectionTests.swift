import TestSupport
@testable import Artifacts
import Testing

@Suite("choosing the files of an artifact")
struct ArtifactSelectionTests {
    /// A listing; a name that ends in `/` is a directory, one that ends in `@` a link.
    private func listing(_ names: String...) -> [ListedFile] {
        names.map { name in
            switch name.last {
            case "/": ListedFile(path: Array(name.dropLast().utf8), kind: .directory)
            case "@": ListedFile(path: Array(name.dropLast().utf8), kind: .link)
            case "%": ListedFile(path: Array(name.dropLast().utf8), kind: .directoryLink)
            default: ListedFile(path: Array(name.utf8), kind: .file)
            }
        }
    }

    private func stored(_ selection: ArtifactSelection) -> [String] {
        selection.files.map { file in
            let (source, stored) = (
                String(decoding: file.source, as: UTF8.self), String(decoding: file.stored, as: UTF8.self)
            )
            return source == stored ? stored : "\(source)>\(stored)"
        }
    }

    private func select(
        _ listing: [ListedFile], _ files: [String], exclude: [String] = [], discard: Bool = false,
        keepsLinks: Bool = false,
        includesGit: Bool = false, base: String? = nil
    ) -> ArtifactSelection {
        .select(
            listing,
            ArtifactPatterns(
                files: files, excludePaths: exclude, discardPaths: discard, keepsLinks: keepsLinks,
                includesGit: includesGit),
            base: base)
    }

    private var tree: [ListedFile] {
        listing("a.txt", "target/", "target/app.jar", "target/classes/", "target/classes/A.class", ".env", "empty/")
    }

    @Test(
        "the guide's forms",
        arguments: [
            (["a.txt"], ["a.txt"]), (["target/app.jar"], ["target/app.jar"]), (["target/*"], ["target/app.jar"]),
            (["target/**/*"], ["target/app.jar", "target/classes/A.class"]),
            (["**/*"], [".env", "a.txt", "target/app.jar", "target/classes/A.class"]), (["./a.txt"], ["a.txt"]),
        ])
    func forms(files: [String], expected: [String]) {
        #expect(stored(select(tree, files)) == expected)
    }

    @Test("neither the order of patterns nor that of the listing matters, and nothing is stored twice")
    func order() {
        let selection = select(tree, ["target/*", "**/*.jar", "a.txt"])
        #expect(selection == select(tree.reversed(), ["a.txt", "target/*", "**/*.jar"]))
        #expect(stored(selection) == ["a.txt", "target/app.jar"])
    }

    @Test("directories are counted and not stored")
    func found() {
        // .env, a.txt, two files of target, and the directories target, target/classes, empty.
        #expect(select(tree, ["**/*"]).foundCount == 7)
        #expect(select(tree, ["**/*", "a.txt"]).foundCount == 7)
        #expect(select(tree, ["a.txt"]).foundCount == 1)
    }

    @Test("a pattern that leads to nothing is named; so is a directory, with a hint of its own")
    func invalid() {
        let selection = select(tree, ["nothing.txt", "target", "target/", "a.txt", "x/**/*"])
        #expect(selection.invalidPatterns == ["nothing.txt", "target", "target/", "x/**/*"])
        #expect(selection.directoryPatterns == ["target", "target/"])
        #expect(stored(selection) == ["a.txt"])
        #expect(select(tree, ["target"]).isEmpty)
        #expect(select(tree, []).isEmpty)
    }

    @Test(
        "exclude-paths",
        arguments: [
            (["**/*.class"], [".env", "a.txt", "target/app.jar"]), (["target/**/*"], [".env", "a.txt"]),
            (["**/.*"], ["a.txt", "target/app.jar", "target/classes/A.class"]),
            // The guide: "To exclude a file from all directories".
            (["**/app.jar/**/*"], [".env", "a.txt", "target/classes/A.class"]),
            (["**/classes/**"], [".env", "a.txt", "target/app.jar"]), (["**/*"], []),
            // A directory by its name excludes nothing below it.
            (["target"], [".env", "a.txt", "target/app.jar", "target/classes/A.class"]),
        ])
    func exclusion(exclude: [String], expected: [String]) {
        #expect(stored(select(tree, ["**/*"], exclude: exclude)) == expected)
    }

    @Test("what is excluded is not found, but its pattern is valid")
    func excludedAll() {
        let selection = select(tree, ["a.txt"], exclude: ["a.txt"])
        #expect(selection.isEmpty)
        #expect(selection.foundCount == 0)
        #expect(selection.invalidPatterns == [])
    }

    @Test("discard-paths keeps base names; on a clash the later one wins")
    func discard() {
        let files = listing("b/x", "a/x", "c/y")
        let selection = select(files, ["b/*", "a/*", "c/*"], discard: true)
        #expect(stored(selection) == ["a/x>x", "c/y>y"])
        #expect(
            selection.collisions == [
                .init(stored: Array("x".utf8), kept: Array("a/x".utf8), dropped: Array("b/x".utf8))
            ])
        #expect(stored(select(files, ["**/*"], discard: true)) == ["b/x>x", "c/y>y"])
    }

    @Test(
        "absolute patterns and `..` count as far as they stay inside the base",
        arguments: [
            ("/src/a.txt", ["a.txt"]), ("/src/target/*", ["target/app.jar"]), ("/src/**/*.jar", ["target/app.jar"]),
            ("/etc/passwd", []),
            ("/srcx/a.txt", []), ("target/../a.txt", ["a.txt"]), ("../a.txt", []), ("target/../../src/a.txt", []),
            ("*/../a.txt", []),
            ("/src/../etc/passwd", []),
        ])
    func inside(pattern: String, expected: [String]) {
        let selection = select(tree, [pattern], base: "/src")
        #expect(stored(selection) == expected)
        #expect(selection.invalidPatterns == (expected.isEmpty ? [pattern] : []))
        #expect(select(tree, ["/src/a.txt"]).isEmpty)
    }

    @Test("absolute patterns outside of every base are those of the root [inferred]")
    func outside() throws {
        let patterns = ArtifactPatterns(
            files: ["a.txt", "/tmp/x.log", "/src/b.txt", "/root/*.zip", "/lib/c"],
            excludePaths: ["**/*.log", "/root/no.zip"])
        let (inside, outside) = patterns.separated(bases: ["/src", "/lib"])
        #expect(inside.files == ["a.txt", "/src/b.txt", "/lib/c"])
        #expect(inside.excludePaths == patterns.excludePaths)
        let root = try #require(outside)
        #expect(root.files == ["/tmp/x.log", "/root/*.zip"])
        #expect(root.places == [.path("/tmp/x.log"), .folder("/root")])
        let found = ArtifactSelection.select(
            listing("tmp/x.log", "root/a.zip", "root/no.zip", "root/d/b.zip"), root, base: "/")
        #expect(stored(found) == ["root/a.zip", "tmp/x.log"])
        #expect(ArtifactPatterns(files: ["a", "/src/x"]).separated(bases: ["/src"]).outside == nil)
        var flat = root
        flat.discardPaths = true
        let names = ArtifactSelection.select(listing("tmp/x.log", "root/a.zip"), flat, base: "/")
        #expect(stored(names) == ["root/a.zip>a.zip", "tmp/x.log>x.log"])
    }

    @Test(
        "the whole container is never looked at",
        arguments: ["/*", "/**/*", "/", "/proc/1/environ", "/sys/**/*", "/dev/*", "//**", "/../*", "/tmp/../proc/x"])
    func wholeContainer(pattern: String) {
        #expect(ArtifactPatterns(files: [pattern]).places == [])
    }

    @Test("a pattern is invalid when no base that it was looked for in has it")
    func invalidAmongBases() {
        let here = select(tree, ["a.txt", "nothing"], base: "/src")
        let root = ArtifactSelection.select(
            listing("tmp/x"), ArtifactPatterns(files: ["/tmp/x", "/tmp/y"]), base: "/")
        let all = ArtifactSelection.merging([("/src", here), ("/", root)])
        #expect(all.invalidPatterns == ["nothing", "/tmp/y"])
        #expect(all.files.map { String(decoding: $0.source, as: UTF8.self) } == ["src/a.txt", "tmp/x"])
    }

    @Test("hostile names in a listing are nobody's files")
    func hostile() {
        let files = listing("../x", "/etc/passwd", "a/../../y", "./z", "a//b")
        #expect(stored(select(files, ["**/*", "**", "../x"])) == ["a/b", "z"])
    }

    @Test("wildcards do not reach into .git unless they are allowed to")
    func git() {
        let files = listing(".git/", ".git/config", "sub/.git", ".gitignore", "a")
        let selection = select(files, ["**/*"])
        #expect(stored(selection) == [".gitignore", "a"])
        #expect(selection.leftOutGit)
        #expect(selection.foundCount == 2)
        #expect(stored(select(files, [".git/**/*"])) == [".git/config"])
        #expect(stored(select(files, ["**/*"], includesGit: true)) == [".git/config", ".gitignore", "a", "sub/.git"])
        #expect(!select(files, ["a"]).leftOutGit)
    }

    @Test("links are files; links to directories only where links are kept")
    func links() {
        let files = listing("file@", "folder%", "a")
        #expect(stored(select(files, ["*"])) == ["a", "file"])
        #expect(stored(select(files, ["*"], keepsLinks: true)) == ["a", "file", "folder"])
        #expect(select(files, ["*"], keepsLinks: true).keepsLinks)
    }

    @Test("the guide's example of base-directory")
    func baseDirectories() {
        let directories = ["my-build-2", "my-build-1", "other", "my-build-2/my-subdirectory"].map { Array($0.utf8) }
        let matching = ArtifactSelection.matchingBaseDirectories(pattern: "my-build*", directories: directories)
        #expect(matching.map { String(decoding: $0, as: UTF8.self) } == ["my-build-1", "my-build-2"])
        #expect(ArtifactSelection.matchingBaseDirectories(pattern: "none*", directories: directories) == [])

        let one = listing("my-file-1.txt")
        let two = listing("my-file-2.txt", "my-subdirectory/", "my-subdirectory/my-file-3.txt")
        #expect(stored(select(two, ["*/my-file-3.txt"])) == ["my-subdirectory/my-file-3.txt"])
        let merged = ArtifactSelection.merging([
            ("my-build-1", select(one, ["**/*"], discard: true)), ("my-build-2", select(two, ["**/*"], discard: true)),
        ])
        #expect(
            stored(merged) == [
                "my-build-1/my-file-1.txt>my-file-1.txt", "my-build-2/my-file-2.txt>my-file-2.txt",
                "my-build-2/my-subdirectory/my-file-3.txt>my-file-3.txt",
            ])
        #expect(merged.foundCount == 4)
    }

    @Test("merging: a pattern is invalid only if it is so everywhere, and later directories win")
    func merging() {
        let merged = ArtifactSelection.merging([
            ("/b1/", select(listing("x", "y"), ["x", "y", "z"])), ("b2", select(listing("x", "q"), ["x", "y", "z"])),
        ])
        #expect(merged.invalidPatterns == ["z"])
        #expect(stored(merged) == ["b2/x>x", "b1/y>y"])
        #expect(merged.collisions == [.init(stored: [0x78], kept: Array("b2/x".utf8), dropped: Array("b1/x".utf8))])
        #expect(ArtifactSelection.merging([]).isEmpty)
    }

    @Test("a listing of a hundred thousand files is chosen from at once")
    func large() {
        let files = (0..<100_000).map {
            ListedFile(path: Array("dir\($0 % 100)/sub/file\($0).class".utf8), kind: .file)
        }
        var selection = select([], [])
        let time = ContinuousClock().measure {
            selection = select(files, ["**/*", "dir1/**/*.class"], exclude: ["**/file7*"])
        }
        #expect(selection.files.count == 88_889)
        #expect(time < .seconds(60))
    }
}
