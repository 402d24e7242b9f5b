import Testing

@testable import SpecParsing

/// `artifacts` and `reports`.
@Suite struct OutputTests {
    private func artifacts(_ text: String) throws -> BuildSpec.Artifacts {
        try #require(try spec(goodHead + text).artifacts)
    }

    @Test("artifacts are read with all their keys")
    func allKeys() throws {
        let primary = try #require(
            try artifacts(
                """
                artifacts:
                  files: ['**/*', $OUT]
                  name: app-$(date +%F)
                  base-directory: out
                  discard-paths: yes
                  exclude-paths: logs/**/*
                  enable-symlinks: on
                  s3-prefix: p
                """
            ).primary)
        #expect(primary.identifier == nil)
        #expect(primary.files.map(\.value) == ["**/*", "$OUT"])
        #expect(primary.files.map(\.location.description) == ["b.yml:6:11", "b.yml:6:19"])
        #expect(primary.name?.value == "app-$(date +%F)")
        #expect(primary.baseDirectory?.value == "out")
        #expect(primary.discardPaths && primary.enableSymlinks && primary.hasFiles)
        #expect(primary.excludePaths.map(\.value) == ["logs/**/*"])
        #expect(primary.s3Prefix == "p")
        #expect(primary.location.description == "b.yml:5:1")
    }

    @Test("files may be one scalar")
    func scalarFiles() throws {
        #expect(try artifacts("artifacts: {files: '**/*'}\n").primary?.files.map(\.value) == ["**/*"])
    }

    @Test(
        "empty files collect nothing, with a warning",
        arguments: [
            ("«files»:", "`artifacts.files` has no value [empty-value]"),
            ("files: «[]»", "`artifacts.files` is an empty list [empty-value]"),
            ("files: [«~»]", "`artifacts.files[0]` is empty: it is skipped [null-item]"),
        ])
    func emptyFiles(text: String, finding: String) throws {
        let reading = expectFindings(goodHead + "artifacts:\n  \(text)\n", ["warning: \(finding)"])
        let primary = try #require(reading.spec?.artifacts?.primary)
        #expect(primary.files.isEmpty)
        #expect(primary.hasFiles)
    }

    @Test(
        "artifacts without files are an error",
        arguments: ["base-directory: out", "secondary-artifacts: {}", "secondary-artifacts: []"])
    func withoutFiles(text: String) {
        expectFindings(goodHead + "«artifacts»:\n  \(text)\n", ["error: `artifacts` has no `files` [missing-key]"])
    }

    @Test("with secondary artifacts the primary may be absent", arguments: [false, true])
    func secondary(asList: Bool) throws {
        let artifacts = try artifacts(
            asList
                ? "artifacts:\n  secondary-artifacts:\n    - one: {files: a}\n    - two: {files: [b], discard-paths: yes}\n"
                : "artifacts:\n  secondary-artifacts:\n    one: {files: a}\n    two: {files: [b], discard-paths: yes}\n"
        )
        #expect(artifacts.primary == nil)
        #expect(artifacts.secondary.map(\.identifier) == ["one", "two"])
        #expect(artifacts.secondary.map { $0.files.map(\.value) } == [["a"], ["b"]])
        #expect(artifacts.secondary.map(\.discardPaths) == [false, true])
    }

    @Test(
        "an identifier that is no folder of its own is refused",
        arguments: [
            ("artifacts", "the identifier `artifacts` is the name of the primary artifact's folder"),
            ("a/b", "the identifier `a/b` cannot be the name of a folder"),
            ("..", "the identifier `..` cannot be the name of a folder"),
            ("a..b", "the identifier `a..b` cannot be the name of a folder"),
            (".", "the identifier `.` cannot be the name of a folder"),
            ("\"\"", "the identifier `` cannot be the name of a folder"),
            ("\"a\\0\"", "the identifier `a\\u{0}` cannot be the name of a folder"),
        ])
    func identifiers(text: String, message: String) {
        expectFindings(
            goodHead + "artifacts:\n  files: x\n  secondary-artifacts:\n    «\(text)»: {files: y}\n",
            ["error: \(message) [invalid-identifier]"])
    }

    @Test("a secondary artifact needs files, and of two with one name the last counts")
    func secondaryRules() {
        expectFindings(
            goodHead + "artifacts:\n  files: x\n  secondary-artifacts:\n    - «one»: {name: a}\n    - «two»:\n",
            ["one", "two"].map { "error: `artifacts.secondary-artifacts.\($0)` has no `files` [missing-key]" })
        expectFindings(
            goodHead
                + "artifacts:\n  files: x\n  secondary-artifacts:\n    - one: {files: a}\n    - «one»: {files: b}\n",
            ["warning: `one` is written twice in `artifacts.secondary-artifacts`: the last one counts [duplicate-key]"])
    }

    @Test("reports are read with their defaults")
    func reports() throws {
        let reports = try spec(
            goodHead + """
                reports:
                  unit:
                    files: '*.xml'
                    base-directory: out
                  arn:aws:codebuild:eu-west-1:1:report-group/x:
                    files: [a, b]
                    file-format: CucumberJson
                    discard-paths: yes
                """
        ).reports
        #expect(reports.map(\.name) == ["unit", "arn:aws:codebuild:eu-west-1:1:report-group/x"])
        #expect(reports.map(\.fileFormat) == ["JUNITXML", "CucumberJson"])
        #expect(reports.map { $0.files.map(\.value) } == [["*.xml"], ["a", "b"]])
        #expect(reports.map { $0.baseDirectory?.value } == ["out", nil])
        #expect(reports.map(\.discardPaths) == [false, true])
        #expect(reports.map(\.location.description) == ["b.yml:6:3", "b.yml:9:3"])
    }

    @Test("a report group needs files; a format nobody knows and a sixth group are warnings")
    func reportFindings() {
        expectFindings(
            goodHead + "reports: {«r»: {base-directory: x}}\n", ["error: `reports.r` has no `files` [missing-key]"])
        let reading = expectFindings(
            goodHead + "reports: {r: {files: x, file-format: «junit»}, s: {files: x, file-format: «PlainText»}}\n",
            [
                "warning: `reports.r.file-format` is `junit`, which is no format of CodeBuild [unknown-value]",
                "warning: `reports.s.file-format` is `PlainText`, which is no format of CodeBuild [unknown-value]",
            ])
        #expect(reading.diagnostics.first?.help == "did you mean `JUNITXML`?")
        let groups = (1...6).map { "r\($0): {files: x}" }.joined(separator: ", ")
        expectFindings(
            goodHead + "«reports»: {\(groups)}\n",
            ["warning: `reports` has 6 groups; CodeBuild takes at most 5 [too-many]"])
    }
}
