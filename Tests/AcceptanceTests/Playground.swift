import ChildProcesses
import Foundation
import TestSupport
import Testing

/// The image most tests build in: Debian with dash, bash and coreutils.
let debian = "debian:bookworm-slim"
/// BusyBox and nothing else.
let busybox = "buildspec/busybox"

/// A folder of its own for one test: a source, XDG folders, and the program under test pointed at them.
final class Playground: Sendable {
    let root: URL
    var source: URL { root.appending(path: "source") }
    var out: URL { root.appending(path: "out") }
    var state: URL { root.appending(path: "state") }
    var cache: URL { root.appending(path: "cache") }

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(
            path: "buildspec-test-\(UUID().uuidString.lowercased())")
        try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    /// The program: as `make test` built it, else the one beside the tests.
    static let binary: String = {
        if let path = ProcessInfo.processInfo.environment["BUILDSPEC_BINARY"] { return path }
        return Bundle.main.bundleURL.appending(path: "buildspec").path
    }()

    func write(_ path: String, _ text: String) throws {
        let file = source.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func buildspec(_ text: String) throws { try write("buildspec.yml", text) }

    /// Makes a shell's program in `bin` beside the source, which stands in front of PATH where a test says so.
    ///
    /// - Returns: its path.
    @discardableResult
    func makeProgram(_ name: String, _ script: String) async throws -> String {
        let path = root.appending(path: "bin/\(name)").path
        try await TestSupport.makeProgram("#!/bin/sh\n\(script)", at: path)
        return path
    }

    func command(_ arguments: [String], environment: [String: String?] = [:]) -> Command {
        var all: [String: String?] = [
            "XDG_CACHE_HOME": cache.path, "XDG_STATE_HOME": state.path, "NO_COLOR": "1",
            // Between two steps of a test a loaded machine may take longer than between two builds of a user.
            "BUILDSPEC_AWS_LOCAL_IDLE": "900",
        ]
        for (name, value) in environment { all.updateValue(value, forKey: name) }
        return Command(Self.binary, arguments, environment: all, workingDirectory: source.path)
    }

    func call(_ arguments: [String], environment: [String: String?] = [:]) async throws -> CommandOutput {
        try await command(arguments, environment: environment).collect()
    }

    /// `buildspec run` of the source, with artifacts in ``out``.
    func run(
        _ arguments: [String] = [], image: String = debian, environment: [String: String?] = [:]
    ) async throws -> CommandOutput {
        try await call(
            ["run", ".", "--image", image, "--artifacts", out.path] + arguments, environment: environment)
    }

    /// The names of the files below a folder, links included.
    func files(in folder: URL) -> [String] {
        guard let all = FileManager.default.enumerator(atPath: folder.path) else { return [] }
        return all.compactMap { $0 as? String }.filter { path in
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder.appending(path: path).path)
            return attributes?[.type] as? FileAttributeType != .typeDirectory
        }.sorted()
    }
}

extension CommandOutput {
    var outputText: String { String(decoding: output, as: UTF8.self) }

    /// The log without its stamps, one line each.
    var log: [String] {
        outputText.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line).replacing(#/^\[Container\] [0-9/]{10} [0-9:]{8}\.[0-9]{6} /#, with: "[Container] ")
        }
    }

    /// What the build's own commands printed: lines that are not the agent's.
    var printed: [String] { log.filter { !$0.hasPrefix("[Container] ") && !$0.isEmpty } }
}

/// An image that one test makes; gone with it.
final class TestImage: Sendable {
    let name = "buildspec-test:\(UUID().uuidString.lowercased())"

    /// - Parameter dockerfile: copies nothing.
    func make(_ dockerfile: String) async throws {
        let made = try await Docker.call(["build", "-q", "-t", name, "-"], input: dockerfile)
        try #require(made.status.isSuccess, "\(made.errorText)")
    }

    deinit {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["docker", "rmi", "-f", name]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // What stays behind otherwise is a layer of some bytes.
        if (try? process.run()) != nil { process.waitUntilExit() }
    }
}

/// Questions to the engine itself.
enum Docker {
    /// Whether an engine answers. With BUILDSPEC_REQUIRE_DOCKER=1 the tests run, and fail, where none does.
    static let isThere: Bool = {
        if ProcessInfo.processInfo.environment["BUILDSPEC_REQUIRE_DOCKER"] == "1" { return true }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["docker", "version", "--format", "{{.Server.Version}}"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    static func call(_ arguments: [String], input: String = "") async throws -> CommandOutput {
        try await Command("docker", arguments).collect(input: Array(input.utf8))
    }

    /// The containers that have this playground's source mounted.
    static func containers(of play: Playground, _ filters: String...) async throws -> [String] {
        let all = try await call(["ps", "-aq", "--filter", "label=dev.buildspec.build"] + filters).text
        var own: [String] = []
        for container in all.split(separator: "\n").map(String.init) {
            let mounts = try await call(["inspect", "-f", "{{json .Mounts}}", container])
            if mounts.text.contains(play.source.path) { own.append(container) }
        }
        return own
    }
}

extension Tag {
    /// Needs a Docker engine.
    @Tag static var docker: Self
}
