import ChildProcesses
import Foundation
import Testing

/// Time travel: `--checkpoint`, `resume --from`, `shell --at`.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct CheckpointTests {
    private func images(of play: Playground) async throws -> [String] {
        let uuids = Set(
            try FileManager.default.contentsOfDirectory(atPath: play.state.appending(path: "buildspec/builds").path))
        let all = try await Docker.call(["images", "--format", "{{.Tag}}", "buildspec-checkpoint"]).text
        return all.split(separator: "\n").map(String.init).filter { uuids.contains(String($0.prefix(36))) }.sorted()
    }

    @Test func `a build that is gone goes on from the beginning of a phase, and is looked into there`() async throws {
        let play = try Playground()
        try play.write("secrets.yml", "variables: {TOKEN: hunter22}\n")
        try play.buildspec(
            """
            version: 0.2
            env:
              secrets-manager: {TOKEN: ci/token}
            phases:
              install:
                commands: ['mkdir -p "a b" && cd "a b"', 'echo made > /opt/made', NAME=petclinic, COPY=$TOKEN]
              build:
                commands: ['echo $NAME ${PWD##*/} $(cat /opt/made) ${#TOKEN}', 'rm /opt/made; NAME=spoilt', 'grep good ../state.txt']
              post_build:
                commands: ['echo post $NAME']
            artifacts: {files: state.txt}
            """)
        try play.write("state.txt", "bad\n")
        let failed = try await play.run(["--no-cache", "--checkpoint", "--secrets", "secrets.yml"])
        #expect(failed.status.exitStatus == 1)
        #expect(failed.errorText.contains("checkpoints before INSTALL"))
        #expect(try await Docker.containers(of: play).isEmpty)
        #expect(try await images(of: play).map { $0.dropFirst(37) } == ["build", "install", "post_build"])
        #expect(try await play.call(["show"]).outputText.contains("BUILD"))

        let look = try await play.call([
            "shell", "--at", "BUILD", "--command", "echo $NAME ${PWD##*/} $(cat /opt/made) -$TOKEN$COPY-",
        ])
        #expect(look.outputText == "petclinic a b made --\n")

        try play.write("state.txt", "good\n")
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess)
        #expect(resumed.printed == ["petclinic a b made 8", "good", "post spoilt"])
        #expect(resumed.log.contains("[Container] Resuming the build at BUILD:1"))
        let from = try await play.call(["resume", "--from", "POST_BUILD"])
        #expect(from.printed == ["post spoilt"])
        #expect(try await play.call(["resume", "--from", "PRE_BUILD"]).status.exitStatus == 66)

        // No secret is in the record or in an image.
        let record = play.state.appending(path: "buildspec/builds")
        for file in play.files(in: record) {
            let text = String(decoding: try Data(contentsOf: record.appending(path: file)), as: UTF8.self)
            #expect(!text.contains("hunter22"), "\(file)")
        }
        _ = try await play.call(["clean", "--checkpoints"])
        #expect(try await images(of: play).isEmpty)
    }

    @Test func `only the newest builds keep their checkpoints`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}")
        for _ in 0..<4 { _ = try await play.run(["--no-cache", "--checkpoint"]) }
        #expect(try await images(of: play).count == 4)
        let last = try await play.run(["--no-cache", "--checkpoint"])
        #expect(last.errorText.contains("the newest 3 builds keep theirs"))
        #expect(try await images(of: play).count == 4)
        _ = try await play.call(["clean", "--checkpoints"])
        #expect(try await images(of: play).isEmpty)
    }
}
