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
        let reading = readBuildSpec(Array(file.utf8), file: "f", checksContent: true)
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
            "Write-Host \"a == b\"; source x", "if ($env:A -eq 1) { source x }", "cd C:\\src; source x",
            "$x = Get-Item y\nsource x",
        ])
    func windows(command: String) {
        expectChecks(buildspec(block: command), [])
        expectChecks(buildspec(block: "[[ a ]]", shell: "powershell.exe"), [])
    }

    @Test("each kind is said once in a command, and in every command")
    func oncePerCommand() {
        expectChecks(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - true && «[[» a ]] && [[ b ]]
                  - true && «[[» c ]]
                finally:
                  - «source» d
            """, ["bashism", "bashism", "bashism"])
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
                  - "\\ta \\u00e9 \\"q\\" && «source» x"
                  - >-
                    folded
                    text && «source» x
                  - plain
                    text && «source» x
                  - "double
                    quoted \\
                    && «source» x"
                  - |2
                      echo indented
                    echo é && «source» x
                  - !!str |
                    a && «source» x
              post_build:
                commands: a && «source» x
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
