import Testing

@testable import AWSCalls

struct CloudBatchTests {
    private let text = """
        {"id": "p:b", "buildGroups": [
          {"identifier": "unit", "currentBuildSummary": {"arn": "arn:aws:codebuild:eu-west-1:1:build/p:1"}},
          {"identifier": "pack", "dependsOn": ["unit"], "currentBuildSummary": {"arn": "arn:aws:codebuild:eu-west-1:1:build/p:3"},
           "priorBuildSummaryList": [{"arn": "arn:aws:codebuild:eu-west-1:1:build/p:2"}]}]}
        """

    @Test func `a build is found in its batch, of earlier tries, too`() throws {
        for text in [text, "{\"buildBatches\": [\(text)]}"] {
            let batch = try #require(try CloudBatch.read(Array(text.utf8)).first)
            for (id, identifier) in [("p:1", "unit"), ("p:2", "pack"), ("p:3", "pack")] {
                let build = try #require(try CloudBuild.read(Array("{\"id\": \"\(id)\"}".utf8)).builds.first)
                #expect(batch.group(of: build)?.identifier == identifier)
            }
            let other = try #require(try CloudBuild.read(Array(#"{"id": "p:11"}"#.utf8)).builds.first)
            #expect(batch.group(of: other) == nil)
        }
    }

    @Test(arguments: ["{}", "[]", "no", #"{"buildBatches": 1}"#])
    func `other JSON is refused`(text: String) {
        #expect(throws: (any Error).self) { try CloudBatch.read(Array(text.utf8)) }
    }
}
