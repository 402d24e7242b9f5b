import ChildProcesses
import Engines
import Files
import Foundation
import OfflineWorld
import Synchronization
import TestSupport
import Testing

/// What is started for a build ends with it, whatever has happened before.
@Suite(.timeLimit(.minutes(5))) struct StoppingTests {
    /// An engine whose program is a script.
    private func cloud(_ play: ProxyPlay, _ script: String) async throws -> CloudHolder {
        let program = "\(play.folder)/engine"
        try await makeProgram("#!/bin/sh\n\(script)\n", at: program)
        let cloud = LocalCloud(
            key: "k", account: "123456789012", region: "eu-west-1", engine: DockerEngine(program: program))
        return CloudHolder(cloud) { _ in }
    }

    private static let running = #"if [ "$1" = exec ]; then echo "ready 127.0.0.1"; cat; echo let go >>"$0.log"; fi"#

    @Test func `a proxy may be stopped before it was used, and twice`() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let proxy = try ForwardProxy(play.settings(.record))
        async let first: Void = proxy.stop()
        async let second: Void = proxy.stop()
        _ = await (first, second)
        await proxy.stop()
        await #expect(throws: ProxyError.self) { try await proxy.listen(host: "127.0.0.1", port: 0) }
    }

    @Test func `a proxy that was stopped closes the sockets it is given`() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let proxy = try ForwardProxy(play.settings(.record))
        await proxy.stop()
        let pipe = try Files.Pipe()
        let inode = try FileStatus.of(pipe.readEnd).inode
        await #expect(throws: ProxyError.self) { try await proxy.serve(sockets: [pipe.readEnd]) }
        #expect((try? FileStatus.of(pipe.readEnd).inode) != inode)
        close(pipe.writeEnd)
    }

    @Test func `what throws while a proxy serves leaves nothing that listens`() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let port = Mutex(0)
        await #expect(throws: CancellationError.self) {
            try await ForwardProxy.whileServing(play.settings(.record)) { proxy in
                let chosen = try await proxy.listen(host: "127.0.0.1", port: 0)
                port.withLock { $0 = chosen }
                throw CancellationError()
            }
        }
        let answer = try await play.curl("http://127.0.0.1:\(port.withLock { $0 })", "http://a.invalid/")
        #expect(answer.status == .exited(7))
    }

    /// Often, as it may be stopped before, while and after the client is accepted.
    @Test(arguments: 0..<20)
    func `a client that has said nothing yet does not outlive the proxy`(round: Int) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let proxy = try ForwardProxy(play.settings(.record))
        let port = try await proxy.listen(host: "127.0.0.1", port: 0)
        let client = Command(
            "python3",
            [
                "-uc",
                "import socket; s = socket.create_connection(('127.0.0.1', \(port))); print('on')\ntry: s.recv(1)\nexcept ConnectionError: pass",
            ])
        let (_, status) = try await client.stream { streams in
            async let errors: Void = streams.errorOutput.forEachChunk { _ in }
            let isOn = Mutex(false)
            try await streams.output.forEachChunk { _ in
                let isFirst = isOn.withLock { isOn in
                    defer { isOn = true }
                    return !isOn
                }
                if isFirst { await proxy.stop() }
            }
            try await errors
        }
        #expect(status.isSuccess)
    }

    @Test func `every event comes before the proxy has stopped, and none after`() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let hasStopped = Mutex(false), count = Mutex(0), late = Mutex(0)
        var settings = try play.settings(.replay)
        settings.onEvent = { _ in
            // Somebody who is slow to listen.
            usleep(20_000)
            count.withLock { $0 += 1 }
            if hasStopped.withLock({ $0 }) { late.withLock { $0 += 1 } }
        }
        let proxy = try ForwardProxy(settings)
        let port = try await proxy.listen(host: "127.0.0.1", port: 0)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    // It may come too late, which is the point.
                    _ = try? await play.curl("http://127.0.0.1:\(port)", "http://a.invalid/\(number)")
                }
            }
            while count.withLock({ $0 }) < 3 { try? await Task.sleep(for: .milliseconds(5)) }
            await proxy.stop()
            hasStopped.withLock { $0 = true }
        }
        #expect(late.withLock { $0 } == 0)
    }

    @Test func `a cloud that was never asked for is released at once, and not started afterwards`() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let cloud = try await cloud(play, #"touch "$0.log""#)
        await cloud.release()
        await cloud.release()
        let error = await #expect(throws: EngineError.self) { try await cloud.address() }
        #expect(error?.reason == "the build that it was for has ended")
        #expect(!FileManager.default.fileExists(atPath: "\(play.folder)/engine.log"))
    }

    @Test func `a cloud that never comes up is given up when it is released`() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let cloud = try await cloud(play, #"echo >>"$0.log"; exec sleep 10000"#)
        let asking = Task { try await cloud.address() }
        try await play.eventually("the engine is asked") {
            FileManager.default.fileExists(atPath: "\(play.folder)/engine.log")
        }
        await cloud.release()
        await #expect(throws: EngineError.self) { try await asking.value }
    }

    @Test func `stopping a proxy releases its cloud in order`() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        var settings = try play.settings(.replay)
        let cloud = try await cloud(play, Self.running)
        settings.cloud = cloud
        #expect(try await cloud.address().services == "http://127.0.0.1:5000")
        try await ForwardProxy.whileServing(settings) { _ in }
        #expect(try String(contentsOfFile: "\(play.folder)/engine.log", encoding: .utf8) == "let go\n")
    }

    @Test func `a request that waits for the cloud does not keep the proxy from stopping`() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        var settings = try play.settings(.replay)
        settings.cloud = try await cloud(play, #"echo >>"$0.log"; exec sleep 10000"#)
        let proxy = try ForwardProxy(settings)
        let port = try await proxy.listen(host: "127.0.0.1", port: 0)
        async let answer = play.curl("http://127.0.0.1:\(port)", "http://sts.amazonaws.com/")
        try await play.eventually("the engine is asked") {
            FileManager.default.fileExists(atPath: "\(play.folder)/engine.log")
        }
        await proxy.stop()
        #expect(try await answer.status != .exited(0))
        #expect(play.events.withLock { $0 } == [])
    }
}
