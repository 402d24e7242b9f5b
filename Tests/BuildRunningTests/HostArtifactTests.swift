import BuildPlanning
import Files
import Testing

/// UPLOAD_ARTIFACTS (CODEBUILD.md 6), on the host's shell. `ArtifactTests` shows it in real containers.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostArtifactTests {
    /// Runs commands and an `artifacts` block; gives what was collected.
    private func collect(
        _ commands: [String], _ artifacts: String
    ) async throws -> (build: HostBuild, files: [String]) {
        let list = commands.map { "      - \($0)\n" }.joined()
        return try await HostPlayground.with { play in
            let build = try await play.run(
                "version: 0.2\nphases:\n  build:\n    commands:\n\(list)artifacts:\n\(artifacts)\n")
            return (build, try await play.files(in: play.out.appending("artifacts")))
        }
    }

    private static let tree =
        "mkdir -p out/a/b && echo 1 > out/top && echo 2 > out/a/mid && echo 3 > out/a/b/deep && echo 4 > out/.dot"

    @Test(arguments: [
        ("  files: out/**/*", ["out/.dot", "out/a/b/deep", "out/a/mid", "out/top"]),
        ("  files: [out/*]", ["out/.dot", "out/top"]),
        ("  files: [out/top, ./out/a/mid, nothing]", ["out/a/mid", "out/top"]),
        ("  files: ['**/*']\n  base-directory: out\n  exclude-paths: ['a/**/*', .dot]", ["top"]),
        ("  files: ['**/*']\n  base-directory: out\n  discard-paths: yes", [".dot", "deep", "mid", "top"]),
        // Variables are those of after the last command.
        ("  files: ['a/${NAME}']\n  base-directory: $OUT", ["a/mid"]),
    ])
    func `patterns of every form`(artifacts: String, files: [String]) async throws {
        let collected = try await collect([Self.tree, "OUT=out; NAME=mid"], artifacts)
        #expect(collected.build.status == .succeeded)
        #expect(collected.files == files)
    }

    @Test func `a base directory may be a glob over the top, and its content is merged`() async throws {
        let collected = try await collect(
            ["mkdir -p build-a/x build-b && touch build-a/x/1 build-b/2 other"],
            "  base-directory: 'build-*'\n  files: ['**/*']")
        #expect(collected.files == ["2", "x/1"])
    }

    @Test func `what is missing fails the phase and the build`() async throws {
        let none = try await collect(["true"], "  files: [a, 'b/*']").build
        #expect(none.status == .failed && none.phases[.uploadArtifacts] == .failed)
        #expect(
            none.log.filter { $0.contains("Skipping invalid file path") } == [
                "[Container] Skipping invalid file path a", "[Container] Skipping invalid file path b/*",
            ])
        #expect(
            none.log.contains(
                "[Container] Phase context status code: CLIENT_ERROR Message: no matching artifact paths found"))
        let noBase = try await collect(["true"], "  files: a\n  base-directory: cdk.out").build
        #expect(
            noBase.log.contains(
                "[Container] Phase context status code: CLIENT_ERROR Message: no matching base directory path found for cdk.out"
            ))
    }

    @Test func `links are followed, and what leads nowhere is left out`() async throws {
        let collected = try await collect(
            [
                "mkdir -p d/real && printf run > d/real/tool && chmod 750 d/real/tool",
                "ln -s real/tool d/link && ln -s real d/folder && ln -s nowhere d/broken",
            ], "  files: d/**/*")
        #expect(collected.files == ["d/folder/tool", "d/link", "d/real/tool"])
    }

    @Test func `few files of many are put together first, and those of a repository without its .git`() async throws {
        let few = try await collect(
            ["mkdir -p d/e; for n in 1 2 3 4 5 6 7 8 9; do echo $n > d/e/$n; done"], "  files: [d/e/1, d/e/2]")
        #expect(few.files == ["d/e/1", "d/e/2"])
        let repository = try await collect(["mkdir .git; touch .git/x a b"], "  files: ['**/*']")
        #expect(repository.files == ["a", "b"])
    }

    @Test func `artifacts are collected after a failed build, the secondary ones beside the primary one`() async throws
    {
        try await HostPlayground.with { play in
            let build = try await play.run(
                """
                version: 0.2
                phases: {build: {commands: [touch a b c, exit 5]}}
                artifacts:
                  files: a
                  name: run-$CODEBUILD_BUILD_NUMBER
                  secondary-artifacts:
                    one: {files: b}
                    two: {files: [c], discard-paths: yes}
                """)
            #expect(build.status == .failed)
            #expect(build.log.contains("[Container] Preparing to copy secondary artifacts one"))
            #expect(try await play.files(in: play.out) == ["artifacts/a", "one/b", "two/c"])
            let names = build.events.compactMap { event in
                if case .artifactsCollected(_, _, _, _, let name) = event.kind { name } else { nil }
            }
            #expect(names == ["run-1"])
        }
    }
}
