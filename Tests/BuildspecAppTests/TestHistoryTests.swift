import BuildPlanning
import Files
import Rendering
import TestSupport
import Testing

@testable import BuildspecApp

@Suite struct TestHistoryTests {
    /// Makes a record with a report whose tests failed or not.
    private func record(
        _ uuid: String, in records: BuildRecords, branch: String = "main", identifier: String? = nil, failed: [String],
        seconds: Int, names: [String]? = nil
    ) throws -> RecordedBuild {
        let build = records.build(uuid)
        try Folder.make(build.folder)
        try Folder.write("\(build.folder)/events.jsonl", [])
        try Folder.write(
            "\(build.folder)/reports.json",
            Array(
                (#"{"reports":[],"project":"p","branch":"\#(branch)""#
                    + (identifier.map { #","batchIdentifier":"\#($0)""# } ?? "") + "}").utf8))
        let lines = ["a", "b", "c"].map { name in
            #"{"testRawDataPath":"x","prefix":"T","name":"\#(name)","status":"\#(failed.contains(name) ? "FAILED" : "SUCCEEDED")","#
                + #""durationInNanoSeconds":1,"testSuiteName":"S"}"#
        }
        try Folder.write("\(build.folder)/test-cases.jsonl", Array(lines.joined(separator: "\n").utf8))
        if let names {
            var text = JSONLine()
            for name in names {
                FailedTestLine.add(name, to: &text)
                text.end()
            }
            try Folder.write("\(build.folder)/failed-tests.jsonl", text.bytes)
        }
        let file = try Folder.append("\(build.folder)/events.jsonl")
        try file.setModified(.seconds(1_700_000_000 + seconds))
        return build
    }

    private func withRecords(_ body: (BuildRecords) throws -> Void) async throws {
        try await withScratch { folder in
            let environment = ["HOME": folder.string, "XDG_STATE_HOME": folder.string]
            try body(
                BuildRecords(Places(environment: environment, currentDirectory: folder.string, isInteractive: false)))
        }
    }

    @Test func `a failure is new, old, or comes and goes`() async throws {
        try await withRecords { records in
            _ = try record("1", in: records, failed: ["a"], seconds: 1)
            _ = try record("2", in: records, failed: ["b"], seconds: 2)
            _ = try record("3", in: records, branch: "other", failed: ["c"], seconds: 3)
            _ = try record("6", in: records, identifier: "linux", failed: ["c"], seconds: 3)
            let now = try record("4", in: records, failed: ["a", "b", "c"], seconds: 4)
            _ = try record("5", in: records, failed: ["c"], seconds: 5)
            let reports = try #require(try RecordedReports(of: now))
            let history = try TestHistory(before: now, reports.context, in: records)
            #expect(history.mark("T.a") == .flaky)
            #expect(history.mark("T.b") == nil)
            // Neither another branch, nor another build of a batch, nor a later one counts.
            #expect(history.mark("T.c") == .new)
        }
    }

    /// Writes the record of a fanout of these builds; `nil` for one that never began.
    private func fanout(_ name: String, _ builds: [String?], in folder: String, isFanout: Bool = true) throws {
        let groups = builds.enumerated().map { number, uuid in
            #"{"identifier":"build_000\#(number)"\#(uuid.map { #","currentBuildSummary":{"arn":"arn:x:build/p:\#($0)","buildStatus":"FAILED"}"# } ?? "")}"#
        }
        try Folder.make("\(folder)/batches/p")
        try Folder.write(
            "\(folder)/batches/p/\(name).json",
            Array(
                (#"{"buildBatches":[{"id":"p:\#(name)","startTime":"2026-01-01T00:00:00Z","buildBatchStatus":"FAILED","#
                    + (isFanout ? #""mergedReports":[],"# : "")
                    + #""buildGroups":[\#(groups.joined(separator: ","))]}]}"#)
                    .utf8))
    }

    @Test func `of a fanout it counts in which earlier one a test failed, and not in which part`() async throws {
        try await withScratch { folder in
            let places = Places(
                environment: ["HOME": folder.string, "XDG_STATE_HOME": folder.string], currentDirectory: folder.string,
                isInteractive: false)
            let records = BuildRecords(places)
            func part(_ uuid: String, _ number: Int, failed: [String], branch: String = "main") throws -> RecordedBuild
            {
                try record(
                    uuid, in: records, branch: branch, identifier: "build_000\(number)", failed: failed, seconds: 1)
            }
            _ = try part("11", 0, failed: ["a"])
            _ = try part("12", 1, failed: [])
            _ = try part("21", 0, failed: [])
            _ = try part("22", 1, failed: ["b"])
            // Neither a fanout of another branch, nor one that is not whole, nor another batch counts.
            _ = try part("31", 0, failed: ["c"], branch: "other")
            _ = try part("32", 0, failed: ["c"])
            _ = try part("33", 0, failed: ["c"])
            let now = try part("41", 0, failed: ["a", "b", "c"])
            try fanout("1000001-x", ["11", "12"], in: places.state)
            try fanout("1000002-x", ["21", "22"], in: places.state)
            try fanout("1000003-x", ["31"], in: places.state)
            try fanout("1000004-x", ["32", nil], in: places.state)
            try fanout("1000005-x", ["33"], in: places.state, isFanout: false)
            try fanout("1000006-now", ["41"], in: places.state)
            var batch = BatchResult(
                BuildID(project: "p", uuid: "now"), [.init("build_0000")], since: Timestamp(microseconds: 1_000_006),
                limit: 1, arnPrefix: "")
            batch.groups[0].build = BuildID(project: "p", uuid: "41")
            #expect(try batch.testMark(in: records) == nil, "it is no fanout")
            batch.isFanout = true
            let whole = try #require(try batch.testMark(in: records)), own = try #require(try now.testMark(in: records))
            for mark in [whole, own] {
                func told(_ name: String) -> TestMark? {
                    mark(
                        ReportFacts.Case(
                            testSuiteName: "S", prefix: "T", name: name, status: "FAILED", durationInNanoSeconds: 1))
                }
                #expect(told("a") == .flaky)
                #expect(told("b") == nil)
                #expect(told("c") == .new)
            }
        }
    }

    @Test func `the names of failed tests alone are read where the record has them`() async throws {
        try await withRecords { records in
            _ = try record("1", in: records, failed: ["a"], seconds: 1, names: ["T.b", "T.\"q\""])
            _ = try record("2", in: records, failed: ["c"], seconds: 2, names: [])
            let now = try record("3", in: records, failed: ["b"], seconds: 3, names: ["T.b"])
            let reports = try #require(try RecordedReports(of: now))
            let history = try TestHistory(before: now, reports.context, in: records)
            #expect(history.mark("T.a") == .new && history.mark("T.c") == .new)
            #expect(history.mark("T.b") == .flaky && history.mark("T.\"q\"") == .flaky)
            var names: [String] = []
            for uuid in ["1", "2"] {
                try RecordedReports(of: records.build(uuid))?.forEachFailedName { names.append($0) }
            }
            #expect(names == ["T.b", "T.\"q\""])
        }
    }

    @Test func `a folder of reports appears whole, and nothing is written over`() async throws {
        try await withScratch { folder in
            let path = "\(folder)/reports"
            let first = try ReportFolder(path + "/")
            #expect(first.path == path && !first.hasFiles)
            try Folder.make(first.draft)
            try Folder.write("\(first.draft)/a", [1])
            #expect(first.hasFiles && !Folder.exists(path))
            // Somebody makes it meanwhile: an empty one is taken, another one is not.
            try Folder.make(path)
            try first.publish()
            #expect(try Folder.names(path) == ["a"] && !first.hasFiles)
            #expect(throws: Failure.self) { try ReportFolder(path) }
            let other = try ReportFolder("\(folder)/other")
            try Folder.make(other.draft)
            try Folder.make("\(folder)/other")
            try Folder.write("\(folder)/other/theirs", [2])
            #expect(throws: FileError.self) { try other.publish() }
            #expect(try Folder.read("\(folder)/other/theirs") == [2])
            try other.remove()
            // Neither a link nor a file is a folder to fill.
            try Folder.make("\(folder)/empty")
            try DirectoryHandle(opening: folder).makeSymbolicLink(Array("link".utf8), to: Array("empty".utf8))
            try Folder.write("\(folder)/file", [])
            for name in ["link", "file"] {
                let failure = #expect(throws: Failure.self) { try ReportFolder("\(folder)/\(name)") }
                #expect(failure?.status == .cannotWriteOutput)
            }
            // The draft of a process that was killed is removed.
            try Folder.make("\(folder)/.new.draft-999999999-00")
            _ = try ReportFolder("\(folder)/new")
            #expect(try Folder.names("\(folder)").allSatisfy { !$0.hasPrefix(".") })
        }
    }

    @Test func `without earlier builds nothing is marked`() async throws {
        try await withRecords { records in
            let first = try record("1", in: records, failed: ["a"], seconds: 1)
            let mark = try #require(try first.testMark(in: records))
            let test = ReportFacts.Case(
                testSuiteName: "S", prefix: "T", name: "a", status: "FAILED", durationInNanoSeconds: 1)
            #expect(mark(test) == nil)
        }
    }

    @Test func `a merged JUnit file has every case`() async throws {
        try await withRecords { records in
            let build = try record("1", in: records, failed: ["b"], seconds: 1)
            let path = "\(build.folder)/junit.xml"
            try RecordedReports.writeJUnit(of: [(nil, try #require(try RecordedReports(of: build)))], to: path)
            let text = String(decoding: try Folder.read(path), as: UTF8.self)
            #expect(text.contains(#"<testcase name="a" classname="T" time="0.000"/>"#))
            #expect(text.contains(#"<testcase name="b" classname="T" time="0.000"><failure/></testcase>"#))
            #expect(text.hasSuffix("</testsuite>\n</testsuites>\n"))
        }
    }
}

@Suite struct FailRuleTests {
    @Test func `rules are read from a list`() {
        #expect(
            FailRule.read("tests, coverage<80,branches<62.5,new-failures") == [
                .tests, .lines(below: 80), .branches(below: 62.5), .newFailures,
            ])
        for wrong in ["", "test", "coverage", "coverage<", "coverage<101", "tests<3", "tests,,x", "coverage<8<9"] {
            #expect(FailRule.read(wrong) == nil, "\(wrong)")
        }
        #expect("\(FailRule.lines(below: 80))" == "coverage<80")
    }

    private func tests(failed: Int, status: ReportFacts.Status = .failed) -> ReportFacts {
        var facts = ReportFacts(
            arn: "a", type: .test, name: "p-unit", reportGroupArn: "g", executionId: "b", status: status,
            truncated: false, format: "JUNITXML", files: 1)
        facts.testSummary = .init(
            total: 9, statusCounts: ["FAILED": failed, "SUCCEEDED": 9 - failed], durationInNanoSeconds: 1)
        return facts
    }

    private func coverage(
        _ covered: Int, _ missed: Int, status: ReportFacts.Status = .succeeded
    ) -> ReportFacts {
        var facts = ReportFacts(
            arn: "a", type: .coverage, name: "p-cov", reportGroupArn: "g", executionId: "b", status: status,
            truncated: false, format: "LCOV_INFO", files: 1)
        facts.codeCoverageSummary = .init(
            linesCovered: covered, linesMissed: missed, branchesCovered: 0, branchesMissed: 0)
        return facts
    }

    @Test func `a rule says why it is broken`() {
        #expect(FailRule.tests.reason([tests(failed: 0, status: .succeeded)], newFailures: { [] }) == nil)
        #expect(FailRule.tests.reason([tests(failed: 1)], newFailures: { [] }) == "1 test has failed")
        #expect(FailRule.tests.reason([], newFailures: { [] }) == "there is no report of tests")
        #expect(
            FailRule.tests.reason([tests(failed: 0, status: .incomplete)], newFailures: { [] })
                == "the report p-unit is INCOMPLETE")
        #expect(FailRule.newFailures.reason([tests(failed: 2)], newFailures: { [] }) == nil)
        #expect(
            FailRule.newFailures.reason([tests(failed: 2)], newFailures: { ["T.a"] })
                == "1 test has failed that did not before: T.a")
        #expect(FailRule.lines(below: 80).reason([coverage(8, 2)], newFailures: { [] }) == nil)
        #expect(
            FailRule.lines(below: 80).reason([coverage(8, 2), coverage(0, 1)], newFailures: { [] })
                == "72.7 % of the lines are covered")
        #expect(
            FailRule.branches(below: 80).reason([coverage(8, 2)], newFailures: { [] })
                == "there is no report of coverage with branches")
    }

    @Test(arguments: [FailRule.lines(below: 0), .lines(below: 80), .branches(below: 0)])
    func `coverage of which files are missing breaks a rule`(rule: FailRule) {
        let reports = [coverage(8, 2), coverage(9, 0, status: .incomplete)]
        #expect(rule.reason(reports, newFailures: { [] }) == "the report p-cov is INCOMPLETE")
        #expect(
            FailRule.tests.reason([tests(failed: 0)] + reports, newFailures: { [] }) == nil)
    }

    @Test func `a terminal obeys no name of a test, and is not flooded by it`() throws {
        let marks = "e" + String(repeating: "\u{301}", count: 100_000)
        let reason = try #require(
            FailRule.newFailures.reason([tests(failed: 2)], newFailures: { ["\u{1b}[31mT\n\u{202e}a", marks] }))
        let start = "2 tests have failed that did not before: \u{fffd}[31mT\u{fffd}\u{fffd}a, e"
        #expect(reason.unicodeScalars.starts(with: start.unicodeScalars))
        #expect(reason.unicodeScalars.count < 300)
        var named = tests(failed: 0, status: .incomplete)
        named.name = "p\u{1b}"
        #expect(FailRule.tests.reason([named], newFailures: { [] }) == "the report p\u{fffd} is INCOMPLETE")
    }
}
