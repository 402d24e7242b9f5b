import ChildProcesses

/// Hears what a child says on one of its outputs, and lets others wait for words of it.
actor Ear {
    private(set) var bytes: [UInt8] = []
    private var hasEnded = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Hears all there is.
    nonisolated func listen(to output: ChildOutput) async throws {
        do { try await output.forEachChunk { await hear($0) } } catch {
            await end()
            throw error
        }
        await end()
    }

    /// Waits until a text was heard.
    ///
    /// - Throws: ``Silence`` when the output ends without it.
    func wait(for words: String) async throws {
        while !text.contains(words) {
            if hasEnded { throw Silence(wanted: words, heard: text) }
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    struct Silence: Error {
        let wanted: String, heard: String
    }

    private func hear(_ chunk: [UInt8]) {
        bytes += chunk
        wake()
    }

    private func end() {
        hasEnded = true
        wake()
    }

    private func wake() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}

/// A child's input, and the ears at its two outputs.
struct Conversation: Sendable {
    let streams: ChildStreams
    let output = Ear(), errors = Ear()

    func say(_ text: String) async throws { _ = try await streams.input.write(Array(text.utf8)) }

    /// Speaks with a child until it has ended; its input ends with `body`.
    static func with<Result: Sendable>(
        _ streams: ChildStreams, _ body: @Sendable (Conversation) async throws -> Result
    ) async throws -> Result {
        let conversation = Conversation(streams: streams)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await conversation.output.listen(to: streams.output) }
            group.addTask { try await conversation.errors.listen(to: streams.errorOutput) }
            do {
                let result = try await body(conversation)
                try await streams.input.finish()
                try await group.waitForAll()
                return result
            } catch {
                streams.terminate()
                throw error
            }
        }
    }
}
