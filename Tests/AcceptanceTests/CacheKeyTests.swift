import ChildProcesses
import Foundation
import Testing

/// `cache.key` (CODEBUILD.md 7), in real containers; `HostCacheKeyTests` has `fallback-keys`, `action` and further rules.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct CacheKeyTests {
    /// A build that shows what it found in its cache, and leaves its own VALUE there.
    private func spec(_ cache: String, paths: String = "k/**/*", shell: String = "sh") -> String {
        """
        version: 0.2
        env:
          shell: \(shell)
        phases:
          build:
            commands:
              - echo "found $(cat k/value 2>/dev/null || echo nothing)"; mkdir -p k; echo $VALUE > k/value; touch k/pom.xml
        cache:
        \(cache.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
          paths:
            - '\(paths)'
        """
    }

    private func run(_ play: Playground, _ value: String, _ more: [String] = []) async throws -> CommandOutput {
        let result = try await play.run(["-e", "VALUE=\(value)"] + more)
        #expect(result.status.isSuccess)
        return result
    }

    @Test(arguments: ["sh", "bash"])
    func `a key is shell text, matched exactly, and saved once`(shell: String) async throws {
        let play = try Playground()
        try play.buildspec(spec("key: maven-$VALUE_OF-$(codebuild-hash-files '**/pom.xml')", shell: shell))
        try play.write("pom.xml", "one")
        let first = try await run(play, "1", ["-e", "VALUE_OF=a"])
        #expect(first.printed == ["found nothing"])
        let miss = try #require(
            first.log.first { $0.hasPrefix("[Container] No cache found for key maven-a-") })
        let key = String(try #require(miss.split(separator: " ").last))
        #expect(key.count == "maven-a-".count + 64)
        #expect(first.log.contains("[Container] Uploading local cache..."))

        // What the build itself left (k/pom.xml) came with the cache only after the key was made.
        let second = try await run(play, "2", ["-e", "VALUE_OF=a"])
        #expect(second.printed == ["found 1"])
        #expect(second.log.contains("[Container] Found cache for key \(key)"))
        #expect(second.log.contains("[Container] Skipping cache upload: key \(key) is saved and never changed"))
        #expect(!second.log.contains("[Container] Uploading local cache..."))
        #expect(try await run(play, "3", ["-e", "VALUE_OF=a"]).printed == ["found 1"])

        try play.write("pom.xml", "two")
        #expect(try await run(play, "4", ["-e", "VALUE_OF=a"]).printed == ["found nothing"])
        try play.write("pom.xml", "one")
        #expect(try await run(play, "5", ["-e", "VALUE_OF=b"]).printed == ["found nothing"])

        let list = try await play.call(["cache", "list"])
        #expect(list.text.contains("Z  \(key)"))
        let name = try #require(
            list.text.split(separator: "\n").first { $0.contains(key) }?.split(separator: " ").first)
        #expect(try await play.call(["cache", "show", String(name)]).text.contains("key        \(key)"))
        let verified = try await play.call(["cache", "verify"])
        #expect(verified.status.isSuccess)
        #expect(verified.text.split(separator: "\n").count == 3)
    }

    @Test func `keys are whatever the user writes, and make safe file names`() async throws {
        let play = try Playground()
        try play.buildspec(spec("key: \"../../x y/$(printf 'a\\\\nb')/ü\""))
        #expect(try await run(play, "1").log.contains("[Container] No cache found for key ../../x y/a\\x0ab/ü"))
        #expect(try await run(play, "2").printed == ["found 1"])
        let kept = play.files(in: play.cache.appending(path: "buildspec/caches"))
        #expect(!kept.isEmpty && kept.allSatisfy { $0.hasPrefix("source-x-y-a-b") }, "\(kept)")
        #expect(try await play.call(["cache", "list"]).text.hasSuffix("Z  ../../x y/a\\x0ab/ü"))
    }

    @Test func `caches with a key are a project's own unless it has a namespace`() async throws {
        let play = try Playground(), other = try Playground()
        let kept = play.root.appending(path: "kept").path
        for (play, value) in [(play, "1"), (other, "2")] {
            // Their folders have the same name, as checkouts of one project have; `renamed` is another project.
            try play.buildspec(spec("key: shared"))
            _ = try await run(play, value, ["--cache", kept])
        }
        let renamed = other.root.appending(path: "renamed")
        try FileManager.default.copyItem(at: other.source, to: renamed)
        func runRenamed() async throws -> CommandOutput {
            try await other.call(["run", renamed.path, "-i", debian, "-e", "VALUE=3", "--cache", kept])
        }
        #expect(try await runRenamed().printed == ["found nothing"])
        let settings = "cache: {type: S3, location: acme/x, cacheNamespace: team}\n"
        try play.write("codebuild.yml", settings)
        #expect(try await run(play, "4", ["--cache", kept]).printed == ["found nothing"])
        try Data(settings.utf8).write(to: renamed.appending(path: "codebuild.yml"))
        #expect(try await runRenamed().printed == ["found 4"])
    }

    @Test func `NO_CACHE says what the cloud does, an S3 cache is not asked unless named`() async throws {
        let play = try Playground()
        try play.buildspec(spec("key: v1"))
        try play.write("codebuild.yml", "cache: {type: NO_CACHE}\n")
        _ = try await run(play, "1")
        try play.write("codebuild.yml", "cache: {type: S3, location: acme/petclinic}\n")
        let result = try await run(play, "2")
        #expect(result.printed == ["found 1"])
        #expect(result.errorText.contains("--cache s3://acme/petclinic"))
    }
}
