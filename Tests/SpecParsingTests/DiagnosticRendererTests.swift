import Rendering
import SpecParsing
import Testing

@Suite struct DiagnosticRendererTests {
    private func rendered(_ text: String, color: Bool = false) -> String {
        let reading = read(text)
        return DiagnosticRenderer(color: color).text(reading.diagnostics, source: Array(text.utf8))
    }

    private func shown(_ source: [UInt8], line: Int, column: Int, length: Int = 1) -> String {
        let diagnostic = Diagnostic(
            severity: .error, code: "x", message: "m", location: .init(file: "f", line: line, column: column),
            length: length)
        return DiagnosticRenderer(color: false).text(diagnostic, source: source)
    }

    @Test("a warning has the place, the carets and the help")
    func warning() {
        #expect(
            rendered("version: 0.2\nphases:\n  build:\n    commands: [a]\n    comands:\n") == """
                b.yml:5:5: warning: unknown key `comands` in `phases.build` [unknown-key]
                5 |     comands:
                  |     ^^^^^^^
                help: did you mean `commands`?

                """)
    }

    @Test("an error has CodeBuild's message between the carets and the help")
    func error() {
        #expect(
            rendered("version: 0.2\nphases:\n  build:\n    commands:\n\n\n\n\n\n      - echo \"a: b\" # x\n") == """
                b.yml:10:9: error: `phases.build.commands[0]` is a mapping, expected text [command-not-string]
                10 |       - echo "a: b" # x
                   |         ^^^^^^^^^^^
                codebuild: Expected Commands[0] to be of string type: found subkeys instead at line 10, value of the key tag on line 9 might be empty
                help: quote the whole command: `- 'echo "a: b"'`

                """)
    }

    @Test("several findings follow one another, and each alone looks the same")
    func several() {
        let text = "version: 0.2\nphases: {build: {commands: [a]}}\nx: 1\ny: 1\r\nz: 1\n"
        let reading = read(text), renderer = DiagnosticRenderer(color: false), source = Array(text.utf8)
        #expect(reading.diagnostics.count == 3)
        let alone = reading.diagnostics.map { renderer.text($0, source: source) }
        #expect(renderer.text(reading.diagnostics, source: source) == alone.joined())
        #expect(renderer.text(reading.diagnostics.reversed(), source: source) == alone.reversed().joined())
    }

    @Test(
        "carets stand below their text, behind tabs, wide characters and combining marks",
        arguments: [
            ("\ta: b\n", 2, 1, "    a: b", "    ^"), ("日本: xy\n", 5, 2, "日本: xy", "      ^^"),
            ("日本: xy\n", 1, 2, "日本: xy", "^^^^"), ("🙂 x\n", 3, 1, "🙂 x", "   ^"),
            ("e\u{301}: x\n", 5, 1, "e\u{301}: x", "   ^"), ("é: x\r\n", 4, 1, "é: x", "   ^"),
            ("\u{feff}a: x\n", 4, 1, "a: x", "   ^"), ("ab\n", 3, 1, "ab", "  ^"), ("", 1, 1, "", "^"),
            ("ab\n", 1, 99, "ab", "^^"),
        ])
    func carets(text: String, column: Int, length: Int, line: String, carets: String) {
        #expect(
            shown(Array(text.utf8), line: 1, column: column, length: length)
                == "f:1:\(column): error: m [x]\n1 | \(line)\n  | \(carets)\n")
    }

    @Test("nothing in the file can move the cursor or turn the text")
    func hostileText() {
        let text = "a\u{1b}[2Jb\u{202e}c\u{0}d\u{85}e\u{2028}f\n"
        #expect(
            shown(Array(text.utf8), line: 1, column: 7)
                == "f:1:7: error: m [x]\n1 | a\\x1b[2Jb\\u{202e}c\\x00d\\u{85}e\\u{2028}f\n  |          ^^^^^^^^\n")
        #expect(
            shown([0x61, 0xe9, 0x62, 0xff, 0xc3, 0x0a], line: 1, column: 2)
                == "f:1:2: error: m [x]\n1 | a\\xe9b\\xff\\xc3\n  |  ^^^^\n")
        let diagnostic = Diagnostic(
            severity: .warning, code: "x", message: "a\u{1b}b", location: .init(file: "f\nf", line: 1, column: 1),
            codebuildMessage: "c\nd", help: "e\rf")
        #expect(
            DiagnosticRenderer(color: false).text(diagnostic, source: [])
                == "f\\nf:1:1: warning: a\\x1bb [x]\n1 | \n  | ^\ncodebuild: c\\nd\nhelp: e\\rf\n")
    }

    @Test("a long line is cut around the place")
    func longLine() {
        let line = Array(repeating: "0123456789", count: 40).joined()
        let near = shown(Array(line.utf8), line: 1, column: 5, length: 300).split(separator: "\n")
        #expect(near[1] == "1 | " + line.prefix(110) + "…")
        #expect(near[2] == "  |     " + String(repeating: "^", count: 106))
        let far = shown(Array(line.utf8), line: 1, column: 201, length: 3).split(separator: "\n")
        #expect(far[1] == "1 | …" + line.dropFirst(130).prefix(109) + "…")
        #expect(far[2] == "  | " + String(repeating: " ", count: 71) + "^^^")
        let wide = shown(Array(String(repeating: "日", count: 200).utf8), line: 1, column: 150).split(separator: "\n")
        #expect(wide[2] == "  | " + String(repeating: " ", count: 47) + "^^")
    }

    @Test("UTF-16 is shown as text")
    func utf16() {
        let bytes = Array("\u{feff}a: é\n".utf16).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        #expect(shown(bytes, line: 1, column: 4) == "f:1:4: error: m [x]\n1 | a: é\n  |    ^\n")
    }

    @Test("colour marks the parts and changes nothing else")
    func colour() {
        let plain = rendered(goodHead + "x: 1\n"), painted = rendered(goodHead + "x: 1\n", color: true)
        #expect(painted.hasPrefix("\u{1b}[1mb.yml:5:1:\u{1b}[0m \u{1b}[33mwarning:\u{1b}[0m unknown key"))
        let bare = painted.replacing("\u{1b}[0m", with: "").replacing("\u{1b}[1m", with: "").replacing(
            "\u{1b}[33m", with: "")
        #expect(bare == plain)
    }
}
