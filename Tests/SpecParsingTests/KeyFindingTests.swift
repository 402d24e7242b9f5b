import Testing

@testable import SpecParsing

@Suite struct KeyFindingTests {
    private func help(_ marked: String) -> [String?] { read(MarkedText(marked).text).diagnostics.map(\.help) }

    // MARK: Unknown keys

    struct Unknown: CustomTestStringConvertible {
        let text: String
        let message: String
        let help: String?
        var testDescription: String { message }
    }

    @Test(
        "an unknown key is a warning with the name that was meant",
        arguments: [
            Unknown(
                text: "version: 0.2\nphases:\n  build:\n    «comands»: [x]\n",
                message: "unknown key `comands` in `phases.build`", help: "did you mean `commands`?"),
            Unknown(
                text: goodHead + "artifacts:\n  files: x\n  «base_directory»: x\n",
                message: "unknown key `base_directory` in `artifacts`", help: "did you mean `base-directory`?"),
            Unknown(
                text: goodHead + "artifacts:\n  files: x\n  «baseDirectory»: x\n",
                message: "unknown key `baseDirectory` in `artifacts`", help: "did you mean `base-directory`?"),
            Unknown(
                text: goodHead + "artifacts:\n  files: x\n  «exclude»: x\n",
                message: "unknown key `exclude` in `artifacts`", help: "did you mean `exclude-paths`?"),
            Unknown(
                text: goodHead + "reports:\n  unit:\n    files: x\n    «fileFormat»: JUNITXML\n",
                message: "unknown key `fileFormat` in `reports.unit`", help: "did you mean `file-format`?"),
            Unknown(
                text: goodHead + "    finally: [x]\n    «script»: [x]\n",
                message: "unknown key `script` in `phases.build`", help: "did you mean `commands`?"),
            Unknown(
                text: goodHead + "    «build»:\n      commands: [x]\n",
                message: "unknown key `build` in `phases.build`",
                help: "`build` belongs in `phases`: dedent it, to stand beside `build`"),
            Unknown(
                text: goodHead + "    «artifacts»: {files: x}\n",
                message: "unknown key `artifacts` in `phases.build`",
                help: "`artifacts` belongs at the top level: dedent it to column 1, out of `phases.build`"),
            Unknown(
                text: goodHead + "    «runtime-versions»: {nodejs: 18}\n",
                message: "unknown key `runtime-versions` in `phases.build`",
                help: "`runtime-versions` belongs in `phases.install`"),
            Unknown(
                text: goodHead + "«file-format»: x\n", message: "unknown key `file-format` at the top level",
                help: "`file-format` belongs in `reports.NAME`: indent it, to stand below `reports`"),
            Unknown(
                text: goodHead + "«environment_variables»: {plaintext: {A: 1}}\n",
                message: "unknown key `environment_variables` at the top level",
                help: "`environment_variables` is a key of version 0.1 only"),
            Unknown(
                text: goodHead + "env:\n  «myservice»: {A: 1}\n", message: "unknown key `myservice` in `env`",
                help: nil),
            Unknown(
                text: goodHead + "«\"a.b\\x07\"»: 1\n", message: "unknown key `a.b\\u{7}` at the top level", help: nil),
        ])
    func unknown(sample: Unknown) {
        let reading = expectFindings(sample.text, ["warning: \(sample.message) [unknown-key]"])
        #expect(reading.diagnostics.map(\.help) == [sample.help])
        #expect(reading.spec != nil)
    }

    @Test("a far name is not suggested", arguments: ["x", "zzzz", "deploy", "commandments", "Ω"])
    func farName(name: String) {
        #expect(nearName(to: name, among: ["run-as", "on-failure", "commands", "finally"]) == nil)
    }

    @Test(
        "a near name is found",
        arguments: [
            ("Commands", "commands"), ("comand", "commands"), ("command", "commands"), ("comamnds", "commands"),
            ("run_as", "run-as"), ("runas", "run-as"), ("onFailure", "on-failure"), ("finaly", "finally"),
        ])
    func near(name: String, meant: String) {
        #expect(nearName(to: name, among: ["run-as", "on-failure", "commands", "finally"]) == meant)
    }

    @Test("in every section a slip in any of its keys is named with the key that was meant")
    func nearEverywhere() {
        func check(_ table: KeyTable) {
            let names = table.keys.map(\.name)
            for name in names where name.count > 3 {
                // Two letters swapped, as fingers do.
                let slip = String(name.prefix(1)) + String(name.dropFirst(1).prefix(2).reversed()) + name.dropFirst(3)
                guard !names.contains(slip) else { continue }
                #expect(nearName(to: slip, among: names) == name, "\(slip)")
                #expect(nearName(to: name.uppercased(), among: names) == name)
            }
            for key in table.keys { key.shape.sections.forEach { check($0.table) } }
        }
        check(.buildSpec)
    }

    @Test(
        "a slip is answered with the key that was meant, in every section",
        arguments: [
            ("artifcats: {files: x}", "artifacts"), ("Phases: {}", "phases"), ("env: {varaibles: {}}", "variables"),
            ("env: {secret-manager: {}}", "secrets-manager"), ("env: {exported_variables: [A]}", "exported-variables"),
            ("proxy: {log: yes}", "logs"), ("cache: {path: [a]}", "paths"),
            ("cache: {paths: [a], fallback-key: [k]}", "fallback-keys"),
            ("artifacts: {file: x, files: x}", "files"),
            ("artifacts: {files: x, secondary_artifacts: {}}", "secondary-artifacts"),
            ("artifacts: {files: x, secondary-artifacts: {a: {files: x, discard_path: yes}}}", "discard-paths"),
            ("reports: {r: {files: x, base-dir: x}}", "base-directory"),
            ("batch: {build-list: [{identifier: a, enb: {}}]}", "env"),
            ("batch: {build-list: [{identifier: a}], fastfail: true}", "fast-fail"),
            ("batch: {build-graph: [{identifier: a, depends-on: []}]}", "depend-on"),
            ("batch: {build-list: [{identifier: a, env: {privilegedMode: true}}]}", "privileged-mode"),
        ])
    func slips(line: String, meant: String) {
        let help = read(goodHead + line + "\n").diagnostics.filter { $0.code == "unknown-key" }.map(\.help)
        #expect(help == ["did you mean `\(meant)`?"])
    }

    @Test(
        "a section that was indented too far is told the way back",
        arguments: [
            ("  artifacts: {files: x}", "`artifacts` belongs at the top level: dedent it to column 1, out of `phases`"),
            ("  cache: {paths: [x]}", "`cache` belongs at the top level: dedent it to column 1, out of `phases`"),
            ("  reports: {}", "`reports` belongs at the top level: dedent it to column 1, out of `phases`"),
            ("  env: {}", "`env` belongs at the top level: dedent it to column 1, out of `phases`"),
            ("    env: {}", "`env` belongs at the top level: dedent it to column 1, out of `phases.build`"),
            ("    cache: {}", "`cache` belongs at the top level: dedent it to column 1, out of `phases.build`"),
            ("    post_build: {}", "`post_build` belongs in `phases`: dedent it, to stand beside `build`"),
            ("  finally: [x]", "`finally` belongs in a phase: indent it, to stand below the name of one"),
            ("finally: [x]", "`finally` belongs in a phase, beside its `commands`"),
            ("post_build: {}", "`post_build` belongs in `phases`: indent it, to stand below `phases`"),
        ])
    func indented(line: String, help: String) {
        let found = read(goodHead + line + "\n").diagnostics
        #expect(found.map(\.help) == [help], "\(found.map(shown))")
    }

    @Test(
        "steps of GitHub Actions are named as such",
        arguments: [
            ("[{uses: actions/checkout@v4}]", "write what they do as `commands`"),
            ("[{run: make}, {name: x}]", "write what they do as `commands`"), ("{a: b}", "write what they do"),
            ("[make]", "what is meant for the shell stands in a list under `commands`"),
            ("make", "what is meant for the shell stands in a list under `commands`"),
        ])
    func steps(value: String, help: String) throws {
        let reading = expectFindings(
            "version: 0.2\nphases:\n  build:\n    «steps»: \(value)\n",
            [
                "warning: `phases.build.steps` are steps of GitHub Actions, which CodeBuild's guide no longer has: "
                    + "they are not run here [github-steps]"
            ])
        #expect(reading.diagnostics.first?.help?.contains(help) == true)
        let spec = try #require(reading.spec)
        #expect(spec.phases.first?.steps?.line == 4)
        #expect(spec.phases.first?.commands == [] && spec.unknownKeys.isEmpty)
    }

    @Test("steps without a value are nothing")
    func noSteps() {
        for value in ["[]", "{}", "~"] {
            let reading = read("version: 0.2\nphases:\n  build:\n    commands: [a]\n    steps: \(value)\n")
            #expect(reading.spec?.phases.first?.steps == nil)
            #expect(reading.diagnostics.contains { $0.code == "github-steps" } == false)
        }
    }

    // MARK: CodeBuild's block

    @Test("the unknown keys of CodeBuild's sections are collected in its order, each with its printed name")
    func block() throws {
        let reading = read(
            """
            version: 0.2
            env: {e: 1}
            cache: {paths: x, c: 1}
            artifacts: {files: x, b: 1, type: zip, b: 2}
            reports: {r: {files: x, unprinted: 1}}
            top: 1
            phases:
              pre_build: {script: [x]}
              build: {env: {variables: {}}}
            """)
        #expect(
            try #require(reading.spec).unknownKeys == [
                .init(section: "BUILD", keys: ["env"]), .init(section: "PRE_BUILD", keys: ["script"]),
                .init(section: "artifacts", keys: ["type", "b"]), .init(section: "cache", keys: ["c"]),
                .init(section: "env", keys: ["e"]),
            ])
    }

    @Test("sections that CodeBuild is not known to name stay out of its block")
    func notInBlock() throws {
        let reading = read(
            goodHead + """
                top: 1
                proxy: {p: 1}
                reports: {r: {files: x, s: 1}}
                batch: {build-list: [{identifier: a, b: 1}], t: 1}
                artifacts: {files: x, secondary-artifacts: {u: {files: x, v: 1}}}
                """)
        #expect(reading.diagnostics.map(\.code) == Array(repeating: "unknown-key", count: 6))
        #expect(try #require(reading.spec).unknownKeys.isEmpty)
    }

    // MARK: Duplicates and merging

    @Test("of a key written twice the last one counts")
    func duplicates() throws {
        let reading = expectFindings(
            """
            version: 0.2
            env:
              variables: {A: 1, B: 2, «A»: 3}
            phases:
              build: {commands: [x], «commands»: [y]}
            """,
            [
                "warning: `A` is written twice in `env.variables`: the last one counts [duplicate-key]",
                "warning: `commands` is written twice in `phases.build`: the last one counts [duplicate-key]",
            ])
        #expect(reading.diagnostics.map(\.help) == ["the other one is on line 3", "the other one is on line 5"])
        let spec = try #require(reading.spec)
        #expect(spec.environment.variables.map { "\($0.name)=\($0.value)" } == ["B=2", "A=3"])
        #expect(spec.phases.first?.commands.map(\.text) == ["y"])
    }

    @Test("merge keys bring in what is not there")
    func merging() throws {
        let spec = try spec(
            """
            version: 0.2
            env:
              variables: &all {A: 1, B: 2}
              parameter-store:
                <<: [*all, {C: 3, A: 4}]
                B: 5
            phases:
              build: &b {commands: [x], run-as: me}
              post_build: {<<: *b, commands: [y]}
            """)
        #expect(spec.environment.parameterStore.map { "\($0.name)=\($0.value)" } == ["B=5", "A=1", "C=3"])
        #expect(spec.phases.map { $0.commands.map(\.text) } == [["x"], ["y"]])
        #expect(spec.phases.map { $0.runAs?.value } == ["me", "me"])
    }

    @Test("only a plain `<<` merges, and only mappings")
    func notMerging() {
        expectFindings(
            goodHead + "env:\n  variables:\n    <<: [«x»]\n",
            ["error: `env.variables[<<]` is text, expected a mapping [wrong-type]"])
        expectFindings(goodHead + "«'<<'»: {a: b}\n", ["warning: unknown key `<<` at the top level [unknown-key]"])
    }

    @Test("a key that is no text is an error")
    func keyNotText() {
        expectFindings(
            goodHead + "? «[a]»\n: b\n", ["error: a key at the top level is a list, expected text [key-not-text]"])
    }

    // MARK: Wrong shapes

    @Test(
        "a value of the wrong shape is an error that says what was found and what was expected",
        arguments: [
            ("env: «x»\n", "`env` is text, expected a mapping"),
            ("env:\n  «- a»\n", "`env` is a list, expected a mapping"),
            ("env: {variables: «[a]»}\n", "`env.variables` is a list, expected a mapping"),
            ("env: {variables: {A: «[b, c]»}}\n", "`env.variables.A` is a list, expected text"),
            ("env:\n  variables:\n    A:\n      «b: c»\n", "`env.variables.A` is a mapping, expected text"),
            ("env: {exported-variables: «{A: b}»}\n", "`env.exported-variables` is a mapping, expected a list"),
            ("env: {exported-variables: [a, «{A: b}»]}\n", "`env.exported-variables[1]` is a mapping, expected text"),
            ("run-as: «[x]»\n", "`run-as` is a list, expected text"),
            ("artifacts: {files: «{a: b}»}\n", "`artifacts.files` is a mapping, expected a list"),
            ("artifacts: {files: [a, «[b]»]}\n", "`artifacts.files[1]` is a list, expected text"),
            (
                "artifacts: {files: a, secondary-artifacts: {x: «y»}}\n",
                "`artifacts.secondary-artifacts.x` is text, expected a mapping"
            ),
            (
                "artifacts: {files: a, secondary-artifacts: «y»}\n",
                "`artifacts.secondary-artifacts` is text, expected a mapping"
            ),
            ("cache: «[a]»\n", "`cache` is a list, expected a mapping"),
            ("reports: {u: «[a]»}\n", "`reports.u` is a list, expected a mapping"),
            ("proxy: «yes»\n", "`proxy` is text, expected a mapping"),
            ("batch: «yes»\n", "`batch` is text, expected a mapping"),
            (
                "batch: {build-list: «{identifier: a}»}\n",
                "`batch.build-list` is a mapping, expected a list of mappings"
            ),
            ("batch: {build-list: [«a»]}\n", "`batch.build-list[0]` is text, expected a mapping"),
        ])
    func wrongShape(text: String, message: String) {
        let sample = MarkedText(goodHead + text), reading = read(sample.text)
        let first = reading.diagnostics.first { $0.code == "wrong-type" }
        #expect(first?.message == message)
        #expect(
            first.map { .init(line: $0.location.line, column: $0.location.column, length: $0.length) }
                == sample.places.first)
        #expect(!reading.isValid)
        #expect((reading.spec == nil) == !text.hasPrefix("batch"))
    }

    @Test("a value in braces that may be meant as text is shown in quotes")
    func meantAsText() {
        #expect(
            help(goodHead + "env: {variables: {A: {{x}}}}\n") == ["if it is meant as text, put it in quotes: '{{x}}'"])
    }

    @Test("booleans are yes, no, true, false, on, off, in any case, quoted too")
    func booleans() throws {
        for text in ["yes", "YES", "true", "True", "on", "\"yes\"", "'On'"] {
            #expect(try spec(goodHead + "env: {git-credential-helper: \(text)}\n").environment.gitCredentialHelper)
        }
        for text in ["no", "No", "false", "off", "'FALSE'"] {
            #expect(try !spec(goodHead + "env: {git-credential-helper: \(text)}\n").environment.gitCredentialHelper)
        }
        expectFindings(
            goodHead + "artifacts: {files: x, discard-paths: «no | yes»}\n",
            ["error: `artifacts.discard-paths` is `no | yes`, expected `yes` or `no` [not-a-boolean]"])
    }

    @Test("a key without a value is a warning, but where that is normal")
    func emptyValues() throws {
        expectFindings(
            goodHead + "«env»:\n«cache»: ~\n«artifacts»:\n«run-as»:\n",
            ["env", "cache", "artifacts", "run-as"].map { "warning: `\($0)` has no value [empty-value]" })
        #expect(
            try spec(goodHead + "env:\n  variables:\n  parameter-store:\n  secrets-manager:\n").environment.variables
                == [])
    }

    @Test("no more than 500 findings of a severity are kept, and one that says so")
    func manyFindings() {
        let warnings = (0..<700).map { "k\($0): x\n" }.joined()
        let errors = (0..<600).map { "    K\($0): [x]\n" }.joined()
        let reading = read(warnings + goodHead + "env:\n  variables:\n" + errors)
        #expect(reading.diagnostics.count { $0.severity == .warning } == 501)
        #expect(reading.diagnostics.count { $0.severity == .error } == 501)
        #expect(
            reading.diagnostics.filter { $0.code == "too-many-findings" }.map(\.message) == [
                "more than 500 warnings: the rest is left out", "more than 500 errors: the rest is left out",
            ])
    }
}
