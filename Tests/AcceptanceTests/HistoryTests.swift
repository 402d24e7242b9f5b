import ChildProcesses
import Foundation
import Testing

/// Past builds: `builds`, `show`, `logs`.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct HistoryTests {
    @Test func `builds are found by id and by tree, and their logs searched`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [echo needle, 'echo hay']}}")
        _ = try await Command("git", ["init", "-q"], workingDirectory: play.source.path).collect()
        _ = try await play.run(["--no-cache"])
        _ = try await play.run(["--no-cache"])
        let json = try await play.call(["builds", "--format", "json"]).output
        let list = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        let builds = try #require(list["builds"] as? [[String: Any]])
        #expect(builds.count == 2)
        let tree = try #require(builds[0]["tree"] as? String), id = try #require(builds[0]["id"] as? String)
        #expect(builds[1]["tree"] as? String == tree)
        #expect(try await play.call(["show", id]).outputText.contains("\(id) SUCCEEDED"))
        #expect(try await play.call(["show", String(tree.prefix(8))]).outputText.contains("\(id) SUCCEEDED"))
        // The list has a line of headings, and on a terminal one of bars.
        let text = try await play.call(["builds"]).outputText
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("BUILD     STATUS     STARTED"), "\(text)")
        #expect(lines[1].contains("  \(tree.prefix(10))  ") && builds[0]["sourceVersion"] != nil, "\(text)")
        let session = try await TerminalSession(in: play)
        try await session.type("\(Playground.binary) builds")
        #expect(try await session.waitFor("last durations  ").contains(/last durations  [▁-█]{2}  median [0-9.]+ s/))
        let stats = try await play.call(["stats"]).outputText
        #expect(stats.hasPrefix("2 builds: 2 SUCCEEDED\nfailed 0 %, median "), "\(stats)")
        #expect(stats.contains(/\nBUILD +2 +0 % +[0-9.]+ s +[0-9.]+ s\n/), "\(stats)")
        #expect(stats.contains(/\nBUILD +2 +0 % +[0-9.]+ s +[0-9.]+ s +echo needle\n/), "\(stats)")
        let found = try await play.call(["logs", "--grep", "^needle$"])
        #expect(found.outputText == "needle\n" && found.status.isSuccess)
        #expect(try await play.call(["logs", "--grep", "nothing like it"]).status.exitStatus == 1)
        #expect(try await play.call(["logs", "--grep", "("]).status.exitStatus == 64)
        #expect(try await play.call(["show", "zzzz"]).status.exitStatus == 66)
        // Another folder is another project.
        let other = try Playground()
        func elsewhere(_ arguments: String...) async throws -> CommandOutput {
            try await other.call(arguments, environment: ["XDG_STATE_HOME": play.state.path])
        }
        let uuid = id.drop { $0 != ":" }.dropFirst().prefix(8)
        for command in [["show"], ["logs"], ["logs", "--follow"], ["shell", "--at", "BUILD"], ["resume"]] {
            let refused = try await other.call(command, environment: ["XDG_STATE_HOME": play.state.path])
            #expect(refused.status.exitStatus == 66 && refused.output.isEmpty, "\(command): \(refused.errorText)")
            if command[0] != "resume" {
                #expect(refused.errorText.contains("newest of another project is \(uuid), of "))
            }
        }
        let none = try await elsewhere("builds")
        #expect(none.status.isSuccess && none.output.isEmpty)
        #expect(none.errorText.contains("newest of another project is \(uuid), of "))
        #expect(try await elsewhere("builds", "--all").text.split(separator: "\n").count == 3)
        #expect(try await elsewhere("show", String(uuid)).outputText.contains("\(id) SUCCEEDED"))
    }

    @Test func `the log of a running build is followed to its end`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: [echo first, 'while [ ! -e /tmp/go ]; do sleep 0.1; done', echo last]}}"
        )
        async let build = play.run(["--no-cache"])
        for _ in 0..<300 where try await !play.call(["logs"]).outputText.contains("first") {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await play.call(["builds"]).outputText.contains("IN_PROGRESS"))
        async let followed = play.call(["logs", "--follow"])
        _ = try await play.call(["shell", "--command", "touch /tmp/go"])
        #expect(try await build.status.isSuccess)
        #expect(try await followed.printed == ["first", "last"])
    }

    @Test func `kept builds are listed with their age, and only the newest records stay`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}")
        _ = try await play.run(["--no-cache", "--keep", "always"])
        #expect(try await play.call(["builds"]).outputText.contains(/\(kept for [0-9] min\)/))
        let records = play.state.appending(path: "buildspec/builds")
        for number in 0..<1001 {
            try FileManager.default.createDirectory(
                at: records.appending(path: "old-\(number)"), withIntermediateDirectories: true)
        }
        _ = try await play.run(["--no-cache"])
        let left = try FileManager.default.contentsOfDirectory(atPath: records.path)
        #expect(left.count < 1000 && left.count { !$0.hasPrefix("old-") } == 2)
        _ = try await play.call(["clean", "--kept"])
    }
}
