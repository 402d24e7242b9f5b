import Testing

@testable import SpecParsing

@Suite struct BashismTests {
    @Test(
        "what bash alone understands is named at its place",
        arguments: [
            "«[[» -f x ]] && echo yes", "if «[[» $A == b* ]]; then echo; fi", "if «[[» $A =~ ^(a|b)$ ]]; then echo; fi",
            "x=$(«[[» a ]] && echo b)", "echo \"$(«[[» a ]])\"", "echo `«[[» a ]]`", "! «[[» a ]]",
            "while «[[» a ]]; do sleep 1; done", "case x in a) «[[» b ]] ;; esac",
            "[ \"$A\" «==» b ]", "if [ a «==» b ] || [ c == d ]; then echo; fi", "test a «==» b",
            "«source» venv/bin/activate", "cd x && «source» ./y", "true; «source» y", "( «source» y )",
            "«pushd» x", "if true; then «popd»; fi",
            "«a=(1 2)»", "«a=()»", "local_array «b=(x)»", "echo \"«${a[0]}»\"", "echo «${#a[@]}»", "«a[1]=x»",
            "f() { «local» -a b; }; f", "«declare» -A m; x $m", "«typeset» x",
            "«function name» { echo; }; name", "«function name»() { echo; }; name",
            "diff «<(a)» <(b)", "cat «<<<» \"$x\"", "make «&>» log", "make «&>>» log", "a «|&» b",
            "echo \"«${x,,}»\"", "echo «${x^^}»", "echo ${y:-«${x^}»}", "echo «${x//a/b}»", "echo «${x/a}»",
            "echo «${x:0:7}»", "echo «${x: -7}»", "echo «${!x}»", "echo «$'\\n'»", "PATH«+=»:/x", "«((»x++)); echo $x",
            "for «((»i=0; i<3; i++)); do echo; done",
            "set -o «pipefail»; x | y", "set -euo «pipefail»; x | y", "«shopt» -s globstar; ls", "«export» -f f; f",
        ])
    func positive(command: String) {
        // `PATH+=` is pointed at with the name.
        let marked = command.replacingFirst("PATH«+=»", with: "«PATH+=»")
        expectChecks(
            "version: 0.2\nphases:\n  build:\n    commands:\n      - |\n        \(marked)\n", ["bashism"])
    }

    @Test("a command nested deeper than anybody's is left to the shell", arguments: [(10, 1), (60, 0)])
    func deepCommand(depth: Int, count: Int) {
        let command = String(repeating: "$(echo ", count: depth) + "$([[ a ]])" + String(repeating: ")", count: depth)
        let file = "version: 0.2\nphases:\n  build:\n    commands:\n      - |\n        echo \(command)\n"
        let reading = readBuildSpec(
            Array(file.utf8), file: "f", checksContent: true, facts: ProjectFacts(image: "ubuntu"))
        #expect(reading.diagnostics.count { $0.code == "bashism" } == count)
    }

    @Test(
        "words that only look like it are left alone",
        arguments: [
            "echo source x", "echo [[ x ]]", "echo 'a=(1)'", "echo \"[[ a == b ]]\"", "# [[ x ]]", "ls # source x",
            "bash -c '[[ a == b ]] && source x'", "bash -c \"source x && pushd y\"", "grep '[[:space:]]' f",
            "grep [[:digit:]] f", "[ a = b ]", "[ \"==\" = \"$x\" ]", "echo a == b", "expr a == b", "awk 'a == b' f",
            "source", "./source x", "git source x", "a=source", "npm run source", "cat source",
            "echo ${x:-a/b}", "echo ${x#a} ${x%%b} ${#x} ${x:+y}", "echo ${x:=/a,b}", "echo $((1 + (2 * 3)))",
            "(a; b) > f 2>&1", "((a; b); c)", "make > log 2>&1", "make 2>&1 | tee log", "cmd >& 2", "a & b", "a & > f",
            "name() { echo; }; name", "echo function", "echo '<(x)'", "a < b > c", "cat <<EOF\n${x,,} [[ a ]]\nEOF",
            "bash <<'EOF'\n[[ a == b ]]\nsource x\nEOF", "bash <<-EOF\n\tpushd x\n\tEOF", "local x=1", "export A=1",
            "set -e; x", "set -eu; x", "set -- pipefail", "echo pipefail", "PATH=$PATH:/x", "echo $",
            "echo \\[[ x", "echo \"$(echo '[[ x')\"", "for f in source pushd; do echo $f; done",
            "case source in source) echo ;; esac", "case $x in [[]) echo ;; esac", "echo {a,b}", "echo ${a.b} ${{x}}",
            "printf '%s' \"${x}\" 'it'\"'\"'s [[ '", "ssh host '[[ -f x ]]'", "x='\n[[ a ]]\n'",
        ])
    func negative(command: String) {
        expectChecks(buildspec(block: command), [])
    }

    @Test("under bash nothing is a bashism", arguments: ["bash", "/bin/bash", "/usr/bin/bash"])
    func bash(shell: String) {
        expectChecks(buildspec(block: "[[ a == b ]] && source x && pushd y <<< z", shell: shell), [])
    }

    @Test("any other shell of the family is no bash", arguments: ["sh", "/bin/sh", "dash"])
    func otherShells(shell: String) {
        expectChecks(buildspec(block: "«source» x", shell: shell), ["bashism"])
    }

    @Test(
        "commands for Windows are not read as those of a shell",
        arguments: [
            "Write-Host \"a == b\"; source x", ".\\gradlew.bat x\nsource x", "echo %AWS_REGION%; source x",
            "choco install jq; source x", "if ($env:A -eq 1) { source x }", "cd C:\\src; source x",
            "$x = Get-Item y\nsource x",
        ])
    func windows(command: String) {
        expectChecks(buildspec(block: command), [])
        expectChecks(buildspec(block: "[[ a ]]", shell: "powershell.exe"), [])
    }

    @Test("each kind is said once in a file, with the number of the others")
    func oncePerFile() {
        let found = expectChecks(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - true && «[[» a ]] && [[ b ]]
                  - true && [[ c ]] && echo «${x,,}»
                finally:
                  - «source» d
                  - echo ${y^^}
            """, ["bashism", "bashism", "bashism"])
        #expect(
            found.map { $0.message.split(separator: "Debian)").dropFirst().first.map(String.init) } == [
                ", and 2 more", ", and 1 more", nil,
            ])
    }

    @Test("a silenced place leaves the word to the next one")
    func silenced() {
        let found = expectChecks(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - source a # buildspec:ignore bashism
                  - «source» b
                  - source c
            """, ["bashism"])
        #expect(found.first?.message.hasSuffix(", and 1 more") == true)
    }

    @Test(
        "the image decides where it is known",
        arguments: [
            ("aws/codebuild/standard:7.0", true), ("aws/codebuild/standard:8.0-26.04.09", true),
            ("aws/codebuild/ubuntu-base:14.04", true), ("ubuntu:22.04", true), ("debian@sha256:00", true),
            ("public.ecr.aws/docker/library/ubuntu:24.04", true), ("registry.example:5000/ubuntu", true),
            ("aws/codebuild/amazonlinux2-x86_64-standard:5.0", false),
            ("aws/codebuild/amazonlinux-aarch64-standard:3.0", false),
            ("public.ecr.aws/codebuild/amazonlinux-x86_64-standard:5.0", false), ("amazonlinux:2023", false),
            ("public.ecr.aws/amazonlinux/amazonlinux:2", false), ("public.ecr.aws/lambda/python:3.12", false),
            ("public.ecr.aws/sam/build-python3.12", false), ("registry.access.redhat.com/ubi9/ubi:9.4", false),
            ("fedora", false), ("alpine:3", false), ("node:22", false), ("my/ubuntu-tools", false),
            ("aws/codebuild/windows-base:2022-1.0", false),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/ci:1", false),
        ])
    func image(name: String, isSaid: Bool) {
        let found = readBuildSpec(
            Array(buildspec(block: "[[ a ]] && source x").utf8), file: "f", checksContent: true,
            facts: ProjectFacts(image: name)
        ).diagnostics
        #expect(found.map(\.code) == (isSaid ? ["bashism", "bashism"] : []))
    }

    @Test(
        "where no image is named, the package manager tells",
        arguments: [
            ("true", false), ("apt-get update", true), ("sudo apt-get -y install jq", true),
            ("sudo -E apt install jq", true), ("if true; then apt-get update; fi", true), ("echo apt-get", false),
            ("docker run ubuntu apt-get update", false), ("yum install -y jq", false), ("dnf -y install jq", false),
            ("which apt-get && apt-get update || yum update", false), ("apk add bash", false),
        ])
    func packageManager(command: String, isSaid: Bool) {
        for facts in [ProjectFacts(), ProjectFacts(image: "acme/tools:1")] {
            let found = readBuildSpec(
                Array(buildspec(block: "\(command)\nsource x").utf8), file: "f", checksContent: true, facts: facts)
            #expect(found.diagnostics.contains { $0.code == "bashism" } == isSaid)
        }
    }

    @Test("yum in a file outweighs an image that is named")
    func yum() {
        expectChecks(buildspec(block: "yum -y install jq && source x"), [])
    }

    @Test(
        "a build of a batch has an image of its own",
        arguments: [
            ("build-list: [{identifier: a, env: {image: 'aws/codebuild/standard:7.0'}}]", true),
            ("build-list: [{identifier: a, env: {image: 'amazonlinux:2023'}}]", false),
            ("build-graph: [{identifier: a, env: {image: ubuntu}}, {identifier: b, env: {image: fedora}}]", true),
            ("build-list: [{identifier: a, buildspec: b.yml, env: {image: ubuntu}}]", false),
            ("build-matrix: {dynamic: {env: {image: [fedora, ubuntu]}}}", true),
            ("build-matrix: {static: {env: {image: ubuntu}}}", true),
            ("build-matrix: {dynamic: {buildspec: [b.yml], env: {image: [ubuntu]}}}", false),
        ])
    func batch(batch: String, isSaid: Bool) {
        let text = "version: 0.2\nbatch: {\(batch)}\nphases: {build: {commands: [source x]}}\n"
        let found = readBuildSpec(Array(text.utf8), file: "f", checksContent: true)
        #expect(found.diagnostics.map(\.code) == (isSaid ? ["bashism"] : []))
    }

    @Test("a place is found in every style of YAML")
    func styles() {
        expectChecks(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - 'echo ''it'' && «source» x'
                  - "\\ta \\u00e9 \\"q\\" && «pushd» x"
                  - >-
                    folded
                    text && «popd»
                  - plain
                    text && «shopt» -s x
                  - "double
                    quoted \\
                    && «typeset» x"
                  - |2
                      echo indented
                    echo é && «declare» -x x
                  - !!str |
                    a && «[[» x ]]
              post_build:
                commands: a && cat «<<<» x
            """, Array(repeating: "bashism", count: 8))
        expectChecks(
            "version: 0.2\r\nphases:\r\n  build:\r\n    commands:\r\n      - |\r\n        echo é\r\n        «source» x\r\n",
            ["bashism"])
    }

    @Test("the help names the shell to set and the way to do without")
    func help() {
        let found = expectChecks(buildspec(block: "[ a «==» b ]"), ["bashism"])
        #expect(
            found.map(\.message) == [
                "`==` in `[ ]` is bash's own: it does not work on images whose `sh` is dash (Ubuntu, Debian)"
            ])
        #expect(found.map(\.help) == ["set `env.shell: bash`, or write `=`"])
        #expect(found.map(\.path) == ["phases.build.commands[0]"])
    }
}

extension String {
    fileprivate func replacingFirst(_ text: String, with other: String) -> String {
        guard hasPrefix(text) else { return self }
        return other + dropFirst(text.count)
    }
}
