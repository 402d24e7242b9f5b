import ChildProcesses
import Foundation
import Testing

/// `buildspec validate` as a whole program: which files, which streams, which exit status.
@Suite struct ValidateTests {
    private let good = "version: 0.2\nphases: {build: {commands: [a]}}\n"
    private let warned = "version: 0.2\nphases: {build: {commands: [a]}}\nx: 1\n"
    private let bad = "version: 9\nphases: {build: {commands: [a]}}\n"

    private func paths(_ output: CommandOutput) throws -> [String] {
        let json = try JSONSerialization.jsonObject(with: Data(output.output)) as? [String: Any]
        return (json?["files"] as? [[String: Any]] ?? []).compactMap { $0["path"] as? String }
    }

    @Test func `a folder stands for the buildspecs in and below it, and for nothing else`() async throws {
        let play = try Playground()
        for name in [
            "buildspec.yml", "ci/buildspec-test.yaml", "ci/deep/release.BuildSpec.YML", "ci/my-buildspec.yml",
            "ci/buildspec.json", "ci/buildspec.yml.bak", "ci/codebuild.yml", ".git/buildspec.yml",
            "ci/node_modules/x/buildspec.yml", ".buildspec/out/buildspec.yml", ".github/buildspec.yml",
        ] { try play.write(name, good) }
        try FileManager.default.createSymbolicLink(
            at: play.source.appending(path: "ci/link"), withDestinationURL: play.source.appending(path: ".github"))
        try FileManager.default.createSymbolicLink(
            at: play.source.appending(path: "ci/z.buildspec.yml"),
            withDestinationURL: play.source.appending(path: "buildspec.yml"))
        let here = try await play.call(["validate", "--format", "json", "."])
        #expect(here.status.isSuccess)
        #expect(
            try paths(here) == [
                ".github/buildspec.yml", "buildspec.yml", "ci/buildspec-test.yaml", "ci/deep/release.BuildSpec.YML",
                "ci/my-buildspec.yml", "ci/z.buildspec.yml",
            ])
        let deep = try await play.call(["validate", "--format", "json", "ci/deep/", "buildspec.yml", "./ci/deep"])
        #expect(try paths(deep) == ["ci/deep/release.BuildSpec.YML", "buildspec.yml"])
    }

    @Test func `below folders of buildspecs the content decides`() async throws {
        let play = try Playground()
        for name in ["buildspecs/a.yml", "ci/CodeBuild/deep/b.yaml", ".codebuild/c.yml", "ci/codebuild.yml", "d.yml"] {
            try play.write(name, good)
        }
        try play.write("buildspecs/broken.yml", "version: 0.2\nphases: [\n")
        try play.write("buildspecs/batch.yml", "# what\n\"version\": '0.2'\nbatch: {build-list: [{identifier: a}]}\n")
        try play.write("buildspecs/workflow.yml", "version: 2\nphases: x\n")
        try play.write("buildspecs/values.yml", "version: 0.2\nname: x\n")
        try play.write("buildspecs/README.md", good)
        let here = try await play.call(["validate", "--format", "json", "."])
        #expect(
            try paths(here) == [
                ".codebuild/c.yml", "buildspecs/a.yml", "buildspecs/batch.yml", "buildspecs/broken.yml",
                "ci/CodeBuild/deep/b.yaml",
            ])
        #expect(here.errorText == "5 files (2 other YAML files beside them, no buildspecs): 1 error")
        let inside = try await play.call(["validate", "--format", "json", "ci/CodeBuild"])
        #expect(try paths(inside) == ["ci/CodeBuild/deep/b.yaml"])
        try play.write("none/codebuild/x.yml", "a: b\n")
        let none = try await play.call(["validate", "none"])
        #expect(none.status.exitStatus == 66)
        #expect(none.errorText.contains("cannot find a buildspec in `none`"))
    }

    @Test func `without a name the buildspec of this folder is meant`() async throws {
        let play = try Playground()
        let none = try await play.call(["validate"])
        #expect(none.status.exitStatus == 66)
        #expect(
            none.errorText.hasPrefix(
                "error: cannot read `buildspec.yml`: No such file or directory\nhelp: name another"))
        try play.buildspec(bad)
        let found = try await play.call(["validate"])
        #expect(found.status.exitStatus == 65)
        #expect(found.outputText.hasPrefix("buildspec.yml:1:10: error: `version` is `9`"))
        #expect(found.errorText.isEmpty)
    }

    @Test func `standard input is a dash`() async throws {
        let play = try Playground()
        let result = try await play.command(["validate", "-"]).collect(input: Array(bad.utf8))
        #expect(result.status.exitStatus == 65)
        #expect(result.outputText.hasPrefix("<stdin>:1:10: error: "))
    }

    @Test(
        arguments: [
            (["a.yml"], 0), (["a.yml", "w.yml"], 0), (["b.yml", "a.yml"], 65), (["b.yml", "none.yml", "a.yml"], 66),
            (["empty", "a.yml"], 66), (["--strict", "a.yml"], 0), (["--strict", "w.yml"], 65), (["--format", "x"], 64),
        ] as [([String], Int32)])
    func `the exit status is the worst of all files`(arguments: [String], status: Int32) async throws {
        let play = try Playground()
        try play.write("a.yml", good)
        try play.write("b.yml", bad)
        try play.write("w.yml", warned)
        try play.write("empty/x.txt", "")
        for format in ["text", "json", "sarif", "github"] {
            let options = arguments.contains("--format") ? [] : ["--format", format]
            let result = try await play.call(["validate"] + options + arguments)
            #expect(result.status.exitStatus == status, "\(format)")
            if arguments.contains("empty") { #expect(result.errorText.contains("cannot find a buildspec in `empty`")) }
            if arguments.contains("none.yml") { #expect(result.errorText.contains("cannot read `none.yml`")) }
        }
    }

    @Test func `the others are checked when one cannot be read, and a last line counts`() async throws {
        let play = try Playground()
        try play.write("w.yml", warned)
        try play.write("b.yml", bad)
        let result = try await play.call(["validate", "w.yml", "none.yml", "b.yml"])
        #expect(result.outputText.split(separator: "\n").filter { $0.contains(".yml:") }.count == 2)
        #expect(
            result.errorText == """
                error: cannot read `none.yml`: No such file or directory
                3 files: 1 error, 1 warning, 1 not read
                """)
    }

    @Test func `the environment stands in for the flags, which beat it`() async throws {
        let play = try Playground()
        try play.buildspec(warned)
        let environment: [String: String?] = ["BUILDSPEC_STRICT": "yes", "BUILDSPEC_FORMAT": "github"]
        let strict = try await play.call(["validate"], environment: environment)
        #expect(strict.status.exitStatus == 65)
        #expect(strict.outputText.hasPrefix("::warning file=buildspec.yml,line=3,"))
        let json = try await play.call(["validate", "--format", "json"], environment: environment)
        #expect(json.outputText.hasPrefix("{"))
        let wrong = try await play.call(["validate"], environment: ["BUILDSPEC_STRICT": "perhaps"])
        #expect(wrong.status.exitStatus == 64)
    }

    @Test func `many files come out in the order they went in, every time`() async throws {
        let play = try Playground()
        let names = (0..<300).map { "\($0 % 7)-\($0).buildspec.yml" }
        for (number, name) in names.enumerated() { try play.write(name, number % 3 == 0 ? bad : warned) }
        let first = try await play.call(["validate", "--format", "json"] + names)
        #expect(try paths(first) == names)
        let again = try await play.call(["validate", "--format", "json"] + names)
        #expect(first.output == again.output)
    }

    @Test func `options stand anywhere among the names`() async throws {
        let play = try Playground()
        for name in ["a", "b", "c", "d", "-e"] { try play.write(name, good) }
        for arguments in [
            ["a", "b", "--format", "json", "c", "d", "--", "-e"], ["--format=json", "a", "b", "c", "d", "--", "-e"],
            ["a", "b", "c", "d", "--strict", "--format", "json", "--", "-e"],
        ] {
            let result = try await play.call(["validate"] + arguments)
            #expect(try paths(result) == ["a", "b", "c", "d", "-e"])
        }
    }

    @Test func `a file without an end is refused, and the memory stays`() async throws {
        let play = try Playground()
        let result = try await play.call(["validate", "/dev/zero"])
        #expect(result.status.exitStatus == 65)
        #expect(result.outputText.contains("[too-large]"))
    }
}
