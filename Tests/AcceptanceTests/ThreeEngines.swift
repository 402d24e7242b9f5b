import ChildProcesses
import Foundation
import Testing

/// A Docker Swarm of three engines on this machine, and a registry (`.ci/swarm`); gone when the tests are.
final class ThreeEngines: Sendable {
    let folder: String
    let address: String
    let registry: String
    private let process: Process
    private let input: Pipe

    /// Making networks takes root, and control groups and network namespaces are Linux's.
    static var canBe: Bool {
        #if os(Linux)
            geteuid() == 0 && Docker.isThere
        #else
            false
        #endif
    }

    private static let shared = Task { try ThreeEngines() }

    /// The swarm of all tests; it is made for the first one.
    static func get() async throws -> ThreeEngines { try await shared.value }

    private init() throws {
        process = Process()
        input = Pipe()
        let output = Pipe()
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process.executableURL = root.appending(path: ".ci/swarm")
        // It lives until its input ends, which it does with this process.
        process.arguments = [
            "sh", "-c", "echo \"$BUILDSPEC_SWARM $BUILDSPEC_SWARM_ADDRESS $BUILDSPEC_SWARM_REGISTRY\"; exec cat",
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        try #require(words.count == 3, "the swarm could not be made")
        (folder, address, registry) = (words[0], words[1], words[2])
    }

    var debian: String { "\(registry)/debian:bookworm-slim" }
    var busybox: String { "\(registry)/busybox:latest" }

    func call(_ engine: String, _ arguments: String...) async throws -> CommandOutput {
        try await Command(
            "docker", arguments, environment: ["DOCKER_HOST": "unix://\(folder)/\(engine).sock", "DOCKER_CONTEXT": nil]
        ).collect()
    }

    /// The variables of a program that means the swarm's manager.
    var environment: [String: String?] { ["DOCKER_HOST": "unix://\(folder)/manager.sock", "DOCKER_CONTEXT": nil] }

    /// Ends an engine as a power cut would; its containers run on.
    func kill(_ engine: String) throws {
        let text = try String(contentsOfFile: "\(folder)/\(engine).pid", encoding: .utf8)
        let id = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(Foundation.kill(id, SIGKILL) == 0)
    }

    /// What is left of jobs on the swarm and on some of its engines. Docker takes some seconds to remove a container whose service is
    /// gone.
    func leftovers(on engines: [String]) async throws -> String {
        var left = ""
        for _ in 0..<120 {
            left = try await call("manager", "service", "ls", "-q").text
            left += try await call("manager", "secret", "ls", "-q").text
            for engine in engines { left += try await call(engine, "ps", "-aq").text }
            if left.isEmpty { return "" }
            try await Task.sleep(for: .milliseconds(250))
        }
        return left
    }
}
