import OfflineWorld
import ChildProcesses
import Engines
import Foundation
import Testing

/// `--aws-local` and what looks after it, as a user sees it.
@Suite(.tags(.docker), .enabled(if: Docker.isThere && Moto.isThere))
struct CloudCommandTests {
    /// Another one for each test: by it the test finds its cloud among those of others.
    private let account = "1" + String(UInt64.random(in: 10_000_000_000...99_999_999_999))

    /// The name of the test's cloud, while it runs.
    private func cloud() async throws -> String? {
        let all = try await DockerEngine().containers(withLabel: LocalCloud.label)
        for name in all {
            let variables = try await Docker.call(["inspect", "-f", "{{.Config.Env}}", name]).text
            if variables.contains("MOTO_ACCOUNT_ID=\(account)") { return name }
        }
        return nil
    }

    private func aws(_ body: @Sendable (Moto) async throws -> Void) async throws {
        let name = try #require(try await cloud())
        let address = try await Docker.call([
            "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name,
        ]).text
        try await body(Moto(endpoint: "http://\(address):5000", region: "eu-west-1"))
    }

    /// Runs a test, and removes its cloud with all it keeps.
    private func with(_ body: @Sendable (Playground) async throws -> Void) async throws {
        let play = try Playground()
        try play.write(
            "codebuild.yml",
            """
            environment: {image: "\(debian)"}
            x-buildspec:
              aws-local: yes
              account: "\(account)"
              region: eu-west-1
              repositories: [team/app, 222222222222.dkr.ecr.us-east-1.amazonaws.com/elsewhere]
            """)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(play)) } catch { outcome = .failure(error) }
        if let name = try await cloud() {
            _ = try await Docker.call(["rm", "--force", name])
            _ = try await Docker.call(["volume", "rm", name])
        }
        try outcome.get()
    }

    @Test func `parameters and secrets come from the local AWS, without a CLI on this machine`() async throws {
        try await with { play in
            try play.buildspec(
                """
                version: 0.2
                env:
                  parameter-store: {P: "/p:1", LIST: list, FILED: /filed}
                  secrets-manager: {S: "ci/token:key", BEFORE: "ci/token:key:AWSPREVIOUS"}
                phases:
                  build:
                    commands:
                      - for v in "$P" "$LIST" "$FILED" "$S" "$BEFORE"; do echo "$v" | tr a-z A-Z; done
                      - echo "$CODEBUILD_BUILD_ARN $S"
                """)
            let empty = try await play.call(["run"])
            #expect(empty.status.exitStatus == 78)
            #expect(empty.errorText.contains("cannot find a value for `P` (/p:1), `LIST` (list), `FILED` (/filed)"))
            #expect(empty.errorText.contains("Secrets Manager can't find the specified secret."))
            #expect(empty.errorText.contains("give the values with --secrets FILE or --env NAME=VALUE"))
            try await aws { aws in
                for value in ["first", "second"] {
                    try await aws.aws(
                        "ssm", "put-parameter", "--name", "/p", "--type", "SecureString", "--value", value,
                        "--overwrite")
                }
                try await aws.aws("ssm", "put-parameter", "--name", "list", "--type", "StringList", "--value", "a,b")
                try await aws.aws(
                    "secretsmanager", "create-secret", "--name", "ci/token", "--secret-string", #"{"key": "then"}"#)
                try await aws.aws(
                    "secretsmanager", "put-secret-value", "--secret-id", "ci/token", "--secret-string",
                    #"{"key": "now, hidden"}"#)
            }
            try play.write("s.yml", "parameter-store: {/filed: from a file}")
            let result = try await play.call(["run", "--secrets", "s.yml"], environment: ["AWS_PROFILE": "nobody"])
            #expect(
                result.printed.dropLast() == ["FIRST", "A,B", "FROM A FILE", "NOW, HIDDEN", "THEN"],
                "\(result.errorText)")
            let last = try #require(result.printed.last)
            #expect(last.hasPrefix("arn:aws:codebuild:eu-west-1:\(account):build/source:") && last.hasSuffix(" ***"))
        }
    }

    @Test func `the repositories of the settings are there, and what was pushed is listed and pulled`() async throws {
        try await with { play in
            let uri = "\(account).dkr.ecr.eu-west-1.amazonaws.com/team/app"
            let none = try await play.call(["images", "list"])
            #expect(none.text == "")
            #expect(none.errorText == "nothing was pushed yet")
            try await aws { aws in
                let query = ["--query", "repositories[].repositoryUri", "--output", "text"]
                let uris = try await aws.aws(["ecr", "describe-repositories"] + query)
                #expect(uris == uri)
            }
            let name = try #require(try await cloud())
            let serving = play.command(["images", "serve"])
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (lines, said) = AsyncStream.makeStream(of: String.self)
                group.addTask {
                    _ = try await serving.stream { streams in
                        async let _ = streams.output.forEachChunk { _ in }
                        try await streams.errorOutput.forEachChunk { said.yield(String(decoding: $0, as: UTF8.self)) }
                    }
                }
                for await text in lines {
                    guard let match = text.firstMatch(of: #/open at (127\.0\.0\.1:[0-9]+)/#) else { continue }
                    for end in ["\(uri):one", "222222222222.dkr.ecr.us-east-1.amazonaws.com/elsewhere:two"] {
                        let pushed = "\(match.output.1)/\(end)"
                        _ = try await Docker.call(["tag", busybox, pushed])
                        let push = try await Docker.call(["push", "--quiet", pushed])
                        #expect(push.errorText == "")
                        _ = try await Docker.call(["rmi", pushed])
                    }
                    break
                }
                group.cancelAll()
            }
            _ = try await Docker.call(["network", "disconnect", "--force", "bridge", name])
            let list = try await play.call(["images", "list"])
            #expect(
                list.text.split(separator: "\n").map { $0.prefix { $0 != " " } } == [
                    "NAME", "\(uri):one", "222222222222.dkr.ecr.us-east-1.amazonaws.com/elsewhere:two",
                ])
            #expect(list.text.contains("  1.1 MB  20"))
            let pull = try await play.call(["images", "pull", "app:one", "elsewhere:two"])
            #expect(
                pull.text
                    == "Loaded image: \(uri):one\nLoaded image: 222222222222.dkr.ecr.us-east-1.amazonaws.com/elsewhere:two"
            )
            let run = try await Docker.call(["run", "--rm", "--network", "none", "\(uri):one", "echo", "pulled"])
            #expect(run.text == "pulled")
            for image in ["\(uri):one", "222222222222.dkr.ecr.us-east-1.amazonaws.com/elsewhere:two"] {
                _ = try await Docker.call(["rmi", image])
            }
            let clean = try await play.call(["clean", "--cloud"])
            #expect(clean.errorText == "removed the local AWS `\(name)`")
            #expect(try await !Docker.call(["volume", "inspect", name]).status.isSuccess)
            let unknown = try await play.call(["images", "pull", "app:two"])
            #expect(unknown.status.exitStatus == 66)
            #expect(unknown.errorText.contains("the registry has no image `app:two`"))
        }
    }

    @Test func `what cannot be is refused before anything starts`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [true]}}")
        for (flags, message) in [
            (["--aws", "--aws-local"], "`--aws` and `--aws-local` contradict one another"),
            (["--account", "12345678901x"], "`--account` is `12345678901x`, expected twelve digits"),
        ] {
            let result = try await play.run(flags)
            #expect(result.status.exitStatus == 64)
            #expect(result.errorText.contains(message))
        }
    }

    @Test func `a repository that cannot be is named`() async throws {
        try await with { play in
            try play.write(
                "codebuild.yml",
                "x-buildspec: {account: \"\(account)\", region: eu-west-1, repositories: [No/Such Name]}")
            let result = try await play.call(["images", "list"])
            #expect(result.status.exitStatus == 69)
            #expect(result.errorText.contains("Invalid parameter at 'repositoryName'"), "\(result.errorText)")
        }
    }
}
