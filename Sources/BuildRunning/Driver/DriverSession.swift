internal import BuildPlanning
internal import ChildProcesses
internal import Engines

/// Gives orders to one driver, and receives the build's output and the driver's answers.
///
/// Both outputs are read all the time, so a background child that goes on printing never blocks an answer.
actor DriverSession {
    private let answers: AnswerBox
    private let replies: AsyncStream<Int>
    private var replyIterator: AsyncStream<Int>.Iterator

    private let streams: ChildStreams
    private var input: ChildInput { streams.input }

    private init(_ streams: ChildStreams, answers: AnswerBox, replies: AsyncStream<Int>) {
        self.streams = streams
        self.answers = answers
        self.replies = replies
        replyIterator = replies.makeAsyncIterator()
    }

    /// The container went away in the middle of an order, or never came up.
    struct Lost: Error { let said: String }

    /// What the driver is told at the end.
    enum Ending: Sendable {
        case leave
        /// It was told to stay. Only the engine's client ends.
        case stay
    }

    /// Speaks with the driver behind `streams` until `body` ends.
    static func with<Result: Sendable>(
        _ streams: ChildStreams, nonce: String, onOutput: @escaping @Sendable ([UInt8]) async throws -> Void,
        onClientWords: @escaping @Sendable ([UInt8]) async -> Void,
        _ body: @Sendable (DriverSession) async throws -> (Result, Ending)
    ) async throws -> Result {
        let (replies, replied) = AsyncStream.makeStream(of: Int.self)
        let answers = AnswerBox(nonce: nonce, onClientWords: onClientWords)
        let session = DriverSession(streams, answers: answers, replies: replies)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { replied.finish() }
                var scanner = MarkScanner(nonce: nonce)
                try await ending(streams) {
                    try await streams.output.forEachChunk { chunk in
                        for piece in scanner.feed(chunk) {
                            switch piece {
                            case .bytes(let bytes): try await onOutput(bytes)
                            case .mark(let status): replied.yield(status)
                            }
                        }
                    }
                    let rest = scanner.finish()
                    if !rest.isEmpty { try await onOutput(rest) }
                }
            }
            group.addTask {
                do {
                    try await streams.errorOutput.forEachChunk { await answers.feed($0) }
                    await answers.close()
                } catch {
                    await answers.close()
                    throw error
                }
            }
            let (result, fate) = try await ending(streams) { try await body(session) }
            switch fate {
            case .leave:
                // Told to leave, the driver is gone sooner than by finding the end of its input.
                _ = try await streams.input.write(Array("exit 0\n".utf8))
                try await streams.input.finish()
            case .stay: streams.terminate()
            }
            try await group.waitForAll()
            return result
        }
    }

    /// Ends the child when `body` fails: a reader that waits for the other output does not always notice that it was
    /// cancelled, and would wait for as long as the child lives.
    private static func ending<Result>(
        _ streams: ChildStreams, _ body: () async throws -> Result
    ) async throws -> Result {
        do { return try await body() } catch {
            streams.terminate()
            throw error
        }
    }

    /// Ends the engine's client at once. Orders that wait for an answer throw ``Lost``.
    func terminate() { streams.terminate() }

    /// Gives the first orders at once, while the container is still coming up, and waits for the driver's first word.
    ///
    /// The driver carries them out as soon as it runs; ``replies(_:)`` returns their statuses.
    func ready(for orders: [[UInt8]]) async throws {
        // Orders that nobody reads need no error of their own: the driver never replies.
        _ = try await input.write(orders.flatMap { Self.line($0 + Self.replying) })
        _ = try await reply()
        await answers.driverIsUp()
    }

    /// Waits for the exit statuses of orders already given, in their order.
    func replies(_ count: Int) async throws -> [Int] {
        var statuses: [Int] = []
        for _ in 0..<count { statuses.append(try await reply()) }
        return statuses
    }

    /// Gives an order that ends in a reply, and waits for it.
    ///
    /// - Returns: the order's exit status.
    func perform(_ order: String) async throws -> Int { try await perform(Array(order.utf8)) }

    /// Gives an order whose words need not be UTF-8, and waits for its reply.
    func perform(_ order: [UInt8]) async throws -> Int {
        try await send(order + Self.replying)
        return try await reply()
    }

    /// Gives an order that answers with bytes.
    func ask(_ order: String) async throws -> (status: Int, bytes: [UInt8]) {
        try await send(Array("\(order); answer $?".utf8))
        guard let answer = await answers.next() else { throw Lost(said: await answers.leftOver) }
        return answer
    }

    private func send(_ order: [UInt8]) async throws {
        guard try await input.write(Self.line(order)) else {
            await answers.closed()
            throw Lost(said: await answers.leftOver)
        }
    }

    private static let replying = Array("; reply $?".utf8)

    private static func line(_ order: [UInt8]) -> [UInt8] { onOneLine(order) + [0x0a] }

    /// Makes one line of an order: a line feed inside a quoted word becomes the driver's `$N`.
    static func onOneLine(_ order: [UInt8]) -> [UInt8] {
        guard order.contains(0x0a) else { return order }
        return Array(
            order.split(separator: 0x0a, omittingEmptySubsequences: false).joined(separator: Array("'\"$N\"'".utf8)))
    }

    private func reply() async throws -> Int {
        // The iterator is taken out while it waits: an actor may not hold it across the wait.
        var iterator = replyIterator
        let status = await iterator.next(isolation: self)
        replyIterator = iterator
        if let status { return status }
        try Task.checkCancellation()
        await answers.closed()
        throw Lost(said: await answers.leftOver)
    }
}

/// Gathers the driver's answers from standard error, and whatever the engine's client says there before and after.
private actor AnswerBox {
    private var scanner: MarkScanner
    private var current: [UInt8] = []
    private var finished: [(status: Int, bytes: [UInt8])] = []
    private var isClosed = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Receives what the client says while the container comes up, such as the progress of a pull.
    private let onClientWords: @Sendable ([UInt8]) async -> Void
    private var isDriverUp = false

    init(nonce: String, onClientWords: @escaping @Sendable ([UInt8]) async -> Void) {
        scanner = MarkScanner(nonce: nonce)
        self.onClientWords = onClientWords
    }

    func driverIsUp() {
        isDriverUp = true
        current = []
    }

    func feed(_ chunk: [UInt8]) async {
        if !isDriverUp { await onClientWords(chunk) }
        for piece in scanner.feed(chunk) {
            switch piece {
            case .bytes(let bytes): current += bytes
            case .mark(let status):
                finished.append((status, current))
                current = []
                wake()
            }
        }
    }

    func close() {
        current += scanner.finish()
        isClosed = true
        wake()
    }

    func next() async -> (status: Int, bytes: [UInt8])? {
        while finished.isEmpty, !isClosed {
            await withCheckedContinuation { waiting.append($0) }
        }
        return finished.isEmpty ? nil : finished.removeFirst()
    }

    /// Waits for the end of the stream.
    func closed() async {
        while !isClosed { await withCheckedContinuation { waiting.append($0) } }
    }

    /// What was said outside every answer.
    var leftOver: String { String(decoding: current, as: UTF8.self) }

    private func wake() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
