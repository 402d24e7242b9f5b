import Testing

@testable import SpecParsing

/// What every file must have, `env` and `cache`.
@Suite struct SpecReaderTests {
    private let notABuildspec = "wrong number of container tags, expected 1"

    // MARK: The top level

    @Test("version is compared by its text", arguments: ["0.2", "'0.2'", "\"0.2\"", "!!str 0.2"])
    func version02(text: String) throws {
        #expect(try spec("version: \(text)\nphases: {build: {commands: [a]}}\n").version == .v02)
    }

    @Test(
        "another version is an error with CodeBuild's message",
        arguments: ["1.0", "9.9", "0.20", "0.3", "2", "v0.2", "'0.2 '", ".2"])
    func otherVersion(text: String) {
        let plain = text.filter { $0 != "'" }
        let reading = expectFindings(
            "version: «\(text)»\nphases: {build: {commands: [a]}}\n",
            ["error: `version` is `\(plain)`, expected `0.2` or `0.1` [invalid-version]"])
        #expect(reading.failure?.message == "invalid buildspec `version` specified: \(plain), see documentation")
    }

    @Test("an empty version is an error at its key", arguments: ["", "~"])
    func emptyVersion(text: String) {
        expectFindings(
            "phases: {build: {commands: [a]}}\n«version»: \(text)\n",
            ["error: `version` is empty, expected `0.2` or `0.1` [invalid-version]"])
    }

    @Test("a file without version, or without phases and batch, is no buildspec")
    func missingKeys() {
        let version = expectFindings(
            "# remark\n\n«phases»:\n  build:\n    commands: [a]\n", ["error: `version` is missing [missing-key]"])
        #expect(version.failure?.message == notABuildspec)
        let phases = expectFindings(
            "«version»: 0.2\nenv: {variables: {A: 1}}\n", ["error: `phases` is missing [missing-key]"])
        #expect(phases.failure?.message == notABuildspec)
        for other in [
            "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n",
            #"{"name": "petclinic", "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2"}}"#,
        ] {
            let reading = read(other)
            #expect(
                reading.diagnostics.filter { $0.severity == .error }.map(\.message) == [
                    "`version` is missing", "`phases` is missing",
                ])
            #expect(reading.failure?.message == notABuildspec)
        }
    }

    @Test("a batch alone is enough, an empty one is not")
    func batchAlone() throws {
        let spec = try spec("version: 0.2\nbatch: {build-list: [{identifier: a}]}\n")
        #expect(!spec.hasPhases)
        #expect(spec.phases.isEmpty)
        #expect(read("version: 0.2\nbatch:\n").diagnostics.map(\.code) == ["missing-key", "empty-value"])
    }

    @Test("a batch alone may lack the version, a batch beside phases may not")
    func versionOfBatch() throws {
        let alone = expectFindings(
            "«batch»: {build-list: [{identifier: a, buildspec: a.yml}]}\n",
            ["warning: `version` is missing [missing-key]"])
        #expect(alone.isValid)
        let spec = try #require(alone.spec)
        #expect(spec.version == .v02)
        #expect(spec.batch?.builds.map(\.identifier.value) == ["a"])
        let beside = expectFindings(
            "«batch»: {build-list: [{identifier: a}]}\nphases: {build: {commands: [a]}}\n",
            ["error: `version` is missing [missing-key]"])
        #expect(beside.failure?.message == notABuildspec)
        #expect(read("batch:\n").failure?.message == notABuildspec)
    }

    @Test(
        "a file that is no mapping is no buildspec",
        arguments: [("«- version: 0.2»\n- phases: x\n", "a list"), ("«buildspec.yml»\n", "text"), ("«[]»", "a list")])
    func noMapping(text: String, kind: String) {
        let reading = expectFindings(
            text, ["error: the file is \(kind), expected a mapping with `version` and `phases` [wrong-type]"])
        #expect(reading.failure == BuildFailure(code: "YAML_FILE_ERROR", message: notABuildspec))
    }

    @Test("JSON is YAML, indented by tabs too")
    func json() throws {
        let spec = try spec(
            "{\n\t\"version\": \"0.2\",\n\t\"phases\": {\n\t\t\"build\": {\"commands\": [\"echo \\\"a: b\\\"\", \"\\u00e9\\/\"]}\n\t}\n}\n"
        )
        #expect(spec.phases.first?.commands.map(\.text) == ["echo \"a: b\"", "é/"])
    }

    @Test("JSON without a blank, as programs write it, is a buildspec")
    func compactJSON() throws {
        let spec = try spec(
            #"{"version":"0.2","env":{"variables":{"A":"b: c"}},"phases":{"build":{"commands":["a:b","{ c; }"]}},"#
                + #""artifacts":{"files":["**/*"],"discard-paths":true}}"#)
        #expect(spec.phases.first?.commands.map(\.text) == ["a:b", "{ c; }"])
        #expect(spec.environment.variables.map(\.value) == ["b: c"])
        #expect(spec.artifacts?.primary?.discardPaths == true)
    }

    @Test("what Elastic Beanstalk keeps in a buildspec is not looked into")
    func beanstalkSettings() throws {
        let spec = try spec(goodHead + "eb_codebuild_settings: {Image: 1, Timeout: [x]}\n")
        #expect(spec.unknownKeys.isEmpty)
    }

    @Test("the first error that CodeBuild has a message for is what it reports, else our first one stands in")
    func failure() {
        let reading = read(
            "version: 0.2\nrun-as: [a]\nphases:\n  build:\n    commands:\n      - a: b\n  deploy: {}\n")
        #expect(reading.diagnostics.map(\.code) == ["wrong-type", "command-not-string", "unknown-phase"])
        #expect(
            reading.failure?.message == "Expected Commands[0] to be of string type: found subkeys instead at line 6, "
                + "value of the key tag on line 5 might be empty")
        #expect(read(goodHead + "run-as: [a]\n").failure?.message == "`run-as` is a list, expected text")
        #expect(read(goodHead).failure == nil)
    }

    // MARK: env and cache

    @Test("env keeps the source text of its values, in the order of the file")
    func environment() throws {
        let env = try spec(
            goodHead + """
                env:
                  shell: bash
                  variables:
                    PORT: 080
                    V: 1.10
                    FLAG: NO
                    EMPTY: ""
                    NULL_:
                    TILDE: ~
                    TEXT: |-
                      one
                      two
                    DOLLAR: $HOME
                  parameter-store: {P: /a/$STAGE/b}
                  secrets-manager: {S: "id:key:AWSCURRENT"}
                  exported-variables: [PORT, X]
                  git-credential-helper: yes
                """
        ).environment
        #expect(
            env.variables.map { "\($0.name)=\($0.value)" } == [
                "PORT=080", "V=1.10", "FLAG=NO", "EMPTY=", "NULL_=", "TILDE=", "TEXT=one\ntwo", "DOLLAR=$HOME",
            ])
        #expect(env.variables.first?.location.description == "b.yml:8:5")
        #expect(env.shell?.value == "bash")
        #expect(env.parameterStore.map(\.value) == ["/a/$STAGE/b"])
        #expect(env.secretsManager.map(\.value) == ["id:key:AWSCURRENT"])
        #expect(env.exportedVariables.map(\.value) == ["PORT", "X"])
        #expect(env.gitCredentialHelper)
    }

    @Test("names no shell can use are a warning for values and an error for secrets")
    func names() throws {
        expectFindings(
            goodHead + "env: {variables: {«a.b»: 1, «9a»: 1, «é»: 1, _a9: 1}}\n",
            ["a.b", "9a", "é"].map {
                "warning: no shell can use a variable named `\($0)`, only other programs [invalid-name]"
            })
        expectFindings(
            goodHead + "env: {secrets-manager: {«a-b»: x}, variables: {«\"a=b\"»: 1, «''»: 1}}\n",
            [
                "error: `a-b` cannot be the name of a secret: no shell can use it [invalid-name]",
                "error: `a=b` cannot be the name of a variable [invalid-name]",
                "error: `` cannot be the name of a variable [invalid-name]",
            ])
    }

    @Test("version 0.1 has its own names, and those of 0.2")
    func version01() throws {
        let spec = try spec(
            """
            version: 0.1
            environment_variables:
              plaintext: {A: 1, B: 2}
              parameter-store: {P: p}
            env: {variables: {B: 3}}
            phases: {build: {commands: [a]}}
            artifacts: {type: zip, files: x}
            """)
        #expect(spec.version == .v01)
        #expect(spec.environment.variables.map { "\($0.name)=\($0.value)" } == ["A=1", "B=3"])
        #expect(spec.environment.parameterStore.map(\.name) == ["P"])
        #expect(spec.unknownKeys.isEmpty)
    }

    @Test("in version 0.1 the later keys mean what they mean in 0.2")
    func laterKeysInVersion01() throws {
        let text = """
            phases:
              install: {runtime-versions: {java: corretto17}}
              build: {commands: [a], finally: [b], on-failure: ABORT}
            reports: {unit: {files: '*.xml'}}
            """
        let old = try spec("version: 0.1\n" + text), new = try spec("version: 0.2\n" + text)
        #expect(old.version == .v01)
        #expect(old.phases == new.phases)
        #expect(old.reports == new.reports)
        #expect(old.unknownKeys.isEmpty)
    }

    @Test("the old names are those of version 0.1 alone")
    func oldNamesInVersion02() throws {
        let reading = read(
            goodHead
                + "environment_variables: {plaintext: {A: 1}}\nenv: {plaintext: {B: 1}}\nartifacts: {files: x, type: zip}\n"
        )
        #expect(
            reading.diagnostics.map(shown) == [
                "warning: unknown key `environment_variables` at the top level [unknown-key]",
                "warning: unknown key `plaintext` in `env` [unknown-key]",
                "warning: unknown key `type` in `artifacts` [unknown-key]",
            ])
        let spec = try #require(reading.spec)
        #expect(spec.environment.variables.isEmpty)
        #expect(spec.unknownKeys.map(\.section) == ["artifacts", "env"])
    }

    @Test("cache is read with its defaults and its limits")
    func cache() throws {
        let cache = try #require(
            try spec(
                goodHead + "cache:\n  paths: ['/root/.m2/**/*', b]\n  key: k-$X\n  fallback-keys: k-\n  action: save\n"
            )
            .cache)
        #expect(cache.paths.map(\.value) == ["/root/.m2/**/*", "b"])
        #expect(cache.key?.value == "k-$X")
        #expect(cache.fallbackKeys.map(\.value) == ["k-"])
        #expect(cache.action == .save)
        #expect(try spec(goodHead + "cache: {paths: x}\n").cache?.action == .both)
        expectFindings(
            goodHead + "cache: {«fallback-keys»: [a, b], action: «both»}\n",
            [
                "warning: `cache.fallback-keys` has no effect without `cache.key` [without-effect]",
                "warning: `cache.action` is `both`, expected `restore` or `save`: it is read as both [unknown-value]",
            ])
        expectFindings(
            goodHead + "cache: {key: k, «fallback-keys»: [a, b, c, d, e, f]}\n",
            ["warning: `cache.fallback-keys` has 6 keys; CodeBuild takes at most 5 [too-many]"])
    }
}
