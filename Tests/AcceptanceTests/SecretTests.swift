import ChildProcesses
import Foundation
import Testing

/// Parameters and secrets: where values come from, where they go, and where they must not be seen.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct SecretTests {
    /// A playground with a secrets file beside its source; the file's path comes as `secrets`.
    private func playground(_ buildspec: String, secrets: String = "") throws -> (play: Playground, secrets: String) {
        let play = try Playground()
        try play.buildspec(buildspec)
        let file = play.root.appending(path: "secrets.yml")
        try Data(secrets.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return (play, file.path)
    }

    /// Everything below the state folder: the record of all builds of a playground.
    private func record(_ play: Playground) throws -> String {
        try play.files(in: play.state).map {
            try String(contentsOf: play.state.appending(path: $0), encoding: .utf8)
        }.joined()
    }

    private let failure = "[Container] Phase context status code: "

    @Test func `values of a file reach the commands and nothing else`() async throws {
        let (play, secrets) = try playground(
            """
            version: 0.2
            env:
              parameter-store: {PW: "/app/pw:3"}
              secrets-manager: {TOKEN: "ci/token:token", KEY: pem}
              exported-variables: [PW, PLAIN]
            phases:
              build:
                commands:
                  - echo "pw $PW" "token $TOKEN"; echo "$PW" | tr a-z A-Z
                  - echo "$KEY"
                  - echo "$KEY" | tail -n 2
                  - for c in h u n t e r - t w o; do printf "$c"; sleep 0.01; done; echo
                  - grep -c hunter-two /proc/1/cmdline /proc/1/environ || true
                  - "PLAIN=x-$PW # hunter-two"
                  - printf hunter; false
            """,
            secrets: """
                parameter-store: {/app/pw: hunter-two}
                secrets-manager:
                  ci/token: '{"token": "abc-def-ghi"}'
                  pem: |
                    BEGIN KEY
                      of several lines
                    END KEY
                """)
        let result = try await play.run([
            "--secrets", secrets, "--build-json", play.root.appending(path: "b.json").path,
        ])
        #expect(result.status.exitStatus == 1)
        #expect(
            result.printed == [
                "pw *** token ***", "HUNTER-TWO", "***", "  ***", "***", "***", "/proc/1/cmdline:0",
                "/proc/1/environ:0", "hunter",
            ])
        #expect(result.log.contains("[Container] Running command PLAIN=x-$PW # ***"))
        #expect(result.log.contains("[Container] Decrypting parameter store environment variables"))
        #expect(result.errorText.contains("not exported, being secrets: PW"))
        let json = try String(contentsOf: play.root.appending(path: "b.json"), encoding: .utf8)
        #expect(json.contains(#""exportedEnvironmentVariables":[{"name":"PLAIN","value":"x-***"}]"#))
        for text in [result.outputText, result.errorText, json, try record(play)] {
            for secret in ["hunter-two", "abc-def-ghi", "several lines"] { #expect(!text.contains(secret)) }
        }
    }

    /// A secret as it is, in base64 behind 0, 1 and 2 bytes without the digits that others have a share in, in a URL and in JSON.
    private static func forms(of secret: String) throws -> [String] {
        let base64 = (0..<3).map { offset in
            let digits = Data((String(repeating: "x", count: offset) + secret).utf8).base64EncodedString()
            return String(digits.dropFirst((offset * 8 + 5) / 6).prefix(secret.utf8.count * 8 / 6 - 1))
        }
        let json = String(decoding: try JSONSerialization.data(withJSONObject: [secret]), as: UTF8.self)
        let url = try #require(secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let text = String(json.dropFirst(2).dropLast(2))
        return [secret] + base64 + [url, url.lowercased(), text, text.replacing("\\/", with: "/")]
    }

    @Test func `a secret is in no process's arguments on either side, and in no form in what is kept`() async throws {
        let secret = #"hunter "two"/é"#, forms = try Self.forms(of: secret)
        #expect(Set(forms).count == 8)
        let (play, secrets) = try playground(
            #"""
            version: 0.2
            env: {secrets-manager: {TOKEN: token}}
            phases:
              build:
                commands:
                  - until [ -e /codebuild/output/tmp/go ]; do sleep 0.05; done
                  - echo "$TOKEN"; for p in '' x xx; do printf '%s%s' "$p" "$TOKEN" | base64; done
                  - |
                    printf '{"%s"}\n' "$(printf %s "$TOKEN" | sed 's/"/\\"/g')"
                    url='\#(forms[4])'; echo "<$url>" "<\#(forms[5])>"
                  - "false"
            """#, secrets: "secrets-manager: {token: '\(secret)'}")
        let json = play.root.appending(path: "b.json")
        async let result = play.run(["--secrets", secrets, "--build-json", json.path])
        var name: String?
        for _ in 0..<300 where name == nil {
            name = try await Docker.containers(of: play, "--filter", "status=running").first
        }
        let container = try #require(name)
        // The first command runs.
        for _ in 0..<300 {
            let command = try await Docker.call(["exec", container, "cat", "/codebuild/output/tmp/script.sh"])
            if command.status.isSuccess { break }
        }
        let own = try await Command("sh", ["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null; true"]).collect()
        let inside = try await Docker.call(["exec", container, "sh", "-c", "cat /proc/[0-9]*/cmdline; true"])
        let inspected = try await Docker.call(["inspect", container])
        _ = try await Docker.call(["exec", container, "sh", "-c", ": >/codebuild/output/tmp/go"])
        let ended = try await result
        #expect(ended.status.exitStatus == 1)
        // The line of a command of several lines is among them.
        let command = "url='***'; echo \"<$url>\" \"<***>\""
        #expect(ended.printed == ["***", "***", "eG***", "eHh***", command, #"{"***"}"#, "<***> <***>"])
        let kept = [
            try record(play), try String(contentsOf: json, encoding: .utf8), ended.outputText, ended.errorText,
        ]
        for output in [own, inside, inspected].map(\.outputText) + kept {
            #expect(output.utf8.count > 100)
            for form in forms { #expect(!output.contains(form), "\(form)") }
        }
    }

    @Test func `all that has no value is named, and no container is started`() async throws {
        let (play, secrets) = try playground(
            """
            version: 0.2
            env:
              parameter-store: {A: /a, GIVEN: /given}
              secrets-manager: {B: "b:k", C: "known:gone"}
            phases: {build: {commands: [true]}}
            """, secrets: "secrets-manager: {known: {k: v}}")
        try play.write(
            "codebuild.yml",
            "environment: {environmentVariables: [{name: P, value: /p, type: PARAMETER_STORE}, {name: B, value: b}]}")
        let result = try await play.run(
            ["--secrets", secrets, "-e", "GIVEN=x"], environment: ["DOCKER_HOST": "unix:///no/such/socket"])
        #expect(result.status.exitStatus == 78)
        #expect(result.log.contains(failure + "Decrypted Variables Error Message: parameter does not exist: /a"))
        #expect(result.log.contains("[Container] Phase complete: DOWNLOAD_SOURCE State: FAILED"))
        #expect(result.log.contains("[Container] Decrypting parameter store environment variables"))
        #expect(result.errorText.contains("error: cannot look up `C`: secret known has no JSON key gone"))
        #expect(result.errorText.contains("error: cannot find a value for `A` (/a), `P` (/p)\n"))
        #expect(result.errorText.contains("help: give the values with --secrets FILE, --aws or --env NAME=VALUE"))
        #expect(try record(play).contains(#""statusCode":"Decrypted Variables Error""#))
    }

    @Test func `a flag beats the file, the settings beat the buildspec, whatever the type`() async throws {
        let (play, secrets) = try playground(
            """
            version: 0.2
            env:
              variables: {A: plain, B: plain}
              parameter-store: {A: /a, C: /c, D: /d}
              secrets-manager: {A: a}
            phases: {build: {commands: ['for v in "$A" "$B" "$C" "$D"; do echo "$v" | tr a-z A-Z; done']}}
            """,
            secrets: """
                parameter-store: {/a: parameter, /b: parameter, /c: parameter, /d: parameter}
                secrets-manager: {a: secret}
                """)
        try play.write(
            "codebuild.yml",
            """
            environment:
              environmentVariables:
                - {name: B, value: /b, type: PARAMETER_STORE}
                - {name: C, value: settings}
            """)
        let asked: [String: String?] = ["BUILDSPEC_SECRETS": secrets]
        #expect(
            try await play.run(["-e", "D=flag"], environment: asked).printed == [
                "SECRET", "PARAMETER", "SETTINGS", "FLAG",
            ])
        let plan = try await play.call(["plan", "--secrets", secrets])
        #expect(plan.text.contains("B=/b (PARAMETER_STORE)"))
        #expect(!plan.text.contains("parameter\n"))
    }

    @Test func `a file that is wrong, missing or open to others is said so, without a word of it`() async throws {
        let (play, secrets) = try playground(
            "version: 0.2\nenv: {parameter-store: {A: /a}}\nphases: {build: {commands: [ls, 'grep -rl hunter-two /codebuild/output --include=secrets.yml | wc -l']}}",
            secrets: "parameter-store: {/a: [hunter-two}\n")
        let wrong = try await play.run(["--secrets", secrets])
        #expect(wrong.status.exitStatus == 78)
        #expect(wrong.errorText.contains("secrets.yml:1:"))
        #expect(!wrong.errorText.contains("hunter-two"))
        #expect(try await play.run(["--secrets", "nowhere.yml"]).status.exitStatus == 66)

        // In the source, tracked, and readable by all.
        try play.write("secrets.yml", "parameter-store: {/a: hunter-two}\n")
        for arguments in [["init", "-q", "."], ["add", "."]] {
            _ = try await Command("git", ["-C", play.source.path] + arguments).collect()
        }
        let open = try await play.run(["--secrets", "secrets.yml"])
        #expect(open.errorText.contains("others can read `\(play.source.path)/secrets.yml`"))
        #expect(open.errorText.contains("git tracks `\(play.source.path)/secrets.yml`"))
        #expect(open.printed == ["buildspec.yml", "0"], "the file is not in the build")
    }

    @Test func `a short value shows, and is named`() async throws {
        let (play, secrets) = try playground(
            "version: 0.2\nenv: {secrets-manager: {A: a, E: e}}\nphases: {build: {commands: ['echo [$A] [$E]']}}",
            secrets: "secrets-manager: {a: 1, e: ''}")
        let result = try await play.run(["--secrets", secrets])
        #expect(result.printed == ["[1] []"])
        #expect(result.errorText.contains("warning: the value of `A` is too short to be masked"))
        #expect(!result.errorText.contains("`E`"))
    }

    @Test func `another user's commands have the secrets too`() async throws {
        let (play, secrets) = try playground(
            "version: 0.2\nrun-as: games\nenv: {secrets-manager: {A: a}}\nphases: {build: {commands: ['echo \"$A\" | rev', id -un]}}",
            secrets: "secrets-manager: {a: hunter-two}")
        #expect(try await play.run(["--secrets", secrets]).printed == ["owt-retnuh", "games"])
    }

    @Test func `without a network AWS is not asked`() async throws {
        let (play, _) = try playground(
            "version: 0.2\nenv: {parameter-store: {A: /a}}\nphases: {build: {commands: [true]}}")
        let both = try await play.run(["--offline", "--aws"])
        #expect(both.status.exitStatus == 64)
        #expect(both.errorText.contains("`--offline` and `--aws` contradict one another"))
        let settings = try await play.run(["--offline"], environment: ["PATH": "/nowhere", "BUILDSPEC_AWS": "yes"])
        #expect(settings.status.exitStatus == 78)
        #expect(settings.errorText.contains("help: give the values with --secrets FILE or --env NAME=VALUE"))
    }

    @Test func `a malformed reference ends the build before it begins`() async throws {
        let (play, _) = try playground(
            "version: 0.2\nenv: {secrets-manager: {A: 'a:b:c:d'}}\nphases: {build: {commands: [true]}}")
        #expect(try await play.run().status.exitStatus == 65)
        let validated = try await play.call(["validate"])
        #expect(validated.status.exitStatus == 65)
        #expect(
            validated.text.contains("buildspec.yml:2:28: error: `env.secrets-manager.A` has both a version stage and"))
        try play.buildspec("version: 0.2\nphases: {build: {commands: [true]}}")
        try play.write(
            "codebuild.yml",
            "environment: {environmentVariables: [{name: A, value: 'arn:aws:s3:::x', type: SECRETS_MANAGER}]}")
        #expect(try await play.run().status.exitStatus == 78)
    }

    @Test func `a kept build goes on with its secrets looked up anew, and masks them`() async throws {
        let (play, secrets) = try playground(
            """
            version: 0.2
            env: {secrets-manager: {TOKEN: token}}
            phases: {build: {commands: ['echo "$TOKEN" | rev', 'echo "$TOKEN"; echo "$TOKEN" | rev; [ ${#TOKEN} = 10 ]']}}
            """, secrets: "secrets-manager: {token: first-one}")
        _ = try await play.run(["--secrets", secrets, "--keep", "failure", "--no-cache"])
        try Data("secrets-manager: {}".utf8).write(to: URL(filePath: secrets))
        let without = try await play.call(["resume"])
        #expect(without.status.exitStatus == 78)
        #expect(without.errorText.contains("cannot find a value for `TOKEN` (token)"))
        try Data("secrets-manager: {token: second-one}".utf8).write(to: URL(filePath: secrets))
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess, "\(resumed.errorText)")
        #expect(resumed.printed == ["***", "eno-dnoces"])
        let record = try record(play)
        for secret in ["first-one", "second-one"] { #expect(!record.contains(secret)) }
    }

    @Test func `a variable in a parameter's name is told, with what is asked for`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nenv: {parameter-store: {A: /app/$STAGE/a, B: /b}}\nphases: {build: {commands: ['echo $A']}}\n"
        )
        let result = try await play.run()
        #expect(
            result.errorText.contains(
                "note: `A` has the value of `/app/$STAGE/a`; the `$` in this name is not expanded\n"))
        #expect(!result.errorText.contains("`B` is asked for"))
        #expect(result.errorText.contains("cannot find a value for `A` (/app/$STAGE/a), `B` (/b)"))
        #expect(try await play.run(["-e", "A=1", "-e", "B=2"]).status.exitStatus == 0)
    }
}
