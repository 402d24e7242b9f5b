import BuildPlanning
import Testing

@Suite struct BuildspecReferenceTests {
    @Test(arguments: [
        "version: 0.2\nphases: {}", "version : 0.2", "version: 0.2", "{\"version\": 0.2}", "# x\nversion: 0.2",
    ])
    func `a text is told from a path`(text: String) { #expect(BuildspecReference(text) == .text(text)) }

    @Test(arguments: ["buildspec.yml", "ci/build.yml", "version.yml", "versions/a b.yml", "version", "-"])
    func `a path is told from a text`(path: String) { #expect(BuildspecReference(path) == .path(path)) }

    @Test func `an ARN is an object in S3`() {
        let arn = "arn:aws:s3:::bucket/ci/buildspec.yml"
        #expect(BuildspecReference(arn) == .object(arn: arn))
    }
}
