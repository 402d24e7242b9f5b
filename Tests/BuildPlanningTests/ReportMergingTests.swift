import BuildPlanning
import Testing

/// The rules of CODEBUILD-2026 D.3.
@Suite struct ReportMergingTests {
    private func report(
        _ number: Int, _ status: ReportFacts.Status = .succeeded, group: String = "p-unit", counts: [String: Int] = [:],
        seconds: Int = 1
    ) -> ReportFacts {
        let name = ReportMerging.shardName(group, number), head = "arn:aws:codebuild:eu-west-1:123456789012"
        var report = ReportFacts(
            arn: "\(head):report/\(name):build\(number)", type: .test, name: name,
            reportGroupArn: "\(head):report-group/\(name)", executionId: "\(head):build/p:build\(number)",
            status: status, truncated: false, format: "JUNITXML", files: 1)
        report.testSummary = .init(
            total: counts.values.reduce(0, +), statusCounts: counts, durationInNanoSeconds: seconds * 1_000_000_000)
        if counts["FAILED"] != nil {
            report.failedTests = [
                .init(testSuiteName: "s", prefix: nil, name: "t\(number)", status: "FAILED", durationInNanoSeconds: 1)
            ]
        }
        return report
    }

    private func merged(_ shards: [[ReportFacts]]) -> [ReportFacts] {
        ReportMerging.merged(
            shards.enumerated().map { ("b\($0.offset)", $0.element) },
            of: "arn:aws:codebuild:eu-west-1:123456789012:build-batch/p:whole")
    }

    @Test func `one failed part fails the whole, sums are summed, and the longest counts`() throws {
        let all = merged([
            [report(1, counts: ["SUCCEEDED": 3], seconds: 4)],
            [report(2, .failed, counts: ["SUCCEEDED": 2, "FAILED": 1], seconds: 9)],
        ])
        let report = try #require(all.first)
        #expect(all.count == 1 && report.name == "p-unit" && report.status == .failed)
        #expect(report.testSummary?.total == 6 && report.testSummary?.failures == 1)
        #expect(report.testSummary?.statusCounts == ["SUCCEEDED": 5, "FAILED": 1])
        #expect(report.testSummary?.durationInNanoSeconds == 9_000_000_000)
        #expect(report.failedTests.map(\.name) == ["t2"])
        #expect(report.arn == "arn:aws:codebuild:eu-west-1:123456789012:report/p-unit:whole")
        #expect(report.reportGroupArn.hasSuffix(":report-group/p-unit"))
        #expect(report.executionId.hasSuffix(":build-batch/p:whole"))
    }

    @Test func `a missing part makes it incomplete, unless another has failed`() {
        #expect(merged([[report(1)], []]).map(\.status) == [.incomplete])
        #expect(merged([[report(1, .failed)], []]).map(\.status) == [.failed])
        #expect(merged([[report(1)], [report(2, .incomplete)]]).map(\.status) == [.incomplete])
        #expect(merged([[report(1)], [report(2)]]).map(\.status) == [.succeeded])
        #expect(merged([[], []]).isEmpty)
    }

    @Test func `groups stay apart, and lines of coverage are summed`() throws {
        var one = report(1, group: "p-cover"), other = report(2, group: "p-cover")
        one.testSummary = nil
        other.testSummary = nil
        one.codeCoverageSummary = .init(linesCovered: 3, linesMissed: 1, branchesCovered: 0, branchesMissed: 2)
        other.codeCoverageSummary = .init(linesCovered: 1, linesMissed: 3, branchesCovered: 1, branchesMissed: 1)
        let all = merged([[report(1), one], [report(2), other]])
        #expect(all.map(\.name) == ["p-unit", "p-cover"])
        #expect(
            all[1].codeCoverageSummary
                == .init(linesCovered: 4, linesMissed: 4, branchesCovered: 1, branchesMissed: 3))
        #expect(all[1].testSummary == nil)
    }

    @Test(arguments: [
        ("p-unit", "p-unit"), ("p-unitBuildFanoutShard3", "p-unit"), ("BuildFanoutShard", "BuildFanoutShard"),
        ("aBuildFanoutShard1BuildFanoutShard12", "aBuildFanoutShard1"), ("pBuildFanoutShardx", "pBuildFanoutShardx"),
    ])
    func `only a number behind the mark is taken off`(name: String, merged: String) {
        #expect(ReportMerging.mergedName(name) == merged)
    }
}
