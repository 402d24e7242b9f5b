import SpecParsing
import Testing

/// Projects from where they are written: CreateProject, batch-get-projects, Terraform, CloudFormation (CODEBUILD-2026 G).
@Suite struct ProjectTemplateTests {
    private func read(_ text: String, _ choice: ProjectChoice = ProjectChoice()) -> SettingsReading {
        readProjectSettings(Array(text.utf8), file: "p", choice: choice, extraKeys: [])
    }

    /// What matters of settings, without their places.
    private func facts(_ settings: ProjectSettings) -> [String] {
        [
            settings.image?.value ?? "-", settings.privilegedMode.map { "\($0.value)" } ?? "-",
            settings.timeoutInMinutes.map { "\($0.value)" } ?? "-", settings.buildspec?.value ?? "-",
            settings.cache.map { "\($0.type) \($0.location ?? "-")" } ?? "-",
        ] + settings.environmentVariables.map { "\($0.name)=\($0.value) \($0.type)" }
    }

    private static let wanted = [
        "aws/codebuild/standard:7.0", "true", "30", "ci/buildspec.yml", "s3 bucket/prefix", "STAGE=prod plaintext",
        "EMPTY= plaintext", "TOKEN=/ci/token parameterStore",
    ]

    private static let create = """
        name: app
        environment:
          type: LINUX_CONTAINER
          image: aws/codebuild/standard:7.0
          privilegedMode: true
          environmentVariables:
            - {name: STAGE, value: prod}
            - {name: EMPTY, value: ''}
            - {name: TOKEN, value: /ci/token, type: PARAMETER_STORE}
        source: {type: GITHUB, location: x, buildspec: ci/buildspec.yml}
        timeoutInMinutes: 30
        cache: {type: S3, location: bucket/prefix}
        """

    private static let terraform = """
        {"format_version": "1.0", "terraform_version": "1.9.5", "values": {"root_module": {"resources": [
          {"type": "aws_s3_bucket", "values": {"bucket": "b"}}], "child_modules": [{"resources": [
          {"address": "module.ci.aws_codebuild_project.app", "type": "aws_codebuild_project", "name": "app", "values": {
            "name": "app", "build_timeout": 30, "queued_timeout": 480, "badge_enabled": false, "description": null, "tags": {},
            "cache": [{"type": "S3", "location": "bucket/prefix", "modes": []}], "artifacts": [{"type": "NO_ARTIFACTS"}],
            "environment": [{"image": "aws/codebuild/standard:7.0", "compute_type": "BUILD_GENERAL1_SMALL",
              "type": "LINUX_CONTAINER", "privileged_mode": true, "registry_credential": [], "certificate": "",
              "environment_variable": [{"name": "STAGE", "value": "prod", "type": "PLAINTEXT"},
                {"name": "EMPTY", "value": "", "type": "PLAINTEXT"},
                {"name": "TOKEN", "value": "/ci/token", "type": "PARAMETER_STORE"}]}],
            "source": [{"type": "GITHUB", "buildspec": "ci/buildspec.yml", "location": "x", "git_clone_depth": 1}],
            "secondary_sources": []}}]}]}}}
        """

    private static let template = """
        Parameters:
          Stage: {Type: String, Default: dev}
          Image: {Type: String, Default: 'standard:7.0'}
          Hidden: {Type: String}
        Mappings: {Times: {prod: {Minutes: 30}, dev: {Minutes: 5}}}
        Conditions:
          IsProd: !Equals [!Ref Stage, prod]
          Cached: !And [!Condition IsProd, !Not [!Equals [!Ref 'AWS::Region', us-gov-west-1]]]
        Resources:
          Bucket: {Type: 'AWS::S3::Bucket'}
          App:
            Type: AWS::CodeBuild::Project
            Properties:
              Name: !Sub '${AWS::StackName}-app'
              ServiceRole: !GetAtt Role.Arn
              TimeoutInMinutes: !FindInMap [Times, !Ref Stage, Minutes]
              Environment:
                Type: LINUX_CONTAINER
                ComputeType: BUILD_GENERAL1_SMALL
                Image: !Join ['/', [aws, codebuild, !Ref Image]]
                PrivilegedMode: !If [IsProd, true, !Ref 'AWS::NoValue']
                EnvironmentVariables:
                  - {Name: STAGE, Value: !Ref Stage}
                  - {Name: EMPTY, Value: ''}
                  - {Name: TOKEN, Value: '{{resolve:ssm:/ci/token}}'}
              Source: {Type: GITHUB, Location: !ImportValue Repo, BuildSpec: !Select [1, !Split ['|', 'x|ci/buildspec.yml']]}
              Artifacts: {Type: NO_ARTIFACTS}
              Cache: !If [Cached, {Type: S3, Location: !Sub ['${b}/prefix', {b: bucket}]}, !Ref 'AWS::NoValue']
        """

    @Test(arguments: [create, "projects:\n  - " + create.replacing("\n", with: "\n    "), terraform])
    func `a project of any form is the same project`(text: String) {
        let reading = read(text)
        #expect(facts(reading.settings) == Self.wanted)
        #expect(reading.isValid)
    }

    @Test func `a template's functions are resolved`() {
        let parameters = ["Stage": "prod", "AWS::StackName": "s", "AWS::Region": "eu-west-1"]
        let reading = read(Self.template, ProjectChoice(parameters: parameters))
        #expect(facts(reading.settings) == Self.wanted)
        #expect(reading.isValid && !reading.diagnostics.contains { $0.code == "unresolved-value" })
        // A parameter has its default, and a condition may take a key away.
        let plain = facts(read(Self.template, ProjectChoice(parameters: ["AWS::Region": "eu-west-1"])).settings)
        #expect(plain[1...4] == ["-", "5", "ci/buildspec.yml", "-"] && plain[5] == "STAGE=dev plaintext")
    }

    @Test func `a template of JSON has functions by their long names`() {
        let reading = read(
            """
            {"Resources": {"P": {"Type": "AWS::CodeBuild::Project", "Properties": {
              "Environment": {"Image": {"Fn::Join": ["", ["aws/", "codebuild/standard:7.0"]]}},
              "Source": {"Type": "NO_SOURCE", "BuildSpec": {"Fn::Join": ["", ["{\\n  \\"version\\": \\"0.2\\"", "}"]]}}}}}}
            """)
        #expect(reading.settings.image?.value == "aws/codebuild/standard:7.0")
        #expect(reading.settings.buildspec?.value == "{\n  \"version\": \"0.2\"}")
        #expect(reading.diagnostics.isEmpty)
    }

    @Test func `what only AWS knows is named, with the variable it is in`() {
        let text = Self.template.replacing("!Ref Stage}", with: "!ImportValue Stage}")
            .replacing("{Name: EMPTY, Value: ''}", with: "{Name: EMPTY, Value: !Ref Hidden}")
        let reading = read(text, ProjectChoice(parameters: ["Stage": "prod", "AWS::Region": "eu-west-1"]))
        #expect(reading.isValid)
        #expect(
            reading.diagnostics.filter { $0.code == "unresolved-value" }.map { "\($0.location.line): \($0.message)" }
                == [
                    "23: `STAGE` depends on Fn::ImportValue, which only AWS can resolve: the build does not get this variable",
                    "24: `EMPTY` depends on the parameter Hidden, which only AWS can resolve: the build does not get this variable",
                ])
        #expect(reading.settings.environmentVariables.map(\.name) == ["TOKEN"])
    }

    @Test(arguments: [
        ("{{resolve:ssm:/a/b}}", "/a/b parameterStore"), ("{{resolve:ssm-secure:/a/b:3}}", "/a/b:3 parameterStore"),
        ("{{resolve:secretsmanager:app/db}}", "app/db secretsManager"),
        ("{{resolve:secretsmanager:app/db:SecretString:password}}", "app/db:password secretsManager"),
        (
            "{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3:SecretString:user:AWSCURRENT}}",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3:user:AWSCURRENT secretsManager"
        ),
    ])
    func `dynamic references are ours`(text: String, wanted: String) {
        let reading = read(
            "Resources: {P: {Type: 'AWS::CodeBuild::Project', Properties: {Environment: {EnvironmentVariables: [{Name: A, Value: '\(text)'}]}}}}"
        )
        #expect(reading.settings.environmentVariables.map { "\($0.value) \($0.type)" } == [wanted])
    }

    @Test func `a buildspec with parts that only AWS knows has variables in their places`() {
        let text = """
            Parameters: {Given: {Type: String, Default: g}, Hidden: {Type: String}}
            Resources:
              P:
                Type: AWS::CodeBuild::Project
                Properties:
                  Source:
                    Type: NO_SOURCE
                    BuildSpec: !Sub |
                      version: 0.2
                      phases: {build: {commands: ['aws s3 sync ${Given} s3://${Bucket}/${Hidden}/${Role.Arn} ${!HOME}']}}
            """
        let reading = read(text)
        #expect(
            reading.settings.buildspec?.value == """
                version: 0.2
                phases: {build: {commands: ['aws s3 sync g s3://${Bucket}/${Hidden}/${Role_Arn} ${HOME}']}}
                """)
        #expect(
            reading.diagnostics.map(\.message)
                == [
                    ("Ref Bucket", "Bucket"), ("the parameter Hidden", "Hidden"), ("Fn::GetAtt Role.Arn", "Role_Arn"),
                ].map { "`source.buildspec` contains \($0), which only AWS can resolve: `${\($1)}` stands for it" })
        // A path of which a part is missing is none.
        let path = read(
            "Resources: {P: {Type: 'AWS::CodeBuild::Project', Properties: {Source: {BuildSpec: !Sub 'ci/${Stage}.yml'}}}}"
        )
        #expect(path.settings.buildspec == nil && path.diagnostics.map(\.code) == ["unresolved-value"])
    }

    @Test func `a parameter of Parameter Store is looked up in a variable, and not known elsewhere`() {
        let reading = read(
            """
            Parameters: {Token: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /ci/token}}
            Resources:
              P:
                Type: AWS::CodeBuild::Project
                Properties:
                  Environment: {Image: !Ref Token, EnvironmentVariables: [{Name: TOKEN, Value: !Ref Token}]}
                  TimeoutInMinutes: '{{resolve:ssm:/minutes}}'
            """)
        #expect(
            reading.settings.environmentVariables.map { "\($0.name) \($0.value) \($0.type)" }
                == ["TOKEN /ci/token parameterStore"])
        #expect(reading.settings.image == nil && reading.settings.timeoutInMinutes == nil)
        #expect(reading.diagnostics.map(\.code) == ["unresolved-value", "unresolved-value"])
    }

    @Test func `an account that nobody has named is told of where it matters`() {
        let text = """
            Resources:
              P:
                Type: AWS::CodeBuild::Project
                Properties:
                  ServiceRole: !Sub 'arn:aws:iam::${AWS::AccountId}:role/r'
                  Environment: {Image: !Sub '${AWS::AccountId}.dkr.ecr.eu-west-1.amazonaws.com/app'}
            """
        func messages(_ account: String) -> [String] {
            read(text, ProjectChoice(parameters: ["AWS::AccountId": account])).diagnostics.map(\.message)
        }
        #expect(messages("123456789012") == [])
        #expect(
            messages("000000000000") == [
                "`environment.image` contains the id of the AWS account, which is unknown here: 000000000000 stands for it"
            ])
    }

    @Test func `of several projects one is named`() {
        let text = """
            Resources:
              One: {Type: 'AWS::CodeBuild::Project', Properties: {Name: first, Environment: {Image: a}}}
              Two: {Type: 'AWS::CodeBuild::Project', Properties: {Environment: {Image: b}}}
            """
        #expect(read(text, ProjectChoice(name: "Two")).settings.image?.value == "b")
        #expect(read(text, ProjectChoice(name: "first")).settings.image?.value == "a")
        #expect(read(text).diagnostics.map(\.message) == ["the file has 2 projects: `One`, `Two`"])
        #expect(
            read(text, ProjectChoice(name: "x")).diagnostics.map(\.message) == [
                "the file has no project `x`, but `One`, `Two`"
            ])
        #expect(read("Resources: {}").diagnostics.map(\.message) == ["the file has no CodeBuild project"])
    }

    @Test func `conditions that need themselves are not known`() {
        let reading = read(
            """
            Conditions: {A: !Or [!Condition B, !Condition B], B: !And [!Condition A, !Condition A]}
            Resources:
              P: {Type: 'AWS::CodeBuild::Project', Properties: {TimeoutInMinutes: !If [A, 1, 2]}}
            """)
        #expect(reading.settings.timeoutInMinutes == nil)
        #expect(reading.diagnostics.map(\.code) == ["unresolved-value"])
    }
}
