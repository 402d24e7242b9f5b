import Testing

@testable import SpecParsing

/// `phases`: their order, their commands, `on-failure`.
@Suite struct PhaseTests {
    @Test("phases come in CodeBuild's order, only those that are there")
    func phaseOrder() throws {
        let spec = try spec(
            """
            version: 0.2
            run-as: me
            phases:
              post_build: {commands: c}
              install:
              pre_build: {commands: [], finally: [f], run-as: you}
            """)
        #expect(spec.phases.map(\.name) == [.install, .preBuild, .postBuild])
        #expect(spec.phases.map(\.name.apiName) == ["INSTALL", "PRE_BUILD", "POST_BUILD"])
        #expect(spec.phases.map { $0.commands.map(\.text) } == [[], [], ["c"]])
        #expect(spec.phases.map { $0.finally.map(\.text) } == [[], ["f"], []])
        #expect(spec.phases.map { $0.runAs?.value } == [nil, "you", nil])
        #expect(spec.phases.map(\.hasCommandsKey) == [false, true, true])
        #expect(spec.runAs?.value == "me")
        #expect(spec.phases.first?.location.description == "b.yml:5:3")
    }

    @Test("another phase is an error with CodeBuild's message")
    func unknownPhase() {
        let reading = expectFindings(
            goodHead + "  «artifacts»:\n    files: x\n  «postBuild»: {}\n",
            ["artifacts", "postBuild"].map {
                "error: unknown phase `\($0)` in `phases`, expected `install`, `pre_build`, `build` or `post_build` [unknown-phase]"
            })
        #expect(
            reading.diagnostics.map(\.help) == [
                "`artifacts` belongs at the top level: dedent it to column 1, out of `phases`",
                "did you mean `post_build`?",
            ])
        #expect(
            reading.failure?.message
                == "Invalid buildspec phase name: artifacts. Expecting: build,install,post_build,pre_build")
    }

    @Test("phases that are not indented are an error")
    func notIndented() {
        let reading = read("version: 0.2\nphases:\ninstall:\n  commands: [a]\nbuild:\n  commands: [b]\n")
        #expect(
            reading.diagnostics.map(shown) == [
                "error: `phases` is empty, and `install` and `build` stand beside it [phases-not-indented]",
                "warning: unknown key `install` at the top level [unknown-key]",
                "warning: unknown key `build` at the top level [unknown-key]",
            ])
    }

    @Test("no phase at all is a warning", arguments: ["", "{}", "~"])
    func noPhase(text: String) throws {
        let reading = expectFindings(
            "version: 0.2\n«phases»: \(text)\n", ["warning: `phases` is empty: nothing will run [empty-value]"])
        #expect(try #require(reading.spec).hasPhases)
    }

    @Test(
        "a phase without commands is good",
        arguments: [
            "install: {runtime-versions: {java: corretto17}}", "install:", "install: ~", "install: {}",
            "install: {commands: }", "install: {commands: []}", "install: {finally: [x]}", "install: {run-as: me}",
        ])
    func phaseWithoutCommands(text: String) throws {
        let spec = try spec("version: 0.2\nphases:\n  \(text)\n")
        #expect(spec.phases.map(\.name) == [.install])
        #expect(spec.phases.first?.commands == [])
        #expect(spec.phases.first?.finally.map(\.text) == (text.contains("finally") ? ["x"] : []))
    }

    @Test("a phase that is text or a list says where commands go", arguments: ["make", "[make]"])
    func phaseWithoutMapping(text: String) {
        #expect(
            read("version: 0.2\nphases: {build: \(text)}\n").diagnostics.map(\.help) == [
                "put the commands into a list under `commands`"
            ])
    }

    // MARK: Commands

    @Test("commands are kept to the letter")
    func commands() throws {
        let spec = try spec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - true
                  - 1.10
                  - 'echo "a: b"'
                  - |
                    # kept
                    x
                  - |-
                    y
                  - >
                    p
                    q
                  - w 1
                    2
                  - ""
                finally: |
                  one
                  two

            """)
        #expect(
            spec.phases.first?.commands.map(\.text) == [
                "true", "1.10", "echo \"a: b\"", "# kept\nx\n", "y", "p q\n", "w 1 2", "",
            ])
        #expect(spec.phases.first?.finally.map(\.text) == ["one\ntwo\n"])
        #expect(spec.phases.first?.commands.map(\.location.line) == [5, 6, 7, 8, 11, 13, 16, 18])
    }

    @Test("commands may be one scalar, also a block, and are one command")
    func scalarCommands() throws {
        for (text, commands) in [("make all", ["make all"]), ("true", ["true"]), ("|\n      a\n      b", ["a\nb\n"])] {
            let spec = try spec("version: 0.2\nphases:\n  build:\n    commands: \(text)\n    finally: \(text)\n")
            #expect(spec.phases.first?.commands.map(\.text) == commands)
            #expect(spec.phases.first?.finally.map(\.text) == commands)
        }
    }

    @Test("how a block ends is how its command ends")
    func chomping() throws {
        let spec = try spec(
            "version: 0.2\nphases:\n  build:\n    commands:\n"
                + ["|", "|-", "|+", ">", ">-", ">+"].map { "      - \($0)\n        a\n        b\n\n" }.joined())
        #expect(spec.phases.first?.commands.map(\.text) == ["a\nb\n", "a\nb", "a\nb\n\n", "a b\n", "a b", "a b\n\n"])
    }

    @Test("CRLF line ends become LF in blocks")
    func crlf() throws {
        let spec = try spec(
            "version: 0.2\r\nphases:\r\n  build:\r\n    commands:\r\n      - |\r\n        a\r\n        b\r\n")
        #expect(spec.phases.first?.commands.map(\.text) == ["a\nb\n"])
    }

    struct BadCommand: CustomTestStringConvertible {
        let item: String
        let help: String
        var testDescription: String { item }
    }

    @Test(
        "a command that is a mapping is an error with CodeBuild's message and the line mended",
        arguments: [
            BadCommand(
                item: "«echo \"Hello: world\"»   # remark", help: "quote the whole command: `- 'echo \"Hello: world\"'`"
            ),
            BadCommand(item: "«echo é日: 'it'»", help: "quote the whole command: `- \"echo é日: 'it'\"`"),
            BadCommand(item: "«echo 'a': \"b\"»", help: "quote the whole command: `- 'echo ''a'': \"b\"'`"),
            BadCommand(item: "«{ echo x; }»", help: "quote the whole command: `- '{ echo x; }'`"),
            BadCommand(item: "«echo:»", help: "quote the whole command: `- 'echo:'`"),
            BadCommand(
                item: "«a: |»\n          text",
                help: "write the command as a block: `- |`, and its text indented on the lines below"),
        ])
    func mapping(sample: BadCommand) {
        let reading = expectFindings(
            "version: 0.2\n\nphases:\n  build:\n    commands:\n      - \(sample.item)\n",
            ["error: `phases.build.commands[0]` is a mapping, expected text [command-not-string]"])
        #expect(reading.diagnostics.map(\.help) == [sample.help])
        #expect(
            reading.failure?.message == "Expected Commands[0] to be of string type: found subkeys instead at line 6, "
                + "value of the key tag on line 5 might be empty")
    }

    @Test("every bad command is found, the index counts all entries of its phase's list")
    func severalBadCommands() {
        let reading = expectFindings(
            "version: 0.2\nphases:\n  build:\n    commands: [«~», «{a: b}», «[c]», d]\n    finally:\n      - «e: f»\n",
            [
                "warning: `phases.build.commands[0]` is empty: it is skipped [null-item]",
                "error: `phases.build.commands[1]` is a mapping, expected text [command-not-string]",
                "error: `phases.build.commands[2]` is a list, expected text [command-not-string]",
                "error: `phases.build.finally[0]` is a mapping, expected text [command-not-string]",
            ])
        #expect(reading.diagnostics.map { $0.codebuildMessage != nil } == [false, true, false, false])
    }

    @Test("the message's index counts in one phase, its line in the whole file, whatever stands above")
    func placeInMessage() {
        let text =
            "\u{feff}# remark\r\nversion: 0.2\r\n\r\nphases:\r\n  pre_build:\r\n    commands: [a, b]\r\n  build:\r\n"
            + "    commands:\r\n      - |\r\n        c: d\r\n\r\n        # e: f\r\n      # g: h\r\n      - i: j\r\n"
        #expect(
            read(text).failure?.message
                == "Expected Commands[1] to be of string type: found subkeys instead at line 14, "
                + "value of the key tag on line 13 might be empty")
    }

    @Test("empty entries are skipped with a warning")
    func nullCommands() throws {
        let reading = expectFindings(
            "version: 0.2\nphases:\n  build:\n    commands:\n      -«»\n      - a\n      - «~»\n",
            [0, 2].map { "warning: `phases.build.commands[\($0)]` is empty: it is skipped [null-item]" })
        #expect(try #require(reading.spec).phases.first?.commands.map(\.text) == ["a"])
    }

    @Test("commands that are a mapping need dashes")
    func commandsMapping() {
        let reading = expectFindings(
            "version: 0.2\nphases:\n  build:\n    commands:\n      «a: b»\n",
            ["error: `phases.build.commands` is a mapping, expected a list of commands [wrong-type]"])
        #expect(reading.diagnostics.map(\.help) == ["put `- ` before each command"])
    }

    @Test("runtime versions keep their source text")
    func runtimes() throws {
        let reading = expectFindings(
            "version: 0.2\nphases:\n  install:\n    runtime-versions: {python: 3.10, nodejs: 18, java: $J, «go»: }\n",
            ["warning: `phases.install.runtime-versions.go` has no value: it is left out [empty-value]"])
        let versions = try #require(reading.spec?.phases.first).runtimeVersions
        #expect(versions.map { "\($0.name) \($0.version)" } == ["python 3.10", "nodejs 18", "java $J"])
        #expect(versions.first?.location.description == "b.yml:4:24")
    }

    // MARK: on-failure

    @Test(
        "on-failure is read by its grammar",
        arguments: [
            ("ABORT", BuildSpec.OnFailure.abort), ("CONTINUE", .continue), ("RETRY", .retry(count: 3, pattern: nil)),
            ("RETRY-0", .retry(count: 0, pattern: nil)), ("RETRY-100", .retry(count: 100, pattern: nil)),
            ("RETRY-.*timeout.*", .retry(count: 3, pattern: ".*timeout.*")),
            ("RETRY-2-E[0-9]+", .retry(count: 2, pattern: "E[0-9]+")), ("RETRY-2-", .retry(count: 2, pattern: nil)),
            ("RETRY-5xx", .retry(count: 3, pattern: "5xx")),
        ])
    func onFailure(text: String, meaning: BuildSpec.OnFailure) throws {
        let spec = try spec(goodHead + "    on-failure: \(text)\n")
        #expect(spec.phases.first?.onFailure?.value == meaning)
    }

    @Test(
        "another on-failure is an error, and absent for a run",
        arguments: ["abort", "STOP", "RETRY-", "RETRY-101", "RETRY-99999999999999999999", "''"])
    func otherOnFailure(text: String) throws {
        let plain = text == "''" ? "" : text
        let reading = expectFindings(
            goodHead + "    on-failure: «\(text)»\n",
            [
                "error: `phases.build.on-failure` is `\(plain)`, expected `ABORT`, `CONTINUE` or `RETRY` [invalid-on-failure]"
            ])
        #expect(!reading.isValid)
        #expect(try #require(reading.spec).phases.first?.onFailure == nil)
    }

    @Test func `a pattern that is no regular expression is an error, and the rule absent for a run`() throws {
        let reading = readBuildSpec(Array((goodHead + "    on-failure: RETRY-2-(\n").utf8), file: "buildspec.yml")
        #expect(reading.diagnostics.map(\.code) == ["invalid-on-failure"])
        #expect(reading.diagnostics[0].help == "expected ')'")
        #expect(try #require(reading.spec).phases[0].onFailure == nil)
    }
}
