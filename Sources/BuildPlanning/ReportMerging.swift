/// The names and rules by which the reports of a fanout's builds become one (CODEBUILD-2026 D.3).
public enum ReportMerging {
    private static let mark = "BuildFanoutShard"

    /// Names the report group of one build of a fanout.
    ///
    /// - Parameters:
    ///   - group: the name of the report group.
    ///   - number: the build's, beginning with 1. [the service's first number is unknown]
    public static func shardName(_ group: String, _ number: Int) -> String { "\(group)\(mark)\(number)" }

    /// Names the group that reports of builds are merged into.
    public static func mergedName(_ shardName: String) -> String {
        guard let range = shardName.ranges(of: mark).last, !shardName[range.upperBound...].isEmpty,
            shardName[range.upperBound...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return shardName }
        return String(shardName[..<range.lowerBound])
    }

    /// The build that a report is of: its identifier, and its reports; `nil` for one that made none or never ran.
    public typealias Shard = (identifier: String, reports: [ReportFacts])

    /// The most failed, flaky and slow cases that a merged report names.
    private static let named = 20, slowest = 5

    /// Merges the reports of all builds, a report for each group.
    ///
    /// - Parameters:
    ///   - shards: all builds of the fanout, in their order.
    ///   - batch: the batch's ARN, which becomes the execution of the reports.
    public static func merged(_ shards: [Shard], of batch: String) -> [ReportFacts] {
        var names: [String] = [], groups: [String: [ReportFacts]] = [:]
        for report in shards.flatMap(\.reports) {
            let name = mergedName(report.name)
            if groups[name] == nil { names.append(name) }
            groups[name, default: []].append(report)
        }
        return names.compactMap { name in
            guard let parts = groups[name], let first = parts.first else { return nil }
            // A build of which there are two reports has read two formats; none of it is missing for that.
            let executions = Set(parts.map(\.executionId)).count
            return merged(parts, as: name, like: first, of: batch, isWhole: executions == shards.count)
        }
    }

    private static func merged(
        _ parts: [ReportFacts], as name: String, like first: ReportFacts, of batch: String, isWhole: Bool
    ) -> ReportFacts {
        let isFailed = parts.contains { $0.status == .failed }
        let isComplete = isWhole && parts.allSatisfy { $0.status != .incomplete }
        var report = ReportFacts(
            arn: renamed(first.arn, from: first.name, to: name, execution: batch), type: first.type, name: name,
            reportGroupArn: renamed(first.reportGroupArn, from: first.name, to: name, execution: nil),
            executionId: batch, status: isFailed ? .failed : isComplete ? .succeeded : .incomplete,
            truncated: parts.contains(where: \.truncated), format: first.format,
            files: parts.reduce(0) { $0 + $1.files })
        let tests = parts.compactMap(\.testSummary)
        if !tests.isEmpty {
            report.testSummary = .init(
                total: tests.reduce(0) { $0 + $1.total },
                statusCounts: tests.reduce(into: [:]) { $0.merge($1.statusCounts, uniquingKeysWith: +) },
                // They ran at once: the longest is how long they took.
                durationInNanoSeconds: tests.map(\.durationInNanoSeconds).max() ?? 0)
        }
        let coverage = parts.compactMap(\.codeCoverageSummary)
        if !coverage.isEmpty {
            func sum(_ part: (ReportFacts.CodeCoverageSummary) -> Int) -> Int {
                coverage.reduce(0) { $0.addingReportingOverflow(part($1)).partialValue }
            }
            report.codeCoverageSummary = .init(
                linesCovered: sum(\.linesCovered), linesMissed: sum(\.linesMissed),
                branchesCovered: sum(\.branchesCovered), branchesMissed: sum(\.branchesMissed))
        }
        report.failedTests = Array(parts.flatMap(\.failedTests).prefix(named))
        report.flakyTests = Array(parts.flatMap(\.flakyTests).prefix(named))
        report.slowestTests = Array(
            parts.flatMap(\.slowestTests).sorted { $0.durationInNanoSeconds > $1.durationInNanoSeconds }
                .prefix(slowest))
        report.problems = parts.flatMap(\.problems)
        return report
    }

    /// Whether the coverage of a file in one build beats that in another: the better share of lines counts, and of equal ones the
    /// better share of branches.
    ///
    /// - Parameters:
    ///   - one: in percent; `nil` where the file has nothing to cover.
    ///   - other: as `one`.
    public static func isBetter(
        _ one: (lines: Double?, branches: Double?), than other: (lines: Double?, branches: Double?)
    ) -> Bool {
        (one.lines ?? -1, one.branches ?? -1) > (other.lines ?? -1, other.branches ?? -1)
    }

    /// Returns an ARN with the merged group's name in the place of the build's, and the batch in the place of the build.
    private static func renamed(_ arn: String, from old: String, to new: String, execution: String?) -> String {
        guard let slash = arn.firstIndex(of: "/") else { return arn }
        guard let execution else { return "\(arn[...slash])\(new)" }
        return "\(arn[...slash])\(new):\(execution.split(separator: ":").last ?? "")"
    }
}
