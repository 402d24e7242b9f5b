import Caches
import ChildProcesses
import Files
import Foundation
import Recordings
import Testing

/// `cache export` on one machine, `cache import` on another: here two sets of XDG folders.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct CacheCarryTests {
    private let counting = """
        version: 0.2
        phases:
          build:
            commands:
              - echo "found $(cat /root/k/f 2>/dev/null || echo none)"
              - mkdir -p /root/k; echo it > /root/k/f
        cache: {paths: ['/root/k/**/*']}
        """

    /// A machine where the project was built once, with two recorded responses and a key that must not travel.
    private func built(image: String = busybox) async throws -> Playground {
        let play = try Playground()
        try play.buildspec(counting)
        try play.write("codebuild.yml", "environment: {image: \(image)}")
        #expect(try await play.run(image: image).printed == ["found none"])
        let store = RecordingStore(folder: recordings(play))
        for path in ["a", "b"] {
            let body = try store.startBody()
            try body.write(Array("answer \(path)".utf8))
            try store.record(
                RecordedRequest(method: "GET", url: "https://example.com/\(path)"), RecordedHead(status: 200),
                body: body)
        }
        let authority = play.state.appending(path: "buildspec/authorities/\(key(play))")
        try FileManager.default.createDirectory(at: authority, withIntermediateDirectories: true)
        try Data("PRIVATE KEY".utf8).write(to: authority.appending(path: "key.pem"))
        return play
    }

    /// Another machine, with the same project elsewhere.
    private func other(like play: Playground) throws -> Playground {
        let other = try Playground()
        for name in ["buildspec.yml", "codebuild.yml"] {
            try FileManager.default.copyItem(
                at: play.source.appending(path: name), to: other.source.appending(path: name))
        }
        return other
    }

    /// The project's key, as the names of its things on this machine have it.
    private func key(_ play: Playground) -> String { CacheKey(project: play.source.path, paths: []).name }

    private func recordings(_ play: Playground) -> String {
        play.cache.appending(path: "buildspec/recordings/\(key(play))").path
    }

    private func archive(_ play: Playground) -> String { play.root.appending(path: "archive").path }

    /// Everything that a machine has of a project, as text.
    private func state(_ play: Playground) async throws -> String {
        let files = try await Command(
            "sh", ["-c", "find . -type f ! -name '*.lock' -exec sha256sum {} + | sort -k 2"],
            workingDirectory: play.root.path
        ).collect().text
        let volumes = try await Docker.call(["volume", "ls", "-q", "--filter", "name=buildspec-aws-\(key(play))"]).text
        return files + volumes
    }

    @Test func `what was built here is built there without a network`() async throws {
        let play = try await built()
        let exported = try await play.call(["cache", "export", archive(play), "--no-images"])
        #expect(exported.status.isSuccess, "\(exported.errorText)")
        #expect(
            exported.errorText.wholeMatch(of: /exported to .*archive, 0\.0 MB: 1 cache, 2 recorded responses/) != nil,
            "\(exported.errorText)")
        #expect(exported.text.isEmpty)

        let there = try other(like: play)
        let imported = try await there.call(["cache", "import", archive(play)])
        #expect(imported.status.isSuccess, "\(imported.errorText)")
        let lines = imported.errorText.split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        #expect(lines.first == "imported 2 recorded responses")
        #expect(lines.last?.hasPrefix("imported cache `source-") == true)
        #expect(try await there.run(["--offline"], image: busybox).printed == ["found it"])
        let found = try RecordingStore(folder: recordings(there)).response(
            to: RecordedRequest(method: "GET", url: "https://example.com/b"))
        #expect(found?.content == Array("answer b".utf8))
        #expect(try await there.call(["cache", "verify"]).status.isSuccess)
        #expect(there.files(in: there.cache.appending(path: "buildspec/transfers")).filter { $0 != ".marks" } == [])

        let again = try await there.call(["cache", "import", archive(play)])
        #expect(again.errorText.contains("imported 0 recorded responses; 2 were here already"))
    }

    @Test func `an archive has nothing but what builds need, readable by tar`() async throws {
        let play = try await built()
        _ = try await play.call(["cache", "export", archive(play), "--no-images"])
        let names = try await Command("tar", ["--zstd", "-tf", archive(play)]).collect().text.split(separator: "\n")
        #expect(names.first == "manifest.json")
        #expect(names.dropFirst().allSatisfy { $0.hasPrefix("caches/") || $0.hasPrefix("recordings/") })
        #expect(names.count == 7)
        let content = try await Command("sh", ["-c", "tar --zstd -xOf \"$1\"", "sh", archive(play)]).collect()
        #expect(!content.outputText.contains("PRIVATE KEY"))
        #expect(content.outputText.contains("answer a"))
    }

    @Test func `a damaged archive changes nothing and says which part is wrong`() async throws {
        let play = try await built()
        _ = try await play.call(["cache", "export", archive(play), "--no-images"])
        let sound = try Data(contentsOf: URL(filePath: archive(play)))
        let there = try other(like: play)
        _ = try await there.run(image: busybox)
        let before = try await state(there)
        var flipped = sound
        flipped[sound.count / 2] ^= 4
        for (bytes, part) in [
            (sound.prefix(sound.count / 2), "its part `"), (sound.prefix(sound.count - 30), "its part `"),
            (flipped, "its part `"), (sound.prefix(0), "manifest.json"), (Data("hello".utf8), "not made by"),
        ] {
            try Data(bytes).write(to: URL(filePath: archive(play)))
            let imported = try await there.call(["cache", "import", archive(play)])
            #expect(imported.status.exitStatus == 74)
            #expect(imported.errorText.hasPrefix("error: cannot import the archive `\(archive(play))`: "))
            #expect(imported.errorText.contains(part), "\(imported.errorText)")
            #expect(imported.errorText.contains("help: nothing was changed"))
            #expect(try await state(there) == before)
        }
        let none = try await there.call(["cache", "import", "nowhere"])
        #expect(none.status.exitStatus == 66)
    }

    @Test func `an archive does not speak for another project`() async throws {
        let victim = try await built()
        _ = try await victim.call(["cache", "export", archive(victim), "--no-images"])
        // The same machine, another project: an archive that leaves the victim's cache the victim's.
        let unpacked = victim.root.appending(path: "unpacked").path
        let hostile = victim.root.appending(path: "hostile").path
        var manifest = try ProjectArchive.unpack(
            FilePath(archive(victim)), into: FilePath(unpacked), stop: StopFlag())
        let files = manifest.parts.map { ProjectArchive.File($0.name, at: FilePath("\(unpacked)/\($0.name)")) }
        manifest.cacheProject = "/else/where"
        _ = try ProjectArchive.write(manifest, files, to: FilePath(hostile), stop: StopFlag())
        let before = try await state(victim)
        let other = try other(like: victim)
        let imported = try await other.call(
            ["cache", "import", hostile],
            environment: ["XDG_CACHE_HOME": victim.cache.path, "XDG_STATE_HOME": victim.state.path])
        #expect(imported.status.exitStatus == 74, "\(imported.errorText)")
        #expect(imported.errorText.contains("a cache of another project"))
        #expect(try await state(victim) == before)
    }

    @Test func `an archive brings no image that the project does not name, whatever its list says`() async throws {
        let play = try Playground()
        try play.buildspec(counting)
        try play.write("codebuild.yml", "environment: {image: \(busybox)}")
        let foreign = "buildspec-test/foreign-\(UUID().uuidString.lowercased().prefix(8))"
        let tar = play.root.appending(path: "images.tar").path, hostile = play.root.appending(path: "hostile").path
        #expect(try await Docker.call(["tag", busybox, foreign]).status.isSuccess)
        #expect(try await Docker.call(["save", "-o", tar, foreign]).status.isSuccess)
        #expect(try await Docker.call(["image", "rm", foreign]).status.isSuccess)
        for (images, bytes) in [("hidden", nil), ("listed", nil), ("broken", "no tar")] as [(String, String?)] {
            if let bytes { try Data(bytes.utf8).write(to: URL(filePath: tar)) }
            let manifest = ProjectArchive.Manifest(
                program: "x", createdAt: "x", project: "x", cacheProject: "x",
                images: images == "listed" ? [.init(name: foreign, id: "sha256:1")] : [])
            _ = try ProjectArchive.write(
                manifest, [ProjectArchive.File("images.tar", at: FilePath(tar))], to: FilePath(hostile),
                stop: StopFlag())
            let imported = try await play.call(["cache", "import", hostile])
            #expect(imported.status.exitStatus == 74, "\(imported.errorText)")
            #expect(imported.errorText.contains(bytes == nil ? "does not name" : "images that cannot be read"))
            #expect(try await Docker.call(["image", "inspect", foreign]).status.exitStatus == 1)
        }
    }

    @Test func `an import says what it replaces before it does`() async throws {
        let play = try await built()
        _ = try await play.call(["cache", "export", archive(play), "--no-images"])
        try play.buildspec(counting.replacing("echo it >", with: "echo other >"))
        _ = try await play.run(image: busybox)
        let imported = try await play.call(["cache", "import", archive(play), "--no-images"])
        #expect(imported.status.isSuccess, "\(imported.errorText)")
        let words = imported.errorText
        let replaces = try #require(words.range(of: "this import replaces:\n  cache `"))
        let done = try #require(words.range(of: "imported cache `"))
        #expect(replaces.lowerBound < done.lowerBound)
    }

    @Test func `images travel, named ones too, and missing ones are all named`() async throws {
        let id = UUID().uuidString.lowercased().prefix(8), image = "buildspec-test/carried-\(id)"
        let extra = "buildspec-test/extra-\(id)"
        for name in [image, extra] {
            let made = try await Docker.call(["build", "-t", name, "-"], input: "FROM \(busybox)\nLABEL x=\(name)\n")
            #expect(made.status.isSuccess)
        }
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['echo hello']}}")
        try play.write("codebuild.yml", "environment: {image: \(image)}\nx-buildspec: {images: [\(extra), none/such]}")
        let missing = try await play.call(["cache", "export", archive(play)])
        #expect(missing.status.exitStatus == 69)
        #expect(
            missing.errorText.contains("the engine does not have: image `none/such`\nhelp: `docker pull none/such`"))
        #expect(!FileManager.default.fileExists(atPath: archive(play)))

        try play.write("codebuild.yml", "environment: {image: \(image)}\nx-buildspec: {images: [\(extra)]}")
        let exported = try await play.call(["cache", "export", archive(play)])
        #expect(exported.errorText.contains("`\(image)`, `\(extra)`"), "\(exported.errorText)")
        _ = try await Docker.call(["rmi", "-f", image, extra])
        let there = try other(like: play)
        let without = try await there.call(["cache", "import", archive(play), "--no-images"])
        #expect(without.status.isSuccess)
        #expect(try await Docker.call(["image", "inspect", image]).status.isSuccess == false)
        let imported = try await there.call(["cache", "import", archive(play)])
        #expect(imported.errorText.contains("imported image `\(image)`\nimported image `\(extra)`"))
        #expect(try await there.call(["run", "--offline"]).printed == ["hello"])
        let again = try await there.call(["cache", "import", archive(play)])
        #expect(again.errorText.contains("image `\(image)` was here already"))
        _ = try await Docker.call(["rmi", "-f", image, extra])
    }

    @Test func `the state of the local AWS travels, and waits for whoever uses it`() async throws {
        let play = try await built(), there = try other(like: play)
        let here = "buildspec-aws-\(key(play))", other = "buildspec-aws-\(key(there))"
        _ = try await Docker.call([
            "run", "--rm", "-v", "\(here):/s", busybox, "sh", "-c", "mkdir /s/d; echo state > /s/d/f",
        ])
        // One that writes to it stands still meanwhile, and goes on then.
        _ = try await Docker.call(["run", "-d", "--name", here, "-v", "\(here):/s", busybox, "sleep", "100"])
        let exported = try await play.call(["cache", "export", archive(play), "--no-images"])
        #expect(exported.errorText.hasSuffix(", the state of the local AWS"), "\(exported.errorText)")
        #expect(try await Docker.call(["inspect", "-f", "{{.State.Status}}", here]).text == "running")

        _ = try await Docker.call(["run", "-d", "--name", other, "-v", "\(other):/s", busybox, "sleep", "100"])
        let before = try await state(there)
        let refused = try await there.call(["cache", "import", archive(play)])
        #expect(refused.status.exitStatus == 74)
        #expect(refused.errorText.contains("`\(other)` is running"))
        #expect(try await state(there) == before)
        _ = try await Docker.call(["stop", "-t", "0", other])

        let imported = try await there.call(["cache", "import", archive(play)])
        #expect(imported.errorText.contains("imported the state of the local AWS"), "\(imported.errorText)")
        #expect(try await Docker.call(["run", "--rm", "-v", "\(other):/s", busybox, "cat", "/s/d/f"]).text == "state")
        let label = try await Docker.call(["volume", "inspect", "-f", "{{index .Labels \"dev.buildspec.aws\"}}", other])
        #expect(label.text == key(there))
        let left = try await Docker.call(["ps", "-aq", "--filter", "name=buildspec-transfer-"])
        #expect(left.text.isEmpty)
        _ = try await Docker.call(["rm", "-f", here, other])
        _ = try await Docker.call(["volume", "rm", here, other])
    }

    @Test func `with nothing there is nothing to export`() async throws {
        let play = try Playground()
        try play.buildspec(counting)
        let exported = try await play.call(["cache", "export", archive(play), "--no-images"])
        #expect(exported.status.exitStatus == 66)
        #expect(exported.errorText.hasPrefix("error: there is nothing to export"))
        #expect(!FileManager.default.fileExists(atPath: archive(play)))
    }
}
