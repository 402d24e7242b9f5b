import BuildPlanning
import BuildRunning
import Engines
import SpecParsing
import Testing

/// The lines of the log (CODEBUILD.md 4), on the host's shell. `LogTests` has a whole log of a real container.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostLogTests {
    @Test func `artifacts, unknown keys and the shell have their lines`() async throws {
        let log = try await HostPlayground.with {
            try await $0.run(
                """
                version: 0.2
                env:
                  shell: bash
                phases:
                  install:
                    runtime-versions:
                      java: corretto17
                  build:
                    commands:
                      - mkdir -p target && echo jar > target/app.jar
                artifacts:
                  type: zip
                  files: [target/app.jar, nothing/here]
                """
            ).log
        }
        func range(_ first: String, _ last: String) -> [String] {
            guard let start = log.firstIndex(of: first), let end = log[start...].firstIndex(of: last) else { return [] }
            return Array(log[start...end])
        }
        #expect(
            range(
                "[Container] No commands found for phase name: install", "[Container] Processing environment variables")
                == [
                    "[Container] No commands found for phase name: install",
                    "[Container] Found possible syntax errors in buildspec: ",
                    "In the section artifacts",
                    "    The following keys cannot be identified:",
                    "        type",
                    "[Container] Selecting shell bash as specified in buildspec.",
                    "[Container] Setting HTTP client timeout to higher timeout for S3 source",
                    "[Container] Processing environment variables",
                ])
        #expect(
            log.contains(
                "[Container] Skipping install of runtimes. Runtime version selection is not supported by this build image"
            ))
        #expect(
            range(
                "[Container] Expanding base directory path: .",
                "[Container] Set report auto-discover timeout to 5 seconds")
                == [
                    "[Container] Expanding base directory path: .",
                    "[Container] Assembling file list",
                    "[Container] Expanding .",
                    "[Container] Expanding file paths for base directory .",
                    "[Container] Assembling file list",
                    "[Container] Expanding target/app.jar",
                    "[Container] Expanding nothing/here",
                    "[Container] Skipping invalid file path nothing/here",
                    "[Container] Found 1 file(s)",
                    "[Container] Set report auto-discover timeout to 5 seconds",
                ])
    }

    @Test func `output that is not text and that has no end of line is untouched`() async throws {
        let build = try await HostPlayground.with {
            try await $0.run(
                #"version: 0.2\#nphases: {build: {commands: ["printf 'a\\377\\001\\r\\n\\0c'", echo next]}}"#)
        }
        let bytes = build.events.flatMap { event in
            if case .output(_, let bytes) = event.kind { bytes } else { [UInt8]() }
        }
        #expect(bytes == [0x61, 0xff, 1, 0x0d, 0x0a, 0, 0x63] + Array("next\n".utf8))
    }

    @Test func `what a secret holds is masked in the output`() async throws {
        let build = try await HostPlayground.with { play in
            var options = HostPlayground.Options()
            options.secrets.values = ["TOKEN": SecretText("correct horse")]
            return try await play.run(
                "version: 0.2\nenv: {secrets-manager: {TOKEN: ci/token}}\nphases: {build: {commands: ['echo \"<$TOKEN>\"', 'printf \"correct \"; sleep 0.05; echo horse']}}",
                options)
        }
        #expect(build.printed == ["<***>", "***"])
    }

    @Test(arguments: [SourceStaging.Way.copy, .stream])
    func `the source is there, however it comes in`(way: SourceStaging.Way) async throws {
        let build = try await HostPlayground.with { play in
            try play.write("a b/file", "text\n")
            try play.write("run.sh", "#!/bin/sh\necho ran\n", mode: 0o755)
            var options = HostPlayground.Options()
            options.ways = [way]
            return try await play.run(
                "version: 0.2\nphases: {build: {commands: ['cat \"a b/file\"', ./run.sh, '[ $PWD = $CODEBUILD_SRC_DIR ] && echo there', 'cat $ROOT/codebuild/readonly/buildspec.yml | head -n 1']}}",
                options)
        }
        #expect(build.printed == ["text", "ran", "there", "version: 0.2"])
    }

    @Test func `a container that the engine cannot start fails the build with the engine's reason`() async throws {
        let events = Events()
        var options = HostPlayground.Options()
        options.image = "no-such-image"
        let error = await #expect(throws: EngineError.self) {
            try await HostPlayground.with { [options] play in
                try await play.run("version: 0.2\nphases: {build: {commands: [echo never]}}", options, to: events)
            }
        }
        #expect(error?.code == .imageMissing)
        #expect(events.build.status == .failed)
        #expect(
            events.build.log.contains {
                $0.hasPrefix("[Container] Phase context status code: BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE Message: ")
            }, "\(events.build.log)")
    }
}
