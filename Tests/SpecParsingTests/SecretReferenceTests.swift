import Testing

@testable import SpecParsing

@Suite struct SecretReferenceTests {
    private static let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ci/token-AbCdEf"

    @Test(
        "a secret is an id or ARN, and up to three fields that may be empty",
        arguments: [
            ("ci/token", ["ci/token", nil, nil, nil]),
            ("ci/token:user", ["ci/token", "user", nil, nil]),
            ("ci/token::AWSPREVIOUS", ["ci/token", nil, "AWSPREVIOUS", nil]),
            ("ci/token:user:AWSPREVIOUS:", ["ci/token", "user", "AWSPREVIOUS", nil]),
            ("ci/token:::a-b-c", ["ci/token", nil, nil, "a-b-c"]),
            ("ci/token:::", ["ci/token", nil, nil, nil]),
            ("team/bot:API Token", ["team/bot", "API Token", nil, nil]),
            ("team/bot: -x :AWSPREVIOUS", ["team/bot", " -x ", "AWSPREVIOUS", nil]),
            ("a:\u{301}b", ["a", "\u{301}b", nil, nil]),
            (arn, [arn, nil, nil, nil]),
            (arn + ":user", [arn, "user", nil, nil]),
            (arn + "::AWSPENDING:", [arn, nil, "AWSPENDING", nil]),
            ("arn:aws-cn:secretsmanager:x:1:secret:n:k::", ["arn:aws-cn:secretsmanager:x:1:secret:n", "k", nil, nil]),
        ])
    func secrets(text: String, fields: [String?]) throws {
        let reference = try SecretReference(text)
        #expect([reference.id, reference.jsonKey, reference.versionStage, reference.versionID] == fields)
        #expect(reference.text == text)
    }

    @Test(
        "a parameter is a name or ARN, perhaps with a version or a label",
        arguments: [
            ("/app/db-pw", "/app/db-pw", nil),
            ("plain.name", "plain.name", nil),
            ("/app/pw:3", "/app/pw", "3"),
            ("/app/pw:prod", "/app/pw", "prod"),
            ("arn:aws:ssm:eu-west-1:1:parameter/app/pw", "arn:aws:ssm:eu-west-1:1:parameter/app/pw", nil),
            ("arn:aws:ssm:eu-west-1:1:parameter/app/pw:3", "arn:aws:ssm:eu-west-1:1:parameter/app/pw", "3"),
        ])
    func parameters(text: String, name: String, selector: String?) throws {
        let reference = try ParameterReference(text)
        #expect(reference.name == name)
        #expect(reference.selector == selector)
    }

    @Test("a mark behind a dash makes no name of a flag", arguments: ["-\u{301}x", "-x"])
    func flags(text: String) {
        #expect(throws: ReferenceProblem.self) { try SecretReference(text) }
        #expect(throws: ReferenceProblem.self) { try ParameterReference(text) }
    }

    @Test(
        "only the JSON key of a secret may hold blanks", arguments: ["a b:k", "a:k:v s", "a:::v i", "a:k\nl", "a::-s"])
    func blanks(text: String) {
        #expect(throws: ReferenceProblem.self) { try SecretReference(text) }
    }

    @Test("a reference that is none is an error at its value, in the buildspec")
    func buildspec() {
        expectFindings(
            goodHead + """
                env:
                  parameter-store:
                    A: «/a:1:2»
                    B: «':1'»
                    C: «'/a:'»
                    D: «/a b»
                    E: «arn:aws:ssm:eu-west-1:1:document/x»
                    F: «-x»
                    G: «''»
                    H: «file:///etc/passwd»
                  secrets-manager:
                    A: «a:b:c:d:e»
                    B: «a:b:AWSCURRENT:id»
                    C: «':key'»
                    D: «arn:aws:secretsmanager:eu-west-1:1:secret»
                    E: «arn:aws:ssm:eu-west-1:1:parameter/x:k»

                """,
            [
                "`env.parameter-store.A` has 2 fields behind the parameter's name, expected at most 1",
                "`env.parameter-store.B` has no parameter's name before `:`",
                "`env.parameter-store.C` has `` behind `:`, expected a version or a label",
                "`env.parameter-store.D` has a blank or a control character, expected a parameter's name or ARN",
                "`env.parameter-store.E` is no ARN of a parameter, expected `arn:aws:ssm:REGION:ACCOUNT:parameter/NAME`",
                "`env.parameter-store.F` begins with `-`, expected a parameter's name or ARN",
                "`env.parameter-store.G` is empty, expected a parameter's name or ARN",
                "`env.parameter-store.H` has `///etc/passwd` behind `:`, expected a version or a label",
                "`env.secrets-manager.A` has 5 fields, expected at most 4",
                "`env.secrets-manager.B` has both a version stage and a version id, expected one of them",
                "`env.secrets-manager.C` has no secret's name before `:`",
                "`env.secrets-manager.D` is no ARN of a secret, expected `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME`",
                "`env.secrets-manager.E` is no ARN of a secret, expected `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME`",
            ].map { "error: \($0) [invalid-reference]" })
    }

    @Test("the same in the settings, where a name and a value have to be there as well")
    func settings() {
        let sample = MarkedText(
            """
            environment:
              environmentVariables:
                - {name: A, value: «a:b:c:d:e», type: SECRETS_MANAGER}
                - {name: B, value: «/a:1:2», type: PARAMETER_STORE}
                - {name: «a.b», value: /a, type: PARAMETER_STORE}
                - {name: «C», type: SECRETS_MANAGER}
                - {name: D, value: "a:b:c:d:e"}
            """)
        let reading = readProjectSettings(Array(sample.text.utf8), file: "codebuild.yml", extraKeys: [])
        #expect(
            reading.diagnostics.map(shown) == [
                "error: `environment.environmentVariables[0].value` has 5 fields, expected at most 4 [invalid-reference]",
                "error: `environment.environmentVariables[1].value` has 2 fields behind the parameter's name, expected at most 1 [invalid-reference]",
                "error: `a.b` cannot be the name of a secret: no shell can use it [invalid-name]",
                "error: `environment.environmentVariables[3]` has no `value` to look up [missing-key]",
            ])
        #expect(
            reading.diagnostics.map { "\($0.location.line):\($0.location.column)" }
                == sample.places.map { "\($0.line):\($0.column)" })
    }

    @Test("a secret's text prints as stars, whatever prints it")
    func text() {
        struct Holder { let secret: SecretText }
        let secret = SecretText("hunter2"), holder = Holder(secret: secret)
        var dumped = ""
        dump(holder, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(holder)", String(reflecting: [secret]), dumped] {
            #expect(text.contains("***"))
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.revealed() == "hunter2")
    }
}
