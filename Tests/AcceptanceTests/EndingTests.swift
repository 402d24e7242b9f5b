import Files
import ChildProcesses
import Foundation
import Testing

/// Nothing is left behind, however a build ends. Alone, because it looks at all containers.
@Suite(.tags(.docker), .enabled(if: Docker.isThere), .serialized)
struct EndingTests {
    /// Starts a build, waits for its first output, sends it a signal.
    private func stop(
        _ play: Playground, with signal: Int32, arguments: [String] = []
    ) async throws -> (status: Int32, seconds: Double, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: Playground.binary)
        process.arguments = ["run", play.source.path, "--image", debian] + arguments
        var environment = ProcessInfo.processInfo.environment
        environment["XDG_STATE_HOME"] = play.state.path
        environment["XDG_CACHE_HOME"] = play.cache.path
        process.environment = environment
        let pipe = Foundation.Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var output = ""
        while !output.contains("\nready\n") {
            let data = pipe.fileHandleForReading.availableData
            if data.isEmpty { break }
            output += String(decoding: data, as: UTF8.self)
        }
        let start = Date()
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        let seconds = Date().timeIntervalSince(start)
        if signal != SIGKILL {
            output += String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return (status, seconds, output)
    }

    private let waiting = """
        version: 0.2
        phases: {build: {commands: ['mkdir -p /root/.m2 && echo x > /root/.m2/x; echo ready; sleep 300']}}
        cache: {paths: ['/root/.m2/**/*']}
        """

    // Alone it takes half a second; the whole suite runs beside it, so the bound only tells stopping from waiting.
    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
    func `a signal ends the build at once and leaves nothing`(signal: Int32, status: Int32) async throws {
        let play = try Playground()
        try play.buildspec(waiting)
        let end = try await stop(play, with: signal)
        #expect(end.status == status)
        #expect(end.seconds < 20)
        #expect(end.output.contains("Phase complete: BUILD State: STOPPED"))
        #expect(try await Docker.containers(of: play).isEmpty)
        #expect(play.files(in: play.cache.appending(path: "buildspec/caches")).isEmpty)
        let records = try FileManager.default.contentsOfDirectory(
            atPath: play.state.appending(path: "buildspec/builds").path)
        let json = try String(
            contentsOf: play.state.appending(path: "buildspec/builds/\(records[0])/build.json"), encoding: .utf8)
        #expect(json.contains(#""buildStatus":"STOPPED""#))
    }

    @Test func `what a killed run left is removed by the next one`() async throws {
        let play = try Playground()
        try play.buildspec(waiting)
        let end = try await stop(play, with: SIGKILL)
        #expect(end.status == 128 + SIGKILL)
        #expect(try await Docker.containers(of: play).count == 1)
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}")
        let next = try await play.run()
        #expect(next.status.isSuccess)
        #expect(next.errorText.contains("of a build that was killed"))
        #expect(try await Docker.containers(of: play).isEmpty)
        #expect(try await !play.run().errorText.contains("of a build that was killed"))
    }

    @Test func `a reader that goes away ends the build quietly`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['yes | head -n 1000000', sleep 300]}}")
        let binary = Playground.binary
        let output = try await Command(
            "sh", ["-c", "'\(binary)' run '\(play.source.path)' --image \(debian) | head -n 3"],
            environment: ["XDG_STATE_HOME": play.state.path, "XDG_CACHE_HOME": play.cache.path]
        ).collect()
        #expect(output.text.split(separator: "\n").count == 3)
        #expect(!output.errorText.contains("error:"))
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `memory stays flat however much a build prints`() async throws {
        func peak(_ size: String) async throws -> Int {
            let play = try Playground()
            try play.buildspec("version: 0.2\nphases: {build: {commands: ['yes 0123456789abcdef | head -c \(size)']}}")
            let output = try await Command(
                "python3",
                [
                    "-c",
                    """
                    import os, subprocess, sys
                    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    _, status, usage = os.wait4(child.pid, 0)
                    print(usage.ru_maxrss if status == 0 else -1)
                    """, Playground.binary, "run", play.source.path, "--image", debian,
                ], environment: ["XDG_STATE_HOME": play.state.path, "XDG_CACHE_HOME": play.cache.path]
            ).collect()
            return try #require(Int(output.text))
        }
        // Three times as much as would show; a program built for debugging takes a quarter of a second for each of them.
        let small = try await peak("1M"), large = try await peak("64M")
        #expect(small > 0 && large > 0)
        #expect(large - small < 20_000, "kilobytes: \(small) and \(large)")
    }
}
