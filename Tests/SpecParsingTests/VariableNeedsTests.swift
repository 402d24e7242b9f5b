import Testing

@testable import SpecParsing

@Suite struct VariableNeedsTests {
    private func unset(_ commands: String..., known: Set<String> = []) -> [String] {
        let place = SourceLocation(file: "f", line: 1, column: 1)
        return UnsetVariable.all(
            in: commands.map { BuildSpec.Command(text: $0, location: place) }, known: known
        ).map(\.name)
    }

    @Test(
        "what is read and set by nothing is found",
        arguments: [
            ("echo $A", ["A"]), ("echo \"$A ${B}\"", ["A", "B"]), ("x=$(cat $A)", ["A"]), ("echo `cat $A`", ["A"]),
            ("A=$B", ["B"]), ("export A=$B C=$A", ["B"]), ("echo ${A%/*} ${B:0:7} ${C//a/b}", ["A", "B", "C"]),
            ("for f in $A; do echo $f; done", ["A"]), ("case $A in x) echo ;; esac", ["A"]),
            ("if [ \"$A\" = x ]; then echo; fi", ["A"]), ("[[ $A == b* ]] && echo", ["A"]), ("make > $A", ["A"]),
            ("echo ${A:?no A}", ["A"]), ("docker build --build-arg X=$A .", ["A"]), ("echo $A; A=1", []),
            ("echo $lower", ["lower"]), ("a=($A)", ["A"]), ("echo ${X:-$A}", ["A"]),
        ])
    func found(command: String, names: [String]) {
        #expect(unset(command) == names)
    }

    @Test(
        "what is set, guarded, quoted or none of the shell's is left alone",
        arguments: [
            "A=1; echo $A", "export A=1; echo $A", "A=1 make; echo $A", "read A; echo $A",
            "read -r -p x A B; echo $A $B",
            "for A in x; do echo $A; done", "for A; do echo $A; done", "declare A=1; echo $A", "local A; echo $A",
            "printf -v A x; echo $A", "mapfile -t A < f; echo $A", "getopts x A; echo $A", ": ${A:=1}; echo $A",
            "echo ${A=1} $A", "((A = 1)); echo $A", "for ((A = 0; A < 3; A++)); do echo $A; done", "x=$((A + 1))",
            "echo ${A:-x} ${B-x} ${C:+x} ${D+x} ${#E} ${!F}", "echo '$A' \\$A \"\\$A\" $'A'", "echo $1 $? $@ $# $$ $-",
            "cat <<EOF\n$A\nEOF", "awk '{print $A}' f", "sh -c 'echo $A'", "echo $", "echo \"$\"", "echo ${lower}",
            "echo ${AWS::Region} ${{ A }}", "# $A", "[ -z \"$A\" ] || echo $A", "[[ -n $A ]] && echo $A",
            "if [ \"$A\" ]; then echo $A; fi", "if [ ! \"$A\" ]; then echo; fi; echo $A",
            "[ \"$A\" != \"\" ] && echo $A",
            "[ \"$A\" == '' ] || echo $A", "test -n \"$A\" && echo $A", ". ./env; echo $A", "source env; echo $A",
            "eval $(x); echo $A", "eval \"A=1\"; echo $A", "export $(cat .env); echo $A", "export \"$(x)\"; echo $A",
            "$(aws sts x); echo $A", "`x`; echo $A",
            "echo $PATH $HOME $PWD $RANDOM $AWS_REGION $CODEBUILD_SRC_DIR $CODEBUILD_BUILD_ID", "sudo env A=1 x $A",
            "echo $JAVA_HOME $JAVA_21_HOME $NODE_VERSION $GOPATH", "if A=$(x); then echo $A; fi",
            "f() { local A=$1; echo $A; }; f x", "while read -r A B; do echo $A $B; done < f", "unset A; echo $A",
            "mvn -Da='${project.version}' x", "docker ps --format '{{.ID}}'",
        ])
    func leftAlone(command: String) {
        #expect(unset(command) == [])
    }

    @Test("commands know what earlier and later ones set, and nothing after what cannot be seen")
    func sequence() {
        #expect(unset("A=1", "echo $A $B") == ["B"])
        #expect(unset("echo $A", "A=1") == [])
        #expect(unset("echo $A", ". ./env.sh", "echo $B") == ["A"])
        #expect(unset("$(aws ecr get-login --no-include-email --region $R)", "echo $A") == ["R", "A"])
        #expect(unset("echo $A $B", known: ["A"]) == ["B"])
        #expect(unset("echo $CODEBUILD_SRC_DIR_lib") == ["CODEBUILD_SRC_DIR_lib"])
    }

    @Test(
        "the help tells how a secondary source comes in",
        arguments: [
            ("ls $CODEBUILD_SRC_DIR_lib", "give a run a source: `--source lib=FOLDER`"),
            ("ls $CODEBUILD_SRC_DIR_lib $IMAGE_TAG", "codebuild.yml; `--source lib=FOLDER`"),
        ])
    func help(command: String, words: String) {
        let text = "version: 0.2\nphases: {build: {commands: ['\(command)']}}\n"
        let reading = readBuildSpec(Array(text.utf8), file: "f", checksContent: true)
        #expect(reading.diagnostics.first { $0.code == "unset-variable" }?.help?.contains(words) == true)
    }

    @Test(
        "a name tells what is probably meant",
        arguments: [
            ("AWS_ACCOUNT_ID", UnsetVariable.Kind.accountID), ("ACCOUNT", .accountID), ("DEPLOY_REGION", .region),
            ("AWS_SECRET_ACCESS_KEY", .credentials), ("GITHUB_TOKEN", .secret), ("DB_PASSWORD", .secret),
            ("SONAR_API_KEY", .secret), ("CODEBUILD_SRC_DIR_lib", .source("lib")), ("IMAGE_TAG", .setting),
            ("TOKENIZER", .setting), ("ACCOUNTING_URL", .setting),
        ])
    func kind(name: String, kind: UnsetVariable.Kind) {
        #expect(UnsetVariable(name, at: SourceLocation(file: "f", line: 1, column: 1)).kind == kind)
    }

    // MARK: Findings

    @Test("a file has one note, at the first use")
    func note() throws {
        let text = """
            version: 0.2
            env:
              variables: {A: x}
              parameter-store: {P: /p}
              secrets-manager: {S: s}
            phases:
              build:
                commands:
                  - echo $A $P $S
                  - docker push $AWS_ACCOUNT_ID.dkr.ecr.$AWS_REGION.amazonaws.com/$IMAGE
                  - echo $IMAGE $FROM_SETTINGS
            """
        let found = readBuildSpec(
            Array(text.utf8), file: "f", checksContent: true, facts: ProjectFacts(variables: ["FROM_SETTINGS"])
        ).diagnostics.filter { $0.code != "docker-daemon" }
        let note = try #require(found.first)
        #expect(found.count == 1)
        #expect(note.severity == .note && note.code == "unset-variable")
        #expect(
            note.message
                == "the commands use 2 variables that nothing sets here: `AWS_ACCOUNT_ID` (an account id), `IMAGE`")
        #expect(note.location.line == 10 && note.location.column == 22)
    }

    @Test("a comment silences the variables of its line")
    func silenced() {
        let head = "version: 0.2\nphases:\n  build:\n    commands:\n"
        let text = head + "      - echo $A # buildspec:ignore unset-variable\n      - echo $B\n"
        let found = readBuildSpec(Array(text.utf8), file: "f", checksContent: true).diagnostics
        #expect(found.map(\.message) == ["the commands use a variable that nothing sets here: `B`"])
    }

    @Test("the variables of a batch are set")
    func batch() {
        let text = """
            version: 0.2
            batch:
              build-matrix:
                static: {env: {variables: {A: x}}}
                dynamic: {env: {variables: {B: [x, y]}}}
            phases: {build: {commands: [echo $A $B]}}
            """
        #expect(readBuildSpec(Array(text.utf8), file: "f", checksContent: true).diagnostics == [])
    }

    @Test(
        "a path that an unset variable makes another one is a warning",
        arguments: [
            "cd «$X»", "cd «\"$X\"»", "cd «${X}» && make", "rm -rf «$X/»", "rm -rf «\"$X/bin\"»", "rm -rf a «${X}/*»",
            "cp -r «$X/.» .", "mv «$X/*» b", "sudo chown -R u «$X/usr/»", "cp -r «\"$X\"/*» .", "rm -rf «$X/lib/*»",
            "find «$X/» -delete", "rsync -a «$X/» out",
        ])
    func risk(command: String) {
        let found = expectChecks(buildspec(block: command), ["unset-in-path"])
        #expect(found.first?.help?.hasPrefix("write `${X:?}`") == true)
    }

    @Test(
        "other paths with unset variables are not",
        arguments: [
            "cd a/$X", "cd $X/a", "rm -rf $X/dist", "cp $X/deploy/* .", "mv $X/bin/tool .", "rm -rf $X", "rm -rf a/$X/",
            "cp a $X", "ls $X/", "set -u; rm -rf $X/",
            "set -eu\nrm -rf $X/a", "rm -rf ${X:?}/", "rm -rf ${X:?} $X/a", "[ -n \"$X\" ] && rm -rf $X/a",
            "X=a; rm -rf $X/", "rm -rf $HOME/x", "rm -rf $CODEBUILD_SRC_DIR/x", "cp -r $CODEBUILD_SRC_DIR_lib/. .",
            "rm -rf ${X%/}/a", "cd ${X:-.}", "echo rm -rf $X/", ". ./env; rm -rf $X/", "rm -rf '$X/'", "cd $1",
        ])
    func noRisk(command: String) {
        expectChecks(buildspec(block: command), [])
    }
}
