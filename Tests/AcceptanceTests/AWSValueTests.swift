import ChildProcesses
import Foundation
import Testing

/// Values that come from AWS by the user's own CLI; a server on this machine stands for AWS.
@Suite(.tags(.docker), .enabled(if: Docker.isThere && Moto.isThere))
struct AWSValueTests {
    private let failure = "[Container] Phase context status code: "

    @Test func `what no file answers comes from AWS, by the user's own CLI`() async throws {
        let play = try Playground()
        let secrets = play.root.appending(path: "secrets.yml").path
        try await Moto.with { moto in
            for number in 1...9 {
                try await moto.aws(
                    "ssm", "put-parameter", "--name", "/p/\(number)", "--type", "String", "--value", "val-\(number)")
            }
            try await moto.aws("ssm", "put-parameter", "--name", "/pw", "--type", "SecureString", "--value", "first pw")
            try await moto.aws(
                "ssm", "put-parameter", "--name", "/pw", "--type", "SecureString", "--value", "second pw", "--overwrite"
            )
            try await moto.aws("ssm", "put-parameter", "--name", "list", "--type", "StringList", "--value", "one,two")
            let arn = try await moto.aws(
                "secretsmanager", "create-secret", "--name", "ci/token", "--query", "ARN", "--output", "text",
                "--secret-string", #"{"token": "old", "port": 5432}"#)
            try await moto.aws(
                "secretsmanager", "put-secret-value", "--secret-id", "ci/token", "--secret-string",
                #"{"token": "new\nline", "port": 5432}"#)
            let numbered = (1...9).map { "    P\($0): /p/\($0)" }.joined(separator: "\n")
            try play.buildspec(
                """
                version: 0.2
                env:
                  parameter-store:
                \(numbered)
                    PW: /pw
                    OLD: "/pw:1"
                    LIST: list
                    FILED: /filed
                  secrets-manager:
                    TOKEN: ci/token:token
                    PORT: "\(arn):port"
                    BEFORE: ci/token:token:AWSPREVIOUS
                phases:
                  build:
                    commands:
                      - for v in "$P1" "$P9" "$PW" "$OLD" "$LIST" "$FILED" "$TOKEN" "$PORT" "$BEFORE"; do echo "$v" | tr a-z0-9 A-Za-j; done
                      - echo "$PW and $PORT"
                      - env | grep -c AWS_ACCESS_KEY_ID
                """)
            try Data("parameter-store: {/filed: from a file}".utf8).write(to: URL(filePath: secrets))
            let result = try await play.run(["--aws", "--secrets", secrets], environment: moto.environment)
            #expect(
                result.printed == [
                    "VAL-b", "VAL-j", "SECOND PW", "FIRST PW", "ONE,TWO", "FROM A FILE", "NEW", "LINE", "fedc", "OLD",
                    "*** and ***", "0",
                ], "\(result.errorText)")
            #expect(!result.errorText.contains("second pw"))

            // Without --aws nobody is asked, whatever credentials there are.
            let unasked = try await play.run(["--secrets", secrets], environment: moto.environment)
            #expect(unasked.status.exitStatus == 78)
            #expect(unasked.log.contains(failure + "Decrypted Variables Error Message: parameter does not exist: /p/1"))
        }
    }

    @Test func `what AWS refuses is said in AWS's words`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env:
              parameter-store: {A: /none, B: /none/either}
              secrets-manager: {S: nothing}
            phases: {build: {commands: [true]}}
            """)
        try await Moto.with { moto in
            let result = try await play.run(["--aws", "--region", "eu-central-1"], environment: moto.environment)
            #expect(result.status.exitStatus == 78)
            #expect(result.log.contains(failure + "Decrypted Variables Error Message: parameter does not exist: /none"))
            #expect(result.errorText.contains("cannot find a value for `A` (/none), `B` (/none/either)"))
            let refusal = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
            #expect(result.errorText.contains("cannot look up `S`: \(refusal)"))

            try play.buildspec(
                "version: 0.2\nenv: {secrets-manager: {S: nothing}}\nphases: {build: {commands: [true]}}")
            let secret = try await play.run(["--aws"], environment: moto.environment)
            #expect(secret.log.contains(failure + "Secrets Manager Error Message: \(refusal)"))
            let profile = try await play.run(["--aws", "--profile", "nobody"], environment: moto.environment)
            #expect(profile.status.exitStatus == 78)
            #expect(profile.errorText.contains("nobody"))
            let missing = try await play.run(["--aws"], environment: ["PATH": "/nowhere"])
            #expect(missing.status.exitStatus == 78)
            #expect(missing.errorText.contains("cannot run `aws`: there is no such program in PATH"))
        }
    }
}
