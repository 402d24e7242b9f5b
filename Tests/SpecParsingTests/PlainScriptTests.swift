import Testing

@testable import SpecParsing

@Suite struct PlainScriptTests {
    private func isPlain(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBufferPointer { PlainScript.kind(of: $0) != .other }
    }

    @Test(arguments: [
        "mvn -B clean package", "npm ci && npm test || echo no; date | wc -l", "echo \"$A b\" 'c $(d' $E",
        "A=1 B=if make",
        "echo if then", "cd src\nmake -j4\n", "", "  ", "echo done", "a=$b", "ls *.jar", "echo 'a\nb'", "échо ü",
        "echo $(date)", "echo `x`", "A=$(git log | head -1)", "echo ${a}b", "a $(b `c` $(d))", "x=$()", "echo \"${a}\"",
        "$(get) && `x`",
    ])
    func `what is plain is read by every shell`(text: String) {
        #expect(isPlain(text))
    }

    @Test(arguments: [
        "if true", "fi", "a && ", "&& a", "a ;; b", "a &", "a | ", "|| b", "echo $(date", "echo `x", "echo $((1))",
        "echo \\",
        "echo \"$(x)\"", "echo 'a", "echo \"a", "f() { a; }", "( a )", "a > b", "a < b", "echo ${a", "${1x}", "${a:-b}",
        "$(a &&)", "$(if a)", ")", "a)", "$(a))", "# c", "! a",
        "{ a",
        "a\n&& b", "do x", "for", "echo a # b", "[[ a", "case", "\"\\\"", ";",
    ])
    func `everything else is a shell's to read`(text: String) { #expect(!isPlain(text)) }
}
