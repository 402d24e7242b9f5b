import Foundation
import Testing

/// Settings of a project as builds obey them.
@Suite struct ProjectSettingTests {
    /// A project in a file beside the source.
    private func playground(_ project: String, _ buildspec: String) throws -> Playground {
        let play = try Playground()
        try play.buildspec(buildspec)
        try Data(project.utf8).write(to: play.root.appending(path: "project.yml"))
        return play
    }

    @Test(.tags(.docker), .enabled(if: Docker.isThere))
    func `a build has its project's file system, size, key and zip files`() async throws {
        let play = try playground(
            """
            name: app
            source: {type: GITHUB, location: https://github.com/acme/app.git}
            environment: {type: ARM_CONTAINER, computeType: BUILD_GENERAL1_2XLARGE}
            fileSystemLocations:
              - {type: EFS, identifier: data, mountPoint: /mnt/data}
              - {type: EFS, identifier: other, mountPoint: /mnt/other}
            encryptionKey: alias/mine
            artifacts: {type: S3, location: bucket, packaging: ZIP}
            secondaryArtifacts: [{type: S3, location: bucket, artifactIdentifier: plain}]
            logsConfig: {s3Logs: {status: ENABLED}}
            """,
            """
            version: 0.2
            phases:
              build:
                commands:
                  - cat "$CODEBUILD_DATA/in" && echo out >$CODEBUILD_DATA/out
                  - echo "$CODEBUILD_DATA ${CODEBUILD_OTHER:-none} $CODEBUILD_KMS_KEY_ID $CODEBUILD_SOURCE_REPO_URL"
                  - cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true
            artifacts:
              files: [buildspec.yml]
              secondary-artifacts: {plain: {files: [buildspec.yml]}}
            """)
        let data = play.root.appending(path: "data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        try Data("in\n".utf8).write(to: data.appending(path: "in"))
        let outcome = try await play.run([
            "--project", "../project.yml", "--mount", "data=../data", "--compute", "project",
        ])
        #expect(outcome.status.isSuccess, "\(outcome.errorText)")
        #expect(outcome.printed.prefix(2) == ["in", "/mnt/data none alias/mine https://github.com/acme/app.git"])
        #expect(outcome.printed.dropFirst(2) == ["\(96 << 30)"])
        #expect(try String(contentsOf: data.appending(path: "out"), encoding: .utf8) == "out\n")
        #expect(play.files(in: play.out) == ["artifacts.zip", "plain/buildspec.yml"])
        #expect(
            outcome.errorText.contains(
                "not used of the project's settings: fileSystemLocations.other, logsConfig (`buildspec plan` says why)\n"
            ))
        #expect(outcome.errorText.contains("warning: the build gets "))
        // Asked for twice, an artifact replaces its own kind; `no` beats the project.
        let plain = try await play.run(
            ["--project", "../project.yml", "--mount", "data=../data"], environment: ["BUILDSPEC_ZIP": "no"])
        #expect(plain.status.isSuccess, "\(plain.errorText)")
        #expect(play.files(in: play.out).contains("artifacts/buildspec.yml"))
    }

    @Test func `a plan names the place of artifacts in the service and what is not used`() async throws {
        let play = try playground(
            """
            name: app
            artifacts: {type: S3, location: bucket, path: ci, namespaceType: BUILD_ID, overrideArtifactName: true}
            environment: {computeType: BUILD_GENERAL1_SMALL}
            cache: {type: NO_CACHE}
            sourceVersion: main
            vpcConfig: {vpcId: v}
            """,
            "version: 0.2\nphases: {build: {commands: [':']}}\nartifacts: {name: app-$X, files: ['**/*']}\n")
        let text = try await play.call(["plan", "--project", "../project.yml"]).outputText
        #expect(
            text.contains("/artifacts (in the service s3://bucket/ci/BUILD_ID/app-$X (variables put in at the end))"))
        let end = try #require(text.components(separatedBy: "not used here\n").dropFirst().first)
        #expect(
            end.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces).prefix { $0 != ":" } } == [
                "cache.type", "environment.computeType", "sourceVersion", "vpcConfig",
            ])
        let sized = try await play.call(["plan", "--project", "../project.yml", "--compute", "project"]).outputText
        #expect(
            sized.contains("cpus=2  --compute\n  memory=4g  --compute\n") && !sized.contains("environment.computeType"))
    }

    @Test func `validate checks the buildspec of a project`() async throws {
        let play = try playground(
            """
            Resources:
              Text:
                Type: AWS::CodeBuild::Project
                Properties:
                  Source:
                    Type: NO_SOURCE
                    BuildSpec: |
                      version: 0.2
                      phases: {build: {comands: [make]}}
              File:
                Type: AWS::CodeBuild::Project
                Properties: {Source: {Type: GITHUB, BuildSpec: ci/spec.yml}, Environment: {Image: 'aws/codebuild/standard:7.0'}}
            """, "version: 0.2\nphases: {build: {commands: [make]}}\n")
        try play.write("ci/spec.yml", "version: 0.2\nphases: {build: {commands: ['[[ a == b ]]']}}\n")
        let inline = try await play.call(["validate", "--project", "../project.yml#Text"])
        #expect(inline.outputText.contains("<source.buildspec>:2:18: warning: unknown key `comands`"), "\(inline)")
        let file = try await play.call(["validate", "--project", "../project.yml#File"])
        #expect(
            file.outputText.contains("ci/spec.yml:2:") && file.outputText.contains("[bashism]"), "\(file.outputText)")
        let several = try await play.call(["validate", "--project", "../project.yml"])
        #expect(several.status.exitStatus == 78)
        #expect(several.errorText.contains("the file has 2 projects: `Text`, `File`"))
    }

    @Test func `without buildspec yml the others are named`() async throws {
        let play = try Playground()
        try play.write("ci/buildspec.yml", "version: 0.2\nphases: {build: {commands: [make]}}\n")
        try play.write("buildspec.yaml", "version: 0.2\nphases: {build: {commands: [make]}}\n")
        let outcome = try await play.call(["plan"])
        #expect(outcome.status.exitStatus == 66)
        #expect(
            outcome.errorText.contains(
                "help: the source has `buildspec.yaml`, `ci/buildspec.yml`: name one with --buildspec FILE"))
    }
}
