import ChildProcesses
import Foundation
import Testing

/// Buildspecs that CodeBuild refuses (CODEBUILD.md 2). No container is needed.
@Suite struct RefusalTests {
    struct Refused: CustomTestStringConvertible {
        let text: String
        let message: String
        var testDescription: String { message }
    }

    @Test(arguments: [
        Refused(
            text: "version: 1.0\nphases: {build: {commands: [x]}}\n",
            message: "invalid buildspec `version` specified: 1.0, see documentation"),
        Refused(
            text: "version: 0.2\nphases:\n  build: {commands: [x]}\n  artifacts: {files: x}\n",
            message: "Invalid buildspec phase name: artifacts. Expecting: build,install,post_build,pre_build"),
        Refused(
            text: "version: 0.2\nphases:\n  post_build:\n    commands:\n      - x\n      - echo a: b\n",
            message:
                "Expected Commands[1] to be of string type: found subkeys instead at line 6, value of the key tag on line 5 might be empty"
        ),
        Refused(text: "", message: "wrong number of container tags, expected 1"),
        Refused(text: "Transform: AWS::Serverless-2016-10-31\n", message: "wrong number of container tags, expected 1"),
        Refused(
            text: "version: 0.2\nphases:\n\tbuild:\n",
            message: "found character that cannot start any token at line 2"),
        Refused(
            text: "version: 0.2\nphases: {build: {commands: [a, \"b\" c]}}\n",
            message: "did not find expected ',' or ']' at line 1"),
    ])
    func `a buildspec is refused in DOWNLOAD_SOURCE, and nothing follows`(refused: Refused) async throws {
        let play = try Playground()
        try play.buildspec(refused.text)
        let result = try await play.run()
        #expect(result.status.exitStatus == 65)
        let place = try #require(result.log.firstIndex { $0.contains("YAML location is") })
        #expect(
            Array(result.log[(place + 1)...]) == [
                "[Container] Phase complete: DOWNLOAD_SOURCE State: FAILED",
                "[Container] Phase context status code: YAML_FILE_ERROR Message: \(refused.message)", "",
            ])
    }

    @Test(arguments: [
        ("version: 0.2\nphases: {build: {commands: [x]}}\nartifacts: {name: x}\n", "`artifacts` has no `files`", []),
        (
            "version: 0.2\nenv: {shell: cmd.exe}\nphases: {build: {commands: [x]}}\n",
            "`env.shell` is `cmd.exe`, which only Windows builds have", []
        ),
        (
            "version: 0.2\nphases: {build: {commands: [x], comands: [y]}}\n",
            "unknown key `comands` in `phases.build` (--strict)", ["--strict"]
        ),
    ])
    func `words of our own are marked in log and JSON`(text: String, words: String, flags: [String]) async throws {
        let play = try Playground()
        try play.buildspec(text)
        let record = play.root.appending(path: "build.json")
        let result = try await play.run(flags + ["--build-json", record.path])
        #expect(result.status.exitStatus == 65)
        let message = "(buildspec) \(words)"
        #expect(result.log.contains("[Container] Phase context status code: YAML_FILE_ERROR Message: \(message)"))
        #expect(try String(contentsOf: record, encoding: .utf8).contains("\"message\":\"\(message)\""))
        let events = try await play.run(flags + ["--log-format", "json"]).outputText
        #expect(events.contains("\"message\":\"\(message)\""))
    }

    @Test(arguments: [("rum", "run"), ("hoook", "hook"), ("cahce", "cache")])
    func `a command that is nearly one of ours is told which`(word: String, meant: String) async throws {
        let play = try Playground()
        let result = try await play.call([word, "list"])
        #expect(result.status.exitStatus == 64)
        #expect(result.errorText.contains("help: did you mean `buildspec \(meant)`?"), "\(result.errorText)")
        // A folder of that name is a folder.
        try play.write("\(word)/buildspec.yml", "")
        #expect(try await play.call([word]).status.exitStatus == 65)
    }

    @Test(arguments: [
        ("memory", "3x", "a size such as `512m` or `3g`"), ("memory", "", "a size"),
        ("cpus", "two", "a number such as"),
    ])
    func `a size that no engine understands is refused before anything runs`(
        name: String, value: String, expected: String
    ) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [x]}}\n")
        let flag = try await play.call(["run", "--\(name)", value])
        #expect(flag.status.exitStatus == 64)
        #expect(flag.errorText.contains("error: `--\(name)` is `\(value)`, expected \(expected)"), "\(flag.errorText)")
        try play.write("codebuild.yml", "x-buildspec: {\(name): '\(value)'}\n")
        let settings = try await play.call(["run"])
        #expect(settings.status.exitStatus == 78)
        #expect(settings.errorText.contains("` is `\(value)`, expected \(expected)"), "\(settings.errorText)")
    }

    @Test func `a folder whose path is not UTF-8 is called so`() async throws {
        let play = try Playground()
        let run = play.command(["run", "."])
        let result = try await Command(
            "sh",
            ["-c", #"d=$(printf 'caf\351') && mkdir "$d" && cd "$d" && exec "$@""#, "sh", run.executable]
                + run.arguments, environment: run.environment, workingDirectory: play.source.path
        ).collect()
        #expect(result.status.exitStatus == 66)
        #expect(result.errorText.contains("its path is not UTF-8"), "\(result.errorText)")
    }
}
