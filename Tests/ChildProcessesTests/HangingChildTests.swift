import ChildProcesses
import Files
import Synchronization
import Testing

/// Children that hang, or ignore what they are told, are ended with all that they have started.
@Suite(.timeLimit(.minutes(1))) struct HangingChildTests {
    /// A child that is deaf, and has a child of its own that holds its output. It says both of their numbers.
    private let deaf = "trap '' INT TERM HUP; sleep 600 & echo $$ $!; while :; do wait; done"

    /// Waits until none of the processes is there any more.
    private func expectGone(_ processes: [pid_t]) async throws {
        for process in processes {
            for _ in 0..<200 where kill(process, 0) == 0 && !isDead(process) {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(kill(process, 0) != 0 || isDead(process))
        }
    }

    /// Whether it has ended and only nobody has waited for it.
    private func isDead(_ process: pid_t) -> Bool {
        #if os(Linux)
            var bytes = [UInt8](repeating: 0, count: 512)
            let file = open("/proc/\(process)/stat", O_RDONLY)
            guard file >= 0 else { return true }
            defer { close(file) }
            let count = read(file, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).contains(") Z")
        #else
            return false
        #endif
    }

    private func numbers(_ bytes: [UInt8]) -> [pid_t] {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    }

    @Test func `cancelling kills a child with what it has started`() async throws {
        let heard = Mutex<[UInt8]>([])
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await Command("sh", ["-c", deaf]).stream { streams in
                try await streams.output.forEachChunk { chunk in
                    heard.withLock { $0 += chunk }
                    start.yield()
                }
            }
        }
        for await _ in started { break }
        task.cancel()
        _ = await task.result
        let processes = numbers(heard.withLock { $0 })
        #expect(processes.count == 2)
        try await expectGone(processes)
    }

    @Test func `a command that takes longer than its limit is killed, and the error says so`() async throws {
        var command = Command("sh", ["-c", "trap '' TERM; sleep 600 & wait"])
        command.patience = .init(limit: .milliseconds(200))
        let error = await #expect(throws: ChildProcessError.self) { try await command.collect() }
        #expect(error?.code == .timedOut)
    }

    @Test func `a command that takes its time is told of once`() async throws {
        let count = Mutex(0)
        var command = Command("sh", ["-c", "sleep 0.5; echo done"])
        command.patience = .init(notice: .milliseconds(50)) { count.withLock { $0 += 1 } }
        #expect(try await command.collect().text == "done")
        #expect(count.withLock { $0 } == 1)
        command.patience?.notice = .seconds(60)
        #expect(try await command.collect().text == "done")
        #expect(count.withLock { $0 } == 1)
    }
}
