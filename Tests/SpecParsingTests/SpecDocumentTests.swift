import Testing

@testable import SpecParsing

@Suite struct SpecDocumentTests {
    private func root(_ text: String) throws -> SpecNode {
        try #require(SpecDocument.read(Array(text.utf8), file: "f").get().root)
    }

    private func problem(_ text: String) throws -> String {
        let reading = SpecDocument.read(Array(text.utf8), file: "f")
        guard case .failure(let unreadable) = reading else { return "none" }
        return "\(unreadable.diagnostic.location) \(unreadable.diagnostic.code)"
    }

    @Test(
        "a scalar keeps its source text",
        arguments: ["3.10", "080", "no", "NO", "0x1F", "1_000", "2001-01-01", ".inf", "1:30", "+1", "true", "=", "y"])
    func sourceText(text: String) throws {
        #expect(try root("- \(text)").items.first?.text == text)
    }

    @Test("quotes, escapes, folds and blocks are resolved by libyaml")
    func resolvedText() throws {
        let node = try root(
            """
            - "a\\tb\\u00e9"
            - 'it''s'
            - one
              two
            - |
              x
                y
            - |-
              x
            - >
              a
              b
            - !!str 1.10
            - "\\0"
            """)
        #expect(node.items.map(\.text) == ["a\tbé", "it's", "one two", "x\n  y\n", "x", "a b\n", "1.10", "\0"])
    }

    @Test(
        "null is what has neither quotes nor another tag",
        arguments: [
            ("", true), ("~", true), ("null", true), ("Null", true), ("NULL", true), ("!!null x", true), ("''", false),
            ("\"null\"", false), ("nULL", false), ("!!str", false), ("! ~", false), ("none", false), ("0", false),
        ])
    func null(text: String, isNull: Bool) throws {
        #expect(try root("- \(text)").items.first?.isNull == isNull)
    }

    @Test("a node knows its place, behind multi-byte characters, tabs and a mark")
    func places() throws {
        let node = try root("\u{feff}é: {日本:\t\"x\"}\r\nk: [a]\n")
        let inner = try #require(node.pairs.first?.value.pairs.first)
        #expect(inner.key.location.description == "f:1:5")
        #expect(inner.value.location.description == "f:1:9")
        #expect(inner.value.length == 3)
        #expect(node.pairs.last?.value.items.first?.location.description == "f:2:5")
    }

    @Test("a block ends with its last value, not at the next token")
    func contentRange() throws {
        let node = try root("- a: b   # remark\n\n- c\n")
        #expect(node.items.first?.length == 4)
    }

    @Test("an alias stands for its anchor, and the last anchor of a name counts")
    func aliases() throws {
        let node = try root("[&x a, *x, &x [b], *x]")
        #expect(node.items.map(\.text) == ["a", "a", "", ""])
        #expect(node.items.last?.items.map(\.text) == ["b"])
    }

    @Test(
        "what is no single document within the limits is refused at its place",
        arguments: [
            ("a: *x\n", "f:1:4 undefined-alias"), ("a: &x [*x]\n", "f:1:8 recursive-alias"),
            ("a: 1\n---\nb: 2\n", "f:2:1 multiple-documents"), ("a: 1\n---\n", "f:2:1 multiple-documents"),
            ("a: [1\n", "f:1:6 yaml-syntax"), ("a: \u{1}\n", "f:1:4 yaml-syntax"),
        ])
    func refused(text: String, problem: String) throws {
        #expect(try self.problem(text) == problem)
    }

    @Test("the end of a document is not the beginning of another")
    func documentEnd() throws {
        #expect(try root("---\na: 1\n...\n# end\n").pairs.count == 1)
    }

    // MARK: Limits

    @Test("depth is limited, through aliases too")
    func depth() throws {
        #expect(try problem(String(repeating: "[", count: 10_000)) == "f:1:101 too-deep")
        #expect(try problem(String(repeating: "- ", count: 10_000)) == "f:1:201 too-deep")
        #expect(try problem(String(repeating: "? ", count: 10_000)) == "f:1:201 too-deep")
        let hundred = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(try problem(hundred) == "none")
        var chain = "- &a0 [x]\n"
        for level in 1...200 { chain += "- &a\(level) [*a\(level - 1)]\n" }
        #expect(try problem(chain) == "f:100:9 too-deep")
    }

    @Test("an alias bomb ends at once")
    func aliasBomb() throws {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            bomb +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(try problem(bomb) == "f:7:10 too-large")
    }

    @Test("a merge bomb ends at once")
    func mergeBomb() throws {
        var bomb = "version: 0.2\nphases: {}\nenv:\n  variables:\n    m0: &m0 {k: v}\n"
        for level in 1...40 { bomb += "    m\(level): &m\(level) {<<: [*m\(level - 1), *m\(level - 1)]}\n" }
        let reading = readBuildSpec(Array(bomb.utf8), file: "f")
        #expect(reading.diagnostics.map(\.code) == ["too-large"])
    }

    @Test("a list of more sections than anybody writes is refused by its size")
    func manySections() {
        let builds = String(repeating: "    - {identifier: a}\n", count: 10_001)
        let reading = readBuildSpec(Array("version: 0.2\nbatch:\n  build-list:\n\(builds)".utf8), file: "f")
        #expect(
            reading.diagnostics.map(\.message).contains("`batch.build-list` has 10001 entries, expected at most 10000"))
    }

    @Test("a file of too many bytes is refused unread")
    func tooManyBytes() {
        let reading = readBuildSpec([UInt8](repeating: 0x23, count: (64 << 20) + 1), file: "f")
        #expect(reading.diagnostics.map { "\($0.location) \($0.code)" } == ["f:1:1 too-large"])
    }
}
