import ChildProcesses
import Foundation
import Testing

/// `--cache s3://…`, against moto's server.
@Suite(.tags(.docker), .enabled(if: Docker.isThere && Moto.isThere))
struct S3CacheTests {
    private let place = ["--cache", "s3://bucket/ci/caches/"]

    private func spec(_ cache: String = "") -> String {
        """
        version: 0.2
        phases:
          build:
            commands:
              - env | grep -i -e aws_access -e aws_secret -e aws_endpoint || true
              - echo "found $(cat /opt/k/value 2>/dev/null || echo nothing)" && mkdir -p /opt/k
              - '[ "$(cat /opt/k/value 2>/dev/null)" = "$VALUE" ] || echo $VALUE > /opt/k/value'
        cache:
          \(cache)
          paths: ['/opt/k/**/*']
        """
    }

    private func run(_ play: Playground, _ moto: Moto, _ value: String, _ more: [String] = []) async throws
        -> CommandOutput
    {
        try await play.run(place + ["-e", "VALUE=\(value)"] + more, environment: moto.environment)
    }

    @Test func `a cache goes to S3 and comes back, and nothing of AWS gets into the build`() async throws {
        try await Moto.with { moto in
            let play = try Playground(), other = try Playground()
            try play.buildspec(spec())
            let first = try await run(play, moto, "1")
            #expect(first.status.isSuccess)
            #expect(first.printed == ["found nothing"])
            #expect(first.log.contains("[Container] Downloading S3 cache..."))
            #expect(first.log.contains("[Container] Uploading S3 cache..."))
            #expect(!first.log.contains { $0.contains("local cache") })
            let objects = try await moto.objects()
            #expect(objects.count == 2)
            #expect(objects.allSatisfy { $0.hasPrefix("ci/caches/source-") })

            // Another checkout, another machine: its own caches are elsewhere.
            try other.buildspec(spec())
            let second = try await run(other, moto, "1")
            #expect(second.printed == ["found 1"])
            #expect(second.log.contains("[Container] Unarchiving cache..."))
            #expect(second.errorText.contains("s3://bucket/ci/caches/source-"))
            #expect(second.errorText.contains("unchanged"))
            #expect(try await moto.objects() == objects)

            _ = try await run(play, moto, "2")
            #expect(try await moto.objects().count == 2)
            #expect(try await run(play, moto, "3").printed == ["found 2"])
            // Nothing stays on this machine.
            #expect(play.files(in: play.cache).filter { !$0.contains("/programs/") } == [])
        }
    }

    @Test func `keys are exact, immutable, and found by prefix, newest first`() async throws {
        try await Moto.with { moto in
            let play = try Playground()
            try play.buildspec(spec("key: 'a/$VALUE'\n  fallback-keys: ['b', 'a/x', 'a/']"))
            #expect(try await run(play, moto, "x1").printed == ["found nothing"])
            #expect(try await run(play, moto, "y2").printed == ["found x1"])
            let third = try await run(play, moto, "z3")
            #expect(third.printed == ["found x1"])
            #expect(third.log.contains("[Container] No cache found for fallback key b"))
            #expect(third.log.contains("[Container] Found cache for fallback key a/x: a/x1"))
            let again = try await run(play, moto, "y2")
            #expect(again.printed == ["found y2"])
            #expect(again.log.contains("[Container] Skipping cache upload: key a/y2 is saved and never changed"))
            try play.buildspec(spec("key: 'a/none'\n  fallback-keys: ['a/']"))
            #expect(try await run(play, moto, "w").printed == ["found z3"])
            #expect(try await moto.objects().contains { $0.contains("/key=a%2fx1/manifest.json") })
        }
    }

    @Test func `what is damaged in S3 is not used, and replaced`() async throws {
        try await Moto.with { moto in
            let play = try Playground()
            try play.buildspec(spec("key: fixed"))
            _ = try await run(play, moto, "1")
            let tarball = try #require(try await moto.objects().first { $0.hasSuffix(".tar.zst") })
            let file = play.root.appending(path: "tarball").path
            try await moto.aws("s3", "cp", "s3://bucket/\(tarball)", file)
            let handle = try FileHandle(forUpdating: URL(filePath: file))
            try handle.seek(toOffset: 20)
            try handle.write(contentsOf: Data([1, 2, 3, 4]))
            try handle.close()
            try await moto.aws("s3", "cp", file, "s3://bucket/\(tarball)")

            let next = try await run(play, moto, "1")
            #expect(next.status.isSuccess)
            #expect(next.printed == ["found nothing"])
            #expect(next.log.contains { $0.hasPrefix("[Container] Unable to download cache: the cache is damaged") })

            // Replaced by what the build made anew; then that tarball gets lost.
            let current = try #require(try await moto.objects().first { $0.hasSuffix(".tar.zst") })
            try await moto.aws("s3", "rm", "s3://bucket/\(current)")
            let lost = try await run(play, moto, "1")
            #expect(lost.printed == ["found nothing"])
            #expect(lost.log.contains { $0.hasSuffix("is missing)") })
            #expect(try await run(play, moto, "1").printed == ["found 1"])
        }
    }

    /// A folder to put in front of PATH, with an `aws` that fails for some calls.
    private func failing(_ pattern: String, saying words: String, in play: Playground, _ moto: Moto) async throws
        -> [String:
        String?]
    {
        let bin = play.root.appending(path: "bin")
        var environment = moto.environment
        let path = (environment["PATH"] ?? "") ?? ""
        let script = """
            PATH='\(path)'
            case "$*" in \(pattern)) echo '\(words)' >&2; exit 254 ;; esac
            exec aws "$@"
            """
        try await play.makeProgram("aws", script)
        environment["PATH"] = "\(bin.path):\(path)"
        return environment
    }

    @Test func `an upload that breaks half-way leaves the cache before it valid`() async throws {
        try await Moto.with { moto in
            let play = try Playground()
            try play.buildspec(spec())
            _ = try await run(play, moto, "1")
            let broken = try await failing(
                "*'s3 cp'*/manifest.json\\ s3://*", saying: "the line went dead", in: play, moto)
            let second = try await play.run(place + ["-e", "VALUE=2"], environment: broken)
            #expect(second.status.isSuccess)
            #expect(
                second.log.contains {
                    $0.hasPrefix("[Container] Unable to upload cache: cannot write `s3://bucket/ci/")
                })
            #expect(second.log.contains { $0.hasSuffix("the line went dead") })
            #expect(try await moto.objects().count == 3)
            #expect(try await run(play, moto, "1").printed == ["found 1"])
        }
    }

    @Test func `when S3 does not answer or refuses the build goes on without a cache`() async throws {
        try await Moto.with { moto in
            let play = try Playground()
            try play.buildspec(spec())
            func check(_ environment: [String: String?], _ reason: String, place: [String]? = nil) async throws {
                let result = try await play.run(
                    (place ?? self.place) + ["-e", "VALUE=1"], environment: environment)
                #expect(result.status.isSuccess)
                #expect(result.printed == ["found nothing"])
                for line in ["Unable to download cache: ", "Unable to upload cache: "] {
                    let said = try #require(result.log.first { $0.hasPrefix("[Container] \(line)") })
                    #expect(said.contains(reason), "\(said)")
                }
            }
            let denied = "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied"
            try await check(try await failing("*", saying: denied, in: play, moto), "AccessDenied: Access Denied")
            try await check(moto.environment, "NoSuchBucket: ", place: ["--cache", "s3://no-such-bucket/x"])
            var nobody = moto.environment
            nobody["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
            nobody["AWS_MAX_ATTEMPTS"] = "1"
            try await check(nobody, "Could not connect to the endpoint URL")
            // A PATH with docker and no `aws`.
            let bin = play.root.appending(path: "docker-only")
            try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
            let docker = try await Command("sh", ["-c", "command -v docker"]).collect().text
            try FileManager.default.createSymbolicLink(
                atPath: bin.appending(path: "docker").path, withDestinationPath: docker)
            var bare = moto.environment
            bare["PATH"] = bin.path
            try await check(bare, "there is no program `aws` in PATH")
        }
    }

    @Test func `an S3 cache and --offline exclude each other, and a wrong address is refused`() async throws {
        let play = try Playground()
        try play.buildspec(spec())
        let offline = try await play.run(place + ["--offline"])
        #expect(offline.status.exitStatus == 75)
        #expect(offline.errorText.contains("help: name a folder with --cache"))
        #expect(try await play.run(["--cache", "s3://"]).status.exitStatus == 64)
        #expect(try await play.run(["--cache", "gs://bucket"]).status.exitStatus == 64)
        let list = try await play.call(["cache", "list"], environment: ["BUILDSPEC_CACHE": "s3://bucket/x"])
        #expect(list.status.exitStatus == 64)
    }

    @Test func `profile and region are the CLI's, the region the build's too`() async throws {
        let play = try Playground()
        let log = play.root.appending(path: "log").path
        try play.buildspec(spec().replacing("env | grep", with: "echo $AWS_REGION; env | grep"))
        let bin = play.root.appending(path: "bin")
        try await play.makeProgram("aws", "echo \"$*\" >> '\(log)'\nexit 1\n")
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let result = try await play.run(
            place + ["--profile", "work", "--region", "eu-north-1"], environment: ["PATH": "\(bin.path):\(path)"])
        #expect(result.printed == ["eu-north-1", "found nothing"])
        let calls = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        #expect(calls.count == 2)
        #expect(calls.allSatisfy { $0.hasSuffix("--profile work --region eu-north-1") })
    }
}
