import BuildPlanning
import SpecParsing
import Testing

@testable import BuildRunning

@Suite struct SecretLookupTests {
    private func parameter(_ name: String, _ reference: String) -> BuildPlan.Variable {
        .init(name: name, value: reference, origin: .buildspec, type: .parameterStore)
    }

    private func secret(_ name: String, _ reference: String) -> BuildPlan.Variable {
        .init(name: name, value: reference, origin: .buildspec, type: .secretsManager)
    }

    private func lookUp(_ file: String, _ variables: [BuildPlan.Variable]) async throws -> SecretLookup.Outcome {
        let reading = readSecretsFile(Array(file.utf8), file: "s.yml")
        #expect(reading.diagnostics == [])
        return try await SecretLookup(file: reading.file, aws: nil).values(for: variables)
    }

    @Test func `a file answers by variable, by reference, by name without what is behind it`() async throws {
        let outcome = try await lookUp(
            """
            parameter-store: {/a: a, "/a:2": a2, /b: b}
            secrets-manager:
              s: {user: bot, token: t}
              t: '{"user": "json", "n": 1.10, "o": {"x": [1, "}"]}}'
              "t::AWSPREVIOUS": older
              whole: text
            variables: {V: mine}
            """,
            [
                parameter("A", "/a"), parameter("A2", "/a:2"), parameter("A3", "/a:3"), parameter("B", "/b"),
                secret("USER", "s:user"), secret("S", "s"), secret("JSON", "t:user"), secret("N", "t:n"),
                secret("O", "t:o"), secret("OLD", "t::AWSPREVIOUS"), secret("W", "whole:::id"),
                secret("V", "nowhere:k"),
            ])
        #expect(outcome.failures == [])
        #expect(
            outcome.values.mapValues { $0.revealed() } == [
                "A": "a", "A2": "a2", "A3": "a", "B": "b", "USER": "bot", "S": #"{"user":"bot","token":"t"}"#,
                "JSON": "json", "N": "1.10", "O": #"{"x": [1, "}"]}"#, "OLD": "older", "W": "text", "V": "mine",
            ])
    }

    @Test func `all that has no value is named, parameters first, with the service's code`() async throws {
        let outcome = try await lookUp(
            "secrets-manager: {s: {k: v}, t: text}",
            [secret("A", "s:x"), secret("B", "t:x"), secret("C", "none"), parameter("D", "/d"), secret("E", "s:k")])
        #expect(outcome.failures.map(\.variable.name) == ["D", "A", "B", "C"])
        #expect(outcome.failures.map(\.isUnanswered) == [true, false, false, true])
        #expect(
            outcome.failures.first?.context
                == PhaseContext(statusCode: "Decrypted Variables Error", message: "parameter does not exist: /d"))
        #expect(
            outcome.failures.last?.context
                == PhaseContext(statusCode: "Secrets Manager Error", message: "secret does not exist: none"))
        #expect(outcome.values.keys.sorted() == ["E"])
    }

    @Test(arguments: [
        (#"{"a":"x"}"#, "a", "x"), (#" { "b" : 1 , "a" : "x\"\\\/\n\u00e9\ud83d\ude00" } "#, "a", "x\"\\/\né😀"),
        (#"{"a": -1.50e3}"#, "a", "-1.50e3"), (#"{"a":true}"#, "a", "true"),
        (#"{"a":[{"b":"}"}] }"#, "a", #"[{"b":"}"}]"#),
        (#"{"a":1,"a":2}"#, "a", "2"), (#"{"":"e"}"#, "", "e"),
    ])
    func `a key is picked out of JSON with its source text`(text: String, key: String, value: String) {
        #expect(SecretMembers.pick(key, from: text) == .value(value))
    }

    @Test(arguments: [
        "", "text", "[1]", #""a""#, #"{"a":"#, #"{"a":1"#, #"{"a" 1}"#, #"{"a":1} x"#, #"{"a":"\x"}"#, "{a:1}",
    ])
    func `what is no JSON object is told apart`(text: String) {
        #expect(SecretMembers.pick("a", from: text) == .noObject)
        #expect(SecretMembers.pick("b", from: #"{"a":1}"#) == .noSuchKey)
        let deep = "{\"a\":" + String(repeating: "[", count: 100_000)
        #expect(SecretMembers.pick("a", from: deep) == .noObject)
    }

    @Test func `parameters go ten a call, each once, one version of a parameter a call`() throws {
        let names =
            (1...23).map { "/p\($0)" } + [
                "/p1", "/p1:3", "arn:aws:ssm:r:1:parameter/p2", "q", "arn:aws:ssm:r:1:parameter/q",
            ]
        let batches = AWSValues.batches(try names.map { try ParameterReference($0) })
        #expect(batches.map(\.count) == [10, 10, 6, 1])
        #expect(batches.joined().count == Set(names).count)
        #expect(!batches[0].contains { $0.selector == "3" })
        #expect(!batches[0].contains { $0.text.hasSuffix("p2") && $0.text.hasPrefix("arn") })
        #expect(batches[3].map(\.text) == ["arn:aws:ssm:r:1:parameter/q"])
    }

    @Test func `keys of one secret are one call, its versions are several`() throws {
        let references = try ["s:a", "s:b", "s", "s:a:OLD", "s:a::id", "t:a"].map { try SecretReference($0) }
        #expect(
            AWSValues.distinct(references).map { $0.map(\.text) } == [
                ["s:a", "s:b", "s"], ["s:a:OLD"], ["s:a::id"], ["t:a"],
            ])
    }
}
