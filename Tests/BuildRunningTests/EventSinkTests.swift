import BuildPlanning
import SpecParsing
import Synchronization
import Testing

@testable import BuildRunning

@Suite struct EventSinkTests {
    /// Keeps what was emitted, and lets a test wait for it.
    private actor Listener {
        private(set) var text = ""
        private var waiting: (text: String, continuation: CheckedContinuation<Void, Never>)?

        func take(_ event: BuildEvent) {
            if case .output(_, let bytes) = event.kind { text += String(decoding: bytes, as: UTF8.self) }
            if case .notice = event.kind { text += "|" }
            if let waiting, text == waiting.text {
                waiting.continuation.resume()
                self.waiting = nil
            }
        }

        func wait(for text: String) async {
            if self.text == text { return }
            await withCheckedContinuation { waiting = (text, $0) }
        }
    }

    private func sink(_ listener: Listener, _ secret: String, pause: Duration = .seconds(3600)) -> EventSink {
        EventSink(now: { Timestamp(microseconds: 0) }, mask: SecretMask([SecretText(secret)]), pause: pause) {
            await listener.take($0)
        }
    }

    private let command = BuildSpec.Command(text: "x", location: .init(file: "f", line: 1, column: 1))

    @Test func `a secret in pieces is hidden, whatever comes in between, and its beginning shows when a command ends`()
        async throws
    {
        let listener = Listener(), sink = sink(listener, "hunter2-é")
        try await sink.output(Array("a hun".utf8))
        try await sink.send(.notice(text: "pulling"))
        try await sink.output(Array("ter2-".utf8) + [0xc3])
        try await sink.output([0xa9] + Array(" hunt".utf8))
        #expect(await listener.text == "a |*** ")
        try await sink.commandFinished(command, exitStatus: 0)
        #expect(await listener.text == "a |*** hunt")
    }

    @Test func `a secret that comes while the build runs is hidden from then on`() async throws {
        let listener = Listener(), sink = sink(listener, "hunter2")
        try await sink.output(Array("renewed hun".utf8))
        await sink.hide([SecretText("renewed"), SecretText("t0ken")])
        try await sink.output(Array("ter2 renewed dDBrZW4= t0k".utf8))
        try await sink.output(Array("en".utf8))
        try await sink.commandFinished(command, exitStatus: 0)
        #expect(await listener.text == "renewed *** *** *** ***")
        #expect(await sink.hiddenLater.map { $0.revealed() } == ["renewed", "t0ken"])
    }

    @Test func `the end of a command's output is kept for explaining it, masked and bounded`() async throws {
        let listener = Listener(), sink = sink(listener, "hunter2")
        try await sink.output(Array("before".utf8))
        try await sink.commandStarted(command)
        for _ in 0..<100 { try await sink.output([UInt8](repeating: 0x61, count: 1000)) }
        try await sink.output(Array("hunter2 not found".utf8))
        try await sink.commandFinished(command, exitStatus: 127)
        let kept = await sink.lastOutput
        #expect(kept.count <= 32_768 && kept.count >= 16_384)
        #expect(String(decoding: kept, as: UTF8.self).hasSuffix("aaa*** not found"))
        try await sink.commandStarted(command)
        #expect(await sink.lastOutput == [])
    }

    @Test func `after a pause the last letters of a line show`() async throws {
        let listener = Listener(), sink = sink(listener, "question of the day", pause: .milliseconds(1))
        try await sink.output(Array("any q".utf8))
        await listener.wait(for: "any q")
        try await sink.output(Array("uestion of the day?".utf8))
        #expect(await listener.text == "any q***?")
    }

    /// Takes longer over its first events than over later ones, as a terminal that was busy.
    private actor SlowListener {
        private(set) var times: [Int64] = []
        private(set) var texts: [String] = []

        func take(_ event: BuildEvent) async {
            for _ in 0..<max(0, 40 - 10 * times.count) { await Task.yield() }
            times.append(event.time.microseconds)
            if case .notice(let text) = event.kind { texts.append(text) }
            if case .output(_, let bytes) = event.kind { texts.append(String(decoding: bytes, as: UTF8.self)) }
            if case .buildFinished = event.kind { texts.append("finished") }
        }
    }

    /// A clock that no two callers read the same time from.
    private final class Ticks: Sendable {
        private let count = Mutex<Int64>(0)
        func next() -> Timestamp {
            Timestamp(
                microseconds: count.withLock {
                    $0 += 1
                    return $0
                })
        }
    }

    @Test(arguments: 1...20)
    func `events are emitted in the order of their times, whoever sends them`(_: Int) async throws {
        let listener = SlowListener(), ticks = Ticks()
        let sink = EventSink(now: { ticks.next() }) { await listener.take($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { try await sink.output(Array("\(number) ".utf8)) }
                group.addTask { try await sink.send(.notice(text: "\(number)")) }
            }
            try await group.waitForAll()
        }
        let times = await listener.times
        #expect(times.count == 40)
        #expect(times == times.sorted())
    }

    @Test func `nothing is emitted after the build has finished`() async throws {
        let listener = SlowListener(), ticks = Ticks()
        let sink = EventSink(now: { ticks.next() }, mask: SecretMask([SecretText("question of the day")]), pause: .zero)
        {
            await listener.take($0)
        }
        try await sink.output(Array("early".utf8))
        try await sink.send(.buildFinished(status: .succeeded))
        try await sink.output(Array("late qu".utf8))
        try await sink.send(.notice(text: "late"))
        try await sink.send(.buildFinished(status: .fault))
        for _ in 0..<1000 { await Task.yield() }
        #expect(await listener.texts == ["early", "finished"])
    }

    @Test func `a phase that failed by itself keeps its reason when the build breaks off behind it`() async throws {
        let ends = Mutex<[PhaseStatus]>([])
        let sink = EventSink(now: { Timestamp(microseconds: 0) }) { event in
            if case .phaseFinished(_, let status, _, _) = event.kind { ends.withLock { $0.append(status) } }
        }
        try await sink.begin(.preBuild)
        try await sink.end(.succeeded, .none)
        try await sink.breakOff(.fault, .none)
        try await sink.begin(.build)
        try await sink.end(.failed, .none)
        try await sink.breakOff(.fault, .none)
        #expect(ends.withLock { $0 } == [.succeeded, .fault, .failed])
    }
}
