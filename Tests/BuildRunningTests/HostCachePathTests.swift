import BuildPlanning
import Testing

/// What `cache.paths` takes (CODEBUILD.md 7), on the host's shell. `CachePathTests` shows it in real containers.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostCachePathTests {
    /// The first build runs `make`; the second one, with its own source, shows which files it finds at its start.
    private func kept(
        _ paths: String..., make: String, show: String = "find . -mindepth 1 ! -name buildspec.yml | sort",
        sharingFolders: Bool = false
    ) async throws -> (found: [String], first: HostBuild) {
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
        return try await HostPlayground.with { play in
            var options = HostPlayground.Options()
            options.usesCache = true
            options.sharesFolders = sharingFolders
            let first = try await play.run(text(make), options)
            #expect(first.status == .succeeded)
            let second = try await play.run(text(show), options)
            return (second.printed.filter { $0.hasPrefix("./") || $0.hasPrefix("/") }, first)
        }
    }

    private let tree = "mkdir -p v/d/e t && touch v/a v/.b v/d/c v/d/e/f t/x.jar t/y.txt && ln -s a v/l"

    @Test(arguments: [false, true])
    func `absolute paths, those of the home and those behind a link come back where they were`(
        sharingFolders: Bool
    ) async throws {
        let (found, first) = try await kept(
            "/data/**/*", "~/.k/*.json", "/link/**/*",
            make:
                "mkdir -p $ROOT/data/d $HOME/.k $ROOT/real && touch $ROOT/data/d/x $HOME/.k/a.json $HOME/.k/b.txt $ROOT/real/y && ln -s real $ROOT/link",
            show: "cd $ROOT && find ./data ./root ./link ! -type d | sort", sharingFolders: sharingFolders)
        #expect(found == ["./data/d/x", "./link/y", "./root/.k/a.json"])
        #expect(first.log.contains("[Container] Uploading local cache..."))
    }

    @Test func `patterns take what they match and nothing else`() async throws {
        let (found, first) = try await kept("t/*.jar", "v/{d/c,a}", make: tree)
        #expect(found == ["./t", "./t/x.jar", "./v", "./v/a", "./v/d", "./v/d/c"])
        #expect(!first.notices.contains { $0.contains("one level") })
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
            first.notices.contains("cache: `bare` is a folder; in an S3 cache of CodeBuild that takes `bare/**/*`"))
    }

    @Test func `a tree inside a partly taken folder is taken whole`() async throws {
        let (found, _) = try await kept("v/d/**/*", "v/.b", "v/*", make: tree)
        #expect(found == ["./v", "./v/.b", "./v/a", "./v/d", "./v/d/c", "./v/d/e", "./v/d/e/f", "./v/l"])
    }

    @Test func `a hard link keeps its content though its first name is not taken`() async throws {
        let (found, _) = try await kept(
            "t/*.jar", make: "mkdir -p t/a && echo content > t/a/one && ln t/a/one t/b.jar && ln t/a/one t/c.jar",
            show: "find . -name '*.jar' | sort; cat t/b.jar t/c.jar; [ t/b.jar -ef t/c.jar ] && echo /same")
        #expect(found == ["./t/b.jar", "./t/c.jar", "/same"])
    }

    @Test func `neither an unset variable nor the whole file system is a cache path`() async throws {
        let (found, first) = try await kept("$NOTHING", "/**/x", make: "touch made")
        #expect(found == [])
        #expect(first.notices.contains { $0.contains("`/**/x` is the whole file system; it is skipped") })
    }
}
