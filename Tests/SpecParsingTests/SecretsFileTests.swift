import Rendering
import Testing

@testable import SpecParsing

@Suite struct SecretsFileTests {
    private func read(_ text: String) -> SecretsReading { readSecretsFile(Array(text.utf8), file: "s.yml") }

    @Test("values are read as they are written, from YAML and from JSON")
    func values() {
        let yaml = read(
            """
            parameter-store:
              /app/pw: 0123
              list: [a, b]
              "arn:aws:ssm:eu-west-1:1:parameter/x": y
            secrets-manager:
              ci/token: {user: bot, n: 1.10}
              pem: |
                one
                two
            variables:
              EMPTY: ''
            """)
        #expect(yaml.diagnostics == [])
        #expect(
            yaml.file.parameters.mapValues { $0.revealed() } == [
                "/app/pw": "0123", "list": "a,b", "arn:aws:ssm:eu-west-1:1:parameter/x": "y",
            ])
        #expect(
            yaml.file.secrets == [
                "ci/token": .keys([
                    .init(name: "user", value: SecretText("bot")), .init(name: "n", value: SecretText("1.10")),
                ]), "pem": .text(SecretText("one\ntwo\n")),
            ])
        #expect(yaml.file.variables == ["EMPTY": SecretText("")])

        let json = read(#"{"secrets-manager": {"a": "x\ny"}, "parameter-store": {"p": "{\"k\": 1}"}}"#)
        #expect(json.file.secrets == ["a": .text(SecretText("x\ny"))])
        #expect(json.file.parameters["p"]?.revealed() == #"{"k": 1}"#)
        #expect(read("").file == SecretsFile())
    }

    @Test("what does not fit is named with its place, and no value is ever shown")
    func findings() {
        let sample = MarkedText(
            """
            «parameters»: {a: hunter2}
            secrets-manager:
              a: «[hunter2]»
              b: {k: «{x: hunter2}»}
            parameter-store: «hunter2»
            variables:
              C: «"hunter2\\0"»
              D: «~»
            """)
        let reading = read(sample.text)
        #expect(
            reading.diagnostics.map(shown) == [
                "error: unknown key `parameters` at the top level [unknown-key]",
                "error: `secrets-manager.a` is a list, expected text [wrong-type]",
                "error: `secrets-manager.b.k` is a mapping, expected text [wrong-type]",
                "error: `parameter-store` is text, expected a mapping [wrong-type]",
                "error: `variables.C` has a NUL, which no environment variable can hold [wrong-type]",
                "warning: `variables.D` has no value: the build gets no value from it [empty-value]",
            ])
        #expect(
            reading.diagnostics.map { "\($0.location.line):\($0.location.column)" }
                == sample.places.map { "\($0.line):\($0.column)" })
        #expect(reading.file.variables.isEmpty)
    }

    @Test(
        "a file that is no YAML gives its place, not its text",
        arguments: [
            "variables:\n  A: *hunter2\n", "variables:\n  A: \"hunter2\n  B: x\n", "variables:\n  A: @hunter2\n",
            "variables:\n\tA: hunter2\n", "- hunter2\n", "variables: {hunter2, x}\nhunter2: 1\n: hunter2",
        ])
    func unreadable(text: String) {
        let renderer = DiagnosticRenderer(color: false)
        let reading = read(text)
        #expect(!reading.isValid)
        let shown = reading.diagnostics.map(renderer.textWithoutSource).joined()
        #expect(shown.contains("s.yml:"))
        // A key may be shown, and here one is called so.
        #expect(!shown.contains("hunter2") || text.contains("hunter2:") || text.contains("{hunter2"), "\(shown)")
    }
}
