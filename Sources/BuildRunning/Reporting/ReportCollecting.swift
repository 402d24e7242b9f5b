internal import BuildPlanning
internal import Files
internal import Reports

/// Takes what report files tell, one by one: it keeps the sums, and writes each case and each source file to the record.
///
/// One thread at a time. It lives on a blocking thread.
final class ReportCollecting {
    private let group: ReportGroup
    /// The file that is read, as the build names it.
    var path = ""
    private(set) var totals = ReportTotals()
    private let places: SourcePlaces?
    private let mask: SecretMask?
    private let writer: ReportWriter?

    init(
        _ group: ReportGroup, _ places: SourcePlaces? = nil, hiding mask: SecretMask? = nil,
        to writer: ReportWriter? = nil
    ) {
        self.group = group
        self.places = places
        self.mask = mask
        self.writer = writer
    }

    func take(_ item: ReportItem) throws {
        switch item {
        case .test(var test):
            test.findPlace()
            if test.status.isFailure, let places, let file = test.file { test.file = places.path(of: file) }
            if let mask { Self.hide(mask, in: &test) }
            totals.add(.test(test))
            try writer?.write(test, of: group, in: path)
        case .coverage(var file):
            if let places { file.path = places.path(of: file) }
            if let mask { file.path = mask.masked(file.path) }
            totals.add(item)
            try writer?.write(file, number: totals.files, of: group)
        }
    }

    /// A test may print a secret into its report.
    private static func hide(_ mask: SecretMask, in test: inout TestCase) {
        mask.mask(&test.suite)
        mask.mask(&test.name)
        mask.mask(&test.className)
        mask.mask(&test.message)
        mask.mask(&test.stack)
    }

    /// The report that all of it comes to.
    func facts(_ format: ReportFormat, of build: String, files: Int, problems: [String]) -> ReportFacts {
        let isComplete = problems.isEmpty && files > 0
        var facts = ReportFacts(
            arn: group.reportARN, type: format.kind == .test ? .test : .coverage, name: group.name,
            reportGroupArn: group.arn, executionId: build,
            status: isComplete ? (totals.failures > 0 ? .failed : .succeeded) : .incomplete,
            truncated: totals.isCutByService, format: format.rawValue, files: files)
        facts.problems = problems
        switch format.kind {
        case .test:
            let counts = totals.counts.map { ($0.key.rawValue, $0.value) }
            facts.testSummary = ReportFacts.TestSummary(
                total: totals.total, statusCounts: Dictionary(counts) { $1 }, durationInNanoSeconds: totals.nanoseconds)
            facts.failedTests = totals.failed.map(Self.short)
            facts.slowestTests = totals.slowest.map(Self.short)
            facts.flakyTests = totals.flaky.map(Self.short)
        case .coverage:
            facts.codeCoverageSummary = ReportFacts.CodeCoverageSummary(
                linesCovered: totals.lines.covered, linesMissed: totals.lines.missed,
                branchesCovered: totals.branches.covered, branchesMissed: totals.branches.missed)
        }
        return facts
    }

    private static func short(_ test: TestCase) -> ReportFacts.Case {
        var short = ReportFacts.Case(
            testSuiteName: test.suite, prefix: test.className, name: test.name, status: test.status.rawValue,
            durationInNanoSeconds: test.nanoseconds)
        short.message = test.message
        short.file = test.file
        short.line = test.line
        return short
    }
}

/// The names of the files beside a record that hold its reports.
public enum ReportFiles {
    public static let reports = "reports.json"
    public static let cases = "test-cases.jsonl"
    public static let coverages = "code-coverages.jsonl"
    /// The names of the failed cases alone, a line each, by which later builds tell new failures: ``FailedTestLine``.
    public static let failed = "failed-tests.jsonl"
}
