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

    @Test func `--reports copies the files as they are, whole or not at all, and over nothing`() async throws {
        let play = try await playground()
        try play.write("target/TEST-A.xml", report("adds"))
        try play.write("target/sub/TEST-B.xml", "<testsuite name='B'><testcase name='x'")
        try play.write("TEST-C.xml", "<project/>")
        try play.write(
            "buildspec.yml",
            """
            version: 0.2
            phases: {build: {commands: ['true']}}
            reports: {unit: {files: 'target/**/*.xml'}}
            """)
        let folder = play.root.appending(path: "reports"), told = play.root.appending(path: "told")
        let build = try await play.run(["--no-cache", "--reports", folder.path])
        // The second file ends in the middle, and is copied all the same; what is no report is not.
        #expect(build.status.exitStatus == 1)
        #expect(
            play.files(in: folder) == ["source-unit/target/TEST-A.xml", "source-unit/target/sub/TEST-B.xml"])
        for name in ["target/TEST-A.xml", "target/sub/TEST-B.xml"] {
            #expect(
                try Data(contentsOf: folder.appending(path: "source-unit/\(name)"))
                    == Data(contentsOf: play.source.appending(path: name)))
        }
        // Nothing is left beside it.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: play.root.path).allSatisfy { !$0.contains("draft") })
        let again = try await play.run(["--no-cache", "--reports", folder.path])
        #expect(again.status.exitStatus == 73 && again.errorText.contains("it is not empty"))
        #expect(!again.outputText.contains("Running command true"))

        let shown = try await play.call(["show", "--reports", told.path])
        #expect(shown.status.exitStatus == 66 || shown.status.isSuccess)
        try FileManager.default.removeItem(at: play.source.appending(path: "target/sub"))
        #expect(try await play.run(["--no-cache"]).status.isSuccess)
        try? FileManager.default.removeItem(at: told)
        #expect(try await play.call(["show", "--reports", told.path]).status.isSuccess)
        #expect(play.files(in: told) == ["junit.xml", "reports.json", "test-cases.jsonl"])
        #expect(try String(contentsOf: told.appending(path: "junit.xml"), encoding: .utf8).contains("name=\"adds\""))
        #expect(try await play.call(["show", "--reports", told.path]).status.exitStatus == 73)

        try FileManager.default.removeItem(at: play.source.appending(path: "target"))
        let none = play.root.appending(path: "none")
        let bare = try await play.run([
            "--no-cache", "--reports", none.path, "-e", "CODEBUILD_CONFIG_AUTO_DISCOVER=false",
        ])
        #expect(bare.errorText.contains("--reports: the build has no report files"))
        #expect(!FileManager.default.fileExists(atPath: none.path))
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

    @Test func `--annotate and --junit tell others of failed tests, failed command and findings`() async throws {
        let play = try await playground()
        try play.write("target/TEST-A.xml", report("adds"))
        let told = try await play.run(["--no-cache", "--annotate", "github", "--junit", "all.xml"])
        #expect(told.status.isSuccess)
        let commands = told.errorText.split(separator: "\n").filter { $0.hasPrefix("::") }
        #expect(commands.count == 1 && commands[0].contains("title=org.acme.OwnerTest.adds::"), "\(told.errorText)")
        #expect(!told.outputText.contains("::error"))
        let junit = try String(contentsOf: play.source.appending(path: "all.xml"), encoding: .utf8)
        #expect(junit.contains("<testcase name=\"adds\" classname=\"org.acme.OwnerTest\""))
        try play.buildspec("version: 0.2\nphases: {build: {commandz: [], commands: ['rm -r target; exit 3']}}")
        let failed = try await play.run(["--no-cache", "--annotate", "gitlab", "--junit", "none.xml"])
        #expect(
            failed.status.exitStatus == 1 && failed.errorText.contains("--junit: the build has no reports of tests"))
        let issues = try #require(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: play.source.appending(path: "gl-code-quality-report.json"))) as? [[String: Any]])
        #expect(issues.map { $0["check_name"] as? String } == ["failed-command", "unknown-key"])
        #expect(issues.map { $0["severity"] as? String } == ["critical", "minor"])
        #expect(try await play.run(["--annotate", "teamcity"]).status.exitStatus == 64)
    }

    @Test func `coverage is compared with the last build of the branch`() async throws {
        let play = try await playground()
        try play.buildspec(
            """
            version: 0.2
            phases: {build: {commands: ['true']}}
            reports: {cov: {files: [cov.xml], file-format: COBERTURAXML}}
            """)
        func cobertura(_ covered: Int) -> String {
            "<coverage><packages><package name='p'><classes><class name='a' filename='a.c'><lines>"
                + (1...10).map { "<line number='\($0)' hits='\($0 <= covered ? 1 : 0)'/>" }.joined()
                + "</lines></class></classes></package></packages></coverage>"
        }
        try play.write("cov.xml", cobertura(5))
        let first = try await play.run(["--no-cache"])
        #expect(first.errorText.contains("50 % of lines (5 of 10)\n"), "\(first.errorText)")
        try play.write("cov.xml", cobertura(8))
        let second = try await play.run(["--no-cache"])
        #expect(second.errorText.contains(/80 % of lines \(8 of 10, \+30\) since [0-9a-f]{8}\n/), "\(second.errorText)")
        #expect(try await play.call(["show"]).outputText.contains("(8 of 10, +30) since "))
    }
}
