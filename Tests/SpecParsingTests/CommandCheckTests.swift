import Testing

@testable import SpecParsing

/// Failures that go unnoticed, and state that is lost between commands.
@Suite struct CommandCheckTests {
    // MARK: Masked failures

    @Test(
        "a failure that only the last command could report is named",
        arguments: [
            "«npm ci»\nnpm test", "echo start\n«npm ci»\necho done", "«cd x»\nmake",
            "«a && b»\nc", "«a | b»\nc", "«make» \\\n  all\necho done", "export A=1\n«mvn package»\nmvn deploy",
            "if a; then b; fi\n«mvn package»\nmvn deploy", "«npm ci»\nif x; then y; fi", "«npm ci» # remark\nnpm test",
            "«npm ci»;\nnpm test", "«npm ci»\nset -e\nnpm test", "set -x\n«npm ci»\nnpm test",
        ])
    func masked(block: String) {
        let found = expectChecks(buildspec(block: block), ["masked-failure"])
        #expect(found.first?.message.contains("goes unnoticed") == true)
    }

    @Test(
        "a block whose failures count, or do not matter, is left alone",
        arguments: [
            "set -e\nnpm ci\nnpm test", "set -eu\nnpm ci\nnpm test", "echo x\nset -euo pipefail; npm ci\nnpm test",
            "set -o errexit\nnpm ci\nnpm test", "# remark\nset -ex\nnpm ci\nnpm test",
            "npm ci && \\\n  npm test", "npm ci &&\nnpm test", "npm ci || exit 1\nnpm test", "npm ci || true\nnpm test",
            "if x; then\n  a\n  b\nfi", "for f in a b; do\n  a\n  b\ndone", "while x\ndo\n  a\ndone",
            "case x in\n  a) b\n  c ;;\nesac", "f() {\n  a\n  b\n}\nf", "{\n  a\n  b\n}", "(\n  cd x\n  make\n)",
            "cat > f <<EOF\nnpm ci\nnpm test\nEOF", "bash -e <<'EOF'\nnpm ci\nnpm test\nEOF", "npm \\\n  ci",
            "echo a\necho b\nnpm ci", "export A=$(date)\nB=c\nnpm ci", "npm ci\n", "npm ci\n\n# the end",
            "npm ci\nstatus=$?\nexit $status", "trap 'x' EXIT\nnpm ci\nnpm test", "server &\nnpm test",
            "! grep x f\nnpm test", "x='a\nb'\nnpm ci", "mkdir -p x\nls\nnpm ci", "python --version\nnpm ci",
        ])
    func notMasked(block: String) {
        #expect(codes(block).filter { $0 == "masked-failure" } == [])
    }

    @Test("a single line of several commands is left alone")
    func singleLine() {
        expectChecks(
            "version: 0.2\nphases:\n  build:\n    commands:\n      - a; b; c\n      - >\n        a;\n        b\n", [])
    }

    private func codes(_ block: String, shell: String? = nil) -> [String] {
        readBuildSpec(Array(buildspec(block: block, shell: shell).utf8), file: "f", checksContent: true)
            .diagnostics.map(\.code)
    }

    // MARK: State that ends with a command

    @Test(
        "settings of the shell, functions and arrays that end with their command are named",
        arguments: [
            "«set -e»", "«set -x»", "«set +e»", "«set -euo pipefail»", "«set -o errexit»", "«set -e»; set -x",
            "«shopt -s globstar»", "«alias ll='ls -l'»", "«trap 'rm x' EXIT»", "«umask 022»", "«f»() { echo; }",
            "«f»() (\n  echo\n)\nX=1", "function «f» { echo; }", "«a=(1 2)»", "«declare -A m»", "«declare -a m=(x)»",
        ])
    func lost(block: String) {
        let found = expectChecks(buildspec(block: block, shell: "bash"), ["lost-shell-state"])
        #expect(found.first?.message.contains("fresh shell") == true)
    }

    @Test(
        "what is used in its own command, or lasts, is left alone",
        arguments: [
            "set -e; make", "set -e && make", "set -e\nmake", "set --", "set -- a b", "set", "shopt -s x; ls *",
            "trap 'rm x' EXIT; make", "trap", "alias", "umask", "umask 022; make", "f() { echo; }; f",
            "f() { echo; }\nx | f", "f() { echo; }\ntrap f EXIT", "a=(1 2); echo ${a[0]}", "a=1", "export A=1", "cd x",
            "declare x=1", "declare -x A=1", "unset x", "reset -e", "echo set -e", "( set -e; make )",
            "if set -e; then x; fi",
        ])
    func notLost(block: String) {
        #expect(codes(block, shell: "bash") == [])
    }

    // MARK: exit 0

    private func twoCommands(_ first: String, _ second: String, env: String = "") -> String {
        let lines = first.split(separator: "\n").map { "        \($0)" }.joined(separator: "\n")
        return "version: 0.2\n\(env)phases:\n  pre_build:\n    commands:\n      - |\n\(lines)\n"
            + "  build:\n    commands:\n      - \(second)\n"
    }

    @Test(
        "`exit 0` is named when it drops what a later command needs",
        arguments: [
            ("TAG=$(date)\nif [ -z \"$TAG\" ]; then «exit 0»; fi", "docker build -t $TAG ."),
            ("export TAG=x\n[ -f y ] && «exit 0»\ntrue", "echo ${TAG}"), ("TAG=x; «exit 0»", "echo \"${TAG:-y}\""),
            ("cd service && [ -f y ] || «exit 0»", "make"), ("cd service; «exit 0»", "cd ..; ls"),
            ("A=1 B=2\n{ «exit 0»; }", "echo ${#B}"),
        ])
    func exits(first: String, second: String) {
        let found = expectChecks(twoCommands(first, second), ["exit-drops-state"])
        #expect(found.first?.message.contains("is lost") == true)
    }

    @Test(
        "an exit that loses nothing is left alone",
        arguments: [
            ("TAG=x\nexit 0", "echo $OTHER"), ("TAG=x\nexit 0", "echo TAG $TAGS"), ("TAG=x\nexit 1", "echo $TAG"),
            ("TAG=x\n(exit 0)", "echo $TAG"), ("x=$(exit 0)\nTAG=x", "echo $TAG"), ("exit 0\nTAG=x", "echo $TAG"),
            ("TAG=x make\nexit 0", "echo $TAG"), ("(cd x)\nexit 0", "make"), ("cd x\nexit 0", "cd /y && make"),
            ("cd x\nexit 0", "cd $CODEBUILD_SRC_DIR && make"), ("cd x\nexit 0", "echo done"),
            ("f() { exit 0; }\nTAG=x\nf", "echo $TAG"), ("TAG=x\necho exit 0", "echo $TAG"),
        ])
    func exitsNot(first: String, second: String) {
        let found = readBuildSpec(Array(twoCommands(first, second).utf8), file: "f", checksContent: true).diagnostics
        #expect(!found.contains { $0.code == "exit-drops-state" }, "\(found.map(shown))")
    }

    @Test("an exported variable counts as used, and version 0.1 keeps nothing anyway")
    func exitElsewhere() {
        let env = "env: {exported-variables: [TAG]}\n"
        expectChecks(twoCommands("TAG=x\n«exit 0»", "true", env: env), ["exit-drops-state"])
        let old = twoCommands("TAG=x\nexit 0", "echo $TAG").replacing("version: 0.2", with: "version: 0.1")
        expectChecks(old, [])
    }

    @Test("what an alias brings in twice is said once")
    func aliases() {
        expectChecks(
            """
            version: 0.2
            phases:
              build: &b
                commands:
                  - «source» x
              post_build: *b
            """, ["bashism"])
    }

    @Test func `version 0.1 loses folder and variables between commands`() {
        let text = "version: 0.1\nphases:\n  build:\n    commands:\n      - cd sub\n      - make\n"
        func codes(_ text: String) -> [String] {
            readBuildSpec(Array(text.utf8), file: "f", checksContent: true).diagnostics.map(\.code)
        }
        #expect(codes(text).contains("lost-shell-state"))
        #expect(codes(text.replacing("cd sub", with: "export A=b")).contains("lost-shell-state"))
        #expect(!codes(text.replacing("cd sub", with: "cd sub && make")).contains("lost-shell-state"))
        #expect(!codes(text.replacing("0.1", with: "0.2")).contains("lost-shell-state"))
    }
}
