import ChildProcesses
import Foundation
import Testing

/// UPLOAD_ARTIFACTS (CODEBUILD.md 6), in real containers; `HostArtifactTests` has what patterns choose.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct ArtifactTests {
    /// Runs commands and an `artifacts` block; gives what was collected.
    private func collect(
        _ commands: [String], _ artifacts: String, _ arguments: [String] = [], image: String = debian
    ) async throws -> (play: Playground, result: CommandOutput, files: [String]) {
        let play = try Playground()
        let list = commands.map { "      - \($0)\n" }.joined()
        try play.buildspec("version: 0.2\nphases:\n  build:\n    commands:\n\(list)artifacts:\n\(artifacts)\n")
        let result = try await play.run(["--no-cache"] + arguments, image: image)
        return (play, result, play.files(in: play.out.appending(path: "artifacts")))
    }

    @Test(arguments: [debian, busybox])
    func `patterns choose files below a base directory`(image: String) async throws {
        let tree =
            "mkdir -p out/a/b && echo 1 > out/top && echo 2 > out/a/mid && echo 3 > out/a/b/deep && echo 4 > out/.dot"
        let artifacts = "  files: ['**/*', nothing]\n  base-directory: $OUT\n  exclude-paths: ['a/b/**/*']"
        let collected = try await collect([tree, "OUT=out"], artifacts, image: image)
        #expect(collected.files == [".dot", "a/mid", "top"])
        #expect(try await collect([tree], "  files: [out/a/mid]", image: image).files == ["out/a/mid"])
    }

    @Test(arguments: [debian, busybox])
    func `absolute patterns match where they say`(image: String) async throws {
        let make =
            "mkdir -p /opt/o/d && echo 1 > /opt/o/a.zip && echo 2 > /opt/o/d/b.zip && echo 3 > /tmp/x.log && echo 4 > here"
        let all = try await collect(
            [make], "  files: [here, /opt/o/**/*, /tmp/x.log, /tmp/none, /opt/o]\n  exclude-paths: [/opt/o/d/*]",
            image: image)
        #expect(all.result.status.isSuccess, "\(all.result.errorText)")
        #expect(all.files == ["here", "opt/o/a.zip", "tmp/x.log"])
        let skipped = all.result.log.filter { $0.contains("Skipping invalid file path") }
        #expect(skipped.map { $0.split(separator: " ").last } == ["/tmp/none", "/opt/o"])
        let one = try await collect([make], "  files: [/tmp/x.log]\n  discard-paths: yes", image: image)
        #expect(one.files == ["x.log"])
        let none = try await collect([make], "  files: ['/**/*']", image: image)
        #expect(none.result.status.exitStatus == 1)
    }

    @Test func `what is missing fails the phase and the build`() async throws {
        let folder = try await collect(["mkdir dist && touch dist/x"], "  files: dist")
        #expect(folder.result.status.exitStatus == 1)
        #expect(folder.result.errorText.contains("`dist/**/*` means all that is in it"))
    }

    @Test func `artifacts are collected after a failed build`() async throws {
        let collected = try await collect(["echo report > r.txt", "exit 5"], "  files: r.txt")
        #expect(collected.result.status.exitStatus == 1)
        #expect(collected.files == ["r.txt"])
    }

    @Test func `modes stay, links are followed, and nobody but the user owns the files`() async throws {
        let collected = try await collect(
            [
                "mkdir -p d/real && printf run > d/real/tool && chmod 750 d/real/tool",
                "ln -s real/tool d/link && ln -s real d/folder && ln -s nowhere d/broken",
            ], "  files: d/**/*")
        #expect(collected.files == ["d/folder/tool", "d/link", "d/real/tool"])
        let link = collected.play.out.appending(path: "artifacts/d/link")
        #expect(try String(contentsOf: link, encoding: .utf8) == "run")
        let attributes = try FileManager.default.attributesOfItem(atPath: link.path)
        #expect(attributes[.type] as? FileAttributeType == .typeRegular)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o750)
        #expect((attributes[.ownerAccountID] as? NSNumber)?.uint32Value == getuid())
    }

    @Test func `names with blanks, quotes, newlines and odd bytes`() async throws {
        let collected = try await collect(
            [#""mkdir 'a b' && touch 'a b/it'\"'\"'s' 'new\nline' && touch \"$(printf 'x\\\\377')\" plain""#],
            "  files: ['a b/*', new*, x*]")
        #expect(collected.result.status.isSuccess, "\(collected.result.errorText)")
        #expect(collected.files.contains("a b/it's"))
        #expect(collected.files.contains("new\nline"))
        #expect(collected.files.count >= 2)
    }

    @Test func `secondary artifacts go beside the primary one, and old ones are replaced whole`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases: {build: {commands: [touch a b c]}}
            artifacts:
              files: a
              secondary-artifacts:
                one: {files: b}
                two: {files: [c], discard-paths: yes}
            """)
        #expect(try await play.run().status.isSuccess)
        // What is in an artifact of an earlier build goes with it; all else in the folder stays.
        for name in ["artifacts/stale", "keep-me"] { try Data().write(to: play.out.appending(path: name)) }
        let result = try await play.run()
        #expect(result.log.contains("[Container] Preparing to copy secondary artifacts one"))
        #expect(play.files(in: play.out) == ["artifacts/a", "keep-me", "one/b", "two/c"])
    }

    @Test func `a zip keeps modes, and links where they are asked for`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases: {build: {commands: ['mkdir d && printf x > d/f && chmod 755 d/f && ln -s f d/l']}}
            artifacts: {files: ['d/**/*'], enable-symlinks: yes}
            """)
        #expect(try await play.run(["--zip"]).status.isSuccess)
        let listing = try await Command(
            "python3",
            [
                "-c",
                "import sys, zipfile\nfor i in zipfile.ZipFile(sys.argv[1]).infolist(): print(i.filename, oct(i.external_attr >> 16))",
                play.out.appending(path: "artifacts.zip").path,
            ]
        ).collect()
        #expect(listing.text.split(separator: "\n").map(String.init).sorted() == ["d/f 0o100755", "d/l 0o120777"])
    }
}
