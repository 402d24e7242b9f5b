import ChildProcesses
import Foundation
import Recordings
import Testing

/// `buildspec cache` and what a project recorded.
@Suite struct RecordingCommandTests {
    private let name = "source-0123456789abcdef"

    private func folder(_ play: Playground) -> URL { play.cache.appending(path: "buildspec/recordings/\(name)") }

    /// Two responses of the same five bytes.
    private func record(_ play: Playground) throws {
        let store = RecordingStore(folder: folder(play).path)
        for path in ["a", "b?token=s3cr3t"] {
            let body = try store.startBody()
            try body.write(Array("12345".utf8))
            try store.record(
                RecordedRequest(method: "GET", url: "https://example.com/\(path)"), RecordedHead(status: 200),
                body: body)
        }
    }

    @Test func `cache list and show know recordings`() async throws {
        let play = try Playground()
        try record(play)
        let list = try await play.call(["cache", "list"])
        let lines = list.text.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("NAME ") && lines[1].hasPrefix("\(name)  "))
        #expect(
            lines[1].wholeMatch(of: /(?<name>\S+)  0\.0 MB  2 recorded responses  20[-0-9T:.]+Z/) != nil, "\(list.text)"
        )
        let page = try await play.call(["cache", "show", name])
        #expect(
            page.text.split(separator: "\n").map(String.init) == [
                "name       \(name)", "folder     \(folder(play).path)", "responses  2", "on disk    0.0 MB",
                "GET https://example.com/a 200, 5 bytes", "GET https://example.com/b 200, 5 bytes",
            ])
        #expect(try await play.call(["cache", "list", "--cache", play.out.path]).text.isEmpty)
    }

    @Test func `cache verify names damaged recordings, and cache prune removes them`() async throws {
        let play = try Playground()
        try record(play)
        let sound = try await play.call(["cache", "verify"])
        #expect(sound.status.isSuccess)
        #expect(sound.text == "\(name)  sound  2 recorded responses  0.0 MB")
        #expect(try await play.call(["cache", "verify", "none"]).status.exitStatus == 66)

        let body = try #require(play.files(in: folder(play)).first { $0.hasPrefix("bodies/") })
        let path = folder(play).appending(path: body).path
        try Data("1234x".utf8).write(to: URL(filePath: path))
        let damaged = try await play.call(["cache", "verify", name])
        #expect(damaged.status.exitStatus == 74)
        let reason = "its body is not what was recorded (`\(path)`)"
        let lines = damaged.text.split(separator: "\n").map(String.init).sorted()
        #expect(lines.count == 2)
        for (line, letter) in zip(lines, ["a", "b"]) {
            let told =
                "\(name)  damaged: cannot use the recording of https://example.com/\(letter): \(reason); it is set aside as `"
            #expect(line.hasPrefix(told + folder(play).appending(path: "damaged").path), "\(line)")
        }
        #expect(damaged.errorText.contains("buildspec run --record"))
        // They are missing now, and no longer an error.
        let again = try await play.call(["cache", "verify"])
        #expect(again.status.isSuccess)
        #expect(
            again.text == "\(name)  sound  0 recorded responses  0.0 MB; 2 set aside earlier, being damaged: "
                + "`buildspec cache prune` removes them")

        let pruned = try await play.call(["cache", "prune"])
        #expect(pruned.text.contains("removed 2 damaged of the recorded responses of \(name)"))
        #expect(try await play.call(["cache", "verify"]).text == "\(name)  sound  0 recorded responses  0.0 MB")
        #expect(try await play.call(["cache", "prune", "--unused-for", "0"]).text.hasPrefix("removed \(name)  "))
        #expect(!FileManager.default.fileExists(atPath: folder(play).path))
    }

    @Test(arguments: [["clean"], ["cache", "prune"]])
    func `what killed processes left unfinished is removed`(command: [String]) async throws {
        let play = try Playground()
        try record(play)
        let cache = play.cache.appending(path: "buildspec")
        let dead = "4194303-0123456789abcdef"
        for file in [
            "caches/half/.draft-tarball", "caches/.x.removed/y", "recordings/\(name)/drafts/\(dead)",
            "transfers/\(dead)/x",
            "transfers/.marks/\(dead)", "programs/00.\(dead)/driver.sh",
        ] {
            let url = cache.appending(path: file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: url)
        }
        let kept = play.files(in: cache).filter { $0.hasPrefix("recordings/\(name)/bodies") }
        #expect(try await play.call(command).status.isSuccess)
        let left = play.files(in: cache)
        #expect(!left.contains { $0.contains("draft") || $0.contains(dead) || $0.hasPrefix("caches/") }, "\(left)")
        #expect(!FileManager.default.fileExists(atPath: cache.appending(path: "caches/half").path))
        #expect(!FileManager.default.fileExists(atPath: folder(play).appending(path: "drafts").path))
        #expect(left.filter { $0.hasPrefix("recordings/\(name)/bodies") } == kept)
    }

    @Test func `recordings in use are not pruned`() async throws {
        let play = try Playground()
        try record(play)
        let store = RecordingStore(folder: folder(play).path)
        _ = try store.response(to: RecordedRequest(method: "GET", url: "https://example.com/a"))
        let pruned = try await play.call(["cache", "prune", "--unused-for", "0"])
        #expect(pruned.errorText == "in use, kept: \(name)")
        #expect(pruned.text.isEmpty)
        withExtendedLifetime(store) {}
        #expect(try store.entries().count == 2)
    }
}
