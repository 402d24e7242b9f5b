import Foundation
import Testing

@testable import ShellChecking

@Suite struct ShellSyntaxTests {
    private func problems(
        _ texts: [String], shell: ShellSyntax.Shell = .sh, clean: Bool = true
    ) async throws -> [ShellSyntax.Problem] {
        try await ShellSyntax().problems(in: texts.map { ShellSyntax.Script($0, shell: shell, endsCleanly: clean) })
    }

    @Test("what a shell can read has no problem", arguments: ShellSyntax.Shell.allCases, [true, false])
    func good(shell: ShellSyntax.Shell, clean: Bool) async throws {
        let texts = [
            "", "# only a remark", "echo a", "echo it\\'s\n", "if x; then\n  y\nfi", "cat <<EOF\nfi ' \"\nEOF", "a &",
            "f() { a; }",
            "\n\n", "case x in a) b ;; esac", "exit 1", "rm -rf /nonexistent # never run",
        ]
        #expect(try await problems(texts, shell: shell, clean: clean) == [])
    }

    @Test("nothing is ever run", arguments: ShellSyntax.Shell.allCases, [true, false])
    func nothingRuns(shell: ShellSyntax.Shell, clean: Bool) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "buildspec-ran-\(UUID().uuidString)")
        let texts = ["touch '\(file.path)'", "}; touch '\(file.path)'; {", "$(touch '\(file.path)')", "fi"]
        _ = try await problems(texts, shell: shell, clean: clean)
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test("each script that cannot be read has its own line", arguments: ShellSyntax.Shell.allCases, [true, false])
    func places(shell: ShellSyntax.Shell, clean: Bool) async throws {
        let texts = ["a\nb", "a\nfi\nb", "a", "if x\nthen\n  done\nfi", "b\n\n\n)", "c", "fi", "fi"]
        let found = try await problems(texts, shell: shell, clean: clean)
        #expect(found.map { "\($0.index):\($0.line)" } == ["1:2", "3:3", "4:4", "6:1", "7:1"])
        #expect(found.allSatisfy { $0.shell == shell })
        #expect(found.allSatisfy { $0.words.lowercased().hasPrefix("syntax error") }, "\(found)")
        #expect(found.map(\.isReadByBash) == Array(repeating: shell == .sh ? false : nil, count: 5))
    }

    @Test(
        "what is open at the end is a problem too, though its script was said to be clean",
        arguments: ["echo 'a", "echo \"", "a `", "$("])
    func openEnds(text: String) async throws {
        for shell in ShellSyntax.Shell.allCases {
            #expect(
                try await problems(["a", text, "b", "c 'd'", "e \"f\""], shell: shell).map(\.index) == [1], "\(shell)")
        }
    }

    @Test("a closing brace that is not open is a problem")
    func braces() async throws {
        #expect(try await problems(["a", "}", "b"]).map(\.index) == [1])
        #expect(try await problems(["a", "}; {", "b"], clean: false).map(\.index) == [1])
    }

    @Test("of what `sh` cannot read it is known whether bash can")
    func readByBash() async throws {
        // Where `sh` is bash itself there is nothing to tell apart.
        let found = try await problems(["a=(1 2)", "fi"])
        #expect(found.filter { $0.index == 1 }.map(\.isReadByBash) == [false])
        #expect(found.filter { $0.index == 0 }.allSatisfy { $0.isReadByBash == true })
    }

    @Test("bash is told of the patterns that a script switches on")
    func extendedPatterns() async throws {
        #expect(try await problems(["shopt -s extglob\nrm !(a|b)", "a"], shell: .bash) == [])
        #expect(try await problems(["rm !(a|b)"], shell: .bash).map(\.index) == [0])
    }

    @Test("each script is judged by its own shell")
    func mixed() async throws {
        let scripts = [
            ShellSyntax.Script("a=(1)", shell: .bash, endsCleanly: true), .init("fi", shell: .sh, endsCleanly: true),
            .init("done", shell: .bash, endsCleanly: true), .init("a", shell: .sh, endsCleanly: false),
        ]
        let found = try await ShellSyntax().problems(in: scripts)
        #expect(found.map { "\($0.index) \($0.shell)" } == ["1 sh", "2 bash"])
    }

    @Test("the bad ones among many scripts are found")
    func many() async throws {
        var texts = Array(repeating: "echo \"it's fine\" && make -C folder all\nif x; then y; fi", count: 2_000)
        texts[1_337] = "a\nfi"
        texts[1_999] = "}"
        #expect(try await problems(texts).map { "\($0.index):\($0.line)" } == ["1337:2", "1999:1"])
    }

    @Test(
        "the words of every shell are taken apart",
        arguments: [
            ("/dev/stdin: 3: Syntax error: \"fi\" unexpected", 3, "Syntax error: \"fi\" unexpected"),
            (
                "/dev/stdin: line 12: syntax error near unexpected token `fi'\n/dev/stdin: line 12: `fi'", 12,
                "syntax error near unexpected token `fi'"
            ),
            ("sh: syntax error: unexpected \"fi\"", nil, "syntax error: unexpected \"fi\""),
            ("no colon", nil, "no colon"), ("", nil, ""),
        ])
    func words(text: String, line: Int?, words: String) {
        let complaint = ShellReading.complaint(in: text)
        #expect(complaint.line == line)
        #expect(complaint.words == words)
    }

    @Test("a line of many scripts leads back to its own")
    func joined() {
        let joined = JoinedScripts(["a", "b\nc\n", ""])
        #expect(String(decoding: joined.text, as: UTF8.self) == "{ :\na\n}\n{ :\nb\nc\n\n}\n{ :\n\n}\n")
        #expect((1...12).map(joined.scriptIndex) == [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, nil])
    }
}
