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
}
