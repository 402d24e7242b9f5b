import Rendering
import Testing

@testable import SpecParsing

@Suite struct VariableCheckTests {
    private func env(_ variable: String) -> String {
        "version: 0.2\nenv:\n  variables:\n    \(variable)\nphases: {build: {commands: [a]}}\n"
    }

    // MARK: $NAME

    @Test(
        "a variable named in a value stays text",
        arguments: [
            ("PATH: «$PATH»:/opt/x", "`PATH` loses all its folders: values are not expanded, `$PATH` stays text"),
            (
                "PATH: \"/opt/x:«${PATH}»\"",
                "`PATH` loses all its folders: values are not expanded, `${PATH}` stays text"
            ),
            ("TAG: «$TAG»", "`TAG` becomes the text `$TAG`: values are not expanded"),
            ("tag: «${tag}»", "`tag` becomes the text `${tag}`: values are not expanded"),
            ("DIR: «$HOME»/x", "`env.variables.DIR` keeps `$HOME` as text: values are not expanded"),
            (
                "IMAGE: app:«${CODEBUILD_BUILD_NUMBER}»",
                "`env.variables.IMAGE` keeps `${CODEBUILD_BUILD_NUMBER}` as text: values are not expanded"
            ),
        ])
    func literal(variable: String, message: String) {
        let found = expectChecks(env(variable), ["literal-variable"])
        #expect(found.map(\.message) == [message])
    }

    @Test(
        "a dollar that is none of the shell's is left alone",
        arguments: [
            "A: ${bucket}", "A: $bucket", "A: ${a.b}", "A: $$HOME", "A: \\$HOME", "A: $1", "A: cost $5", "A: ^x$",
            "A: ${AWS::Region}", "A: '{{HOME}}'", "A: $", "A: ${", "A: ${HOME:-x}", "A: HOME", "A: 'pa$Word'", "A:",
        ])
    func noVariable(variable: String) {
        expectChecks(env(variable), [])
    }

    @Test("variables of version 0.1 and of batch builds are looked at too, references are not")
    func elsewhere() {
        expectChecks(
            """
            version: 0.1
            environment_variables:
              plaintext:
                A: «$HOME»
            env:
              parameter-store:
                B: /x/$STAGE
            phases: {build: {commands: [a]}}
            batch:
              build-list:
                - identifier: one
                  env:
                    variables:
                      C: «$HOME»
            """, ["literal-variable", "literal-variable"])
    }

    // MARK: Secrets

    private static let sixteen = "ABCDEFGH1234" + "5678"

    @Test(
        "a secret in plain text is named and never shown",
        arguments: [
            ("KEY: «AKIA\(sixteen)»", "an AWS access key id"), ("KEY: «x ASIA\(sixteen) y»", "an AWS access key id"),
            (
                "AWS_SECRET_ACCESS_KEY: «abcdefghijklmnopqrst/UVWXYZ+0123456789ab»", "an AWS secret access key"
            ),
            ("DB_PASSWORD: «hunter2x»", "a password"), ("password: «Kx9-qq.w»", "a password"),
            ("SONAR_TOKEN: «5f2c9a0b17e4»", "a token"), ("CLIENT_SECRET: «q8w7e6r5»", "a secret"),
            ("STRIPE_API_KEY: «sk_live_9a8b7c»", "a key"),
            ("X: «ghp_" + String(repeating: "aB3", count: 12) + "»", "a GitHub token"),
            ("X: «github_pat_" + String(repeating: "aB3", count: 12) + "_x»", "a GitHub token"),
            ("X: «xoxb-123456789012-abc»", "a Slack token"),
            ("X: «\"-----BEGIN RSA PRIVATE KEY-----\\nMIIE\"»", "a private key"),
        ])
    func secrets(variable: String, what: String) throws {
        let sample = MarkedText(env(variable))
        let found = expectChecks(env(variable), ["plain-secret"])
        let finding = try #require(found.first)
        #expect(finding.message.contains(" has \(what) in plain text"))
        #expect(finding.isSensitive)
        let value = try #require(variable.split(separator: "«").last?.split(separator: "»").first)
        let text = DiagnosticRenderer(color: false).text(found, source: Array(sample.text.utf8))
        #expect(!text.contains(value))
        #expect(text.hasPrefix("b.yml:4:"))
    }

    @Test("a private key in a block is one secret, and its text does not matter otherwise")
    func privateKey() {
        expectChecks(
            env("PEM: «|»\n      -----BEGIN OPENSSH PRIVATE KEY-----\n      $HOME\n      -----END"), ["plain-secret"])
    }

    @Test(
        "stand-ins, references and plain words are no secrets",
        arguments: [
            "DB_PASSWORD:", "DB_PASSWORD: ''", "DB_PASSWORD: abc", "DB_PASSWORD: changeme", "DB_PASSWORD: password",
            "DB_PASSWORD: <your password>", "DB_PASSWORD: xxxxxxxx", "DB_PASSWORD: '********'", "USE_TOKEN: true",
            "DB_PASSWORD: /prod/db/password", "DB_PASSWORD: prod/db/password", "DB_PASSWORD: ${password_of_db}",
            "DB_PASSWORD: '{{resolve:x}}'", "A_TOKEN: arn:aws:secretsmanager:eu-west-1:1:secret:x",
            "A_TOKEN: my-token-name", "A_TOKEN: https://example.org/token", "A_TOKEN: disabled", "TOKEN: 3600000",
            "TOKENS: 5f2c9a0b17e4", "SECRET_NAME: db-password-1", "PASSWORD_LENGTH: 12345678", "TOKEN_URL: a1b2c3d4",
            "SECRET_ARN: 5f2c9a0b17e4", "KEY: AKIAIOSFODNN7EXAMPLE", "KEY: AKIASHORT", "KEY: XAKIAABCDEFGH12345678",
            "X: ghp_short", "X: xoxb-1", "X: abcdefghijklmnopqrst/UVWXYZ+0123456789ab", "MONKEY: 5f2c9a0b17e4",
            "X: -----BEGIN CERTIFICATE-----", "DB_PASSWORD: dummy-value-1", "API_KEY_NAME: q8w7e6r5",
        ])
    func noSecrets(variable: String) {
        expectChecks(env(variable), [])
    }

    // MARK: Versions

    private func versions(_ version: String) -> String {
        "version: 0.2\nphases:\n  install:\n    runtime-versions:\n      \(version)\n"
    }

    @Test("a version that loses its nought as a number should be quoted")
    func version() {
        let found = expectChecks(versions("python: «3.10»"), ["unquoted-version"])
        #expect(
            found.map(\.message) == [
                "`phases.install.runtime-versions.python` is a number: YAML readers that decide types read 3.10 as 3.1"
            ])
        #expect(found.map(\.help) == ["put it in quotes: `python: \"3.10\"`"])
        expectChecks(versions("golang: «1.20»"), ["unquoted-version"])
    }

    @Test(
        "other versions are left alone",
        arguments: [
            "python: '3.10'", "python: \"3.10\"", "python: 3.11", "dotnet: 6.0", "nodejs: 20", "nodejs: 12.x",
            "java: corretto17", "ruby: 3.2.10", "python: 3.latest", "java: $V", "python: 3.100x", "python: .10",
        ])
    func otherVersions(version: String) {
        expectChecks(versions(version), [], facts: ProjectFacts())
    }
}
