import ChildProcesses
import Foundation
import Testing

/// `--aws-credentials`: what a build may do in AWS, and where nobody finds it.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct CredentialTests {
    /// Puts a CLI into a folder whose credentials end after some seconds; each call gives others.
    private func installCLI(_ play: Playground, life: Int) async throws -> String {
        let folder = play.root.appending(path: "bin")
        try await play.makeProgram(
            "aws",
            """
            [ "$1 $2" = 'configure export-credentials' ] || { echo "no such call: $*" >&2; exit 9; }
            case " $* " in *' --profile nobody '*) echo 'The config profile (nobody) could not be found' >&2; exit 255 ;; esac
            echo "$*" >>\(folder.path)/calls
            count=$(wc -l <\(folder.path)/calls)
            printf '{"Version": 1, "AccessKeyId": "ASIATESTTESTTEST%04d", "SecretAccessKey": "very/secret+%d", ' "$count" "$count"
            printf '"SessionToken": "t0ken-%d", "Expiration": "%s"}' "$count" "$(date -u -d '+\(life) seconds' +%Y-%m-%dT%H:%M:%SZ)"

            """)
        return "\(folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    }

    @Test func `a build gets credentials that are renewed, from an address of its own, and shows none of them`()
        async throws
    {
        let play = try Playground(), path = try await installCLI(play, life: 6)
        try play.write(
            "ask.py",
            """
            import base64, json, os, sys, urllib.request
            url, token = (os.environ["AWS_CONTAINER_" + name] for name in ("CREDENTIALS_FULL_URI", "AUTHORIZATION_TOKEN"))
            if len(sys.argv) > 1: token = sys.argv[1]
            try:
                answer = json.load(urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": token})))
            except urllib.error.HTTPError as error:
                sys.exit(print(error.code))
            secret = answer["SecretAccessKey"]
            print(secret, answer["AccessKeyId"], answer["Token"], base64.b64encode(secret.encode()).decode())
            print(secret[::-1], json.dumps(secret + token))
            """)
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - python3 ask.py; python3 ask.py wrong
                  - aws configure list | awk '$1 ~ /_key/ {print $2, $3}'
                  - sleep 7; python3 ask.py
                  - env | grep -c 'very/secre[t]' || cat /proc/[0-9]*/environ | grep -c 'very/secre[t]' || true
                  - grep -rls 'very/secre[t]' /codebuild /root /tmp /etc /var || echo nowhere
            """)
        let result = try await play.run(
            ["--aws-credentials", "ci"], image: javaWithDocker, environment: ["PATH": path])
        #expect(result.status.exitStatus == 0, "\(result.outputText)\(result.errorText)")
        let printed = result.printed
        try #require(printed.count == 10, "\(printed)")
        #expect(printed[0] == "*** *** *** ***" && printed[1].hasSuffix(#"+terces/yrev "******""#), "\(printed)")
        #expect(printed[2] == "403")
        #expect(printed[3...4].allSatisfy { $0.hasSuffix(" container-role") }, "\(printed)")
        #expect(printed[5] == "*** *** *** ***" && printed[6].hasSuffix(#"+terces/yrev "******""#), "\(printed)")
        #expect(printed[1] != printed[6], "they were renewed")
        #expect(printed[7...9] == ["0", "0", "nowhere"])
        #expect(result.errorText.contains("the build may act as you in AWS until it ends, by profile `ci`"))
        let calls = try String(contentsOf: play.root.appending(path: "bin/calls"), encoding: .utf8)
        #expect(calls.split(separator: "\n").allSatisfy { $0.contains("--profile ci") })
        let record = try play.files(in: play.state).map {
            try String(contentsOf: play.state.appending(path: $0), encoding: .utf8)
        }
        for text in record + [result.outputText, result.errorText] {
            for secret in ["very/secret", "ASIATEST", "t0ken-", "dmVyeS9zZWNyZX"] { #expect(!text.contains(secret)) }
        }
    }

    @Test func `a shell in a kept container gets the credentials that the build had, asked for anew`() async throws {
        let play = try Playground(), path = try await installCLI(play, life: 600)
        try play.write(
            "ask.py",
            """
            import json, os, urllib.request
            url, token = (os.environ["AWS_CONTAINER_" + name] for name in ("CREDENTIALS_FULL_URI", "AUTHORIZATION_TOKEN"))
            print(json.load(urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": token})))["Token"])
            """)
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['python3 ask.py && false']}}")
        let built = try await play.run(
            ["--aws-credentials", "ci", "--keep", "failure"], image: javaWithDocker, environment: ["PATH": path])
        #expect(built.status.exitStatus == 1 && built.printed == ["***"], "\(built.errorText)")
        func shell(_ path: String) async throws -> CommandOutput {
            try await play.call(["shell", "--command", "python3 ask.py; echo left"], environment: ["PATH": path])
        }
        for number in 2...3 {
            let entered = try await shell(path)
            #expect(entered.text == "t0ken-\(number)\nleft", "\(entered.outputText)\(entered.errorText)")
            #expect(entered.errorText.contains("this shell may act as you in AWS until you leave it"))
        }
        let calls = try String(contentsOf: play.root.appending(path: "bin/calls"), encoding: .utf8)
        #expect(calls.split(separator: "\n").allSatisfy { $0.contains("--profile ci") })
        for file in play.files(in: play.state) {
            let text = try String(contentsOf: play.state.appending(path: file), encoding: .utf8)
            #expect(!text.contains("t0ken-") && !text.contains("very/secret"), "\(file)")
        }
        // Where they cannot be had any more, the shell is there all the same.
        try await play.makeProgram("aws", "echo 'Token has expired' >&2; exit 255\n")
        let without = try await shell(path)
        #expect(without.text == "left" && without.status.isSuccess, "\(without.outputText)")
        #expect(
            without.errorText.contains("this shell is without the build's AWS credentials: Token has expired"),
            "\(without.errorText)")
        #expect(try await play.call(["clean", "--kept"]).status.isSuccess)
    }

    @Test func `where there are none nothing is run, and only the user may ask for them`() async throws {
        let play = try Playground(), path = try await installCLI(play, life: 6)
        try play.buildspec("version: 0.2\nphases: {build: {commands: [echo never]}}")
        func run(_ words: String...) async throws -> CommandOutput {
            try await play.call(["run", "--image", busybox] + words, environment: ["PATH": path])
        }
        let none = try await run("--aws-credentials", "nobody")
        #expect(none.status.exitStatus == 1 && none.printed.isEmpty)
        #expect(
            none.errorText.contains(
                "cannot get AWS credentials for the build: The config profile (nobody) could not be found"))
        #expect(try await run("--aws-credentials=yes", "--offline").status.exitStatus == 64)
        #expect(try await run("--aws-credentials", "--aws-local").status.exitStatus == 64)
        try play.write("codebuild.yml", "x-buildspec: {aws-credentials: yes}")
        let refused = try await run()
        #expect(
            refused.status.exitStatus == 78 && refused.errorText.contains("--aws-credentials"), "\(refused.errorText)")
    }
}
