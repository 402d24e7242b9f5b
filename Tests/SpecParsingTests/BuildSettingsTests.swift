import Testing

@testable import SpecParsing

/// A build of the service as the settings of a project (CODEBUILD-2026 H).
@Suite struct BuildSettingsTests {
    /// The members of `Build` in botocore's model of CodeBuild.
    private static let members = """
        id arn buildNumber startTime endTime currentPhase buildStatus sourceVersion resolvedSourceVersion projectName phases source
        secondarySources secondarySourceVersions artifacts secondaryArtifacts cache environment serviceRole logs timeoutInMinutes
        queuedTimeoutInMinutes buildComplete initiator vpcConfig networkInterface encryptionKey exportedEnvironmentVariables
        reportArns fileSystemLocations debugSession buildBatchArn autoRetryConfig
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    @Test func `every member of a build is a known key`() {
        for member in Self.members { #expect(KeyTable.cloudBuild.key(member, in: .v02) != nil, "\(member)") }
        #expect(KeyTable.cloudBuild.keys.count == Self.members.count)
    }

    private let text = """
        {"builds": [
          {"id": "p:1", "environment": {"image": "one"}},
          {"id": "p:2", "arn": "arn:aws:codebuild:eu-west-1:1:build/p:2", "projectName": "p",
           "environment": {"image": "two", "environmentVariables": [{"name": "A", "value": "v", "type": "PLAINTEXT"}],
            "certificate": "arn:aws:s3:::b/ca.pem"},
           "source": {"type": "GITHUB", "location": "https://github.com/a/b", "buildspec": "ci.yml"}, "vpcConfig": {"vpcId": "v"},
           "artifacts": {"location": "arn:aws:s3:::b/k", "sha256sum": "0"}, "phases": [{"phaseType": "BUILD"}]}]}
        """

    @Test func `the settings of one build among several have their places`() {
        let reading = readBuildSettings(Array(text.utf8), file: "b.json", id: "p:2")
        let settings = reading.settings
        #expect(reading.diagnostics.isEmpty, "\(reading.diagnostics)")
        #expect(settings.isOfBuild)
        #expect(settings.image?.value == "two")
        #expect(settings.image.map { "\($0.location)" } == "b.json:4:29")
        #expect(settings.name?.value == "p")
        #expect(settings.buildspec?.value == "ci.yml")
        #expect(settings.environmentVariables.map(\.name) == ["A"])
        #expect(settings.artifacts == nil)
        #expect(settings.unused.filter { !$0.isLabel }.map(\.path) == ["environment.certificate", "vpcConfig"])
    }

    @Test func `one build alone is read, and what is wrong in it has its place`() {
        let wrong = #"{"id": "p:1", "timeoutInMinutes": 0, "somethingNew": 1}"#
        let reading = readBuildSettings(Array(wrong.utf8), file: "b.json", id: "p:1")
        #expect(!reading.isValid)
        #expect(reading.diagnostics.contains { "\($0.location)".hasPrefix("b.json:1:") })
    }
}
