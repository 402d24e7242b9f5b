import ChildProcesses
import Foundation
import Testing

/// `buildspec plan`: what is decided before anything runs, and where it comes from.
@Suite struct PlanTests {
    private func playground() throws -> Playground {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env:
              variables:
                A: spec
                B: spec
                C: spec
              exported-variables: [A]
            phases:
              install:
                runtime-versions: {java: corretto17}
              build:
                run-as: nobody
                on-failure: RETRY-2-timeout
                commands:
                  - |
                    echo one
                    echo two
                finally: [date]
            artifacts:
              base-directory: $A
              files: ['**/*']
              exclude-paths: [x]
            cache:
              paths: [/root/.m2/**/*]
            reports:
              unit:
                files: target/*.xml
            """)
        try play.write(
            "codebuild.yml",
            "environment:\n  image: settings/image\n  environmentVariables:\n    - {name: B, value: settings}\n    - {name: C, value: settings}\n"
        )
        return play
    }

    @Test func `every value is shown with the place it comes from`() async throws {
        let play = try playground()
        let text = try await play.call(
            ["plan", "-e", "C=flag", "--timeout", "5m"], environment: ["BUILDSPEC_CPUS": "2"]
        ).outputText
        let lines = Set(text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
        for line in [
            "image=settings/image  codebuild.yml:2:10", "cpus=2  BUILDSPEC_CPUS", "timeout=5m  --timeout",
            "A=spec  buildspec.yml:4:5", "B=settings  codebuild.yml:4:14", "C=flag  --env", "HOME=/root  service",
            "java corretto17  buildspec.yml:10:24", "INSTALL: no commands",
            "BUILD, run-as nobody, on-failure RETRY-2-timeout", "1  echo one\\necho two\\n  buildspec.yml:15:9",
            "1  date  buildspec.yml:18:15", "/root/.m2/**/*",
            "artifacts: **/* below $A (variables put in at the end) without x, to \(play.source.path)/.buildspec/out/artifacts  buildspec.yml:19:1",
            "unit: target/*.xml (JUNITXML)  buildspec.yml:26:3",
        ] {
            #expect(lines.contains(line), "no line `\(line)` in \(text)")
        }
    }

    @Test func `a plan as JSON has the same, and equal calls give equal plans`() async throws {
        let play = try playground()
        let outcome = try await play.call(["plan", "--format", "json"])
        #expect(outcome.status.isSuccess)
        let again = try await play.call(["plan", "--format", "json"])
        #expect(outcome.output == again.output)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
        let environment = try #require(json["environment"] as? [[String: String]])
        #expect(
            environment.contains([
                "name": "B", "value": "settings", "type": "PLAINTEXT", "origin": "settings",
                "place": "codebuild.yml:4:14",
            ]))
        let phases = try #require(json["phases"] as? [[String: Any]])
        #expect(phases.map { $0["name"] as? String } == ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"])
        let commands = try #require(phases[2]["commands"] as? [[String: String]])
        #expect(commands == [["text": "echo one\necho two\n", "place": "buildspec.yml:15:9"]])
    }

    @Test(.tags(.docker), .enabled(if: Docker.isThere))
    func `the image's own variables are the weakest layer`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}")
        let text = try await play.call(["plan", "--image", "buildspec/java17"]).outputText
        #expect(text.contains("JAVA_HOME=/usr/lib/jvm/java-17  image"))
        let beaten = try await play.call(["plan", "--image", "buildspec/java17", "-e", "JAVA_HOME=/j"]).outputText
        #expect(beaten.contains("JAVA_HOME=/j  --env") && !beaten.contains("  image\n  JAVA_HOME"))
    }

    @Test func `nothing is written, and no engine is needed`() async throws {
        let play = try playground()
        let outcome = try await play.call(["plan"], environment: ["DOCKER_HOST": "unix:///nowhere"])
        #expect(outcome.status.isSuccess)
        #expect(!FileManager.default.fileExists(atPath: play.state.path))
        #expect(play.files(in: play.source) == ["buildspec.yml", "codebuild.yml"])
    }

    @Test func `a project is planned alike from wherever it is written`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [echo $STAGE]}}\n")
        try play.write(
            "ci/project.json",
            #"{"projects": [{"name": "other"}, {"name": "app", "environment": {"image": "a/b:1", "environmentVariables": [{"name": "STAGE", "value": "prod"}]}}]}"#
        )
        try play.write(
            "ci/tf.json",
            #"{"terraform_version": "1", "values": {"root_module": {"resources": [{"type": "aws_codebuild_project", "values": {"name": "app", "environment": [{"image": "a/b:1", "environment_variable": [{"name": "STAGE", "value": "prod", "type": "PLAINTEXT"}]}]}}]}}}"#
        )
        try play.write(
            "ci/template.yml",
            """
            Parameters: {Stage: {Type: String}}
            Resources:
              App:
                Type: AWS::CodeBuild::Project
                Properties: {Environment: {Image: !Sub 'a/${Stage}:1', EnvironmentVariables: [{Name: STAGE, Value: prod}]}}
            """)
        var plans: [String] = []
        for flags in [["ci/project.json#app"], ["ci/tf.json"], ["ci/template.yml", "--parameter", "Stage=b"]] {
            let outcome = try await play.call(["plan", "--format", "json", "--project"] + flags)
            #expect(outcome.status.isSuccess, "\(outcome.errorText)")
            // The places differ, as the files do.
            plans.append(outcome.text.replacing(/ci\/[a-z]+\.(json|yml):[0-9]+:[0-9]+/, with: "PLACE"))
        }
        #expect(Set(plans).count == 1 && plans[0].contains("a/b:1") && plans[0].contains("\"prod\""))
        let open = try await play.call(["plan", "--project", "ci/project.json"])
        #expect(open.status.exitStatus == 78 && open.errorText.contains("the file has 2 projects: `other`, `app`"))
        let missing = try await play.call(["plan", "--project", "nowhere.yml"])
        #expect(missing.status.exitStatus == 66 && missing.errorText.contains("which `--project` names"))
        let unset = try await play.call(["plan", "--project", "ci/template.yml"])
        #expect(
            unset.errorText.contains("`environment.image` depends on the parameter Stage, which only AWS can resolve"))
    }

    @Test func `a batch is planned by itself`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nbatch:\n  build-list: [{identifier: a}, {identifier: b}]\n")
        let batch = try await play.call(["plan", "--batch"])
        #expect(batch.outputText == "build-list, 2 builds\n  a\n  b\n")
        let alone = try await play.call(["plan"])
        #expect(alone.status.exitStatus == 65)
        #expect(alone.errorText.contains("plan --batch"))
    }

    @Test func `buildspecs of a batch that are not there are named`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nbatch:\n  build-list:\n    - {identifier: a, buildspec: ci/a.yml}\n"
                + "    - {identifier: b, buildspec: ci/b.yml}\n    - {identifier: c, buildspec: ci/b.yml}\n"
                + "    - {identifier: d, buildspec: \"version: 0.2\\nphases: {}\\n\"}\n    - {identifier: e}\n")
        try play.write("ci/a.yml", "version: 0.2\nphases: {}\n")
        let batch = try await play.call(["plan", ".", "--batch"])
        #expect(batch.status.exitStatus == 66)
        #expect(batch.outputText.contains("build-list, 5 builds"))
        #expect(batch.errorText.contains("error: cannot find the buildspec `ci/b.yml` of the build `b`, `c`\n"))
        #expect(!batch.errorText.contains("ci/a.yml"))
    }

    @Test func `a batch that is wrong is planned without it only`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nbatch: {build-list: [{buildspec: x.yml}]}\nphases: {build: {commands: [make]}}")
        let batch = try await play.call(["plan", "--batch"])
        #expect(batch.status.exitStatus == 65)
        #expect(batch.errorText.contains("`batch.build-list[0]` has no `identifier`"))
        #expect(!batch.errorText.contains("has no `batch`"))
        #expect(try await play.call(["plan"]).status.isSuccess)
    }

    @Test(arguments: [["plan", "-f", "none.yml"], ["plan", "nowhere"]])
    func `a plan of what is not there says so`(call: [String]) async throws {
        let outcome = try await Playground().call(call)
        #expect(outcome.status.exitStatus == 66)
        #expect(outcome.errorText.contains("cannot find"))
    }

    @Test func `variables that nobody sets are listed`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nenv: {variables: {A: x}}\nphases:\n  build:\n    commands:\n"
                + "      - echo $A $B $ACCOUNT_ID $GIVEN\n      - C=1; echo $C\n")
        let text = try await play.call(["plan", "-e", "GIVEN=x"]).outputText
        #expect(
            text.contains(
                "variables without a value\n  B  a setting of the project, buildspec.yml:6:9\n"
                    + "  ACCOUNT_ID  an account id, buildspec.yml:6:9\n"))
        let json = try await play.call(["plan", "-e", "B=x", "--format", "json"]).outputText
        #expect(
            json.matches(of: #/"unsetVariables": *\[\s*\{\s*"name": *"ACCOUNT_ID", *\s*"kind": *"an account id"/#).count
                == 1)
    }
}
