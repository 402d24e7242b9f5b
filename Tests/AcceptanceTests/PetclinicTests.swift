import Files
import ChildProcesses
import Foundation
import Testing

/// The main job: the petclinic fixture, as a newcomer would run it.
@Suite(.tags(.docker), .enabled(if: Docker.isThere), .serialized)
struct PetclinicTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    private var fixture: String { root.appending(path: "fixtures/petclinic-rest").path }

    /// The Maven part alone, in an image without Docker.
    private var package: [String] { ["run", fixture, "-f", "ci/package.yml", "-i", "buildspec/java17"] }
    private let withoutDocker: [String: String?] = ["BUILDSPEC_PRIVILEGED": "no", "BUILDSPEC_AWS_LOCAL": "no"]

    /// Flags that lead Maven to the stand-in for Maven Central, where that is out of reach.
    private func mirror() async throws -> [String] {
        let output = try await Command(root.appending(path: ".ci/maven-repository").path, ["start"]).collect()
        try #require(output.status.isSuccess, "\(output.errorText)")
        return output.text.isEmpty ? [] : ["-e", "MAVEN_MIRROR_URL=\(output.text)"]
    }

    @Test func `a build online, and one offline from its cache that a blocking test fails`() async throws {
        let play = try Playground()
        let run = package + ["--artifacts", play.out.path]
        let cold = try await play.call(run + mirror(), environment: withoutDocker)
        #expect(cold.status.isSuccess, "\(cold.errorText)")
        #expect(cold.outputText.contains("Downloading from"))
        #expect(play.files(in: play.out) == ["artifacts/imagedefinitions.json"])

        // That a build offline succeeds, too, is what `.ci/petclinic` shows.
        let blocked = try await play.call(
            run + ["--offline", "-e", "BLOCKING_DEPLOY=true"], environment: withoutDocker)
        #expect(blocked.status.exitStatus == 1)
        #expect(!blocked.outputText.contains("Downloading from"))
        #expect(blocked.outputText.contains("BlockingDeployTests"))
        #expect(blocked.log.contains("[Container] Phase complete: BUILD State: FAILED"))
        #expect(blocked.log.contains("[Container] Phase complete: POST_BUILD State: SUCCEEDED"))
        #expect(blocked.errorText.contains("failed   BUILD: mvn -B"))
        #expect(blocked.errorText.contains(#/package\.yml:[0-9]+:[0-9]+: exit status 1/#))
    }

    @Test func `Ctrl-C in the middle of Maven ends at once`() async throws {
        let play = try Playground()
        let arguments = try await package + ["--artifacts", play.out.path] + mirror()
        let process = Process()
        process.executableURL = URL(filePath: Playground.binary)
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["XDG_STATE_HOME"] = play.state.path
        for (name, value) in withoutDocker { environment[name] = value }
        environment["XDG_CACHE_HOME"] = play.cache.path
        process.environment = environment
        let pipe = Foundation.Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var output = ""
        while !output.contains("Downloading from"), process.isRunning {
            output += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        }
        let start = Date()
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect(Date().timeIntervalSince(start) < 20)
        #expect(process.terminationStatus == 130)
        #expect(play.files(in: play.cache.appending(path: "buildspec/caches")).isEmpty)
        let left = try await Docker.call([
            "ps", "-aq", "--filter", "label=dev.buildspec.owner=\(process.processIdentifier)",
        ])
        #expect(left.text.isEmpty)
    }
}
