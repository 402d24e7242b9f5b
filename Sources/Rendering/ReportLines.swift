public import BuildPlanning

/// The part of the closing table that tells of tests and coverage: the failed tests first, and not too many of them.
struct ReportLines {
    let reports: [ReportFacts]
    let mark: (ReportFacts.Case) -> TestMark?
    /// The command that lists all failed tests.
    let more: String
    /// The coverage of an earlier build, to tell what has changed.
    var earlier: EarlierCoverage?

    /// The most failed tests that are listed, and the lines of a message.
    static let failed = 4, message = 1
    private static let width = 110

    var lines: [String] { failures + totals + slowest + coverage + problems }

    /// Whether tests have failed: what the output tells of them is then said better here.
    var tellsFailures: Bool { reports.contains { !$0.failedTests.isEmpty } }

    private var failures: [String] {
        let all = reports.flatMap(\.failedTests)
        let count = reports.reduce(0) { $0 + ($1.testSummary?.failures ?? 0) }
        // New ones first: they are what the change has broken.
        let ranked = all.filter { mark($0) == .new } + all.filter { mark($0) != .new }
        var lines: [String] = []
        for test in ranked.prefix(Self.failed) {
            let place = test.file.map { file in "  \(Self.cut(file))" + (test.line.map { ":\($0)" } ?? "") } ?? ""
            let mark = mark(test).map { "  (\($0.rawValue))" } ?? ""
            lines.append(Self.cut(test.fullName) + place + mark)
            let message = (test.message ?? "").split(whereSeparator: \.isNewline).prefix(Self.message)
            lines += message.map { "  " + Self.cut(String($0)) }
        }
        if count > Self.failed { lines.append("… and \(count - min(ranked.count, Self.failed)) more: `\(more)`") }
        return Self.block("tests", lines)
    }

    private var totals: [String] {
        reports.compactMap { report in
            guard let tests = report.testSummary else { return nil }
            let skipped = tests.statusCounts["SKIPPED"] ?? 0
            let failed = tests.failures == 0 ? "" : ", \(tests.failures) failed"
            let flaky = report.flakyTests.isEmpty ? "" : ", flaky: " + Self.names(report.flakyTests)
            return "  report   \(Self.cut(report.name)) \(report.status.rawValue): \(tests.total) tests\(failed)"
                + (skipped == 0 ? "" : ", \(skipped) skipped") + ", \(Self.seconds(tests.durationInNanoSeconds))"
                + flaky
        }
    }

    /// The slowest of all reports, on one line.
    private var slowest: [String] {
        let all = reports.flatMap(\.slowestTests).sorted { $0.durationInNanoSeconds > $1.durationInNanoSeconds }
        // Fast tests are none that anybody looks for.
        let slow = all.prefix(5).filter { $0.durationInNanoSeconds >= 1_000_000_000 }
        guard !slow.isEmpty else { return [] }
        return [
            "  slowest  "
                + slow.map { "\(Self.seconds($0.durationInNanoSeconds)) \($0.shortName)" }.joined(separator: ", ")
        ].map { Self.cut($0, to: 2 * Self.width) }
    }

    fileprivate var coverage: [String] {
        reports.compactMap { report in
            guard let sums = report.codeCoverageSummary else { return nil }
            var parts: [String] = []
            let before = earlier?.reports.first { $0.name == report.name && $0.codeCoverageSummary != nil }?
                .codeCoverageSummary
            for (name, percentage, old, covered, missed) in [
                (
                    "lines", sums.lineCoveragePercentage, before?.lineCoveragePercentage, sums.linesCovered,
                    sums.linesMissed
                ),
                (
                    "branches", sums.branchCoveragePercentage, before?.branchCoveragePercentage, sums.branchesCovered,
                    sums.branchesMissed
                ),
            ] {
                guard let percentage else { continue }
                let change = old.map { ", \(Self.change(from: $0, to: percentage))" } ?? ""
                let (sum, isTooLarge) = covered.addingReportingOverflow(missed)
                let all = isTooLarge ? Int.max : sum
                parts.append("\(Self.short(percentage)) % of \(name) (\(covered) of \(all)\(change))")
            }
            let since = before == nil ? "" : earlier.map { " since \($0.build)" } ?? ""
            return "  coverage \(Self.cut(report.name)): "
                + (parts.isEmpty ? "nothing to cover" : parts.joined(separator: ", ") + since)
        }
    }

    private var problems: [String] {
        let all = reports.flatMap { report in report.problems.map { "\(report.name): \($0)" } }
        var lines = all.prefix(2).map { Self.cut($0) }
        if all.count > 2 { lines.append("… and \(all.count - 2) more") }
        return Self.block("unread", lines)
    }

    private static func block(_ name: String, _ lines: [String]) -> [String] {
        guard let first = lines.first else { return [] }
        let label = name + String(repeating: " ", count: max(1, 9 - name.count))
        return ["  \(label)\(first)"] + lines.dropFirst().map { "           \($0)" }
    }

    private static func names(_ tests: [ReportFacts.Case]) -> String {
        cut(tests.prefix(3).map(\.shortName).joined(separator: ", ")) + (tests.count > 3 ? " and more" : "")
    }

    private static func cut(_ text: String, to width: Int = width) -> String { text.cut(width).plain }

    static func seconds(_ nanoseconds: Int) -> String {
        let milliseconds = nanoseconds / 1_000_000
        guard milliseconds >= 60_000 else { return "\(milliseconds / 1000).\(milliseconds / 100 % 10) s" }
        return "\(milliseconds / 60_000) min \(milliseconds / 1000 % 60) s"
    }

    /// The change in hundredths of a percentage, for tenths hide what a few lines do: `+0.25`, `-3`, `±0`.
    private static func change(from old: Double, to new: Double) -> String {
        let hundredths = Int((new * 100).rounded()) - Int((old * 100).rounded())
        guard hundredths != 0 else { return "±0" }
        let size = abs(hundredths), rest = size % 100
        let digits = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : ".\(rest < 10 ? "0" : "")\(rest)"
        return "\(hundredths > 0 ? "+" : "-")\(size / 100)\(digits)"
    }

    private static func short(_ percentage: Double) -> String {
        // Never rounded up to all of it.
        let tenths = Int(percentage * 10)
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}

/// The reports of coverage of an earlier build of the same branch.
public struct EarlierCoverage: Sendable {
    /// The beginning of the build's id.
    public let build: String
    public let reports: [ReportFacts]

    public init(build: String, reports: [ReportFacts]) {
        self.build = build
        self.reports = reports
    }

    /// The lines that tell the coverage of reports, each with its end.
    ///
    /// - Parameter earlier: to tell what has changed since; `nil` where there is no such build.
    public static func lines(of reports: [ReportFacts], since earlier: EarlierCoverage?) -> String {
        ReportLines(reports: reports, mark: { _ in nil }, more: "", earlier: earlier).coverage
            .map { "\($0.drop { $0 == " " })\n" }.joined()
    }
}

extension ReportFacts.Case {
    /// The class without its package, and the name.
    var shortName: String {
        guard let owner = prefix ?? (testSuiteName.isEmpty ? nil : testSuiteName), !name.hasPrefix(owner) else {
            return name
        }
        return "\(owner.split(separator: ".").last ?? "").\(name)"
    }
}
