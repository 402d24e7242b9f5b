import Files
import ChildProcesses
import Foundation
import Testing

/// Nothing is left behind, however a build ends. Alone, because it looks at all containers.
@Suite(.tags(.docker), .enabled(if: Docker.isThere), .serialized)
struct EndingTests {
    /// Starts a build, waits for its first output, sends it a signal.
    private func stop(
        _ play: Playground, with signal: Int32, repeats: Bool = false, path: String? = nil
    ) async throws -> (status: Int32, seconds: Double, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: Playground.binary)
        process.arguments = ["run", play.source.path, "--image", debian]
        var environment = ProcessInfo.processInfo.environment
        environment["XDG_STATE_HOME"] = play.state.path
        environment["XDG_CACHE_HOME"] = play.cache.path
        if let path { environment["PATH"] = "\(path):\(environment["PATH"] ?? "")" }
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
        if repeats {
            // Later than timeout(1) and shells repeat theirs; the program may have ended by then.
            try await Task.sleep(for: .milliseconds(400))
            if process.isRunning { kill(process.processIdentifier, signal) }
        }
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

    /// The status of the only build, as its record says.
    private func recordedStatus(_ play: Playground) async throws -> String {
        let text = try await play.call(["builds", "--format", "json"]).text
        return String(text.split(separator: "\"buildStatus\":\"").dropFirst().first?.prefix { $0 != "\"" } ?? "")
    }

    @Test func `a second signal changes nothing: the build is stopped in order`() async throws {
        let play = try Playground()
        try play.buildspec(waiting)
        let end = try await stop(play, with: SIGINT, repeats: true)
        #expect(end.status == 130)
        #expect(end.seconds < 20)
        #expect(try await recordedStatus(play) == "STOPPED")
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `a terminal that is closed stops the build, and its record says so`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['while :; do echo line; sleep 0.01; done']}}")
        // The child's terminal is closed under it once it prints.
        let outcome = try await Command(
            "python3",
            [
                "-c",
                """
                import os, pty, sys
                child, master = pty.fork()
                if child == 0: os.execv(sys.argv[1], sys.argv[1:])
                heard = b""
                while b"line" not in heard: heard += os.read(master, 65536)
                os.close(master)
                _, status = os.waitpid(child, 0)
                print(os.waitstatus_to_exitcode(status))
                """, Playground.binary, "run", play.source.path, "--image", debian,
            ], environment: ["XDG_STATE_HOME": play.state.path, "XDG_CACHE_HOME": play.cache.path, "CI": "true"]
        ).collect()
        // Whichever comes first: the signal, or the write that fails.
        #expect(["129", "141"].contains(outcome.text))
        #expect(try await recordedStatus(play) == "STOPPED")
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `a signal that comes right after the start is never lost`() async throws {
        let play = try Playground()
        try play.buildspec(waiting)
        // The program itself is there when Popen returns; a shell's child would still be the shell for a moment.
        let text = """
            import signal, subprocess, sys, time
            for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP: signal.signal(number, signal.SIG_DFL)
            child = subprocess.Popen(sys.argv[3:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(float(sys.argv[1]) / 1000)
            child.send_signal(int(sys.argv[2]))
            try: status = child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                status = child.wait()
            print(status if status >= 0 else 128 - status)
            """
        for (number, milliseconds) in [0, 2, 5, 10, 15, 20, 25, 30, 40, 60].enumerated() {
            let signal = [SIGINT, SIGTERM, SIGHUP][number % 3]
            let outcome = try await Command(
                "python3",
                [
                    "-c", text, "\(milliseconds)", "\(signal)", Playground.binary, "run", play.source.path, "--image",
                    debian,
                ], environment: ["XDG_STATE_HOME": play.state.path, "XDG_CACHE_HOME": play.cache.path]
            ).collect()
            #expect(outcome.text == "\(128 + signal)", "signal \(signal) after \(milliseconds) ms")
        }
    }

    @Test func `Ctrl-C ends the program where the engine does not answer, and the next run cleans up`() async throws {
        let play = try Playground()
        try play.buildspec(waiting)
        let client = play.root.appending(path: "bin/docker")
        let real = try await Command("sh", ["-c", "command -v docker"]).collect().text
        // It starts containers, and hangs when it is to remove one.
        try await play.makeProgram(
            "docker", "trap '' INT TERM\ncase $1 in rm|volume) sleep 600 & wait;; *) exec \(real) \"$@\";; esac\n")
        let end = try await stop(play, with: SIGINT, path: client.deletingLastPathComponent().path)
        #expect(end.status == 130)
        #expect(end.seconds < 20)
        #expect(try await recordedStatus(play) == "STOPPED")
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}")
        #expect(try await play.run().status.isSuccess)
        #expect(try await left(play).isEmpty)
    }

    @Test func `an engine that does not answer is named after three seconds, and given up after its time`() async throws
    {
        let play = try Playground()
        try play.buildspec(waiting)
        let client = play.root.appending(path: "bin/docker")
        try await play.makeProgram("docker", "trap '' INT TERM\nsleep 600 & wait\n")
        let path = "\(client.deletingLastPathComponent().path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        let outcome = try await play.run(["--engine-timeout", "4s"], environment: ["PATH": path])
        #expect(outcome.status == .exited(69))
        #expect(outcome.errorText.contains("waiting for the engine: `docker "))
        #expect(outcome.errorText.contains("has not answered for 4 s"))
        #expect(outcome.errorText.contains("help: "))
    }

    @Test func `what a sweep cannot remove is told, and tried again by the next run`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}")
        let uuid = UUID().uuidString.lowercased(), running = play.state.appending(path: "buildspec/running")
        try FileManager.default.createDirectory(at: running, withIntermediateDirectories: true)
        try Data().write(to: running.appending(path: "buildspec-\(uuid)"))
        let client = play.root.appending(path: "bin/docker")
        let real = try await Command("sh", ["-c", "command -v docker"]).collect().text
        try await play.makeProgram(
            "docker",
            """
            [ "$1-$4" != rm-buildspec-\(uuid) ] || { echo 'device or resource busy' >&2; exit 1; }
            exec \(real) "$@"

            """)
        let path = "\(client.deletingLastPathComponent().path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        let first = try await play.run(["--engine-timeout", "20s"], environment: ["PATH": path])
        #expect(first.status.isSuccess)
        #expect(
            first.errorText.contains(
                "warning: container `buildspec-\(uuid)` of a build that was killed is not removed yet: "
                    + "cannot remove container `buildspec-\(uuid)`: device or resource busy; the next run tries again"))
        #expect(try await left(play) == ["buildspec-\(uuid)"])
        let second = try await play.run()
        #expect(second.status.isSuccess && !second.errorText.contains("killed"))
        #expect(try await left(play).isEmpty)
    }

    /// What the engine has of a playground's builds, and the marks of its state folder.
    private func left(_ play: Playground) async throws -> [String] {
        let state = play.state.appending(path: "buildspec").path
        let filter = ["--filter", "label=dev.buildspec.state=\(state)"]
        let containers = try await Docker.call(["ps", "-aq"] + filter).text.split(separator: "\n")
        let volumes = try await Docker.call(["volume", "ls", "-q"] + filter).text.split(separator: "\n")
        return (containers + volumes).map(String.init) + play.files(in: play.state.appending(path: "buildspec/running"))
    }

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
        #expect(try await left(play).isEmpty)
        let builds = try await play.call(["builds"]).text.split(separator: "\n")
        #expect(builds.count == 3 && builds[2].contains("LOST") && builds[2].contains(" s  "))
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
        // `head` does not wait for the build.
        for _ in 0..<100 where try await recordedStatus(play) == "IN_PROGRESS" {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await recordedStatus(play) == "STOPPED")
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
