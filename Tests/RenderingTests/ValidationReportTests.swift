import BuildPlanning
import Rendering
import Foundation
import SpecParsing
import Testing

@Suite struct ValidationReportTests {
    private typealias File = ValidationReport.File

    private func file(_ path: String, _ text: String) -> ValidationReport.File {
        let reading = readBuildSpec(Array(text.utf8), file: path)
        return File(path: path, findings: reading.diagnostics, source: reading.source)
    }

    /// One file with an error and a warning behind wide characters, one that is fine, one that is not there.
    private var report: ValidationReport {
        ValidationReport(
            [
                file(
                    "a b/ä:1,2.yml",
                    "version: 0.2\nphases:\n  build:\n    comands: x\n    commands:\n      - '日本🙂'\n      - echo \"a: b\"\n"
                ),
                file("good.yml", "version: 0.2\nphases: {build: {commands: [a]}}\n"),
                File(path: "/none.yml", problem: "cannot read `/none.yml`: No such file or directory"),
            ], isStrict: false)
    }

    private func text(_ json: JSONText) -> String { String(decoding: json.bytes, as: UTF8.self) }

    @Test func `the JSON has every file, and leaves out what there is nothing to say about`() {
        #expect(
            text(report.json)
                == #"{"version":1,"valid":false,"files":[{"path":"a b/ä:1,2.yml","valid":false,"findings":["#
                + #"{"severity":"warning","code":"unknown-key","path":"phases.build.comands","#
                + #""message":"unknown key `comands` in `phases.build`","line":4,"column":5,"length":7,"#
                + #""help":"did you mean `commands`?"},"#
                + #"{"severity":"error","code":"command-not-string","path":"phases.build.commands[1]","#
                + #""message":"`phases.build.commands[1]` is a mapping, expected text","line":7,"column":9,"length":11,"#
                + #""codebuildMessage":"Expected Commands[1] to be of string type: found subkeys instead at line 7, "#
                + #"value of the key tag on line 6 might be empty","help":"quote the whole command: `- 'echo \"a: b\"'`"}]},"#
                + #"{"path":"good.yml","valid":true,"findings":[]},"#
                + #"{"path":"/none.yml","valid":false,"error":"cannot read `/none.yml`: No such file or directory","#
                + #""findings":[]}]}"#)
    }

    @Test func `a workflow command escapes what would end its parts`() {
        #expect(
            report.github == """
                ::warning file=a b/ä%3A1%2C2.yml,line=4,endLine=4,col=5,endColumn=11,title=unknown-key::unknown key \
                `comands` in `phases.build`%0Ahelp: did you mean `commands`?
                ::error file=a b/ä%3A1%2C2.yml,line=7,endLine=7,col=9,endColumn=19,title=command-not-string::\
                `phases.build.commands[1]` is a mapping, expected text%0Acodebuild: Expected Commands[1] to be of \
                string type: found subkeys instead at line 7, value of the key tag on line 6 might be empty%0Ahelp: \
                quote the whole command: `- 'echo "a: b"'`
                ::error file=/none.yml,title=cannot-read::cannot read `/none.yml`: No such file or directory

                """)
        let hostile = Diagnostic(
            severity: .warning, code: "x:y,%", message: "100%\r\n::error::",
            location: .init(file: "f", line: 1, column: 1))
        let line = ValidationReport([File(path: "f", findings: [hostile], source: [])], isStrict: false).github
        #expect(
            line == "::warning file=f,line=1,endLine=1,col=1,endColumn=1,title=x%3Ay%2C%25::100%25%0D%0A::error::\n")
    }

    @Test func `the count says how many there are of each`() {
        #expect(report.summary == "3 files: 1 error, 1 warning, 1 not read")
        let warned = file("a", "version: 0.2\nphases: {build: {commands: [a]}}\nx: 1\ny: 1\n")
        #expect(
            ValidationReport([warned], isStrict: true).summary == "1 file: 2 warnings that count as errors")
        #expect(ValidationReport([report.files[1]], isStrict: true).summary == "1 file: no findings")
    }

    @Test func `warnings fail a file only when the report is strict`() {
        let warned = file("a", "version: 0.2\nphases: {build: {commands: [a]}}\nx: 1\n")
        #expect(ValidationReport([warned], isStrict: false).passes(warned))
        #expect(!ValidationReport([warned], isStrict: true).passes(warned))
        #expect(text(ValidationReport([warned], isStrict: true).json).contains(#""valid":false"#))
    }

    // MARK: SARIF

    private func sarif(_ report: ValidationReport) throws -> [String: Any] {
        let json = try JSONSerialization.jsonObject(with: Data(report.sarif(toolVersion: "1.2.3").bytes))
        return try #require(json as? [String: Any])
    }

    @Test func `a note fails no file, and is one in every format`() {
        let bytes = Array("version: 0.2\nphases: {build: {commands: ['echo $A']}}\n".utf8)
        let reading = readBuildSpec(bytes, file: "a.yml", checksContent: true)
        let report = ValidationReport(
            [File(path: "a.yml", findings: reading.diagnostics, source: bytes)], isStrict: true, passedOver: 3)
        #expect(report.files.allSatisfy(report.passes))
        #expect(report.summary == "1 file (3 other YAML files beside them, no buildspecs): 1 note")
        #expect(
            report.text(color: false).hasPrefix(
                "a.yml:2:36: note: the commands use a variable that nothing sets here: `A` [unset-variable]"))
        #expect(report.github.hasPrefix("::notice file=a.yml,line=2,"))
        #expect(text(report.json).contains(#""severity":"note""#))
        #expect(text(report.sarif(toolVersion: "1.0.0")).contains(#""level":"note""#))
    }

    @Test func `the SARIF log has what version 2.1.0 requires`() throws {
        let log = try sarif(report)
        #expect(log["version"] as? String == "2.1.0")
        #expect((log["$schema"] as? String)?.hasSuffix("sarif-2.1.0.json") == true)
        let run = try #require((log["runs"] as? [[String: Any]])?.first)
        #expect(run["columnKind"] as? String == "unicodeCodePoints")
        let driver = try #require((run["tool"] as? [String: [String: Any]])?["driver"])
        #expect(driver["name"] as? String == "buildspec")
        #expect(driver["version"] as? String == "1.2.3")
        let rules = try #require(driver["rules"] as? [[String: Any]])
        let ids = rules.compactMap { $0["id"] as? String }
        #expect(Set(ids).count == rules.count)
        #expect(rules.allSatisfy { ($0["shortDescription"] as? [String: String])?["text"]?.isEmpty == false })
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(results.map { $0["level"] as? String } == ["warning", "error"])
        for result in results {
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(ids[index] == result["ruleId"] as? String)
            #expect((result["message"] as? [String: String])?["text"]?.isEmpty == false)
        }
    }

    @Test func `a SARIF place is a percent-encoded file and columns that end behind the text`() throws {
        let run = try #require((try sarif(report)["runs"] as? [[String: Any]])?.first)
        let place = try #require((run["results"] as? [[String: Any]])?.last?["locations"] as? [[String: Any]]).first
        let physical = try #require(place?["physicalLocation"] as? [String: [String: Any]])
        #expect(physical["artifactLocation"]?["uri"] as? String == "a%20b/%C3%A4%3A1%2C2.yml")
        #expect(physical["region"] as? [String: Int] == ["startLine": 7, "startColumn": 9, "endColumn": 20])
        let logical = place?["logicalLocations"] as? [[String: String]]
        #expect(logical == [["fullyQualifiedName": "phases.build.commands[1]"]])
    }

    @Test func `a file that cannot be read makes the SARIF run unsuccessful and is no result`() throws {
        let run = try #require((try sarif(report)["runs"] as? [[String: Any]])?.first)
        let invocation = try #require((run["invocations"] as? [[String: Any]])?.first)
        #expect(invocation["executionSuccessful"] as? Bool == false)
        let notification = (invocation["toolExecutionNotifications"] as? [[String: Any]])?.first
        #expect(notification?["level"] as? String == "error")
        let fine = try #require(
            (try sarif(.init([report.files[1]], isStrict: false))["runs"] as? [[String: Any]])?.first)
        let calm = try #require((fine["invocations"] as? [[String: Any]])?.first)
        #expect(calm["executionSuccessful"] as? Bool == true)
        #expect(calm["toolExecutionNotifications"] == nil)
    }

    @Test func `a code without a description is a rule by its own words`() throws {
        let finding = Diagnostic(
            severity: .warning, code: "brand-new", message: "m", location: .init(file: "f", line: 1, column: 1))
        let file = File(path: "f", findings: [finding], source: [])
        let run = try #require((try sarif(.init([file], isStrict: false))["runs"] as? [[String: Any]])?.first)
        let driver = try #require((run["tool"] as? [String: [String: Any]])?["driver"])
        let rule = try #require((driver["rules"] as? [[String: Any]])?.last)
        #expect(rule["id"] as? String == "brand-new")
        #expect(rule["shortDescription"] as? [String: String] == ["text": "Brand new"])
    }
}
