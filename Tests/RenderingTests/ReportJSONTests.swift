import BuildPlanning
import Rendering
import Testing

@Suite struct ReportJSONTests {
    @Test func `reports.json has the names of the API`() {
        var result = BuildResult()
        result.add(BuildEvent(time: Timestamp(microseconds: 1), kind: .reportMade(ReportSamples.coverage)))
        #expect(
            String(decoding: result.batchGetReports(project: "p", branch: nil).bytes, as: UTF8.self)
                == #"{"reports":[{"arn":"arn:c","type":"CODE_COVERAGE","name":"p-cov","reportGroupArn":"arn:g","#
                + #""executionId":"arn:b","status":"SUCCEEDED","exportConfig":{"exportConfigType":"NO_EXPORT"},"#
                + #""truncated":false,"codeCoverageSummary":{"lineCoveragePercentage":66.67,"linesCovered":2,"#
                + #""linesMissed":1,"branchesCovered":0,"branchesMissed":0},"format":"JACOCOXML","files":1,"#
                + #""failedTests":[],"slowestTests":[],"flakyTests":[],"problems":[]}],"reportsNotFound":[],"project":"p"}"#
        )
    }

    @Test func `build.json names the reports, where there are any`() {
        var result = BuildResult()
        let id = BuildID(project: "p", uuid: "1")
        func text() -> String { String(decoding: result.batchGetBuilds(plan: nil, id: id).bytes, as: UTF8.self) }
        #expect(!text().contains("reportArns"))
        result.add(BuildEvent(time: Timestamp(microseconds: 1), kind: .reportMade(ReportSamples.tests)))
        #expect(text().contains(#""reportArns":["arn:r"]"#))
    }
}
