import BuildPlanning

/// Reports as a build may have them.
enum ReportSamples {
    static func test(_ name: String, seconds: Int = 1) -> ReportFacts.Case {
        ReportFacts.Case(
            testSuiteName: "org.acme.OwnerTest", prefix: "org.acme.OwnerTest", name: name, status: "FAILED",
            durationInNanoSeconds: seconds * 1_000_000_000)
    }

    static var tests: ReportFacts {
        var facts = ReportFacts(
            arn: "arn:r", type: .test, name: "p-unit", reportGroupArn: "arn:g", executionId: "arn:b", status: .failed,
            truncated: true, format: "JUNITXML", files: 2)
        facts.testSummary = .init(
            total: 3, statusCounts: ["SUCCEEDED": 1, "FAILED": 1, "ERROR": 1], durationInNanoSeconds: 3_500_000_000)
        var failed = test("adds")
        failed.message = "expected 1\nbut was 2"
        failed.file = "org/acme/OwnerTest.java"
        failed.line = 34
        facts.failedTests = [failed, test("breaks")]
        facts.slowestTests = [test("finds", seconds: 2), test("adds")]
        facts.flakyTests = [test("wobbles")]
        facts.problems = ["a.xml: no"]
        return facts
    }

    static var coverage: ReportFacts {
        var facts = ReportFacts(
            arn: "arn:c", type: .coverage, name: "p-cov", reportGroupArn: "arn:g", executionId: "arn:b",
            status: .succeeded, truncated: false, format: "JACOCOXML", files: 1)
        facts.codeCoverageSummary = .init(linesCovered: 2, linesMissed: 1, branchesCovered: 0, branchesMissed: 0)
        return facts
    }
}
