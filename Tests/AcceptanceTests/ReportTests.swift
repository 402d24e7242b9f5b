import Foundation
import Testing

/// Reports of whole builds in containers: on the screen, in the record, and as `show` tells them.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct ReportTests {
    private func report(_ failed: String...) -> String {
        let cases = ["finds", "adds", "removes"].map { name in
            let failure =
                "<failure message='expected 1'>java.lang.AssertionError: expected 1\n"
                + "\tat org.acme.OwnerTest.\(name)(OwnerTest.java:34)</failure>"
            return "<testcase name='\(name)' classname='org.acme.OwnerTest' time='0.5'>"
                + (failed.contains(name) ? failure : "") + "</testcase>"
        }
        return "<testsuite name='org.acme.OwnerTest'>\(cases.joined())</testsuite>"
    }

    private func playground() async throws -> Playground {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases: {build: {commands: ['true']}}
            reports: {unit: {files: 'target/*.xml'}}
            """)
        return play
    }

    @Test func `a failed test is among the last lines, new once, old afterwards, flaky when it comes back`()
        async throws
    {
        let play = try await playground()
        var ends: [String] = []
        for failed in [[], ["adds"], ["adds"], [], ["adds"]] {
            try play.write("target/TEST-A.xml", failed.isEmpty ? report() : report(failed[0]))
            let build = try await play.run(["--no-cache"])
            #expect(build.status.isSuccess)
            ends.append(build.errorText.split(separator: "\n").suffix(25).joined(separator: "\n"))
        }
        let line = "  tests    org.acme.OwnerTest.adds  org/acme/OwnerTest.java:34"
        #expect(!ends[0].contains("  tests  ") && ends[0].contains("report   source-unit SUCCEEDED: 3 tests, 1.5 s"))
        #expect(ends[1].contains("\(line)  (new)\n             expected 1\n"))
        #expect(ends[2].contains("\(line)\n"))
        #expect(ends[4].contains("\(line)  (flaky)\n"))

        let failed = try await play.call(["show", "--tests", "--failed"])
        #expect(failed.outputText.contains("at org.acme.OwnerTest.adds(OwnerTest.java:34)"))
        #expect(!failed.outputText.contains("finds"))
        let all = try await play.call(["show", "--tests", "--format", "json"])
        let json = try #require(try JSONSerialization.jsonObject(with: Data(all.output)) as? [String: Any])
        let cases = try #require(json["testCases"] as? [[String: Any]])
        #expect(cases.map { $0["name"] as? String } == ["adds", "finds", "removes"])
        #expect(cases[0]["mark"] as? String == "flaky")
        #expect(try await play.call(["show", "--tests", "--new"]).outputText.isEmpty)
        #expect(try await play.call(["show", "--failed"]).status.exitStatus == 64)
        #expect(try await play.call(["show", "--junit", "all.xml"]).status.isSuccess)
        #expect(
            try String(contentsOf: play.source.appending(path: "all.xml"), encoding: .utf8).contains(
                "<testcase name=\"adds\" classname=\"org.acme.OwnerTest\""))
    }

    @Test func `the record has reports.json and build.json names them`() async throws {
        let play = try await playground()
        try play.write("target/TEST-A.xml", report("adds"))
        let path = play.root.appending(path: "b.json")
        let build = try await play.run(["--no-cache", "--build-json", path.path, "--log-format", "json"])
        #expect(build.outputText.contains(#""kind":"reportMade""#))
        let arn = try #require(
            try String(contentsOf: path, encoding: .utf8).firstMatch(of: /"reportArns":\["([^"]+)"\]/)?.1)
        let records = play.state.appending(path: "buildspec/builds")
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: records.path).first)
        let reports = try String(
            contentsOf: records.appending(path: "\(name)/reports.json"), encoding: .utf8)
        #expect(reports.contains(#"{"reports":[{"arn":"\#(arn)","type":"TEST","name":"source-unit""#))
        #expect(try await play.call(["show"]).outputText.contains("report   source-unit FAILED: 3 tests, 1 failed"))
    }

    @Test func `--fail-on fails a build that has succeeded, with its reason`() async throws {
        let play = try await playground()
        try play.write("target/TEST-A.xml", report("adds"))
        let broken = try await play.run(["--no-cache", "--fail-on", "tests,coverage<80"])
        #expect(broken.status.exitStatus == 1)
        #expect(broken.errorText.contains("--fail-on tests: 1 test has failed"))
        #expect(broken.errorText.contains("--fail-on coverage<80: there is no report of coverage with lines"))
        #expect(try await play.run(["--no-cache", "--fail-on", "new-failures"]).status.isSuccess)
        try play.write("target/TEST-A.xml", report("adds", "finds"))
        let new = try await play.run(["--no-cache", "--fail-on", "new-failures"])
        #expect(new.status.exitStatus == 1)
        #expect(new.errorText.contains("1 test has failed that did not before: org.acme.OwnerTest.finds"))
        #expect(try await play.run(["--no-cache", "--fail-on", "test"]).status.exitStatus == 64)
    }
}
