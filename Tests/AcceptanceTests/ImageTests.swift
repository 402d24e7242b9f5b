import ChildProcesses
import Foundation
import Testing

/// The images that builds run in, by CodeBuild's names for them.
@Suite struct ImageTests {
    private func playground() throws -> Playground {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [echo built]}}\n")
        return play
    }

    @Test func `an image that is for no Linux container is refused, by whoever names it`() async throws {
        let play = try playground()
        let nowhere = ["DOCKER_HOST": "unix:///no/engine"]
        let record = play.root.appending(path: "build.json")
        let flag = try await play.run(
            ["--build-json", record.path], image: "aws/codebuild/windows-base:2022-1.0", environment: nowhere)
        #expect(flag.status.exitStatus == 64)
        #expect(flag.errorText.contains("error: --image: `aws/codebuild/windows-base:2022-1.0` is an image of Windows"))
        #expect(try String(contentsOf: record, encoding: .utf8).contains("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"))
        try play.write("codebuild.yml", "environment:\n  image: aws/codebuild/macos-arm-base:15\n")
        for command in ["run", "plan"] {
            let settings = try await play.call([command], environment: nowhere)
            #expect(settings.status.exitStatus == 78)
            #expect(
                settings.errorText.contains(
                    "error: codebuild.yml:2:10: `aws/codebuild/macos-arm-base:15` is an image of"))
        }
    }

    @Test(.tags(.docker), .enabled(if: Docker.isThere))
    func `an image is found under another of its names, and its id recorded`() async throws {
        let play = try playground(), release = UUID().uuidString.lowercased()
        let old = "aws/codebuild/amazonlinux2-x86_64-standard:5.0-\(release)"
        let new = "aws/codebuild/amazonlinux-x86_64-standard:5.0-\(release)"
        _ = try await Docker.call(["tag", debian, old])
        let record = play.root.appending(path: "build.json")
        let result = try await play.run(["--build-json", record.path], image: new)
        let id = try await Docker.call(["image", "inspect", "--format", "{{.Id}}", old]).text
        let plan = try await play.call(["plan", "--image", new])
        _ = try await Docker.call(["rmi", old])
        #expect(result.printed == ["built"] && result.status.isSuccess)
        #expect(result.errorText.contains("`\(new)` is on this engine as `\(old)`, another name of the same image\n"))
        let json = try String(contentsOf: record, encoding: .utf8)
        #expect(json.contains("\"image\":\"\(new)\"") && json.contains("\"imageId\":\"\(id)\""))
        #expect(plan.outputText.contains("image       \(new) (\(id.prefix(19)))\n"))
        #expect(plan.outputText.contains("about the image\n  `\(new)` is on this engine as `\(old)`"))
    }

    @Test(.tags(.docker), .enabled(if: Docker.isThere))
    func `an image that nobody has is told with the ways to one`() async throws {
        let play = try playground(), name = "aws/codebuild/java:openjdk-11"
        let result = try await play.run(image: name)
        #expect(result.status.exitStatus == 69)
        #expect(result.errorText.contains("error: cannot get image `\(name)`: AWS has withdrawn it"))
        #expect(result.errorText.contains("another image by --image NAME") && !result.errorText.contains("docker pull"))
        let plan = try await play.call(["plan", "--image", name])
        #expect(plan.status.isSuccess)
        #expect(plan.outputText.contains("cannot be had: AWS has withdrawn it, and publishes it nowhere\n"))
        let offline = try await play.run(["--offline"], image: name)
        #expect(offline.status.exitStatus == 75 && offline.errorText.contains("image `\(name)`: "))
    }

    // MARK: Making images

    @Test func `what cannot be built is told without an engine`() async throws {
        let play = try Playground(), nowhere = ["DOCKER_HOST": "unix:///no/engine"]
        for (arguments, status, words) in [
            (["aws/codebuild/standard:7.0"], 64, "or `buildspec images build standard`"),
            (["aws/codebuild/windows-base:2022-1.0", "--from", "."], 64, "is an image of Windows"),
            (["standards"], 64, "there is no image `standards` to build"),
            (["aws/codebuild/standard:7.0", "--from", "."], 66, "there is no `ubuntu/standard/7.0/Dockerfile`"),
        ] as [([String], Int32, String)] {
            let result = try await play.call(["images", "build"] + arguments, environment: nowhere)
            #expect(result.status.exitStatus == status)
            #expect(result.errorText.contains(words), "\(result.errorText)")
        }
    }

    @Test(.tags(.docker), .enabled(if: Docker.isThere))
    func `one of AWS's images is built in a checkout of its repository`() async throws {
        let play = try Playground(), release = UUID().uuidString.lowercased()
        let name = "aws/codebuild/amazonlinux-x86_64-standard:4.0-\(release)"
        try play.write("images/al/x86_64/standard/4.0/Dockerfile", "FROM \(busybox)\nENV FROM_AWS=yes\n")
        let result = try await play.call(["images", "build", name, "--from", "images"])
        let list = try await play.call(["images"])
        let variables = try await Docker.call(["image", "inspect", "--format", "{{.Config.Env}}", name]).text
        _ = try await Docker.call(["rmi", name])
        #expect(result.status.isSuccess && variables.contains("FROM_AWS=yes"), "\(result.errorText)")
        let lines = list.outputText.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines.contains { $0.hasPrefix("aws/codebuild/amazonlinux-x86_64-standard:6.0 maintained ") })
        #expect(lines.allSatisfy { !$0.contains("lambda") || $0.contains("on this engine") }, "\(list.outputText)")
    }

    /// The engine's client as a script: what it is told to build from is kept.
    @Test func `the stand-in is built of what the program carries`() async throws {
        let play = try Playground()
        let client = """
            echo "$*" >>"$0.log"
            [ "$1" != build ] || { for last; do :; done; cp -R "$last" "$0.context"; }
            """
        let program = try await play.makeProgram("docker", client)
        let path = "\(play.root.path)/bin:\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        let result = try await play.call(
            ["images", "build", "standard", "--base", "some/debian:1"], environment: ["PATH": path])
        #expect(result.status.isSuccess, "\(result.errorText)")
        #expect(result.errorText.contains("Debian instead of Ubuntu; OpenJDK under the names of Corretto"))
        let calls = try String(contentsOfFile: "\(program).log", encoding: .utf8)
        #expect(calls.contains("build --tag buildspec/standard --build-arg BASE=some/debian:1"))
        let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        for file in ["Dockerfile", "install.sh", "runtime.sh"] {
            let own = repository.appending(path: "Dockerfiles/standard/\(file)")
            let built = play.root.appending(path: "bin/docker.context/\(file)")
            #expect(try Data(contentsOf: built) == Data(contentsOf: own))
        }
    }

    @Test(.tags(.docker), .enabled(if: Docker.isThere), arguments: [("22", "v22"), ("20.x", "v20")])
    func `the stand-in switches`(asked: String, version: String) async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              install: {runtime-versions: {java: latest, nodejs: \(asked)}}
              build:
                commands:
                  - node --version; npm --version >/dev/null && javac -version && ls "$JAVA_HOME/bin/javac"
            """)
        let result = try await play.run(["--no-cache"], image: "buildspec/standard-small")
        #expect(result.status.isSuccess, "\(result.errorText)")
        #expect(
            result.log.contains(
                "[Container] Selecting 'java' runtime version 'corretto17' based on manual selections..."))
        #expect(result.printed.first { $0.hasPrefix("v") }?.hasPrefix(version) == true, "\(result.printed)")
        #expect(
            result.printed.contains { $0.hasPrefix("javac 17") } && result.printed.last == "/opt/java/current/bin/javac"
        )
    }
}
