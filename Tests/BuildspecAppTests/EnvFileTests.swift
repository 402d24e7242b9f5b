import Testing

@testable import BuildspecApp

@Suite("--env-file")
struct EnvFileTests {
    @Test(
        "lines end as they end, and bytes stay what they are",
        arguments: [
            ("A=1\nB=2\n", ["A=1", "B=2"]), ("A=1\r\nB=2\r\n", ["A=1", "B=2"]), ("\u{feff}A=1\r\n", ["A=1"]),
            ("# note\r\n\r\n \t\nA=1", ["A=1"]), ("A=\u{301}x\n", ["A=\u{301}x"]), ("A==\n", ["A=="]),
            ("A=\n", ["A="]), ("A=a\rb\n", ["A=a\rb"]), ("A=1\u{2028}B=2\n", ["A=1\u{2028}B=2"]), ("", []),
        ])
    func lines(_ text: String, _ expected: [String]) throws {
        let variables = try EnvFile.variables(Array(text.utf8), named: "f")
        #expect(variables.map { Array("\($0.name)=\($0.value)".utf8) } == expected.map { Array($0.utf8) })
    }

    @Test(
        "what is no assignment is named with its line",
        arguments: [
            (Array("A=1\r\nnonsense\r\n".utf8), "`f:2`"), (Array("=x".utf8), "`f:1`"),
            ([0x41, 0x3d, 0xff, 0x0a], "not UTF-8"), ([0xff, 0xfe, 0x41, 0], "UTF-16"),
        ])
    func wrong(_ bytes: [UInt8], _ words: String) {
        let failure = #expect(throws: Failure.self) { try EnvFile.variables(bytes, named: "f") }
        #expect(failure?.status == .usage && failure?.message.contains(words) == true)
    }
}
