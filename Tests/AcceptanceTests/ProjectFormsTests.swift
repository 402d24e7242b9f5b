import ChildProcesses
import Foundation
import Testing

/// A project's settings from where they are written: files of five forms, the user's account, templates of the source.
@Suite struct ProjectFormsTests {
    /// A project with every setting that the CreateProject API has a word for, or nearly.
    private static let create = """
        {
          "name": "app", "description": "All of it",
          "source": {
            "type": "GITHUB", "location": "https://github.com/acme/app.git", "gitCloneDepth": 1,
            "gitSubmodulesConfig": {"fetchSubmodules": true}, "buildspec": "ci/buildspec.yml",
            "auth": {"type": "SECRETS_MANAGER", "resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:git"},
            "reportBuildStatus": true, "insecureSsl": false
          },
          "secondarySources": [{"type": "S3", "location": "assets/lib.zip", "sourceIdentifier": "lib"}],
          "sourceVersion": "refs/heads/main",
          "secondarySourceVersions": [{"sourceIdentifier": "lib", "sourceVersion": "v1"}],
          "artifacts": {
            "type": "S3", "location": "out", "path": "/ci/", "namespaceType": "BUILD_ID", "name": "app.zip",
            "packaging": "ZIP", "overrideArtifactName": false, "encryptionDisabled": true
          },
          "secondaryArtifacts": [
            {"type": "S3", "location": "out", "name": "docs", "packaging": "NONE", "artifactIdentifier": "docs"}
          ],
          "cache": {"type": "LOCAL", "modes": ["LOCAL_SOURCE_CACHE", "LOCAL_DOCKER_LAYER_CACHE"]},
          "environment": {
            "type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_MEDIUM",
            "environmentVariables": [
              {"name": "STAGE", "value": "prod", "type": "PLAINTEXT"}, {"name": "EMPTY", "value": ""},
              {"name": "TOKEN", "value": "/ci/token", "type": "PARAMETER_STORE"},
              {"name": "PASSWORD", "value": "app/db:password", "type": "SECRETS_MANAGER"}
            ],
            "privilegedMode": true, "certificate": "arn:aws:s3:::certificates/ca.pem",
            "registryCredential": {"credential": "hub", "credentialProvider": "SECRETS_MANAGER"},
            "imagePullCredentialsType": "SERVICE_ROLE"
          },
          "serviceRole": "arn:aws:iam::123456789012:role/build", "timeoutInMinutes": 30, "queuedTimeoutInMinutes": 60,
          "encryptionKey": "arn:aws:kms:us-east-1:123456789012:key/1", "tags": [{"key": "team", "value": "x"}],
          "vpcConfig": {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
          "logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": "g"}},
          "fileSystemLocations": [
            {
              "type": "EFS", "location": "fs-1.efs.us-east-1.amazonaws.com:/", "mountPoint": "/mnt/efs",
              "identifier": "efs", "mountOptions": "nfsvers=4.1"
            }
          ],
          "buildBatchConfig": {"serviceRole": "arn:aws:iam::123456789012:role/batch", "timeoutInMins": 60},
          "concurrentBuildLimit": 2, "autoRetryLimit": 1
        }
        """

    private static let yaml = """
        name: app
        description: All of it
        source:
          type: GITHUB
          location: https://github.com/acme/app.git
          gitCloneDepth: 1
          gitSubmodulesConfig: {fetchSubmodules: true}
          buildspec: ci/buildspec.yml
          auth: {type: SECRETS_MANAGER, resource: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:git'}
          reportBuildStatus: true
          insecureSsl: false
        secondarySources: [{type: S3, location: assets/lib.zip, sourceIdentifier: lib}]
        sourceVersion: refs/heads/main
        secondarySourceVersions: [{sourceIdentifier: lib, sourceVersion: v1}]
        artifacts:
          type: S3
          location: out
          path: /ci/
          namespaceType: BUILD_ID
          name: app.zip
          packaging: ZIP
          overrideArtifactName: false
          encryptionDisabled: true
        secondaryArtifacts:
          - {type: S3, location: out, name: docs, packaging: NONE, artifactIdentifier: docs}
        cache: {type: LOCAL, modes: [LOCAL_SOURCE_CACHE, LOCAL_DOCKER_LAYER_CACHE]}
        environment:
          type: LINUX_CONTAINER
          image: aws/codebuild/standard:7.0
          computeType: BUILD_GENERAL1_MEDIUM
          environmentVariables:
            - {name: STAGE, value: prod}
            - {name: EMPTY, value: ''}
            - {name: TOKEN, value: /ci/token, type: PARAMETER_STORE}
            - {name: PASSWORD, value: 'app/db:password', type: SECRETS_MANAGER}
          privilegedMode: true
          certificate: arn:aws:s3:::certificates/ca.pem
          registryCredential: {credential: hub, credentialProvider: SECRETS_MANAGER}
          imagePullCredentialsType: SERVICE_ROLE
        serviceRole: arn:aws:iam::123456789012:role/build
        timeoutInMinutes: 30
        queuedTimeoutInMinutes: 60
        encryptionKey: arn:aws:kms:us-east-1:123456789012:key/1
        tags: [{key: team, value: x}]
        vpcConfig: {vpcId: vpc-1, subnets: [subnet-1], securityGroupIds: [sg-1]}
        logsConfig: {cloudWatchLogs: {status: ENABLED, groupName: g}}
        fileSystemLocations:
          - type: EFS
            location: fs-1.efs.us-east-1.amazonaws.com:/
            mountPoint: /mnt/efs
            identifier: efs
            mountOptions: nfsvers=4.1
        buildBatchConfig: {serviceRole: 'arn:aws:iam::123456789012:role/batch', timeoutInMins: 60}
        concurrentBuildLimit: 2
        autoRetryLimit: 1
        """

    private static let terraform = """
        {"format_version": "1.0", "terraform_version": "1.9.5", "values": {"root_module": {"resources": [
          {"address": "aws_iam_role.build", "type": "aws_iam_role", "name": "build", "values": {"name": "build"}},
          {"address": "aws_codebuild_project.app", "mode": "managed", "type": "aws_codebuild_project", "name": "app",
            "values": {
              "arn": "arn:aws:codebuild:us-east-1:123456789012:project/app", "id": "x", "badge_url": "",
              "name": "app", "description": "All of it", "badge_enabled": false, "project_visibility": "PRIVATE",
              "public_project_alias": "", "resource_access_role": "",
              "build_timeout": 30, "queued_timeout": 60, "concurrent_build_limit": 2, "auto_retry_limit": 1,
              "encryption_key": "arn:aws:kms:us-east-1:123456789012:key/1", "source_version": "refs/heads/main",
              "service_role": "arn:aws:iam::123456789012:role/build", "tags": {"team": "x"}, "tags_all": {"team": "x"},
              "artifacts": [{"artifact_identifier": "", "bucket_owner_access": "", "encryption_disabled": true,
                "location": "out", "name": "app.zip", "namespace_type": "BUILD_ID", "override_artifact_name": false,
                "packaging": "ZIP", "path": "/ci/", "type": "S3"}],
              "secondary_artifacts": [{"artifact_identifier": "docs", "bucket_owner_access": null,
                "encryption_disabled": false, "location": "out", "name": "docs", "namespace_type": "NONE",
                "override_artifact_name": false, "packaging": "NONE", "path": "", "type": "S3"}],
              "build_batch_config": [{"combine_artifacts": false, "restrictions": [],
                "service_role": "arn:aws:iam::123456789012:role/batch", "timeout_in_mins": 60}],
              "cache": [{"cache_namespace": "", "location": "", "modes": ["LOCAL_SOURCE_CACHE",
                "LOCAL_DOCKER_LAYER_CACHE"], "type": "LOCAL"}],
              "environment": [{"certificate": "arn:aws:s3:::certificates/ca.pem",
                "compute_type": "BUILD_GENERAL1_MEDIUM", "docker_server": [], "fleet": [],
                "environment_variable": [
                  {"name": "STAGE", "type": "PLAINTEXT", "value": "prod"},
                  {"name": "EMPTY", "type": "PLAINTEXT", "value": ""},
                  {"name": "TOKEN", "type": "PARAMETER_STORE", "value": "/ci/token"},
                  {"name": "PASSWORD", "type": "SECRETS_MANAGER", "value": "app/db:password"}],
                "image": "aws/codebuild/standard:7.0", "image_pull_credentials_type": "SERVICE_ROLE",
                "privileged_mode": true, "type": "LINUX_CONTAINER",
                "registry_credential": [{"credential": "hub", "credential_provider": "SECRETS_MANAGER"}]}],
              "file_system_locations": [{"identifier": "efs", "location": "fs-1.efs.us-east-1.amazonaws.com:/",
                "mount_options": "nfsvers=4.1", "mount_point": "/mnt/efs", "type": "EFS"}],
              "logs_config": [{"cloudwatch_logs": [{"group_name": "g", "status": "ENABLED", "stream_name": ""}],
                "s3_logs": []}],
              "source": [{"auth": [{"resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:git",
                  "type": "SECRETS_MANAGER"}], "build_status_config": [], "buildspec": "ci/buildspec.yml",
                "git_clone_depth": 1, "git_submodules_config": [{"fetch_submodules": true}], "insecure_ssl": false,
                "location": "https://github.com/acme/app.git", "report_build_status": true, "type": "GITHUB"}],
              "secondary_sources": [{"auth": [], "build_status_config": [], "buildspec": "", "git_clone_depth": 0,
                "git_submodules_config": [], "insecure_ssl": false, "location": "assets/lib.zip",
                "report_build_status": false, "source_identifier": "lib", "type": "S3"}],
              "secondary_source_version": [{"source_identifier": "lib", "source_version": "v1"}],
              "vpc_config": [{"security_group_ids": ["sg-1"], "subnets": ["subnet-1"], "vpc_id": "vpc-1"}]}}]}}}
        """

    private static let template = """
        AWSTemplateFormatVersion: '2010-09-09'
        Parameters:
          Stage: {Type: String}
          Bucket: {Type: String, Default: out}
        Mappings: {Stages: {prod: {Minutes: 30, Image: 'standard:7.0'}, dev: {Minutes: 5, Image: 'standard:6.0'}}}
        Conditions: {IsProd: !Equals [!Ref Stage, prod]}
        Resources:
          Vpc: {Type: 'AWS::EC2::VPC'}
          App:
            Type: AWS::CodeBuild::Project
            Properties:
              Name: app
              Description: All of it
              Source:
                Type: GITHUB
                Location: https://github.com/acme/app.git
                GitCloneDepth: 1
                GitSubmodulesConfig: {FetchSubmodules: true}
                BuildSpec: ci/buildspec.yml
                Auth: {Type: SECRETS_MANAGER, Resource: !Ref GitSecret}
                ReportBuildStatus: !If [IsProd, true, !Ref 'AWS::NoValue']
                InsecureSsl: false
              SecondarySources: [{Type: S3, Location: !Join ['/', [assets, lib.zip]], SourceIdentifier: lib}]
              SourceVersion: refs/heads/main
              SecondarySourceVersions: [{SourceIdentifier: lib, SourceVersion: v1}]
              Artifacts:
                Type: S3
                Location: !Ref Bucket
                Path: /ci/
                NamespaceType: BUILD_ID
                Name: app.zip
                Packaging: ZIP
                OverrideArtifactName: false
                EncryptionDisabled: true
              SecondaryArtifacts:
                - {Type: S3, Location: !Ref Bucket, Name: docs, Packaging: NONE, ArtifactIdentifier: docs}
              Cache: {Type: LOCAL, Modes: [LOCAL_SOURCE_CACHE, LOCAL_DOCKER_LAYER_CACHE]}
              Environment:
                Type: LINUX_CONTAINER
                Image: !Sub
                  - aws/codebuild/${image}
                  - image: !FindInMap [Stages, !Ref Stage, Image]
                ComputeType: BUILD_GENERAL1_MEDIUM
                EnvironmentVariables:
                  - {Name: STAGE, Value: !Ref Stage}
                  - {Name: EMPTY, Value: ''}
                  - {Name: TOKEN, Value: '{{resolve:ssm:/ci/token}}'}
                  - {Name: PASSWORD, Value: '{{resolve:secretsmanager:app/db:SecretString:password}}'}
                PrivilegedMode: !If [IsProd, true, false]
                Certificate: arn:aws:s3:::certificates/ca.pem
                RegistryCredential: {Credential: hub, CredentialProvider: SECRETS_MANAGER}
                ImagePullCredentialsType: SERVICE_ROLE
              ServiceRole: !GetAtt Role.Arn
              TimeoutInMinutes: !FindInMap [Stages, !Ref Stage, Minutes]
              QueuedTimeoutInMinutes: 60
              EncryptionKey: !Sub 'arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/1'
              Tags: [{Key: team, Value: x}]
              VpcConfig: {VpcId: !Ref Vpc, Subnets: [!Ref Subnet], SecurityGroupIds: [!GetAtt Group.GroupId]}
              LogsConfig: {CloudWatchLogs: {Status: ENABLED, GroupName: g}}
              FileSystemLocations:
                - Type: EFS
                  Location: !Sub '${FileSystem}.efs.${AWS::Region}.amazonaws.com:/'
                  MountPoint: /mnt/efs
                  Identifier: efs
                  MountOptions: nfsvers=4.1
              BuildBatchConfig: {ServiceRole: !GetAtt Role.Arn, TimeoutInMins: 60}
              ConcurrentBuildLimit: 2
              AutoRetryLimit: 1
        """

    /// As CDK synthesizes it: long names of functions, tokens, metadata.
    private static let cdk = """
        {"Resources": {
          "Role1ABCC5F0": {"Type": "AWS::IAM::Role", "Metadata": {"aws:cdk:path": "Stack/Role/Resource"}},
          "AppE8C1D1A0": {"Type": "AWS::CodeBuild::Project", "Metadata": {"aws:cdk:path": "Stack/App/Resource"},
            "Properties": {
              "Name": "app", "Description": "All of it",
              "Source": {"Type": "GITHUB", "Location": "https://github.com/acme/app.git", "GitCloneDepth": 1,
                "GitSubmodulesConfig": {"FetchSubmodules": true}, "BuildSpec": "ci/buildspec.yml",
                "Auth": {"Type": "SECRETS_MANAGER", "Resource": {"Ref": "GitSecret"}}, "ReportBuildStatus": true,
                "InsecureSsl": false},
              "SecondarySources": [{"Type": "S3", "Location": {"Fn::Join": ["", ["assets", "/lib.zip"]]},
                "SourceIdentifier": "lib"}],
              "SourceVersion": "refs/heads/main",
              "SecondarySourceVersions": [{"SourceIdentifier": "lib", "SourceVersion": "v1"}],
              "Artifacts": {"Type": "S3", "Location": "out", "Path": "/ci/", "NamespaceType": "BUILD_ID",
                "Name": "app.zip", "Packaging": "ZIP", "OverrideArtifactName": false, "EncryptionDisabled": true},
              "SecondaryArtifacts": [{"Type": "S3", "Location": "out", "Name": "docs", "Packaging": "NONE",
                "ArtifactIdentifier": "docs"}],
              "Cache": {"Type": "LOCAL", "Modes": ["LOCAL_SOURCE_CACHE", "LOCAL_DOCKER_LAYER_CACHE"]},
              "Environment": {"Type": "LINUX_CONTAINER", "Image": "aws/codebuild/standard:7.0",
                "ComputeType": "BUILD_GENERAL1_MEDIUM",
                "EnvironmentVariables": [{"Name": "STAGE", "Type": "PLAINTEXT", "Value": "prod"},
                  {"Name": "EMPTY", "Type": "PLAINTEXT", "Value": ""},
                  {"Name": "TOKEN", "Type": "PARAMETER_STORE", "Value": "/ci/token"},
                  {"Name": "PASSWORD", "Type": "SECRETS_MANAGER", "Value": {"Fn::Join": ["", ["app/db", ":password"]]}}],
                "PrivilegedMode": true,
                "Certificate": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::certificates/ca.pem"]]},
                "RegistryCredential": {"Credential": "hub", "CredentialProvider": "SECRETS_MANAGER"},
                "ImagePullCredentialsType": "SERVICE_ROLE"},
              "ServiceRole": {"Fn::GetAtt": ["Role1ABCC5F0", "Arn"]}, "TimeoutInMinutes": 30,
              "QueuedTimeoutInMinutes": 60,
              "EncryptionKey": {"Fn::Join": ["", ["arn:aws:kms:", {"Ref": "AWS::Region"}, ":123456789012:key/1"]]},
              "Tags": [{"Key": "team", "Value": "x"}],
              "VpcConfig": {"VpcId": {"Ref": "Vpc"}, "Subnets": [{"Ref": "Subnet"}], "SecurityGroupIds": ["sg-1"]},
              "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": "g"}},
              "FileSystemLocations": [{"Type": "EFS", "Location": {"Fn::GetAtt": ["Efs", "Arn"]},
                "MountPoint": "/mnt/efs", "Identifier": "efs", "MountOptions": "nfsvers=4.1"}],
              "BuildBatchConfig": {"ServiceRole": {"Fn::GetAtt": ["Role1ABCC5F0", "Arn"]}, "TimeoutInMins": 60},
              "ConcurrentBuildLimit": 2, "AutoRetryLimit": 1}}},
         "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>",
           "Default": "/cdk-bootstrap/hnb659fds/version"}}}
        """

    /// What moto's CodeBuild forgets of a project that it is given.
    private static let forgotten = [
        "secondarySources", "secondarySourceVersions", "secondaryArtifacts", "encryptionKey", "fileSystemLocations",
        "buildBatchConfig", "concurrentBuildLimit", "autoRetryLimit",
    ]

    /// Puts what moto forgot into its answer.
    private func completed(_ answer: String) throws -> String {
        let project = try #require(try JSONSerialization.jsonObject(with: Data(Self.create.utf8)) as? [String: Any])
        var all = try #require(try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any])
        var found = try #require((all["projects"] as? [[String: Any]])?.first)
        for key in Self.forgotten { found[key] = project[key] }
        all["projects"] = [found]
        return String(
            decoding: try JSONSerialization.data(withJSONObject: all, options: [.prettyPrinted, .sortedKeys]),
            as: UTF8.self)
    }

    private func playground() throws -> Playground {
        let play = try Playground()
        try play.write(
            "ci/buildspec.yml",
            """
            version: 0.2
            phases: {build: {commands: [echo $STAGE $EMPTY]}}
            artifacts: {name: "app-$(date)", files: ['**/*'], secondary-artifacts: {docs: {files: ['*.md']}}}
            cache: {paths: ['/root/.m2/**/*']}
            """)
        return play
    }

    /// The plan without its places.
    ///
    /// No engine answers: with one a plan tells what the engine has under the image's name, which other tests change.
    private func plan(_ arguments: [String], in play: Playground, environment: [String: String?] = [:]) async throws
        -> String
    {
        let environment = environment.merging(["DOCKER_HOST": "unix:///no/engine"]) { _, none in none }
        let outcome = try await play.call(["plan", "--format", "json"] + arguments, environment: environment)
        #expect(outcome.status.isSuccess, "\(arguments): \(outcome.errorText)")
        #expect(!outcome.errorText.contains("warning"), "\(arguments): \(outcome.errorText)")
        return outcome.outputText.replacing(#/"place":\s*"[^"]*"/#, with: "\"place\": \"\"")
    }

    @Test(.enabled(if: Moto.isThere))
    func `one project written in five ways has one plan, and the account's own is a sixth`() async throws {
        try await Moto.with { moto in
            let play = try playground()
            func file(_ name: String, _ text: String) throws -> String {
                let file = play.root.appending(path: name)
                try Data(text.utf8).write(to: file)
                return file.path
            }
            let yaml = try await plan(["--project", file("create.yml", Self.yaml)], in: play)
            #expect(yaml.contains("\"buildBatchConfig.serviceRole\""))
            #expect(try await plan(["--project", file("create.json", Self.create)], in: play) == yaml)
            #expect(try await plan(["--project", file("state.json", Self.terraform)], in: play) == yaml)
            #expect(
                try await plan(["--project", "\(file("stack.template.json", Self.cdk))#AppE8C1D1A0"], in: play) == yaml)
            let parameters = ["Stage=prod", "AWS::AccountId=123456789012"].flatMap { ["--parameter", $0] }
            #expect(try await plan(["--project", file("template.yml", Self.template)] + parameters, in: play) == yaml)

            try await moto.aws("codebuild", "create-project", "--cli-input-json", Self.create)
            let answer = try await moto.aws("codebuild", "batch-get-projects", "--names", "app", "--output", "json")
            #expect(try await plan(["--project", file("project.json", completed(answer))], in: play) == yaml)

            // The user's own CLI gives what it gave into a file.
            let path = try file("answer.json", answer)
            let asked = try await plan(["--project", "app", "--aws"], in: play, environment: moto.environment)
            #expect(try await plan(["--project", path, "--aws"], in: play) == asked)
            try await wrong(play, moto)
        }
    }

    private func wrong(_ play: Playground, _ moto: Moto) async throws {
        func failure(_ arguments: [String], _ change: [String: String?] = [:]) async throws -> CommandOutput {
            var environment = moto.environment
            for (name, value) in change { environment.updateValue(value, forKey: name) }
            return try await play.call(["plan"] + arguments, environment: environment)
        }
        let near = try await failure(["--project", "ap", "--aws"])
        #expect(near.status.exitStatus == 66)
        #expect(near.errorText.contains("error: AWS has no project `ap` in the region of your AWS CLI\n"))
        #expect(near.errorText.contains("help: did you mean `app`?"))
        let far = try await failure(["--project", "other", "--aws", "--region", "us-east-1"])
        #expect(
            far.errorText.contains("AWS has no project `other` in us-east-1")
                && far.errorText.contains("there are `app`"))
        let anonymous = try await failure(
            ["--project", "app", "--aws"], ["AWS_ACCESS_KEY_ID": nil, "AWS_SECRET_ACCESS_KEY": nil])
        #expect(anonymous.status.exitStatus == 74)
        #expect(anonymous.errorText.contains("cannot read the project `app` from AWS: Unable to locate credentials"))
        #expect(anonymous.errorText.contains("--profile"))
        let nowhere = try await failure(["--project", "app", "--aws"], ["AWS_DEFAULT_REGION": nil])
        #expect(nowhere.errorText.contains("--region"))
        let unasked = try await failure(["--project", "app"])
        #expect(unasked.status.exitStatus == 66 && unasked.errorText.contains("--project NAME --aws"))
    }
}
