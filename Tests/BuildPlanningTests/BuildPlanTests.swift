import BuildPlanning
import SpecParsing
import Testing

@Suite struct BuildPlanTests {
    private func plan(
        _ text: String, overrides: [BuildPlan.Variable] = [], usesCache: Bool = true
    ) throws -> BuildPlan {
        let spec = try #require(readBuildSpec(Array(text.utf8), file: "buildspec.yml").spec)
        return BuildPlan(
            spec,
            BuildRequest(
                id: BuildID(project: "petclinic", uuid: "0b5c2a7e-1111-2222-3333-444455556666"), image: "debian",
                buildspecPath: "buildspec.yml", overrides: overrides, source: SourceFacts(), initiator: "me",
                region: "eu-west-1", buildNumber: 7, startMilliseconds: 1_585_485_347_003, timeout: 60,
                usesCache: usesCache))
    }

    private let head = "version: 0.2\nphases:\n  build:\n    commands: [make]\n"

    @Test func `a stronger layer wins and keeps the place`() throws {
        let plan = try plan(
            "env: {variables: {A: spec, B: spec, C: spec}}\n" + head,
            overrides: [
                .init(name: "C", value: "flag", origin: .flag), .init(name: "B", value: "settings", origin: .settings),
                .init(name: "C", value: "settings", origin: .settings),
            ])
        let own = plan.variables.filter { ["A", "B", "C"].contains($0.name) }
        #expect(own.map(\.value) == ["spec", "settings", "flag"])
        #expect(own.map(\.origin) == [.buildspec, .settings, .flag])
    }

    @Test func `values reach the shell as they were written`() throws {
        let plan = try plan("env: {variables: {A: \"it's $HOME\", V: 3.10, N: no, E: }}\n" + head)
        let lines = plan.environmentFile().split(separator: "\n").suffix(4)
        #expect(Array(lines) == ["export A='it'\\''s $HOME'", "export V='3.10'", "export N='no'", "export E=''"])
    }

    @Test func `of one name a secret beats a parameter and that a plain value; a layer beats them all`() throws {
        let env = """
            env:
              variables: {A: plain, B: plain, F: plain}
              parameter-store: {A: /a, B: /b, C: /c, D: /d}
              secrets-manager: {A: "a:k", E: e}

            """
        let plan = try plan(
            env + head,
            overrides: [
                .init(name: "C", value: "plain", origin: .settings),
                .init(name: "D", value: "d", origin: .settings, type: .secretsManager),
                .init(name: "F", value: "/f", origin: .settings, type: .parameterStore),
                .init(name: "E", value: "flag", origin: .flag),
            ])
        let own = plan.variables.suffix(6)
        #expect(
            own.map { "\($0.name) \($0.type.rawValue) \($0.value)" } == [
                "A SECRETS_MANAGER a:k", "B PARAMETER_STORE /b", "F PARAMETER_STORE /f", "C PLAINTEXT plain",
                "D SECRETS_MANAGER d", "E PLAINTEXT flag",
            ])
        #expect(plan.references.map(\.name) == ["A", "B", "F", "D"])
        #expect(plan.openingLines.last == "Decrypting parameter store environment variables")
    }

    @Test func `secrets are in the variables' file alone, and never exported`() throws {
        let plan = try plan(
            "env: {secrets-manager: {A: 'a:k', B: b}, exported-variables: [A, C]}\n" + head)
        #expect(!plan.environmentFile().contains("export A="))
        let lines = plan.environmentFile(secrets: ["A": SecretText("it's")]).split(separator: "\n")
        #expect(lines.last == "export A='it'\\''s'")
        #expect(plan.secretExports == ["A"])
        #expect(plan.openingLines.last == "Processing environment variables")
    }

    @Test func `a name no shell can assign goes by the engine`() throws {
        let plan = try plan("env: {variables: {a.b: x}}\n" + head)
        #expect(plan.engineVariables.map(\.name) == ["a.b"])
        #expect(!plan.environmentFile().contains("a.b"))
    }

    @Test func `the user's text begins on line four of the script`() throws {
        let script = try plan(head).script(for: "make -j2\nmake check")
        #expect(
            script == """
                cd "$(cat /codebuild/output/tmp/dir.txt)"
                set -a
                . /codebuild/output/tmp/env.sh
                make -j2
                make check
                CODEBUILD_LAST_EXIT=$?
                export -p > /codebuild/output/tmp/env.sh
                pwd > /codebuild/output/tmp/dir.txt
                exit $CODEBUILD_LAST_EXIT

                """)
    }

    @Test func `version 0.1 keeps nothing between commands`() throws {
        let script = try plan(head.replacing("0.2", with: "0.1")).script(for: "make")
        #expect(script.hasSuffix("env.sh\nmake\n"))
    }

    @Test func `the variables of the service`() throws {
        let plan = try plan(head)
        let values = Dictionary(uniqueKeysWithValues: plan.variables.map { ($0.name, $0.value) })
        #expect(values["CODEBUILD_BUILD_ID"] == "petclinic:0b5c2a7e-1111-2222-3333-444455556666")
        #expect(values["CODEBUILD_BUILD_NUMBER"] == "7")
        #expect(values["CODEBUILD_START_TIME"] == "1585485347003")
        #expect(values["CODEBUILD_SRC_DIR"] == plan.sourceDirectory)
        #expect(values["AWS_REGION"] == "eu-west-1")
        #expect(values["CODEBUILD_RESOLVED_SOURCE_VERSION"] == nil)
        #expect(plan.sourceDirectory.wholeMatch(of: #//codebuild/output/src[0-9]{10}/src/#) != nil)
    }

    @Test func `unknown keys come as CodeBuild's block`() throws {
        let plan = try plan(head + "artifacts:\n  files: a\n  type: zip\n")
        #expect(
            plan.openingLines.contains(
                "Found possible syntax errors in buildspec: \nIn the section artifacts\n"
                    + "    The following keys cannot be identified:\n        type"))
    }

    @Test func `sections with unknown keys follow one another, phases in upper case`() throws {
        let plan = try plan(
            "version: 0.2\nenv: {image: x, type: y}\nphases:\n  build:\n    commands: [a]\n    script: [b]\n")
        #expect(
            plan.openingLines.filter { $0.hasPrefix("Found") } == [
                "Found possible syntax errors in buildspec: \nIn the section BUILD\n"
                    + "    The following keys cannot be identified:\n        script\nIn the section env\n"
                    + "    The following keys cannot be identified:\n        image\n        type"
            ])
    }

    @Test(arguments: ["install:", "install: {}", "install: {commands: []}", "install: {commands: , finally: [x]}"])
    func `a phase without commands is named right after the buildspec's place`(text: String) throws {
        let plan = try plan("version: 0.2\nphases:\n  \(text)\n  build: {commands: a}\n")
        let place = try #require(plan.openingLines.firstIndex { $0.hasPrefix("YAML location is ") })
        #expect(plan.openingLines[place + 1] == "No commands found for phase name: install")
        #expect(plan.phaseCountLines == ["Phases found in YAML: 1", " BUILD: 1 commands"])
    }

    @Test(arguments: ["{}", "{build: }", "{build: {commands: []}, post_build: {finally: [x]}}"])
    func `a buildspec without a command still has its four phases`(text: String) throws {
        let plan = try plan("version: 0.2\nphases: \(text)\n")
        #expect(plan.phaseCountLines == ["Phases found in YAML: 0"])
        #expect(plan.phases.map(\.name) == PhaseName.allCases)
    }

    @Test func `phases without commands are named and not counted`() throws {
        let plan = try plan(
            "version: 0.2\nphases:\n  install:\n    runtime-versions: {java: corretto17}\n  build:\n    commands: [a, b]\n"
        )
        #expect(plan.openingLines.contains("No commands found for phase name: install"))
        #expect(plan.phaseCountLines == ["Phases found in YAML: 1", " BUILD: 2 commands"])
    }

    @Test func `the cache is planned from its section and the flag`() throws {
        #expect(try plan(head).cache == .undefined)
        #expect(try plan(head + "cache:\n  paths:\n").cache == .skipped(reason: "no paths specified to be cached"))
        guard case .kept(let rules) = try plan(head + "cache: {paths: [/root/.m2/**/*]}\n").cache else {
            Issue.record("no cache")
            return
        }
        #expect(rules.paths == ["/root/.m2/**/*"])
        #expect(rules.key == nil && rules.fallbackKeys.isEmpty && rules.action == .both)
        #expect(
            try plan(head + "cache: {paths: [/root/.m2/**/*]}\n", usesCache: false).cache
                == .skipped(reason: "the cache is turned off by --no-cache"))
    }

    @Test(arguments: [
        ("key: v$A, fallback-keys: [a, b, c, d, e, f], action: save", "v$A", ["a", "b", "c", "d", "e"], "save"),
        ("fallback-keys: [a], action: restore", nil, [], "restore"),
    ])
    func `a cache has at most five fallback keys, and none without a key`(
        text: String, key: String?, fallbackKeys: [String], action: String
    ) throws {
        guard case .kept(let rules) = try plan(head + "cache: {paths: [x], \(text)}\n").cache else {
            Issue.record("no cache")
            return
        }
        #expect(rules.key == key)
        #expect(rules.fallbackKeys == fallbackKeys)
        #expect(rules.action.rawValue == action)
    }

    @Test(arguments: [
        ("sh", BuildPlan.Shell.standard), ("/bin/sh", .standard), ("bash", .named("bash")),
        ("/bin/bash", .named("bash")), ("zsh", .named("zsh")),
    ])
    func `env.shell names the shell`(text: String, shell: BuildPlan.Shell) throws {
        #expect(try plan("env: {shell: \(text)}\n" + head).shell == shell)
    }
}
