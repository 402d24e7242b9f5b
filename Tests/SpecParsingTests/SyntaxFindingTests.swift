import SpecParsing
import Testing

/// Files that are no YAML: the first problem, with libyaml's words and line (CODEBUILD.md 2).
@Suite struct SyntaxFindingTests {
    struct Sample: CustomTestStringConvertible {
        let text: String
        let message: String
        let codebuild: String?
        let help: String
        var testDescription: String { message }
    }

    @Test(
        "a syntax error is shown where libyaml saw it, with CodeBuild's line",
        arguments: [
            Sample(
                text: "version: 0.2\n\nphases:\n«\t»build:\n\t\tcommands:\n\t\t\t- command",
                message: "found character that cannot start any token",
                codebuild: "found character that cannot start any token at line 3",
                help: "YAML forbids tabs as indentation: use blanks"),
            Sample(
                text: "version: 0.2\nrun-as: «@»root\n",
                message: "found character that cannot start any token",
                codebuild: "found character that cannot start any token at line 1",
                help: "put the text in quotes: YAML keeps a leading `@` for itself"),
            Sample(
                text: "commands:\n  - «`»date`\n",
                message: "found character that cannot start any token",
                codebuild: "found character that cannot start any token at line 1",
                help: "put the text in quotes: YAML keeps a leading ``` for itself"),
            Sample(
                text: "phases: build«:» x\n",
                message: "mapping values are not allowed in this context",
                codebuild: "mapping values are not allowed in this context at line 0",
                help: "`: ` makes a mapping: put the text in quotes, or mend the indentation"),
            Sample(
                text: "a:\n  - [\"x\",\n     \"é\" «$»Y\"\n",
                message: "did not find expected ',' or ']', while parsing a flow sequence that begins on line 2",
                codebuild: "did not find expected ',' or ']' at line 2",
                help: "close what begins on line 2; a quote inside quotes is written `\\\"`"),
            Sample(
                text: "a: \"日本«\\»*\"\n",
                message: "found unknown escape character",
                codebuild: "found unknown escape character at line 0",
                help: "in double quotes `\\` begins an escape: write `\\\\`, or use single quotes"),
            Sample(
                text: "a:\n  b: 1\n «c»: 2\n",
                message: "did not find expected key, while parsing a block mapping that begins on line 1",
                codebuild: "did not find expected key at line 2",
                help: "the keys of one mapping begin in the same column; text behind a closing quote belongs inside it"),
            Sample(
                text: "- - a\n «-» b\n",
                message: "did not find expected '-' indicator, while parsing a block collection that begins on line 1",
                codebuild: "did not find expected '-' indicator at line 1",
                help: "the entries of one list begin with `- ` in the same column"),
            Sample(
                text: "a: 1\nb\n«c»: 2\n",
                message: "could not find expected ':', while scanning a simple key that begins on line 2",
                codebuild: "could not find expected ':' at line 2",
                help: "a key needs `:` behind it; further lines of a text are indented more than its first"),
            Sample(
                text: "a: 1\nb: 'open\n\nc«»\n",
                message: "found unexpected end of stream, while scanning a quoted scalar that begins on line 2",
                codebuild: "found unexpected end of stream at line 4",
                help: "what begins on line 2 is never closed"),
            Sample(
                text: "a: b\n«---»\nc: d\n",
                message: "a second YAML document begins here, expected one",
                codebuild: nil,
                help: "take this `---` away, or the document that is not meant"),
            Sample(
                text: "files:\n  - *«*»/*\n",
                message: "did not find expected alphabetic or numeric character",
                codebuild: "did not find expected alphabetic or numeric character at line 1",
                help: "a leading `*` or `&` is YAML's own: put the text in quotes"),
            Sample(
                text: "a:\n  - [[ -f x ]] &«&» b\n",
                message: "did not find expected alphabetic or numeric character",
                codebuild: "did not find expected alphabetic or numeric character at line 1",
                help:
                    "YAML reads a text that begins with `[[` as a list or a mapping, which ends before the `&&`: put the "
                    + "whole command in quotes"),
            Sample(
                text: "a: «*txt»\n",
                message: "the alias `*txt` has no anchor `&txt` before it",
                codebuild: "found undefined alias at line 0",
                help: "a leading `*` is YAML's own: put the text in quotes"),
        ])
    func syntax(sample: Sample) {
        let marked = MarkedText(sample.text), reading = read(marked.text)
        #expect(reading.diagnostics.map(\.message) == [sample.message])
        #expect(reading.diagnostics.map(\.codebuildMessage) == [sample.codebuild])
        #expect(reading.diagnostics.map(\.help) == [sample.help])
        #expect(
            reading.diagnostics.map {
                MarkedText.Place(line: $0.location.line, column: $0.location.column, length: $0.length)
            } == marked.places)
        #expect(reading.spec == nil)
        #expect(!reading.isValid)
    }

    struct Bytes: CustomTestStringConvertible {
        let bytes: [UInt8]
        let finding: String
        let help: String
        var testDescription: String { finding }
    }

    @Test(
        "bytes that are no text are refused at their place",
        arguments: [
            Bytes(
                bytes: Array("a: b\n# ".utf8) + [0xe9, 0x74, 0xe9],
                finding: "2:3 not-utf8 invalid trailing UTF-8 octet",
                help: "save the file as UTF-8"),
            Bytes(
                bytes: Array("é: ".utf8) + [0xff], finding: "1:4 not-utf8 invalid leading UTF-8 octet",
                help: "save the file as UTF-8"),
            Bytes(
                bytes: Array("é: ".utf8) + [0xe6, 0x97], finding: "1:4 not-utf8 incomplete UTF-8 octet sequence",
                help: "save the file as UTF-8"),
            Bytes(
                bytes: Array("a: é\u{1b}[31m".utf8), finding: "1:5 yaml-syntax control characters are not allowed",
                help: "take the control character away"),
            Bytes(
                bytes: [0x61, 0, 0x3a, 0], finding: "1:2 yaml-syntax control characters are not allowed",
                help: "save the file as UTF-8"),
            Bytes(
                bytes: [0xff, 0xfe, 0x61, 0, 0x0a, 0, 0x62, 0, 0, 0xd8, 0x63, 0],
                finding: "2:2 not-utf8 expected low surrogate area", help: "save the file as UTF-8"),
            Bytes(
                bytes: [0xfe, 0xff, 0, 0x61, 0], finding: "1:2 not-utf8 incomplete UTF-16 character",
                help: "save the file as UTF-8"),
        ])
    func notText(sample: Bytes) {
        let reading = readBuildSpec(sample.bytes, file: "b.yml")
        #expect(
            reading.diagnostics.map { "\($0.location.line):\($0.location.column) \($0.code) \($0.message)" } == [
                sample.finding
            ])
        #expect(reading.diagnostics.map(\.help) == [sample.help])
    }

    @Test("an empty file is no buildspec", arguments: ["", "\n", "# only a remark\n", "---\n", "~\n", "\u{feff}"])
    func empty(text: String) {
        let reading = read(text)
        #expect(
            reading.diagnostics.map(shown) == [
                "error: the file is empty, expected a mapping with `version` and `phases` [empty-file]"
            ])
        let help = "begin with `version: 0.2`, and put the commands into a list under `phases.build.commands`"
        #expect(reading.diagnostics.map(\.help) == [help])
        #expect(read("- echo").diagnostics.map(\.help) == [help])
        #expect(
            reading.failure
                == BuildFailure(code: "YAML_FILE_ERROR", message: "wrong number of container tags, expected 1"))
    }
}
