import ChildProcesses
import Foundation
import Testing

/// What `cache.paths` takes (CODEBUILD.md 7), in real containers.
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

    @Test func `patterns take what they match and nothing else`() async throws {
        let (found, first) = try await kept("t/*.jar", "v/{d/c,a}", make: tree)
        #expect(found == ["./t", "./t/x.jar", "./v", "./v/a", "./v/d", "./v/d/c"])
        #expect(!first.errorText.contains("one level"))
    }

    @Test func `folders of one name are found at every depth, empty ones in them too`() async throws {
        let (found, _) = try await kept(
            "**/m/**/*", make: "mkdir -p m/x p/q/m/empty p/q/o && touch m/x/1 p/q/m/2 p/q/o/3 p/4")
        #expect(
            found == ["./m", "./m/x", "./m/x/1", "./p", "./p/q", "./p/q/m", "./p/q/m/2", "./p/q/m/empty"])
    }

    @Test func `a name behind a wildcard means the tree, as a bare folder does`() async throws {
        let (found, first) = try await kept(
            "*/m", "bare", make: "mkdir -p a/m/x b/o bare/y && touch a/m/x/1 b/o/2 bare/y/3")
        #expect(found == ["./a", "./a/m", "./a/m/x", "./a/m/x/1", "./bare", "./bare/y", "./bare/y/3"])
        #expect(
            first.errorText.contains(
                "cache: `bare` is a folder; in an S3 cache of CodeBuild that takes `bare/**/*`"))
    }

    @Test func `a tree inside a partly taken folder is taken whole`() async throws {
        let (found, _) = try await kept("v/d/**/*", "v/.b", "v/*", make: tree)
        #expect(found == ["./v", "./v/.b", "./v/a", "./v/d", "./v/d/c", "./v/d/e", "./v/d/e/f", "./v/l"])
    }

    @Test func `absolute paths and those of the home work the same way`() async throws {
        let (found, _) = try await kept(
            "/root/.m2/*", "~/.k/*.json",
            make:
                "mkdir -p /root/.m2/repository /root/.k && touch /root/.m2/settings.xml /root/.m2/repository/x /root/.k/a.json /root/.k/b.txt",
            show: "find /root/.m2 /root/.k | sort")
        #expect(found == ["/root/.k", "/root/.k/a.json", "/root/.m2", "/root/.m2/settings.xml"])
    }

    @Test func `a hard link keeps its content though its first name is not taken`() async throws {
        let (found, _) = try await kept(
            "t/*.jar", make: "mkdir -p t/a && echo content > t/a/one && ln t/a/one t/b.jar && ln t/a/one t/c.jar",
            show: "find . -name '*.jar' | sort; cat t/b.jar t/c.jar; [ t/b.jar -ef t/c.jar ] && echo /same")
        #expect(found == ["./t/b.jar", "./t/c.jar", "/same"])
    }

    @Test func `a root that is a link to a folder gives the folder's content`() async throws {
        let (found, _) = try await kept(
            "/root/.m2/**/*", make: "mkdir -p /data/r && touch /data/r/x && ln -s /data /root/.m2",
            show: "find /root/.m2 | sort")
        #expect(found == ["/root/.m2", "/root/.m2/r", "/root/.m2/r/x"])
    }

    @Test func `neither an unset variable nor the whole file system is a cache path`() async throws {
        let (found, first) = try await kept("$NOTHING", "/**/x", make: "touch made")
        #expect(found == [])
        #expect(first.errorText.contains("`/**/x` is the whole file system; it is skipped"))
    }
}
