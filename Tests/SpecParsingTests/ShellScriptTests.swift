import Testing

@testable import SpecParsing

@Suite struct ShellScriptTests {
    private func scripts(_ text: String) -> [ShellScript] {
        readBuildSpec(Array(text.utf8), file: "b.yml", checksContent: true).scripts
    }

    @Test("every command that a shell may be unable to read is there with its shell")
    func all() {
        let text = """
            version: 0.2
            env: {shell: bash}
            phases:
              post_build: {commands: [(d)], finally: (e)}
              install: {commands: [(a), ~, plain, (b)]}
              build: {commands: (c)}
            """
        #expect(scripts(text).map(\.text) == ["(a)", "(b)", "(c)", "(d)", "(e)"])
        #expect(Set(scripts(text).map(\.shell)) == [.bash])
        #expect(scripts(text.replacing("bash", with: "sh")).first?.shell == .sh)
        #expect(scripts(text.replacing("bash", with: "pwsh")).isEmpty)
        #expect(read(text).scripts.isEmpty)
    }

    @Test("a finding stands at the line that the shell names, inside the command")
    func places() throws {
        let text = buildspec(block: "if x\n\n  fi ( \nend")
        let script = try #require(scripts(text).first)
        func place(_ line: Int) -> String {
            let finding = script.syntaxFinding("oh no", line: line, program: "sh")
            return "\(finding.location.line):\(finding.location.column)+\(finding.length)"
        }
        #expect([1, 3, 4, 5, 6, 99].map(place) == ["6:9+4", "8:11+4", "9:9+3", "9:9+3", "9:9+3", "9:9+3"])
        // An empty line has nothing to point at: the one before stands in.
        #expect(place(2) == "6:9+4")
        let finding = script.syntaxFinding("oh no", line: 1, program: "sh")
        #expect(finding.message == "`sh` cannot read `phases.build.commands[0]`: oh no")
        #expect(finding.code == "shell-syntax")
        #expect(finding.severity == .warning)
    }

    @Test("texts of template engines are known as such", arguments: ["echo {{a}}", "<% if %>", "%{ if x }"])
    func templates(text: String) {
        #expect(scripts(buildspec(block: text)).map(\.isTemplate) == [true])
        #expect(scripts(buildspec(block: "echo ${a#b}")).map(\.isTemplate) == [false])
    }

    @Test(
        "a script whose quotes, brackets and here-documents are closed ends cleanly",
        arguments: [
            "(echo \"it's\")", "echo 'a\"b' # don't", "echo it\\'s", "cat <<EOF\nit's\nEOF",
            "cat <<-'E O'\n\t\"\n\tE O",
            "case x in (a|b) c ;; *) d ;; esac", "a $(b `c \"d\"` ${e:-\"}\"} \"${f#'}\")", "f() { a; }; f",
            "if a; then b; elif c; then d; else e; fi > f", "for x in a b; do c; done | d", "(a; (b))", "{ a; }",
            "x=$((1 + (2))); [[ a && ( b || c ) ]]", "a <<A <<B\nA\nB\nc", "echo ${x%\\}}", "while a; do b; done < c",
            "x=(a 'b)' \"c\" # )\n)", "echo $'it\\'s'", "a=\"$(cat <<EOF\n)\nEOF\n)\"",
            "case $1 in\n  a)\n    b\n    ;;\nesac",
        ])
    func clean(text: String) {
        #expect(scripts(buildspec(block: text)).map(\.endsCleanly) == [true])
    }

    @Test(
        "anything open, and anything closed that is not open, is seen",
        arguments: [
            "echo 'a", "echo \"a", "echo `a", "echo $(a", "echo ${a", "(a", "{ a", "if a; then b", "fi", "}", ")",
            "done",
            "esac", "for x in a; do b", "case x in a) b", "cat <<EOF\na", "a=(b", "[[ a", "( a }", "if a; then b; done",
            "then a", "else", "f() {", "echo \"$(a\"", "}; {", "a <<EOF",
        ])
    func unclean(text: String) {
        #expect(scripts(buildspec(block: text)).map(\.endsCleanly) == [false])
    }

    @Test("a backslash at the end would go on with whatever is put behind it")
    func lastBackslash() {
        #expect(scripts("version: 0.2\nphases: {build: {commands: ['a \\']}}").map(\.endsCleanly) == [false])
    }
}
