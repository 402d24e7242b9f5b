import Testing

@testable import BuildspecApp

@Suite struct CloudBuildNameTests {
    private static let uuid = "0b5c2a7e-1111-2222-3333-444455556666"

    @Test(
        "a build is named by its id, its UUID, its ARN or its page",
        arguments: [
            ("petclinic-rest:\(uuid)", "petclinic-rest", uuid, nil), (uuid, nil, uuid, nil), ("0B5C", nil, "0b5c", nil),
            ("petclinic-rest:0b5c", "petclinic-rest", "0b5c", nil),
            (
                "arn:aws:codebuild:eu-west-1:111122223333:build/petclinic-rest:\(uuid)", "petclinic-rest", uuid,
                "eu-west-1"
            ),
            ("arn:aws-cn:codebuild:cn-north-1:111122223333:build/a:\(uuid)", "a", uuid, "cn-north-1"),
            (
                "https://eu-west-1.console.aws.amazon.com/codesuite/codebuild/111122223333/projects/app/build/app%3A\(uuid)/?region=eu-west-1",
                "app", uuid, "eu-west-1"
            ),
            (
                "https://us-east-2.console.aws.amazon.com/codesuite/codebuild/111122223333/projects/app/build/app:\(uuid)/log",
                "app", uuid, "us-east-2"
            ),
            (
                "https://console.aws.amazon.com/codebuild/home?region=eu-central-1#/builds/app:\(uuid)/view/new", "app",
                uuid,
                "eu-central-1"
            ),
        ] as [(String, String?, String, String?)])
    func names(text: String, project: String?, uuid: String, region: String?) throws {
        let name = try CloudBuildName(text)
        #expect(name.project == project)
        #expect(name.uuid == uuid)
        #expect(name.region == region)
        #expect(name.id == (uuid.count == 36 ? project.map { "\($0):\(uuid)" } : nil))
    }

    @Test(
        "what names no build is refused, before the CLI takes it for the name of a file",
        arguments: [
            "", ":", "file:///etc/passwd", "app:", "xyz", ":0b5c", "--help:\(uuid)", "arn:aws:s3:::bucket/key",
            "https://example.com/", "arn:aws:codebuild:eu-west-1:111122223333:build-batch/app:\(uuid)",
        ])
    func refused(text: String) {
        let failure = #expect(throws: Failure.self) { try CloudBuildName(text) }
        #expect(failure?.status == .usage)
    }
}
