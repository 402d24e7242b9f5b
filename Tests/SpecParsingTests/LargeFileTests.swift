import Testing

@testable import SpecParsing

/// Ten megabytes of one thing: read to the end, or refused by name, and soon.
@Suite struct LargeFileTests {
    private static let head = "version: 0.2\nphases:\n  build:\n    commands:\n"

    @Test(
        "ten megabytes of anything end soon",
        .timeLimit(.minutes(1)),
        arguments: [
            ("      - echo hello world, this is a command of some length\n", 10_000_000, [String]()),
            ("    - a: b\n", 10_000_000, ["too-large"]),
            ("      [[[[\n", 10_000_000, ["too-deep"]),
            ("    -\n", 2_000_000, ["null-item", "too-many-findings"]),
            ("#\n", 10_000_000, []),
        ])
    func repeated(line: String, size: Int, codes: [String]) {
        let lines = Array(line.utf8)
        var bytes = Array(Self.head.utf8)
        bytes.reserveCapacity(size + bytes.count)
        while bytes.count < size { bytes += lines }
        let reading = readBuildSpec(bytes, file: "f")
        #expect(Set(reading.diagnostics.map(\.code)).sorted() == codes)
        #expect(reading.diagnostics.count <= 501)
    }

    @Test("what is far along a line is found without counting the line for each finding", .timeLimit(.minutes(1)))
    func longLine() {
        let filler = String(repeating: "abcdefghij,", count: 700_000), errors = String(repeating: "{a: b},", count: 600)
        let text = "version: 0.2\nphases: {build: {commands: [é,\(filler)\(errors)]}}\n"
        let reading = readBuildSpec(Array(text.utf8), file: "f")
        #expect(reading.diagnostics.count == 501)
        #expect(reading.diagnostics.first?.help == "quote the whole command: `- '{a: b}'`")
        #expect(reading.diagnostics.first?.location.column == 31 + 11 * 700_000)
    }

    @Test("a near name is looked for in a batch that a person could have written", arguments: [400, 10_000])
    func misspeltDependencies(count: Int) {
        let builds = (0..<count).map { "    - {identifier: build_\($0)x, depend-on: [biuld_\($0)x]}\n" }.joined()
        let reading = readBuildSpec(Array("version: 0.2\nbatch:\n  build-graph:\n\(builds)".utf8), file: "f")
        #expect(reading.diagnostics.first?.code == "unknown-dependency")
        #expect(reading.diagnostics.first?.help == (count > 500 ? nil : "did you mean `build_0x`?"))
        #expect(reading.diagnostics.count == min(count, 501))
    }

    @Test(
        "half a megabyte of anything is checked soon",
        .timeLimit(.minutes(1)),
        arguments: [
            "      - echo \"it's $(date)\" && make | tee log # all\n", "      - source x && [[ a == b ]]\n",
            "      - |\n        npm ci\n        npm test\n", "      - A=x; exit 0\n", "      - f() { a; }\n",
        ])
    func checked(line: String) {
        check(head: Self.head, line: line)
    }

    @Test(
        "one command of half a megabyte is checked soon",
        .timeLimit(.minutes(1)),
        arguments: [
            "        a\n", "        $(\n", "        `\n", "        ${a:-\n", "        \"\n", "        '\n",
            "        (\n",
            "        ((\n", "        $((\n", "        if a\n", "        cat <<A\n", "        a=(\n",
            "        case a in\n",
            "        f() {\n", "        [[ a\n", "        a \\\n", "        x=$(y) z\n", "        $(a) $(b) c \\\n",
            "        exit\n",
            "        # buildspec:ignore bashism\n", "        # buildspec:ignore nonsense\n", "        a=(1) \\\n",
        ])
    func oneCommand(line: String) {
        check(head: Self.head + "      - |\n", line: line)
    }

    private func check(head: String, line: String) {
        let lines = Array(line.utf8)
        var bytes = Array(head.utf8)
        while bytes.count < 500_000 { bytes += lines }
        let reading = readBuildSpec(bytes, file: "f", checksContent: true)
        #expect(reading.isValid)
        #expect(reading.diagnostics.count <= 501)
    }
}
