import BuildPlanning
import Testing

@testable import Rendering

@Suite struct BatchPageTests {
    private func time(_ seconds: Int) -> Timestamp { Timestamp(microseconds: Int64(seconds) * 1_000_000) }

    private var batch: BatchResult {
        var batch = BatchResult(
            BuildID(project: "<p>", uuid: "0b5c2a7e-1111-2222-3333-444455556666"),
            [
                .init("unit"), .init("pack<script>", dependsOn: ["unit"], ignoresFailure: true),
                .init("ship", dependsOn: ["pack<script>"]),
            ],
            since: time(0), limit: 2, arnPrefix: "arn:aws:codebuild:eu-west-1:123456789012")
        batch.groups[0].state = .ended(.succeeded)
        batch.groups[0].ready = time(0)
        batch.groups[0].start = time(1)
        batch.groups[0].end = time(31)
        batch.groups[0].expected = 25_000
        batch.groups[1].state = .ended(.failed)
        batch.groups[1].ready = time(31)
        batch.groups[1].start = time(31)
        batch.groups[1].end = time(40)
        batch.groups[2].state = .skipped(because: "pack<script>")
        batch.end = time(41)
        batch.status = .failed
        return batch
    }

    @Test func `the page tells each build, draws the order and shows every text as text`() {
        let page = String(
            decoding: BatchPage(batch, links: ["unit": "./b-builds/0b5c.html"]).html, as: UTF8.self)
        #expect(page.contains(#"<th scope="row"><a href="./b-builds/0b5c.html">unit</a></th>"#))
        #expect(page.contains("pack&lt;script&gt;: FAILED (ignored)"))
        #expect(page.contains("`pack&lt;script&gt;` has not succeeded"))
        #expect(page.contains("What decided the time: unit → pack&lt;script&gt;"))
        #expect(!page.contains("<p>,") && !page.contains("pack<script>"))
        #expect(page.contains("default-src 'none'") || page.contains("default-src &#39;none&#39;"))
        // An arrow from column to column, and no style that the policy would refuse.
        #expect(page.contains(#"<path d="M200 20C230 20 230 20 260 20"></path>"#))
        #expect(!page.contains(" style=\""))
    }

    @Test func `of a file that several builds cover the best coverage counts`() throws {
        func file(of group: String, _ path: String, lines: Double?, branches: Double?, missed: Int) throws
            -> CoveredFile
        {
            let shares =
                (lines.map { #","lineCoveragePercentage":\#($0)"# } ?? "")
                + (branches.map { #","branchCoveragePercentage":\#($0)"# } ?? "")
            let line =
                #"{"reportARN":"arn:aws:codebuild:r:1:report/\#(group):x","filePath":"\#(path)","linesCovered":1,"#
                + #""linesMissed":\#(missed)\#(shares)}"#
            return try #require(CoveredFile(jsonLine: Array(line.utf8)))
        }
        let files = CoveredFile.merged([
            try file(of: "p-covBuildFanoutShard1", "a.py", lines: 50, branches: nil, missed: 1),
            try file(of: "p-covBuildFanoutShard1", "b.py", lines: 80, branches: 20, missed: 2),
            try file(of: "p-covBuildFanoutShard2", "b.py", lines: 80, branches: 30, missed: 3),
            try file(of: "p-covBuildFanoutShard2", "a.py", lines: 40, branches: 90, missed: 4),
            try file(of: "p-otherBuildFanoutShard2", "a.py", lines: 10, branches: nil, missed: 5),
            try file(of: "p-covBuildFanoutShard2", "<c>.py", lines: nil, branches: nil, missed: 0),
        ])
        #expect(files.map(\.filePath) == ["a.py", "b.py", "a.py", "<c>.py"])
        #expect(files.map(\.linesMissed) == [1, 3, 5, 0])
        var batch = batch
        batch.isFanout = true
        var report = ReportFacts(
            arn: "a", type: .test, name: "p-unitBuildFanoutShard1", reportGroupArn: "g", executionId: "e",
            status: .failed, truncated: false, format: "JUNITXML", files: 1)
        report.testSummary = .init(total: 1, statusCounts: ["FAILED": 1], durationInNanoSeconds: 1)
        report.failedTests = [
            .init(testSuiteName: "s", prefix: nil, name: "t", status: "FAILED", durationInNanoSeconds: 1)
        ]
        var result = BuildResult()
        result.add(BuildEvent(time: time(2), kind: .reportMade(report)))
        batch.groups[0].result = result
        var page = BatchPage(batch, links: [:])
        page.coveredFiles = files
        page.mark = { $0.name == "t" ? .new : nil }
        let html = String(decoding: page.html, as: UTF8.self)
        #expect(html.contains(#"<th scope="row">&lt;c&gt;.py</th>"#), "\(html)")
        #expect(html.contains(#"<th scope="row">b.py</th><td>80.0 %</td><td>30.0 %</td><td>3</td>"#), "\(html)")
        #expect(html.contains("<code>s.t</code> new"))
        var table = BatchTable(usesColor: false)
        table.mark = page.mark
        #expect(table.render(batch, file: "/b.json").contains("s.t  (new)"))
    }

    @Test func `the table tells the usual time, what was waited for, and the longest way`() {
        let table = BatchTable(usesColor: false).render(batch, file: "/b.json")
        #expect(table.contains("unit          SUCCEEDED  30.0 s  (usually 25.0 s)  waited 1.0 s for others to end"))
        #expect(table.contains("longest  unit → pack<script>, 39.0 s and 1.0 s of waiting"), "\(table)")
    }

    @Test func `tests of several builds are one JUnit file, below the builds' names`() throws {
        let line =
            #"{"testRawDataPath":"a.xml","name":"t","status":"SUCCEEDED","durationInNanoSeconds":5,"testSuiteName":"s"}"#
        let test = try #require(RecordedTestCase(jsonLine: Array(line.utf8)))
        var text = JUnitText()
        var bytes = text.head + text.text(of: test, in: "one") + text.text(of: test, in: "one")
        bytes += text.text(of: test, in: "two") + text.end
        let written = String(decoding: bytes, as: UTF8.self)
        #expect(
            written.split(separator: "\n").filter { $0.hasPrefix("<testsuite ") }
                == [#"<testsuite name="one: s">"#, #"<testsuite name="two: s">"#])
    }
}
