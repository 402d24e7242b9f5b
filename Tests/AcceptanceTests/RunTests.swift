import ChildProcesses
import Foundation
import Testing

/// How a build runs and ends (CODEBUILD.md 3), in real containers; `HostPhaseTests` has what does not depend on them.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct RunTests {
    private func printed(
        _ text: String, _ arguments: [String] = [], image: String = debian
    ) async throws -> [String] {
        let play = try Playground()
        try play.buildspec(text)
        return try await play.run(["--no-cache"] + arguments, image: image).printed
    }

    @Test(arguments: [debian, busybox])
    func `state travels between commands as files, in dash and in busybox`(image: String) async throws {
        let lines = try await printed(
            """
            version: 0.2
            env:
              variables:
                QUOTED: "it's \\"so\\" $HOME\\ttab"
            phases:
              pre_build:
                commands:
                  - PLAIN=travels
                  - mkdir -p "a folder/b" && cd "a folder/b"
                  - f() { :; }
                  - set -e
              build:
                commands:
                  - printf '%s\\n' "$QUOTED" "$PLAIN" "${PWD##*/}"
                  - f 2>/dev/null || echo "f gives $?"
                  - printf '%s\\n' "${-##*e*}" > /dev/null; false; echo "still here"
            """, image: image)
        #expect(lines == ["it's \"so\" $HOME\ttab", "travels", "b", "f gives 127", "still here"])
    }

    @Test func `a shell error names the script and the line CodeBuild names`() async throws {
        let lines = try await printed("version: 0.2\nphases: {build: {commands: ['[[ 1 = 1 ]]']}}")
        #expect(lines == ["/codebuild/output/tmp/script.sh: 4: [[: not found"])
    }

    @Test func `background children neither hold up a command nor die with it`() async throws {
        let start = ContinuousClock.now
        let lines = try await printed(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - sleep 300 &
                  - (sleep 0.3; echo late; touch /tmp/late) & echo started
                  - until [ -e /tmp/late ]; do sleep 0.1; done; pgrep -c sleep >/dev/null 2>&1; kill -0 "$(cat /proc/[0-9]*/comm | grep -c sleep)" 2>/dev/null; grep -l sleep /proc/[0-9]*/comm | wc -l
            """)
        #expect(lines == ["started", "late", "1"])
        #expect(ContinuousClock.now - start < .seconds(240))
    }

    @Test func `images with any ENTRYPOINT, CMD, USER and WORKDIR run as root in a shell`() async throws {
        let name = "buildspec-test-odd-image"
        let built = try await Docker.call(
            ["build", "-q", "-t", name, "-"],
            input:
                "FROM \(debian)\nUSER nobody\nWORKDIR /tmp/deep/folder\nENTRYPOINT [\"/bin/false\"]\nCMD [\"x\"]\nENV FROM_IMAGE=yes\n"
        )
        #expect(built.status.isSuccess, "\(built.errorText)")
        let lines = try await printed(
            "version: 0.2\nphases: {build: {commands: [id -un, 'echo $FROM_IMAGE $HOME']}}", ["--pull", "never"],
            image: name)
        #expect(lines == ["root", "yes /root"])
        _ = try await Docker.call(["rmi", "-f", name])
    }

    @Test func `run-as changes the user, globally and for one phase`() async throws {
        let lines = try await printed(
            """
            version: 0.2
            run-as: nobody
            phases:
              pre_build:
                commands: [id -un, A=kept, 'touch here && echo wrote']
              build:
                run-as: root
                commands: ['echo $(id -un) $A']
              post_build:
                commands: ['echo $(id -un) $A $HOME']
            """)
        #expect(lines == ["nobody", "wrote", "root kept", "nobody kept /root"])
    }

    @Test(arguments: [
        ("run-as: nosuchuser", "`run-as` names user `nosuchuser`, which the image does not have"),
        ("env: {shell: fish}", "`env.shell` names `fish`, which the image does not have"),
        ("env: {shell: powershell.exe}", "`env.shell` is `powershell.exe`, which only Windows builds have"),
    ])
    func `what the image lacks is said before the first command`(line: String, words: String) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\n\(line)\nphases: {build: {commands: [echo never]}}")
        let result = try await play.run()
        #expect(result.status.exitStatus == 65)
        #expect(result.log.contains("[Container] Phase complete: DOWNLOAD_SOURCE State: FAILED"))
        #expect(result.log.contains { $0.contains("Message: ") && $0.hasSuffix(words) })
        #expect(result.errorText.contains(words) && result.errorText.contains("help: "))
        #expect(!result.printed.contains("never"))
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `flags beat settings, and those beat the buildspec`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nenv: {variables: {A: spec, B: spec, C: spec}}\nphases: {build: {commands: ['echo $A $B $C $D']}}"
        )
        try play.write(
            "codebuild.yml",
            """
            environment:
              image: \(debian)
              environmentVariables:
                - {name: B, value: settings, type: PLAINTEXT}
                - {name: C, value: settings}
            """)
        try play.write("vars", "# a comment\n\nD='literal'\n")
        let result = try await play.call(["run", "--no-cache", "-e", "C=flag", "--env-file", "vars"])
        #expect(result.printed == ["spec settings flag literal"])
    }

    @Test func `a build that runs out of time is FAILED, its phase TIMED_OUT`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: [sleep 100]}, post_build: {commands: [echo never]}}")
        let record = play.root.appending(path: "build.json")
        let result = try await play.run(["--timeout", "1s", "--build-json", record.path])
        #expect(result.status.exitStatus == 1)
        #expect(result.log.contains("[Container] Phase complete: BUILD State: TIMED_OUT"))
        #expect(
            result.log.contains("[Container] Phase context status code: BUILD_TIMED_OUT Message: Build has timed out."))
        #expect(!result.printed.contains("never"))
        #expect(
            result.errorText.contains(
                """
                  stopped  BUILD: sleep 100
                           buildspec.yml:2:29: still ran when the build's time (1 s) was up
                  help:    `--timeout`, or
                """))
        #expect(try String(contentsOf: record, encoding: .utf8).contains(#""buildStatus":"FAILED""#))
    }

    @Test func `a container that dies under a command fails the build`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['kill -9 1; kill 1; sleep 100']}}")
        let task = Task { try await play.run(["--log-format", "json"]) }
        var found: [String] = []
        for _ in 0..<200 where found.isEmpty {
            try await Task.sleep(for: .milliseconds(100))
            found = try await Docker.containers(of: play, "--filter", "status=running")
        }
        for container in found { _ = try await Docker.call(["kill", container]) }
        let result = try await task.value
        #expect(result.status.exitStatus == 1)
        #expect(result.outputText.contains("Build container found dead before completing the build."))
    }

    @Test func `ends before a container have their own exit status and words`() async throws {
        let play = try Playground()
        // Only this one name is looked for.
        try play.write("buildspec.yaml", "version: 0.2\nphases: {build: {commands: [true]}}")
        let missing = try await play.run()
        #expect(missing.status.exitStatus == 66)
        #expect(missing.outputText.contains("YAML_FILE_ERROR Message: YAML file does not exist"))
        #expect(missing.errorText.contains("help: the source has `buildspec.yaml`: name one with --buildspec FILE"))
        let named = try await play.run(["-f", "ci/x.yml"])
        #expect(named.status.exitStatus == 66)
        #expect(named.outputText.contains("/src/ci/x.yml: no such file or directory"))

        try play.buildspec("version: 0.2\nphases:\n  build:\n    commands:\n      - echo \"a: b\"\n")
        let wrong = try await play.run()
        #expect(wrong.status.exitStatus == 65)
        #expect(
            wrong.outputText.contains(
                "YAML_FILE_ERROR Message: Expected Commands[0] to be of string type: found subkeys instead at line 5, value of the key tag on line 4 might be empty"
            ))
        #expect(wrong.errorText.contains("buildspec.yml:5:"))

        try play.buildspec("version: 0.2\nphases: {build: {commands: [true]}}")
        #expect(try await play.call(["run", "no/such/folder"]).status.exitStatus == 66)
        #expect(try await play.run(["--timeout", "soon"]).status.exitStatus == 64)
        #expect(try await play.run(["--pull", "never"], image: "buildspec/no-such-image").status.exitStatus == 69)
        let offline = try await play.run(["--offline"], image: "buildspec/no-such-image")
        #expect(offline.status.exitStatus == 75)
        let noEngine = try await play.run(environment: ["DOCKER_HOST": "unix:///no/such/socket"])
        #expect(noEngine.status.exitStatus == 69)
        #expect(noEngine.errorText.contains("help: start the engine"))
        #expect(try await play.run(environment: ["PATH": "/nowhere"]).status.exitStatus == 69)
        try play.write("codebuild.yml", "x-buildspec: {no-such-flag: 1}\n")
        #expect(try await play.run().status.exitStatus == 78)
    }

    @Test func `what is wrong in a batch is none of an ordinary build's`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nbatch: {build-list: [{buildspec: x.yml}]}\nphases: {build: {commands: [echo built]}}")
        let result = try await play.run()
        #expect(result.status.isSuccess)
        #expect(result.printed.contains("built"))
        #expect(result.errorText.contains("`batch.build-list[0]` has no `identifier`"))
        #expect(try await play.call(["validate"]).status.exitStatus == 65)
    }

    @Test func `steps of GitHub Actions are not passed over in silence`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases:\n  build:\n    steps:\n      - run: make\n")
        let result = try await play.run()
        #expect(result.status.exitStatus == 0)
        #expect(result.errorText.contains("BUILD: buildspec.yml:4:5: `steps` of GitHub Actions are not run"))
        #expect(try await play.run(["--strict"]).status.exitStatus == 65)
    }

    @Test func `variables that nobody sets are told before the first command`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases:\n  build:\n    commands: ['echo $IMAGE_TAG $PATH $ACCOUNT_ID']\n")
        let result = try await play.run()
        #expect(result.status.exitStatus == 0)
        #expect(
            result.errorText.contains(
                "note: the commands use `IMAGE_TAG`, `ACCOUNT_ID` (an account id), but nothing sets these variables\n"))
        let given = try await play.run(["-e", "IMAGE_TAG=1", "-e", "ACCOUNT_ID=2"])
        #expect(!given.errorText.contains("but nothing sets"))
    }

    @Test func `the folder of a source that is not here stops the build before its first command`() async throws {
        let play = try Playground()
        let record = play.root.appending(path: "build.json")
        try play.buildspec(
            "version: 0.2\nphases:\n  install: {commands: [echo never]}\n  build:\n"
                + "    commands:\n      - cp -r $CODEBUILD_SRC_DIR_lib/. .\n")
        let result = try await play.run(["--build-json", record.path])
        #expect(result.status.exitStatus == 66)
        #expect(result.printed == [])
        #expect(
            result.errorText.contains(
                "error: buildspec.yml:6:9: `CODEBUILD_SRC_DIR_lib` is not set: the build has no source `lib` here"))
        #expect(try String(contentsOf: record, encoding: .utf8).contains("\"buildStatus\":\"FAILED\""))
        #expect(try await play.run(["--phase", "install"]).status.exitStatus == 0)
        #expect(try await play.run(["-e", "CODEBUILD_SRC_DIR_lib=/opt"]).status.exitStatus == 0)
    }
}
