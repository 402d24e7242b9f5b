import OfflineWorld
import ChildProcesses
import Engines
import Foundation
import Testing

/// AWS and its registry in a container, as real clients see them.
@Suite(.tags(.docker), .enabled(if: Docker.isThere && Moto.isThere))
struct LocalCloudTests {
    private let account = "123456789012"

    /// A cloud that is gone with the test, its volume and images included.
    private func with(
        _ repositories: [String] = [], idleSeconds: Int = 60, _ body: @Sendable (LocalCloud) async throws -> Void
    ) async throws {
        let cloud = LocalCloud(
            key: "test-\(UUID().uuidString.prefix(8).lowercased())", account: account, region: "eu-west-1",
            repositories: repositories, engine: DockerEngine(),
            labels: ["dev.buildspec.aws.state": "test"], idleSeconds: idleSeconds)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(cloud)) } catch { outcome = .failure(error) }
        try await cloud.stop()
        _ = try await Docker.call(["volume", "rm", cloud.name])
        try outcome.get()
    }

    @Test func `of several networks of its name the oldest is used, and the others go`() async throws {
        _ = try await Docker.call(["network", "create", "--internal", LocalCloud.network])
        // As two processes do at the same moment; newer engines see to it that there is never more than one.
        for _ in 1...2 {
            let asked = try await Command(
                "curl",
                [
                    "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", "/var/run/docker.sock",
                    "-H", "Content-Type: application/json", "http://docker/networks/create",
                    "-d", "{\"Name\": \"\(LocalCloud.network)\", \"Internal\": true}",
                ]
            ).collect()
            #expect(["201", "409"].contains(asked.text), "\(asked.text)\(asked.errorText)")
        }
        try await with { cloud in
            try await cloud.whileRunning { running in #expect(!running.address.isEmpty) }
        }
        let names = try await Docker.call(["network", "ls", "-q", "--filter", "name=^\(LocalCloud.network)$"]).text
        #expect(names.split(separator: "\n").count == 1)
    }

    @Test func `what was made in it outlives its container`() async throws {
        let play = try Playground()
        let large = play.root.appending(path: "large"), back = play.root.appending(path: "back")
        try Data((0..<12_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }).write(to: large)
        try await with(["team/app"]) { cloud in
            let arn = try await cloud.whileRunning { running in
                let aws = Moto(endpoint: running.services, region: "eu-west-1")
                try await aws.aws("s3", "mb", "s3://bucket")
                try await aws.aws("s3", "cp", large.path, "s3://bucket/deep/large")
                try await aws.aws("s3", "cp", large.path, "s3://bucket/removed")
                try await aws.aws("s3", "rm", "s3://bucket/removed")
                for value in ["one", "two"] {
                    try await aws.aws(
                        "ssm", "put-parameter", "--name", "/a/b", "--type", "SecureString", "--value", value,
                        "--overwrite")
                }
                return try await aws.aws(
                    "secretsmanager", "create-secret", "--name", "ci/token", "--secret-string", "hush", "--query",
                    "ARN", "--output", "text")
            }
            try await cloud.stop()
            try await cloud.whileRunning { running in
                let aws = Moto(endpoint: running.services, region: "eu-west-1")
                #expect(running.notes == [])
                let uri = try await aws.aws(
                    "ecr", "describe-repositories", "--query", "repositories[].repositoryUri", "--output", "text")
                #expect(uri == "\(account).dkr.ecr.eu-west-1.amazonaws.com/team/app")
                let parameters = try await aws.aws(
                    "ssm", "get-parameters", "--names", "/a/b", "/a/b:1", "--with-decryption", "--query",
                    "Parameters[].Value", "--output", "text")
                #expect(parameters.split(separator: "\t").sorted() == ["one", "two"])
                let secret = try await aws.aws(
                    "secretsmanager", "get-secret-value", "--secret-id", arn, "--query", "SecretString", "--output",
                    "text")
                #expect(secret == "hush")
                try await aws.aws("s3", "cp", "s3://bucket/deep/large", back.path)
                #expect(try Data(contentsOf: back) == Data(contentsOf: large))
                #expect(try await aws.objects() == ["deep/large"])
                let identity = try await aws.aws("sts", "get-caller-identity", "--query", "Account", "--output", "text")
                #expect(identity == account)
                let login = try await aws.aws("ecr", "get-login", "--no-include-email")
                #expect(login.hasPrefix("docker login -u AWS -p "))
                #expect(login.hasSuffix(" https://\(account).dkr.ecr.eu-west-1.amazonaws.com"))
                let password = try await aws.aws("ecr", "get-login-password")
                #expect(login.contains(" \(password) "))
            }
        }
    }

    @Test func `an image that was pushed is in ECR, and comes back by its ECR name`() async throws {
        try await with(["app"]) { cloud in
            let uri = "\(account).dkr.ecr.eu-west-1.amazonaws.com/app", tag = "t\(UInt32.random(in: 0 ... .max))"
            try await cloud.whileRunning { running in
                let aws = Moto(endpoint: running.services, region: "eu-west-1")
                try await aws.aws(
                    "ecr", "create-repository", "--repository-name", "fixed", "--image-tag-mutability", "IMMUTABLE")
                try await cloud.open { registry in
                    let fixed = "\(registry)/\(uri.dropLast(3))fixed:\(tag)"
                    _ = try await Docker.call(["tag", busybox, fixed])
                    let first = try await Docker.call(["push", "--quiet", fixed])
                    let second = try await Docker.call(["push", "--quiet", fixed])
                    _ = try await Docker.call(["rmi", fixed])
                    #expect(first.errorText == "")
                    let reason = "cannot be overwritten because the tag is immutable."
                    #expect(
                        second.errorText
                            == "tag invalid: The image tag '\(tag)' already exists in the 'fixed' repository and \(reason)"
                    )
                    for name in ["\(uri):\(tag)", "\(uri):second", "\(uri)/none:\(tag)"] {
                        _ = try await Docker.call(["tag", busybox, "\(registry)/\(name)"])
                        let push = try await Docker.call(["push", "--quiet", "\(registry)/\(name)"])
                        _ = try await Docker.call(["rmi", "\(registry)/\(name)"])
                        let refusal =
                            "name unknown: The repository with name 'app/none' does not exist in the registry with id '\(account)'"
                        #expect(push.errorText == (name.contains("none") ? refusal : ""))
                    }
                }
                let tags = try await aws.aws(
                    "ecr", "describe-images", "--repository-name", "app", "--query",
                    "imageDetails[].imageTags[]", "--output", "text")
                #expect(tags.split(separator: "\t").sorted() == ["second", "\(tag)"])
                // The way to give an image another tag without pulling it.
                let manifest = try await aws.aws(
                    "ecr", "batch-get-image", "--repository-name", "app", "--image-ids", "imageTag=second", "--query",
                    "images[0].imageManifest", "--output", "text")
                try await aws.aws(
                    "ecr", "put-image", "--repository-name", "app", "--image-tag", "third", "--image-manifest", manifest
                )
                try await aws.aws(
                    "ecr", "batch-delete-image", "--repository-name", "app", "--image-ids", "imageTag=second")
            }
            try await cloud.stop()
            try await cloud.whileRunning { running in
                #expect(
                    try await cloud.images().map(\.name) == [
                        "\(uri):\(tag)", "\(uri):third", "\(uri.dropLast(3))fixed:\(tag)",
                    ])
                #expect(try await cloud.load("app:\(tag)") == "Loaded image: \(uri):\(tag)")
                let ids = try await Docker.call(["inspect", "-f", "{{.Id}}", "\(uri):\(tag)", busybox]).text
                    .split(separator: "\n")
                #expect(Set(ids).count == 1)
                _ = try await Docker.call(["rmi", "\(uri):\(tag)"])
                try await cloud.open { registry in
                    let pull = try await Docker.call(["pull", "--quiet", "\(registry)/\(uri):third"])
                    #expect(pull.text == "\(registry)/\(uri):third")
                    _ = try await Docker.call(["rmi", "\(registry)/\(uri):third"])
                }
                let problem = await #expect(throws: EngineError.self) { _ = try await cloud.load("app:none") }
                #expect(problem?.description == "cannot get image `app:none`: the registry has no image `app:none`")
            }
        }
    }

    @Test func `as ECR the registry wants a login, and keeps regions apart`() async throws {
        try await with(["app"]) { cloud in
            try await cloud.whileRunning { running in
                func status(_ path: String, region: String = "eu-west-1", login: String?) async throws -> String {
                    let host = "\(account).dkr.ecr.\(region).amazonaws.com"
                    return try await Command(
                        "curl",
                        ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: \(host)"]
                            + (login.map { ["-u", "AWS:\($0)"] } ?? []) + ["http://\(running.registry)/v2/\(path)"]
                    ).collect().text
                }
                let password = "\(account)-auth-token"
                #expect(try await status("", login: nil) == "401")
                #expect(try await status("", login: "wrong") == "401")
                #expect(try await status("", login: password) == "200")
                #expect(try await status("app/blobs/uploads/", login: nil) == "401")
                let blob = "blobs/sha256:\(String(repeating: "0", count: 64))"
                let here = try await Command(
                    "curl",
                    [
                        "-s", "-u", "AWS:\(password)", "-H", "Host: \(account).dkr.ecr.eu-west-1.amazonaws.com",
                        "http://\(running.registry)/v2/app/\(blob)",
                    ]
                ).collect().text
                #expect(here.contains("BLOB_UNKNOWN"))
                let elsewhere = try await Command(
                    "curl",
                    [
                        "-s", "-u", "AWS:\(password)", "-H", "Host: \(account).dkr.ecr.us-east-1.amazonaws.com",
                        "http://\(running.registry)/v2/app/\(blob)",
                    ]
                ).collect().text
                #expect(elsewhere.contains("NAME_UNKNOWN"))
            }
        }
    }

    @Test func `several at once share one, and it ends when nobody holds it`() async throws {
        try await with(idleSeconds: 15) { cloud in
            let addresses = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 1...4 { group.addTask { try await cloud.whileRunning { $0.address } } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(addresses.count == 1)
            // One that is cancelled, which kills its client, holds nothing either.
            let (holds, held) = AsyncStream.makeStream(of: Void.self)
            let holder = Task {
                try await cloud.whileRunning { _ in
                    held.yield()
                    try await Task.sleep(for: .seconds(600))
                }
            }
            for await _ in holds { break }
            try await Task.sleep(for: .seconds(18))
            #expect(try await DockerEngine().isRunning(cloud.name))
            holder.cancel()
            _ = await holder.result
            var isRunning = true
            for _ in 1...600 where isRunning {
                try await Task.sleep(for: .milliseconds(100))
                isRunning = try await DockerEngine().isRunning(cloud.name)
            }
            #expect(!isRunning)
        }
    }

    @Test func `state that was damaged is named and set aside, and the rest is there`() async throws {
        try await with(["app"]) { cloud in
            try await cloud.whileRunning { running in
                let aws = Moto(endpoint: running.services, region: "eu-west-1")
                try await aws.aws("ssm", "put-parameter", "--name", "/a", "--type", "String", "--value", "x")
                let damage = "echo >>/var/lib/aws-local/moto/ssm.state"
                #expect(try await Docker.call(["exec", cloud.name, "sh", "-c", damage]).status.isSuccess)
            }
            try await cloud.stop()
            try await cloud.whileRunning { running in
                #expect(running.notes.count == 1)
                let note = try #require(running.notes.first)
                #expect(
                    note.hasPrefix("the state of ssm was damaged (its checksum is wrong); it starts empty, the file is")
                )
                let file = try #require(note.split(separator: " ").last.map(String.init))
                #expect(try await Docker.call(["exec", cloud.name, "test", "-s", file]).status.isSuccess)
                let aws = Moto(endpoint: running.services, region: "eu-west-1")
                let names = try await aws.aws(
                    "ecr", "describe-repositories", "--query", "repositories[].repositoryName", "--output", "text")
                #expect(names == "app")
                try await aws.aws("ssm", "put-parameter", "--name", "/a", "--type", "String", "--value", "y")
            }
        }
    }

    @Test func `without its image it says how to make it`() async throws {
        let cloud = LocalCloud(
            key: "test-none", account: account, region: "eu-west-1", engine: DockerEngine(), image: "buildspec/none")
        let problem = await #expect(throws: EngineError.self) { try await cloud.whileRunning { _ in } }
        #expect(problem?.code == .imageMissing)
        #expect(problem?.help?.contains("make images") == true)
    }
}
