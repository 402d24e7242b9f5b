import BuildPlanning
import Files
import Testing

/// `cache.key`, `fallback-keys` and `action` (CODEBUILD.md 7), on the host's shell. `CacheKeyTests` shows keys in real
/// containers.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostCacheKeyTests {
    /// A build that shows what it found in its cache, and leaves its own VALUE there.
    private func run(
        _ play: HostPlayground, _ cache: String, leaving value: String, paths: [String] = ["k/**/*"],
        _ variables: [String: String] = [:]
    ) async throws -> HostBuild {
        var options = HostPlayground.Options()
        options.usesCache = true
        options.variables = variables.merging(["VALUE": value]) { $1 }
        let build = try await play.run(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - echo "found $(cat k/value 2>/dev/null || echo nothing)"; mkdir -p k; echo $VALUE > k/value
            cache:
            \(cache.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
              paths: [\(paths.map { "'\($0)'" }.joined(separator: ", "))]
            """, options)
        #expect(build.status == .succeeded)
        return build
    }

    @Test func `a key is shell text, matched exactly, and saved once`() async throws {
        try await HostPlayground.with { play in
            let cache = "key: maven-$OF-$(codebuild-hash-files '**/pom.xml')"
            try play.write("pom.xml", "one")
            let first = try await run(play, cache, leaving: "1", ["OF": "a"])
            #expect(first.printed == ["found nothing"])
            let miss = try #require(first.log.first { $0.hasPrefix("[Container] No cache found for key maven-a-") })
            let key = String(try #require(miss.split(separator: " ").last))
            #expect(key.count == "maven-a-".count + 64)
            let second = try await run(play, cache, leaving: "2", ["OF": "a"])
            #expect(second.printed == ["found 1"])
            #expect(second.log.contains("[Container] Found cache for key \(key)"))
            #expect(second.log.contains("[Container] Skipping cache upload: key \(key) is saved and never changed"))
            try play.write("pom.xml", "two")
            #expect(try await run(play, cache, leaving: "3", ["OF": "a"]).printed == ["found nothing"])
            #expect(try await run(play, cache, leaving: "4", ["OF": "b"]).printed == ["found nothing"])
        }
    }

    @Test func `fallback keys are tried in order by prefix, the newest first`() async throws {
        try await HostPlayground.with { play in
            let keys = "key: v-$K\nfallback-keys: [v-x-$NONE, v-2, v-]"
            for (value, key) in [("first", "11"), ("second", "2-old"), ("third", "3")] {
                _ = try await run(play, keys, leaving: value, ["K": key])
            }
            let build = try await run(play, keys, leaving: "fourth", ["K": "4"])
            #expect(build.printed == ["found second"])
            #expect(
                build.log.filter { $0.contains(" key ") } == [
                    "[Container] No cache found for key v-4", "[Container] No cache found for fallback key v-x-",
                    "[Container] Found cache for fallback key v-2: v-2-old",
                ])
            let other = try await run(
                play, "key: w-$K\nfallback-keys: ['$NONE', 'v-']", leaving: "fifth", ["K": "5"])
            #expect(other.printed == ["found fourth"])
            #expect(other.log.contains("[Container] Skipping fallback key $NONE: it is empty"))
        }
    }

    @Test func `changed paths miss, their order does not matter`() async throws {
        try await HostPlayground.with { play in
            _ = try await run(play, "key: fixed", leaving: "1", paths: ["k/**/*", "l"])
            #expect(
                try await run(play, "key: fixed", leaving: "2", paths: ["l", "k/**/*"]).printed == ["found 1"])
            #expect(
                try await run(play, "key: fixed", leaving: "3", paths: ["k/**/*", "m"]).printed == ["found nothing"])
        }
    }

    @Test func `action limits to restoring or saving`() async throws {
        try await HostPlayground.with { play in
            let saving = try await run(play, "action: save", leaving: "1")
            #expect(saving.log.contains("[Container] Skipping cache download: cache action is save"))
            #expect(!saving.log.contains("[Container] Downloading local cache..."))
            #expect(saving.log.contains("[Container] Uploading local cache..."))
            #expect(try await run(play, "action: save", leaving: "2").printed == ["found nothing"])
            let restoring = try await run(play, "action: restore", leaving: "3")
            #expect(restoring.printed == ["found 2"])
            #expect(restoring.log.contains("[Container] Skipping cache upload: cache action is restore"))
            #expect(try await run(play, "action: restore", leaving: "4").printed == ["found 2"])
        }
    }

    @Test(arguments: [
        ("v-$(exit 3)", "could not be evaluated: exit status 3"), ("$NONE", "is empty"),
        ("'v\"x'", "could not be evaluated: exit status 2"),
    ])
    func `a key without a text turns the cache off, and says why`(key: String, reason: String) async throws {
        try await HostPlayground.with { play in
            let build = try await run(play, "key: \(key)", leaving: "1")
            #expect(
                build.log.contains {
                    $0.hasPrefix("[Container] Skip cache due to: cache key ") && $0.hasSuffix(reason)
                })
            #expect(!build.log.contains("[Container] Uploading local cache..."))
            #expect(!Folder.exists(play.caches.string))
        }
    }

    @Test func `a damaged cache is named, counts as missing and is replaced`() async throws {
        try await HostPlayground.with { play in
            _ = try await run(play, "key: fixed", leaving: "1")
            let name = try #require(try await play.files(in: play.caches).first { $0.hasSuffix(".tar.zst") })
            let file = play.caches.pushing(FilePath(name))
            let descriptor = try FileDescriptor.open(file, .readWrite)
            try descriptor.closeAfter {
                _ = try descriptor.writeAll(toAbsoluteOffset: 40, [0, 1, 2, 3, 4, 5] as [UInt8])
            }
            let next = try await run(play, "key: fixed", leaving: "2")
            #expect(next.printed == ["found nothing"])
            #expect(next.log.contains { $0.hasPrefix("[Container] Unable to download cache: the cache is damaged") })
            #expect(try await run(play, "key: fixed", leaving: "3").printed == ["found 2"])
        }
    }
}
