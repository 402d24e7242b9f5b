import BuildPlanning
import SpecParsing
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
}
