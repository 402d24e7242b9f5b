import BuildPlanning
import Testing

@testable import Rendering

@Suite struct ReportLinesTests {
    private func lines(
        _ reports: [ReportFacts], mark: @escaping (ReportFacts.Case) -> TestMark? = { _ in nil }
    ) -> [String] {
        ReportLines(reports: reports, mark: mark, more: "buildspec show --tests --failed").lines
    }

    @Test func `failed tests come first, then totals, the slowest and coverage`() {
        let marks: [String: TestMark] = ["breaks": .new]
        #expect(
            lines([ReportSamples.tests, ReportSamples.coverage]) { marks[$0.name] } == [
                "  tests    org.acme.OwnerTest.breaks  (new)",
                "           org.acme.OwnerTest.adds  org/acme/OwnerTest.java:34",
                "             expected 1",
                "  report   p-unit FAILED: 3 tests, 2 failed, 3.5 s, flaky: OwnerTest.wobbles",
                "  slowest  2.0 s OwnerTest.finds, 1.0 s OwnerTest.adds",
                "  coverage p-cov: 66.6 % of lines (2 of 3)",
                "  unread   p-unit: a.xml: no",
            ])
    }

    @Test func `however many tests there are, the lines are few and short`() {
        var facts = ReportSamples.tests
        facts.testSummary = .init(total: 100_000, statusCounts: ["FAILED": 50_000], durationInNanoSeconds: 1)
        facts.failedTests = (1...20).map { number in
            var test = ReportSamples.test(String(repeating: "very long ", count: 100) + "\(number)")
            test.message = String(repeating: "long\n", count: 1000)
            test.file = String(repeating: "f", count: 1000)
            return test
        }
        facts.flakyTests = facts.failedTests
        facts.slowestTests = facts.failedTests
        facts.problems = (1...50).map { "problem \($0)" }
        let lines = lines([facts, ReportSamples.coverage])
        #expect(lines.count <= 16)
        #expect(lines.contains("           … and 49996 more: `buildspec show --tests --failed`"))
        #expect(lines.allSatisfy { $0.count < 260 })
    }

    @Test func `a terminal obeys nothing that a report says`() {
        var facts = ReportSamples.tests
        facts.failedTests[0].message = "\u{1b}[31mred\u{202e}"
        let text = lines([facts]).joined()
        #expect(!text.unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{202e}" })
        #expect(text.contains("\u{fffd}[31mred\u{fffd}"))
    }

    @Test func `characters of any size are cut`() {
        var facts = ReportSamples.tests
        let marks = "e" + String(repeating: "\u{301}", count: 100_000)
        facts.failedTests[0].name = marks
        facts.failedTests[0].message = marks
        facts.failedTests[0].file = marks
        facts.problems = [marks]
        facts.name = marks
        #expect(lines([facts]).allSatisfy { $0.unicodeScalars.count < 400 })
    }

    @Test func `sums that are clamped are added up`() {
        var facts = ReportSamples.coverage
        facts.codeCoverageSummary = .init(linesCovered: .max, linesMissed: 9, branchesCovered: 0, branchesMissed: 0)
        #expect(lines([facts]) == ["  coverage p-cov: 100 % of lines (\(Int.max) of \(Int.max))"])
    }

    @Test func `coverage is never rounded up to all of it`() {
        var facts = ReportSamples.coverage
        facts.codeCoverageSummary = .init(linesCovered: 9999, linesMissed: 1, branchesCovered: 1, branchesMissed: 1)
        #expect(
            lines([facts]) == ["  coverage p-cov: 99.9 % of lines (9999 of 10000), 50 % of branches (1 of 2)"])
    }
}

@Suite struct RecordedTestCaseTests {
    private static let line = """
        {"reportArn":"arn:r","testRawDataPath":"a.xml","prefix":"A","name":"x","status":"FAILED","durationInNanoSeconds":1500000000,\
        "message":"no <b>","testSuiteName":"S","stackTrace":"at\\u0001 x","file":"A.java","line":3,"flaky":true}
        """

    @Test func `a line is read, half a line is none`() throws {
        let test = try #require(RecordedTestCase(jsonLine: Array(Self.line.utf8)))
        #expect(test.test.fullName == "A.x" && test.test.line == 3)
        #expect(test.file == "a.xml" && test.isFlaky && test.stackTrace == "at\u{1} x")
        #expect(RecordedTestCase.isFailure(Array(Self.line.utf8)))
        #expect(RecordedTestCase(jsonLine: Array(Self.line.utf8.prefix(90))) == nil)
    }

    @Test func `a case as text`() throws {
        let test = try #require(RecordedTestCase(jsonLine: Array(Self.line.utf8)))
        #expect(
            test.text(.new, withStack: true)
                == "FAILED    1.5 s  A.x  A.java:3  (new)  (failed first)\n          no <b>\n          at\u{fffd} x\n")
    }

    @Test func `JUnit text is escaped, and has a suite for each`() throws {
        let test = try #require(RecordedTestCase(jsonLine: Array(Self.line.utf8)))
        var junit = JUnitText()
        let bytes = junit.head + junit.text(of: test) + junit.text(of: test) + junit.end
        let failed =
            "<testcase name=\"x\" classname=\"A\" time=\"1.500\" file=\"A.java\" line=\"3\"><failure message=\"no &lt;b&gt;\">"
            + "at\u{fffd} x</failure></testcase>\n"
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"S\">\n\(failed)\(failed)"
                + "</testsuite>\n</testsuites>\n")
    }
}
