import Foundation
import Testing

@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct LogTests {
    /// CODEBUILD.md 4.1, without its runtime lines: two phases, the second of which fails.
    @Test func `the log of a failing build is CodeBuild's, line by line`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              install:
                commands:
                  - printf 'one\\ntwo\\n'
                  - mkdir src
              build:
                commands:
                  - cd src
                  - sh -c 'exit 6'
                  - echo never
            """)
        let result = try await play.run(["--no-cache"])
        #expect(result.status.exitStatus == 1)
        let log = result.outputText
            .replacing(#/[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}\.[0-9]{6}/#, with: "TIME")
            .replacing(/src[0-9]{10}/, with: "srcID")
            .replacing(/buildspec [0-9.]+\n/, with: "buildspec VERSION\n")
            .replacing(/took [0-9.]+ seconds/, with: "took N seconds")
        #expect(
            log == """
                [Container] TIME Running on buildspec VERSION
                [Container] TIME Waiting for agent ping
                [Container] TIME Waiting for DOWNLOAD_SOURCE
                [Container] TIME Phase is DOWNLOAD_SOURCE
                [Container] TIME CODEBUILD_SRC_DIR=/codebuild/output/srcID/src
                [Container] TIME YAML location is /codebuild/output/srcID/src/buildspec.yml
                [Container] TIME Setting HTTP client timeout to higher timeout for S3 source
                [Container] TIME Processing environment variables
                [Container] TIME Moving to directory /codebuild/output/srcID/src
                [Container] TIME Cache is not defined in the buildspec
                [Container] TIME Skip cache due to: no paths specified to be cached
                [Container] TIME Registering with agent
                [Container] TIME Phases found in YAML: 2
                [Container] TIME  INSTALL: 2 commands
                [Container] TIME  BUILD: 3 commands
                [Container] TIME Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED
                [Container] TIME Phase context status code:  Message:\u{20}
                [Container] TIME Entering phase INSTALL
                [Container] TIME Running command printf 'one\\ntwo\\n'
                one
                two

                [Container] TIME Running command mkdir src

                [Container] TIME Phase complete: INSTALL State: SUCCEEDED
                [Container] TIME Phase context status code:  Message:\u{20}
                [Container] TIME Entering phase PRE_BUILD
                [Container] TIME Phase complete: PRE_BUILD State: SUCCEEDED
                [Container] TIME Phase context status code:  Message:\u{20}
                [Container] TIME Entering phase BUILD
                [Container] TIME Running command cd src

                [Container] TIME Running command sh -c 'exit 6'

                [Container] TIME Command did not exit successfully sh -c 'exit 6' exit status 6
                [Container] TIME Phase complete: BUILD State: FAILED
                [Container] TIME Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: sh -c 'exit 6'. Reason: exit status 6
                [Container] TIME Entering phase POST_BUILD
                [Container] TIME Phase complete: POST_BUILD State: SUCCEEDED
                [Container] TIME Phase context status code:  Message:\u{20}
                [Container] TIME Set report auto-discover timeout to 5 seconds
                [Container] TIME Expanding base directory path:  .
                [Container] TIME Assembling file list
                [Container] TIME Expanding .
                [Container] TIME Expanding file paths for base directory .
                [Container] TIME Assembling file list
                [Container] TIME Expanding **/*
                [Container] TIME No matching auto-discover report paths found
                [Container] TIME Report auto-discover file discovery took N seconds
                [Container] TIME Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED
                [Container] TIME Phase context status code:  Message:\u{20}

                """)
    }

    @Test func `bytes of the output are untouched, whatever they are`() async throws {
        let play = try Playground()
        try play.buildspec(
            #"version: 0.2\#nphases: {build: {commands: ["printf 'a\\377\\001\\033[1mb\\r\\n\\0c'"]}}"#)
        let result = try await play.run(["--no-cache"])
        let expected: [UInt8] =
            Array("a".utf8) + [0xff, 0x01] + Array("\u{1b}[1mb\r\n".utf8) + [0] + Array("c\n\n".utf8)
        #expect(result.output.firstRange(of: expected) != nil)
    }

    @Test func `JSON lines carry the same build, and nothing else`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [echo hello, 'printf \"\\377\"', 'exit 3']}}")
        let result = try await play.run(["--no-cache", "--log-format", "json"])
        let events = try result.outputText.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(events.allSatisfy { $0["version"] as? Int == 1 && $0["time"] is String })
        let kinds = events.compactMap { $0["kind"] as? String }
        #expect(kinds.first == "buildStarted")
        #expect(kinds.last == "buildFinished")
        #expect(events.contains { $0["text"] as? String == "hello\n" && $0["phase"] as? String == "BUILD" })
        #expect(events.contains { $0["base64"] as? String == "/w==" })
        #expect(events.contains { $0["exitStatus"] as? Int == 3 && $0["command"] as? String == "exit 3" })
        let end = try #require(events.last)
        #expect(
            end["status"] as? String == "FAILED" && end["command"] as? String == "exit 3" && end["seconds"] is Double)
        #expect((end["location"] as? String)?.contains("buildspec.yml:2:") == true, "\(end)")
        // A recorded build is told in the same words.
        #expect(try await play.call(["logs", "--format", "json"]).output == result.output)
    }

    @Test func `quiet says nothing on standard output`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [echo hello]}}")
        let result = try await play.run(["--no-cache", "--log-format", "quiet"])
        #expect(result.output.isEmpty)
        #expect(result.errorText.contains("SUCCEEDED"))
    }
}
