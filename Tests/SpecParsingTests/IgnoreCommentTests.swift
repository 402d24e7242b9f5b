import Testing

@testable import SpecParsing

@Suite struct IgnoreCommentTests {
    private func commands(_ lines: String...) -> String {
        "version: 0.2\nphases:\n  build:\n    commands:\n" + lines.map { "      \($0)\n" }.joined()
    }

    @Test(
        "a comment silences the finding of its line",
        arguments: [
            "- source x # buildspec:ignore bashism", "- source x  #buildspec:ignore bashism",
            "- source x # buildspec:ignore masked-failure, bashism",
            "- source x # buildspec:ignore bashism,unknown-key",
            "- source x # buildspec:ignore bashism because the image has bash",
            "- 'source x' # buildspec:ignore bashism",
        ])
    func sameLine(line: String) {
        expectChecks(commands(line), [])
    }

    @Test("a comment that stands alone silences the next line that is no comment")
    func nextLine() {
        expectChecks(commands("# buildspec:ignore bashism", "- source x", "- «source» y"), ["bashism"])
        expectChecks(commands("# buildspec:ignore bashism", "# why", "", "- source x"), [])
        expectChecks(commands("- a # buildspec:ignore bashism", "- «source» x"), ["bashism"])
        expectChecks(
            commands("# buildspec:ignore bashism", "# buildspec:ignore masked-failure", "- source x"), [])
    }

    @Test("in a block the comments of the shell count")
    func blocks() {
        expectChecks(commands("- |", "  true", "  source x # buildspec:ignore bashism"), [])
        expectChecks(commands("- |", "  # buildspec:ignore bashism, masked-failure", "  source x", "  make"), [])
        expectChecks(commands("- |", "  # buildspec:ignore masked-failure", "  «source» x", "  make"), ["bashism"])
        expectChecks(
            commands("- |", "  npm ci # buildspec:ignore masked-failure", "  «source» x"), ["bashism"])
    }

    @Test(
        "what is no comment silences nothing",
        arguments: [
            "- «source» \"x # buildspec:ignore bashism\"", "- «source» x#buildspec:ignore bashism",
            "- «source» x buildspec:ignore bashism", "- «source» x # not buildspec:ignore bashism",
            "- «source» x # buildspec:ignored bashism",
        ])
    func noComment(line: String) {
        let quoted = line.contains("\"") ? "- \"«source» 'x # buildspec:ignore bashism'\"" : line
        expectChecks(commands(quoted), ["bashism"])
    }

    @Test("another code silences nothing")
    func otherCode() {
        expectChecks(commands("- «source» x # buildspec:ignore masked-failure"), ["bashism"])
    }

    @Test("errors cannot be silenced, other warnings can")
    func errors() {
        let error = read(
            "version: 0.2\nphases:\n  build: {commands: [a]}\n  deploy: {} # buildspec:ignore unknown-phase\n")
        #expect(error.diagnostics.map(\.code) == ["unknown-phase"])
        #expect(!error.isValid)
        let warning = read(goodHead + "nonsense: 1 # buildspec:ignore unknown-key\n")
        #expect(warning.diagnostics.isEmpty)
    }

    @Test("an unknown code, and no code, are findings of their own")
    func unknown() {
        let found = expectChecks(
            commands("- source x # buildspec:ignore bashism, «bashisms», «nonsense»"),
            ["unknown-ignore", "unknown-ignore"])
        #expect(
            found.map(\.help) == [
                "did you mean `bashism`?", "write the code that stands in brackets behind the finding",
            ])
        expectChecks(commands("- x «# buildspec:ignore»"), ["unknown-ignore"])
        expectChecks(commands("- |", "  x «# buildspec:ignore» :"), ["unknown-ignore"])
        expectChecks("«# buildspec:ignore»\n" + commands("- x"), ["unknown-ignore"])
    }

    @Test("findings that are added later are silenced too, and stand in their order")
    func added() throws {
        let text = commands("- source x", "- if # buildspec:ignore shell-syntax", "- fi", "- source y")
        var reading = readBuildSpec(
            Array(text.utf8), file: "b.yml", checksContent: true, facts: ProjectFacts(image: "ubuntu"))
        reading.add([1, 0].map { reading.scripts[$0].syntaxFinding("no", line: 1, program: "sh") })
        #expect(
            reading.diagnostics.map { "\($0.location.line) \($0.code)" } == [
                "5 bashism", "7 shell-syntax",
            ])
    }
}
