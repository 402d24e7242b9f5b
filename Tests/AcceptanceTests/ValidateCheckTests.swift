import ChildProcesses
import Foundation
import Testing

/// `buildspec validate` with the warnings of our own.
@Suite struct ValidateCheckTests {
    @Test func `a command that no shell can read is a warning at its line`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - echo good
                  - |
                    echo one
                    fi
                  - echo "never closed
                  - echo fine
            """)
        let result = try await play.call(["validate"])
        #expect(result.status.exitStatus == 0)
        let lines = result.outputText.split(separator: "\n").filter { $0.contains("[shell-syntax]") }
        #expect(lines.map { $0.prefix(19) } == ["buildspec.yml:8:9: ", "buildspec.yml:9:9: "])
        #expect(lines.allSatisfy { $0.contains("`sh` cannot read `phases.build.commands[") })
        #expect(try await play.call(["validate", "--strict"]).status.exitStatus == 65)
    }

    @Test func `what bash alone can read is said once`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['list=(a b); echo $list']}}\n")
        let result = try await play.call(["validate", "--image", "ubuntu"])
        #expect(result.outputText.matches(of: #/\[[a-z-]+\]\n/#).map { String($0.output) } == ["[bashism]\n"])
    }

    @Test func `the settings file says which image a buildspec is for`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['source x']}}\n")
        func codes(_ arguments: String...) async throws -> [String] {
            let text = try await play.call(["validate", "buildspec.yml"] + arguments).outputText
            return text.matches(of: #/\[([a-z-]+)\]\n/#).map { String($0.1) }
        }
        #expect(try await codes() == [])
        try play.write("codebuild.yml", "environment: {image: 'aws/codebuild/standard:7.0'}\n")
        #expect(try await codes() == ["bashism"])
        #expect(try await codes("--image", "fedora") == [])
        try play.write("codebuild.yml", "environment: {image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0'}\n")
        #expect(try await codes() == [])
        // A settings file that is wrong is no matter of `validate`.
        try play.write("codebuild.yml", "environment: [\n")
        #expect(try await codes() == [])
    }

    @Test func `a batch without a type is refused by plan --batch alone`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nbatch: {fast-fail: no}\nphases: {build: {commands: [echo]}}\n")
        #expect(try await play.call(["validate"]).status.exitStatus == 0)
        #expect(try await play.call(["plan", "."]).status.exitStatus == 0)
        let batch = try await play.call(["plan", ".", "--batch"])
        #expect(batch.status.exitStatus == 65)
        #expect(batch.errorText.contains("error: the `batch` of `buildspec.yml` cannot start"))
    }

    @Test func `a comment silences what it names`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases:\n  build:\n    commands:\n      - if # buildspec:ignore shell-syntax\n")
        let result = try await play.call(["validate", "--strict"])
        #expect(result.outputText == "")
        #expect(result.status.exitStatus == 0)
    }

    @Test func `a secret is never printed`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nenv: {variables: {DB_PASSWORD: hunter2x}}\nphases: {build: {commands: [make]}}\n")
        let result = try await play.call(["validate"])
        #expect(result.outputText.contains("[plain-secret]"))
        #expect(!(result.outputText + result.errorText).contains("hunter2x"))
    }

    @Test func `good commands of many files cost one process for each shell`() async throws {
        let play = try Playground()
        let count = play.root.appending(path: "count")
        for shell in ["sh", "bash"] {
            try await play.makeProgram(shell, "echo \(shell) >> \(count.path)\nexec /bin/\(shell) \"$@\"\n")
        }
        let names = (1...50).map { "\($0).yml" }
        for (place, name) in names.enumerated() {
            try play.write(
                name,
                "version: 0.2\nenv: {shell: \(place % 2 == 0 ? "sh" : "bash")}\n"
                    + "phases: {build: {commands: ['echo \"it is\"', 'if a; then b; fi', \"c 'd'\"]}}\n")
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let bin = play.root.appending(path: "bin").path
        let result = try await play.call(["validate"] + names, environment: ["PATH": "\(bin):\(path)"])
        #expect(result.outputText == "")
        let called = try String(contentsOf: count, encoding: .utf8).split(separator: "\n").sorted()
        #expect(called == ["bash", "sh"])
    }

    @Test func `without shells the rest is said all the same`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [if, 'source x']}}\n")
        let result = try await play.call(["validate", "--image", "ubuntu"], environment: ["PATH": play.root.path])
        #expect(result.status.exitStatus == 0)
        #expect(result.outputText.contains("[bashism]"))
        #expect(!result.outputText.contains("[shell-syntax]"))
        #expect(result.errorText == "")
    }
}
