import ChildProcesses
import Foundation
import Testing

/// What `cache.paths` takes (CODEBUILD.md 7), in real containers; `HostCachePathTests` has most of its patterns.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct CachePathTests {
    /// The first build runs `make`; the second one, with its own source, shows which files it finds at its start.
    private func kept(
        _ paths: String..., make: String,
        show: String = "find . -mindepth 1 ! -name '.git*' ! -name buildspec.yml | sort",
        image: String = debian
    ) async throws -> (found: [String], first: CommandOutput) {
        let play = try Playground()
        func text(_ command: String) -> String {
            """
            version: 0.2
            phases:
              build:
                commands:
                  - |
                    \(command)
            cache:
              paths: [\(paths.map { "'\($0)'" }.joined(separator: ", "))]
            """
        }
        try play.buildspec(text(make))
        let first = try await play.run(image: image)
        #expect(first.status.isSuccess)
        try play.buildspec(text(show))
        let second = try await play.run(image: image)
        return (second.printed.filter { $0.hasPrefix("./") || $0.hasPrefix("/") }, first)
    }

    private let tree = "mkdir -p v/d/e t && touch v/a v/.b v/d/c v/d/e/f t/x.jar t/y.txt && ln -s a v/l"

    @Test(arguments: [debian, busybox])
    func `one level means the files of one level, and says so`(image: String) async throws {
        let (found, first) = try await kept("v/*", make: tree, image: image)
        #expect(found == ["./v", "./v/.b", "./v/a", "./v/l"])
        #expect(first.errorText.contains("cache: `v/*` takes files of one level"))
        #expect(first.errorText.contains("`v/**/*` means all that is in them"))
    }

    @Test func `absolute paths and those of the home work the same way`() async throws {
        let (found, _) = try await kept(
            "/root/.m2/*", "~/.k/*.json",
            make:
                "mkdir -p /root/.m2/repository /root/.k && touch /root/.m2/settings.xml /root/.m2/repository/x /root/.k/a.json /root/.k/b.txt",
            show: "find /root/.m2 /root/.k | sort")
        #expect(found == ["/root/.k", "/root/.k/a.json", "/root/.m2", "/root/.m2/settings.xml"])
    }

    @Test func `a root that is a link to a folder gives the folder's content`() async throws {
        let (found, _) = try await kept(
            "/root/.m2/**/*", make: "mkdir -p /data/r && touch /data/r/x && ln -s /data /root/.m2",
            show: "find /root/.m2 | sort")
        #expect(found == ["/root/.m2", "/root/.m2/r", "/root/.m2/r/x"])
    }
}
