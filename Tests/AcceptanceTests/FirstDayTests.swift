import ChildProcesses
import Foundation
import TestSupport
import Testing

/// What first-time users are told. No container is needed.
@Suite struct FirstDayTests {
    private let nowhere = ["DOCKER_HOST": "unix:///no/engine"]

    @Test(arguments: [
        (
            "main.tf", "resource \"aws_codebuild_project\" \"app\" {\n  name = \"app\"\n}\n", "Terraform's language",
            "terraform show -json"
        ),
        ("app.ts", "new codebuild.Project(this, 'App');\n", "only the CDK", "`cdk synth`"),
        ("terraform.tfstate", "{\"version\": 4}\n", "Terraform's own state", "terraform show -json"),
    ])
    func `a project in a language that only its tool reads is told what to give instead`(
        name: String, text: String, what: String, way: String
    ) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [x]}}\n")
        try play.write(name, text)
        for command in ["run", "plan", "validate"] {
            let result = try await play.call([command, "--project", name], environment: nowhere)
            #expect(result.status.exitStatus == 78)
            #expect(result.errorText.hasPrefix("error: cannot read `\(name)` as the settings of a project: it is"))
            #expect(result.errorText.contains(what) && result.errorText.contains(way), "\(result.errorText)")
        }
        let folder = try await play.call(["plan", "--project", "."], environment: nowhere)
        #expect(folder.status.exitStatus == 66 && folder.errorText.contains("is a folder"))
    }

    @Test func `settings all in CloudFormation's letters end the run with one error`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [x]}}\n")
        try play.write("codebuild.yml", "Environment:\n  Image: debian\n  PrivilegedMode: true\nTimeoutInMinutes: 5\n")
        let result = try await play.call(["run"], environment: nowhere)
        #expect(result.status.exitStatus == 78)
        #expect(result.errorText.hasPrefix("codebuild.yml:1:1: error: the keys are CloudFormation's"))
        #expect(result.errorText.matches(of: #/unknown-key/#).count == 1, "\(result.errorText)")
    }

    @Test(arguments: [
        ("pom.xml", "              - mvn -B verify"),
        ("package.json", "              - npm install\n              - npm test"),
        ("README", "              - make test"),
    ])
    func `a folder without a buildspec gets one to begin with`(file: String, commands: String) async throws {
        let play = try Playground()
        try play.write(file, "")
        for (command, way) in [("run", "--buildspec FILE"), ("validate", "`buildspec validate FILE`")] {
            let result = try await play.call([command], environment: nowhere)
            #expect(result.status.exitStatus == 66)
            #expect(
                result.errorText.contains("help: name another file with \(way), or write a buildspec.yml such as\n"))
            #expect(
                result.errorText.contains(
                    "        version: 0.2\n        phases:\n          build:\n            commands:\n\(commands)"),
                "\(result.errorText)")
        }
        try play.write("ci/buildspec.yml", "")
        let other = try await play.call(["validate"])
        #expect(
            other.errorText.contains("help: the source has `ci/buildspec.yml`: name one with `buildspec validate FILE`")
        )
    }

    @Test func `what is shown as a first buildspec is valid`() async throws {
        let play = try Playground()
        try play.write("go.mod", "")
        let text = try await play.call(["validate"]).errorText
        let example = text.split(separator: "\n").filter { $0.hasPrefix("        ") }.map { $0.dropFirst(8) }
        try play.buildspec(example.joined(separator: "\n") + "\n")
        let result = try await play.call(["validate"])
        #expect(result.status.isSuccess && result.errorText.isEmpty && result.outputText.isEmpty, "\(text)")
    }

    @Test func `a hook outside of a repository is told where to go`() async throws {
        let play = try Playground()
        for words in [["install"], ["uninstall"], ["run", "pre-push"]] {
            let result = try await play.call(["hook"] + words, environment: ["GIT_CEILING_DIRECTORIES": play.root.path])
            #expect(result.status.exitStatus == 66, "\(result.errorText)")
            #expect(result.errorText.contains(": it is in no git repository\nhelp: go into a repository"))
        }
    }

    @Test func `a question mark asks for help`() async throws {
        let play = try Playground()
        let help = try await play.call(["--help"]).outputText
        for words in [["?"], ["/?"], ["-?"]] {
            let result = try await play.call(words)
            #expect(result.status.isSuccess && result.outputText == help, "\(words): \(result.errorText)")
        }
        #expect(try await play.call(["cache", "?"]).outputText == play.call(["cache", "--help"]).outputText)
        // A file of that name is a file.
        try play.write("?/buildspec.yml", "")
        #expect(try await play.call(["?"], environment: nowhere).status.exitStatus == 65)
    }

    @Test(arguments: [
        ("FOO", "`--env FOO=VALUE` sets it; `--env \"FOO=$FOO\"` takes the value from your shell"),
        ("ci/test.env", "a file of such lines is read by `--env-file ci/test.env`"),
    ])
    func `a variable without a value is told how it gets one`(text: String, help: String) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [x]}}\n")
        let result = try await play.call(["run", "--env", text], environment: nowhere)
        #expect(result.status.exitStatus == 64)
        #expect(result.errorText == "error: `--env` is `\(text)`, expected NAME=VALUE\nhelp: \(help)")
    }

    @Test func `a resume without a kept build names project and newest build`() async throws {
        let play = try Playground()
        let none = try await play.call(["resume"])
        #expect(none.status.exitStatus == 66)
        #expect(
            none.errorText.contains(
                "source` was kept, and none of another project\nhelp: `buildspec run --keep failure`"))
        try play.buildspec("")
        #expect(try await play.call(["run"], environment: nowhere).status.exitStatus == 65)
        let failed = try await play.call(["resume"])
        #expect(
            failed.errorText.contains(#/source` was kept \(the newest is [0-9a-f]{8}, FAILED\), and none/#),
            "\(failed.errorText)")
    }

    @Test func `a build of CodeBuild that is asked for without --aws is told so`() async throws {
        let play = try Playground()
        for command in ["show", "logs"] {
            let result = try await play.call([command, "app:0b5c2a7e-1111-2222-3333-444455556666"])
            #expect(result.status.exitStatus == 66)
            #expect(result.errorText.hasSuffix("lists them; --aws asks for one of CodeBuild"), "\(result.errorText)")
        }
        #expect(try await !play.call(["show", "0b5c"]).errorText.contains("--aws"))
    }

    @Test(arguments: [
        ("{\"projects\": []}", "the file has projects, which `--project` takes"),
        ("{\"ids\": [\"app:1\"]}", "the file has only the ids of builds"),
        ("{}", "`aws codebuild batch-get-builds --ids PROJECT:UUID >build.json` writes such a file"),
    ])
    func `another answer of AWS in the place of a build is named`(text: String, help: String) async throws {
        let play = try Playground()
        try play.write("x.json", text)
        let result = try await play.call(["run", "--from-build", "x.json"], environment: nowhere)
        #expect(result.status.exitStatus == 78)
        #expect(result.errorText.contains("\nhelp: \(help)"), "\(result.errorText)")
    }

    @Test(arguments: [("maven:3", true), ("acme/ci", true), ("src/app.yml", false), ("./ci", false)])
    func `an image in the place of the source is told the flag`(path: String, isImage: Bool) async throws {
        let result = try await Playground().call(["run", path], environment: nowhere)
        #expect(result.status.exitStatus == 66)
        #expect(result.errorText.contains("; `--image \(path)` names an image") == isImage, "\(result.errorText)")
    }

    @Test func `a project that is missing or one of several is told with the whole flag`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [x]}}\n")
        try play.write("all.json", "{\"projects\": [{\"name\": \"shop-ci\"}, {\"name\": \"web\"}]}")
        let several = try await play.call(["plan", "--project", "all.json"], environment: nowhere)
        #expect(
            several.errorText.contains("help: say which one: `--project all.json#shop-ci`\n"), "\(several.errorText)")
        let wrong = try await play.call(["plan", "--project", "all.json#shop"], environment: nowhere)
        #expect(wrong.errorText.contains("help: did you mean `--project all.json#shop-ci`?\n"), "\(wrong.errorText)")
    }

    @Test(arguments: [
        ("/ci/npm: x\n", "help: parameters stand below `parameter-store:`, secrets below `secrets-manager:`"),
        ("parameter-store: x\n", "for example `parameter-store: {/app/token: value}`"),
    ])
    func `a secrets file of another form is told the right one`(text: String, help: String) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nenv: {parameter-store: {A: /a}}\nphases: {build: {commands: [x]}}\n")
        try play.write("secrets.yml", text)
        let result = try await play.call(["run", "--secrets", "secrets.yml"], environment: nowhere)
        #expect(result.status.exitStatus == 78 && result.errorText.contains(help), "\(result.errorText)")
    }

    @Test func `a missing file of variables and an unknown flag of settings are told what goes there`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [x]}}\n")
        let missing = try await play.call(["plan", "--env-file", "no.env"], environment: nowhere)
        #expect(missing.status.exitStatus == 66)
        #expect(
            missing.errorText.hasPrefix(
                "error: cannot find `no.env`, which `--env-file` names\nhelp: give a file of lines"))
        try play.write("codebuild.yml", "x-buildspec: {environmental: A}\n")
        let unknown = try await play.call(["plan"], environment: nowhere)
        #expect(unknown.errorText.contains("help: only some flags of `run` can stand here"), "\(unknown.errorText)")
    }

    // MARK: Hooks

    private func repository(_ play: Playground) async throws -> (_ words: String...) async throws -> CommandOutput {
        { words in
            try await Command(
                "git", words,
                environment: [
                    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
                    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
                ], workingDirectory: play.source.path
            ).collect()
        }
    }

    @Test func `a pattern that is none is refused when the hook is installed`() async throws {
        let play = try Playground(), git = try await repository(play)
        _ = try await git("init", "-q")
        let result = try await play.call(["hook", "install", "--branch", "^("])
        #expect(
            result.status.exitStatus == 64 && result.errorText.contains("`--branch` is `^(`"), "\(result.errorText)")
        #expect(!FileManager.default.fileExists(atPath: play.source.appending(path: ".git/hooks/pre-push").path))
        let bare = try await git("clone", "-q", "--bare", ".", "../bare.git")
        #expect(bare.status.isSuccess)
        var command = play.command(["hook", "install"])
        command.workingDirectory = play.root.appending(path: "bare.git").path
        let inBare = try await command.collect()
        #expect(
            inBare.status.exitStatus == 66 && inBare.errorText.contains("help: go into the work tree"),
            "\(inBare.errorText)")
    }

    @Test func `the folder that husky makes for itself is left alone`() async throws {
        let play = try Playground(), git = try await repository(play)
        _ = try await git("init", "-q")
        _ = try await git("config", "core.hooksPath", ".husky/_")
        try play.write(".husky/_/.gitignore", "*\n")
        try play.write(".husky/_/pre-push", "#!/usr/bin/env sh\n. \"${0%/*}/h\"\n")
        let result = try await play.call(["hook", "install", "--log-format", "quiet"])
        #expect(result.status.exitStatus == 73)
        #expect(result.text == #"buildspec hook run pre-push --log-format quiet "$@""#)
        #expect(result.errorText.contains("help: add the line above to `.husky/pre-push`"), "\(result.errorText)")
        try play.write(".husky/pre-push", result.text + "\n")
        let again = try await play.call(["hook", "install"])
        #expect(again.status.isSuccess && again.errorText.contains("calls buildspec already"), "\(again.errorText)")
    }

    @Test(arguments: [
        ("# File generated by pre-commit: https://pre-commit.com", ".pre-commit-config.yaml"),
        ("call_lefthook run pre-push \"$@\"", "lefthook.yml"),
    ])
    func `a hook of a manager is set aside with a word about its own file`(text: String, file: String) async throws {
        let play = try Playground(), git = try await repository(play)
        _ = try await git("init", "-q")
        try await makeProgram("#!/bin/sh\n\(text)\n", at: play.source.appending(path: ".git/hooks/pre-push").path)
        let result = try await play.call(["hook", "install", "--branch", "main"])
        #expect(result.status.isSuccess)
        #expect(
            result.errorText.contains("note: that hook is ") && result.errorText.contains(file), "\(result.errorText)")
        #expect(result.errorText.contains("buildspec hook run pre-push --branch main"))
        #expect(try await play.call(["hook", "uninstall"]).status.isSuccess)
        let gone = try await play.call(["hook", "uninstall"])
        #expect(gone.status.exitStatus == 66 && gone.errorText.contains("was not installed by buildspec\nhelp: "))
    }

    @Test func `a hook that gets no commits says so, and one that cannot build does not speak of looking inside`()
        async throws
    {
        let play = try Playground(), git = try await repository(play)
        _ = try await git("init", "-q")
        try play.buildspec("version: 0.2\nphases: {build: {commands: [x]}}\n")
        try play.write("lefthook.yml", "")
        _ = try await git("add", "-A")
        _ = try await git("commit", "-q", "-m", "one")
        let nothing = try await play.command(["hook", "run", "pre-push"], environment: nowhere).collect()
        #expect(nothing.status.isSuccess)
        #expect(
            nothing.errorText
                == "buildspec: standard input names no commits, so nothing is built\n"
                + "help: in lefthook.yml the command needs `use_stdin: true`")
        let commit = try await git("rev-parse", "HEAD").text, zeros = String(repeating: "0", count: 40)
        let line = "refs/heads/main \(commit) refs/heads/main \(zeros)\n"
        let wrong = try await play.command(["hook", "run", "pre-push", "--", "--env", "A"], environment: nowhere)
            .collect(
                input: Array(line.utf8))
        #expect(wrong.status.exitStatus == 64)
        #expect(
            wrong.errorText.contains(
                "is blocked, since it cannot be built (`git push --no-verify` pushes anyway)\nerror: "))
        #expect(!wrong.errorText.contains("look inside"))
    }

    @Test func `an error of the engine stands once in full`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [x]}}\n")
        let result = try await play.call(["run", "--image", debian], environment: nowhere)
        #expect(result.status.exitStatus == 69)
        let lines = result.errorText.split(separator: "\n")
        let table = try #require(lines.first { $0.contains("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE") })
        #expect(table.hasSuffix("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"), "\(result.errorText)")
        #expect(lines.filter { $0.contains("cannot start a container") }.count == 1, "\(result.errorText)")
        #expect(!result.errorText.contains("make engine"))
        // Later the table says it, and what helps.
        let shown = try await play.call(["show"]).outputText
        #expect(
            shown.contains("UNABLE_TO_PULL_IMAGE: cannot start a container of `\(debian)`: ")
                && shown.contains("  help:    "))
    }
}

/// What first-time users are told of builds that ran.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct FirstBuildTests {
    @Test func `an image of nearly the right name is told the right one`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [x]}}\n")
        let result = try await play.run(image: "debian:bookwrom-slim")
        #expect(result.status.exitStatus == 69)
        #expect(
            result.errorText.contains("`--image debian:bookworm-slim`, which this engine has, if that is meant"),
            "\(result.errorText)")
    }

    @Test func `at a terminal a good buildspec and a vain search are not silent`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['nosuchprogram-at-all --now']}}\n")
        let session = try await TerminalSession(in: play)
        try await session.type("\(Playground.binary) validate")
        try await session.waitFor("buildspec.yml: no problem found")
        try await session.type("\(Playground.binary) run -i \(debian) --no-cache --keep never")
        try await session.waitFor("  log      ")
        try await session.type("\(Playground.binary) logs --grep nothing-like-this")
        try await session.waitFor("no line of the log matches `nothing-like-this`")
    }

    @Test func `an artifact that nothing matches names the pattern and what lies near`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: [mkdir -p target/classes, touch target/app.jar]}}\n"
                + "artifacts: {files: ['target/*.war']}\n")
        let result = try await play.run(["--no-cache"])
        #expect(result.status.exitStatus == 1)
        #expect(
            result.errorText.contains("artifacts: no file matches `target/*.war`; `target` has `app.jar`, `classes`\n"),
            "\(result.errorText)")
    }

    @Test func `a build whose container stays drops the project's earlier one, unless somebody is in it`() async throws
    {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['exit 3']}}\n")
        func build() async throws -> (container: String, said: String) {
            let result = try await play.run(["--no-cache", "--keep", "failure"])
            let name = try #require(result.errorText.firstMatch(of: #/kept {5}container (buildspec-[0-9a-f-]+)/#)?.1)
            return (String(name), result.errorText)
        }
        let first = try await build(), second = try await build()
        #expect(second.said.contains("dropped the kept container of build "), "\(second.said)")
        #expect(try await Docker.containers(of: play).count == 1)
        _ = try await Docker.call(["exec", "--detach", second.container, "sleep", "120"])
        let third = try await build()
        #expect(!third.said.contains("dropped"))
        #expect(try await Docker.containers(of: play).count == 2)
        #expect(first.container != second.container)
        #expect(try await play.call(["clean", "--kept"]).status.isSuccess)
    }

    @Test func `an earlier build whose record is damaged is no fault of this one`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        let keep = ["--no-cache", "--keep", "always"]
        #expect(try await play.run(keep).status.isSuccess)
        let record = try #require(
            FileManager.default.enumerator(atPath: play.state.path)?.compactMap { $0 as? String }
                .first { $0.hasSuffix("/kept.json") })
        try Data("{".utf8).write(to: play.state.appending(path: record))
        let result = try await play.run(keep)
        #expect(result.status.isSuccess, "\(result.errorText)")
        #expect(result.errorText.contains("warning: the kept container of build "), "\(result.errorText)")
        #expect(try await play.call(["clean", "--kept"]).status.isSuccess)
    }

    @Test func `a resume that fails again leaves the container, also without a terminal`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['exit 3']}}\n")
        // As on a terminal, where no flag is needed.
        let session = try await TerminalSession(in: play)
        try await session.type("\(Playground.binary) run -i \(debian) --no-cache")
        try await session.waitFor("`buildspec clean --kept`")
        let container = try await Docker.containers(of: play)
        #expect(container.count == 1)
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.exitStatus == 1, "\(resumed.errorText)")
        #expect(try await Docker.containers(of: play) == container)
        #expect(try await play.call(["clean", "--kept"]).status.isSuccess)
    }
}
