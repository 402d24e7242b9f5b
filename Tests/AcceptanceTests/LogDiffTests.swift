import ChildProcesses
import Foundation
import Testing

/// `logs --diff`: a recorded build beside a log in the service's form.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct LogDiffTests {
    /// A build, and what CloudWatch would hold of the same build in the cloud.
    private func built() async throws -> (play: Playground, cloud: String) {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - echo "in $CODEBUILD_SRC_DIR"; date
                  - |
                    for word in one two three; do
                      echo $word
                    done
                  - sh -c 'echo bad; exit 3'
            """)
        let result = try await play.run(["--no-cache"])
        #expect(result.status.exitStatus == 1)
        let cloud = result.outputText.replacing("Running on buildspec", with: "Running on CodeBuild On-demand ")
            .replacing(#//codebuild/output/src\d+/src/#, with: "/codebuild/output/src87/src/github.com/acme/app")
            .replacing(#/\d\d:\d\d:\d\d\.\d{6}/#, with: "23:59:58.123456")
        return (play, cloud)
    }

    private func events(_ log: String) throws -> Data {
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false)
        return try JSONSerialization.data(withJSONObject: [
            "events": lines.map { ["timestamp": 1, "message": "\($0)\n", "ingestionTime": 2] },
            "nextForwardToken": "f/1",
        ])
    }

    @Test func `the same build in the cloud does not differ`() async throws {
        let (play, cloud) = try await built()
        try play.write("cloud.txt", cloud)
        let same = try await play.call(["logs", "--diff", "cloud.txt"])
        #expect(same.status.exitStatus == 0, "\(same.outputText)")
        #expect(same.outputText.hasPrefix("no difference in 6 phases, 3 commands, "))
    }

    @Test func `one line that differs is shown with the command's place in the buildspec`() async throws {
        let (play, cloud) = try await built()
        try events(cloud.replacing("\ntwo\n", with: "\nTWO\n")).write(to: play.source.appending(path: "cloud.json"))
        let different = try await play.call(["logs", "--diff", "cloud.json"])
        #expect(different.status.exitStatus == 1)
        #expect(
            different.outputText == """
                first difference: BUILD, command 2: for word in one two three; do …
                  buildspec.yml:6:9: line 2 of its output
                    one
                  - two
                  + TWO
                    three
                  (- here, + in the cloud)

                """)
        let json = try await play.call(["logs", "--diff", "cloud.json", "--format", "json"])
        #expect(json.status.exitStatus == 1)
        #expect(
            json.outputText.contains(#""isSame":false"#)
                && json.outputText.contains(#""one":["two"],"other":["TWO"]"#))
    }

    @Test func `two builds here differ by a variable, and in nothing that good builds differ in`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - echo "session 0$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')"
                  - echo "to ${STAGE:-nowhere}"
            """)
        for _ in 0..<3 { #expect(try await play.run(["--no-cache"]).status.isSuccess) }
        #expect(try await play.run(["--no-cache", "--env", "STAGE=prod"]).status.isSuccess)
        let list = try JSONSerialization.jsonObject(
            with: Data(try await play.call(["builds", "--format", "json"]).output))
        let builds = try #require((list as? [String: Any])?["builds"] as? [[String: Any]])
        let ids = builds.compactMap { ($0["id"] as? String)?.split(separator: ":").last?.prefix(8) }.map(String.init)
        try #require(ids.count == 4)
        let different = try await play.call(["logs", "--diff", ids[1]])
        #expect(different.status.exitStatus == 1)
        #expect(
            different.outputText == """
                likely cause: variable STAGE is set in build \(ids[0]) only

                first difference: BUILD, command 2: echo "to ${STAGE:-nowhere}"
                  buildspec.yml:6:9: line 1 of its output
                  - to prod
                  + to nowhere
                  (- in build \(ids[0]), + in build \(ids[1]))
                left out: 1 line whose like differs between builds that succeeded, \(ids[3]) and \(ids[2]) \
                (--no-learning compares all)

                """)
        let all = try await play.call(["logs", "--diff", ids[1], "--no-learning"])
        #expect(all.outputText.contains("first difference: BUILD, command 1: echo"))
        // What only differs by chance is no difference.
        let same = try await play.call(["logs", ids[2], "--diff", ids[1]])
        #expect(same.status.exitStatus == 0, "\(same.outputText)")
        #expect(try await play.call(["logs", "--no-learning"]).status.exitStatus == 64)
    }

    @Test func `what is no log, or not there, has its own exit status`() async throws {
        let (play, _) = try await built()
        let wrong = try await play.call(["logs", "--diff", "buildspec.yml"])
        #expect(wrong.status.exitStatus == 65)
        #expect(wrong.errorText.contains("help: get it with `aws logs get-log-events"))
        #expect(try await play.call(["logs", "--diff", "nothing"]).status.exitStatus == 66)
        #expect(try await play.call(["logs", "--diff", "x", "--follow"]).status.exitStatus == 64)
    }
}
