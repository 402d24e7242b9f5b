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
        case .test(let test):
            let hidden = masked(located(test))
            totals.add(.test(hidden))
            try writer?.write(json(hidden), isCase: true)
        case .coverage(var file):
            if let mask { file.path = mask.masked(file.path) }
            totals.add(item)
            try writer?.write(json(file), isCase: false)
        }
    }

    private func located(_ test: TestCase) -> TestCase {
        guard test.status.isFailure, let places, let file = test.file else { return test }
        var test = test
        test.file = places.path(of: file)
        return test
    }

    /// A test may print a secret into its report.
    private func masked(_ test: TestCase) -> TestCase {
        guard let mask else { return test }
        var test = test
        test.suite = mask.masked(test.suite)
        test.className = test.className.map { mask.masked($0) }
        test.name = mask.masked(test.name)
        test.message = test.message.map { mask.masked($0) }
        test.stack = test.stack.map { mask.masked($0) }
        return test
    }

    /// The case under the names of the API (TestCase); the last four are ours.
    private func json(_ test: TestCase) -> JSONText {
        .object([
            ("reportArn", .string(group.reportARN)), ("testRawDataPath", .string(path)),
            ("prefix", test.className.map { .string($0) }), ("name", .string(test.name)),
            ("status", .string(test.status.rawValue)), ("durationInNanoSeconds", .number(test.nanoseconds)),
            ("message", test.message.map { .string($0) }), ("testSuiteName", .string(test.suite)),
            ("stackTrace", test.stack.map { .string($0) }), ("file", test.file.map { .string($0) }),
            ("line", test.line.map { .number($0) }), ("flaky", test.isFlaky ? .bool(true) : nil),
        ])
    }

    /// The file under the names of the API (CodeCoverage).
    private func json(_ file: CoverageFile) -> JSONText {
        .object([
            ("id", .string("\(totals.files)")), ("reportARN", .string(group.reportARN)),
            ("filePath", .string(file.path)),
            ("lineCoveragePercentage", file.lines.percentage.map { .decimal($0) }),
            ("linesCovered", .number(file.lines.covered)), ("linesMissed", .number(file.lines.missed)),
            ("branchCoveragePercentage", file.branches.percentage.map { .decimal($0) }),
            ("branchesCovered", .number(file.branches.covered)), ("branchesMissed", .number(file.branches.missed)),
        ])
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

/// The files of a build's record that hold every case and every source file of its reports, a line each.
final class ReportWriter {
    private let folder: String
    private var cases: OwnedDescriptor?, files: OwnedDescriptor?
    private var waitingCases: [UInt8] = [], waitingFiles: [UInt8] = []

    private static let step = 1 << 16

    init(_ folder: String) { self.folder = folder }

    func write(_ json: JSONText, isCase: Bool) throws {
        if isCase {
            waitingCases += json.bytes + [0x0a]
            if waitingCases.count > Self.step { try flushCases() }
        } else {
            waitingFiles += json.bytes + [0x0a]
            if waitingFiles.count > Self.step { try flushFiles() }
        }
    }

    /// Writes what waits.
    func flush() throws {
        try flushCases()
        try flushFiles()
    }

    private func flushCases() throws {
        guard !waitingCases.isEmpty else { return }
        let file = try cases ?? Folder.append("\(folder)/\(ReportFiles.cases)")
        cases = file
        try file.writeAll(waitingCases)
        waitingCases.removeAll(keepingCapacity: true)
    }

    private func flushFiles() throws {
        guard !waitingFiles.isEmpty else { return }
        let file = try files ?? Folder.append("\(folder)/\(ReportFiles.coverages)")
        files = file
        try file.writeAll(waitingFiles)
        waitingFiles.removeAll(keepingCapacity: true)
    }
}

/// The names of the files beside a record that hold its reports.
public enum ReportFiles {
    public static let reports = "reports.json"
    public static let cases = "test-cases.jsonl"
    public static let coverages = "code-coverages.jsonl"
}
