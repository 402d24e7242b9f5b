public import BuildPlanning

extension BuildResult {
    /// The build's reports in the format of BatchGetReports: `{"reports":[…],"reportsNotFound":[]}`.
    ///
    /// - Parameters:
    ///   - project: names the project among those of this machine. It is ours, as is `branch`.
    ///   - branch: the branch, or the commit of a source without one.
    ///   - identifier: names the build within its batch.
    public func batchGetReports(project: String?, branch: String?, identifier: String? = nil) -> JSONText {
        .object([
            ("reports", .array(reports.map(\.json))), ("reportsNotFound", .array([])),
            ("project", project.map { .string($0) }), ("branch", branch.map { .string($0) }),
            ("batchIdentifier", identifier.map { .string($0) }),
        ])
    }
}

extension ReportFacts {
    /// The report under the names of the API (CODEBUILD-2026 C.2), followed by ours.
    public var json: JSONText {
        .object([
            ("arn", .string(arn)), ("type", .string(type.rawValue)), ("name", .string(name)),
            ("reportGroupArn", .string(reportGroupArn)), ("executionId", .string(executionId)),
            ("status", .string(status.rawValue)),
            // Nothing is exported anywhere.
            ("exportConfig", .object([("exportConfigType", .string("NO_EXPORT"))])),
            ("truncated", .bool(truncated)), ("testSummary", testSummary?.json),
            ("codeCoverageSummary", codeCoverageSummary?.json), ("format", .string(format)),
            ("files", .number(files)), ("failedTests", .array(failedTests.map(\.json))),
            ("slowestTests", .array(slowestTests.map(\.json))), ("flakyTests", .array(flakyTests.map(\.json))),
            ("problems", .array(problems.map { .string($0) })),
        ])
    }
}

extension ReportFacts.TestSummary {
    var json: JSONText {
        .object([
            ("total", .number(total)),
            ("statusCounts", .object(statusCounts.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) })),
            ("durationInNanoSeconds", .number(durationInNanoSeconds)),
        ])
    }
}

extension ReportFacts.CodeCoverageSummary {
    var json: JSONText {
        .object([
            ("lineCoveragePercentage", lineCoveragePercentage.map { .decimal($0) }),
            ("linesCovered", .number(linesCovered)), ("linesMissed", .number(linesMissed)),
            ("branchCoveragePercentage", branchCoveragePercentage.map { .decimal($0) }),
            ("branchesCovered", .number(branchesCovered)), ("branchesMissed", .number(branchesMissed)),
        ])
    }
}

extension ReportFacts.Case {
    var json: JSONText {
        .object([
            ("testSuiteName", .string(testSuiteName)), ("prefix", prefix.map { .string($0) }),
            ("name", .string(name)), ("status", .string(status)),
            ("durationInNanoSeconds", .number(durationInNanoSeconds)), ("message", message.map { .string($0) }),
            ("file", file.map { .string($0) }), ("line", line.map { .number($0) }),
        ])
    }
}
