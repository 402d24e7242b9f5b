import SpecParsing
import Testing

/// What the mistakes of a first day are answered with.
@Suite struct BeginnerFindingTests {
    private func findings(_ text: String) -> [Diagnostic] {
        readBuildSpec(Array(text.utf8), file: "buildspec.yml", checksContent: true).diagnostics
    }

    private func settings(_ text: String) -> [Diagnostic] {
        readProjectSettings(Array(text.utf8), file: "codebuild.yml", extraKeys: ["keep"]).diagnostics
    }

    @Test(
        "a value of another shape is answered with an example",
        arguments: [
            (
                "phases: []\n",
                "write keys with their values below it, for example `phases: {build: {commands: [make test]}}`"
            ),
            (
                "env:\n  variables:\n    - A: 1\n",
                "take the dashes away: its keys stand below it, for example `variables: {NAME: value}`"
            ),
            (
                "env:\n  variables:\n    - A=1\n",
                "write `NAME: value` in place of `- NAME=value`, for example `variables: {NAME: value}`"
            ),
            ("env: bash\n", "write keys with their values below it, for example `env: {variables: {NAME: value}}`"),
            (
                "cache: [/root/.m2]\n",
                "write keys with their values, for example `cache: {paths: ['/root/.m2/**/*']}`"
            ),
            (
                "reports: {unit: '*.xml'}\n",
                "write keys with their values below it, for example `unit: {files: ['**/*.xml']}`"
            ),
            ("artifacts: {files: {a: b}}\n", "put `- ` before each entry"),
            (
                "batch: {build-list: {identifier: a}}\n",
                "put `- ` before the first key of each entry, for example "
                    + "`build-list: [{identifier: one, buildspec: one.yml}]`"
            ),
        ])
    func shapes(text: String, help: String) {
        let phases = text.hasPrefix("phases") ? "" : "phases: {build: {commands: [make]}}\n"
        let found = findings("version: 0.2\n\(phases)\(text)").filter { $0.code == "wrong-type" }
        #expect(found.map(\.help) == [help])
    }

    @Test func `a list of variables is asked for where settings have a mapping`() {
        #expect(
            settings("environment: {environmentVariables: {A: b}}\n").map(\.help) == [
                "put `- ` before the first key of each entry, for example `environmentVariables: [{name: NAME, value: text}]`"
            ])
    }

    @Test(arguments: ["commands:", "commands: []", "commands:\n    finally:"])
    func `commands that were left out are a warning`(text: String) {
        let found = findings("version: 0.2\nphases:\n  build:\n    \(text)\n")
        #expect(found.map(\.message) == ["`phases.build.commands` is empty: the phase runs nothing"])
        #expect(found.map(\.location.line) == [4] && found[0].help?.contains("`- make test`") == true)
    }

    @Test(arguments: [
        "install: {runtime-versions: {java: corretto17}, commands: }", "build: {commands: , finally: [date]}",
    ])
    func `a phase that does something else needs no commands`(text: String) {
        #expect(findings("version: 0.2\nphases:\n  \(text)\n").filter { $0.code == "empty-value" }.isEmpty)
    }

    @Test(arguments: [
        ("Environment: {Image: x}\nTimeoutInMinutes: 5\nx-buildspec: {keep: failure}\n", "Environment", "environment"),
        ("Type: AWS::CodeBuild::Project\nProperties: {Environment: {Image: x}}\n", "Properties", "properties"),
    ])
    func `settings in CloudFormation's form are named once`(text: String, key: String, word: String) {
        let found = settings(text)
        #expect(found.count == 1 && found[0].severity == .error)
        #expect(found[0].message.contains("CloudFormation's") && found[0].message.contains("(`\(key)`)"))
        #expect(found[0].message.hasSuffix("(`\(word)`)") && found[0].help?.contains("`Resources: {App:") == true)
    }

    @Test func `a buildspec in the place of settings is named once, and keeps nothing from running`() {
        let found = settings("version: 0.2\nphases: {build: {commands: [make]}}\nartifacts: {files: x}\n")
        #expect(found.count == 1 && found[0].severity == .warning)
        #expect(found[0].message.hasPrefix("the file is a buildspec"))
    }

    @Test(arguments: [
        ("main.tf", ForeignForm.terraform), ("infra/ci.tf.json", .terraform), ("terraform.tfstate", .terraformState),
        ("lib/app.ts", .cdk),
    ])
    func `files of other tools are known by their names`(name: String, form: ForeignForm) {
        #expect(ForeignForm(ofFile: name) == form)
    }

    @Test(arguments: ["codebuild.yml", "project.json", "template", "app.tfvars.yaml"])
    func `others may be settings`(name: String) { #expect(ForeignForm(ofFile: name) == nil) }
}
