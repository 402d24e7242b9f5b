internal import BuildPlanning
internal import ChildProcesses
internal import Engines

/// Gives orders to one driver, and receives the build's output and the driver's answers.
///
/// Both outputs are read all the time, so a background child that goes on printing never blocks an answer. Every order has
/// a number. The driver ends the output of an order by a mark with this number, and its answer by another on standard error,
/// which no command of the build holds: the status that counts is the one there. A mark that is not the next one expected is
/// an error.
actor DriverSession {
    private let nonce: String
    private let streams: ChildStreams
    private let answers: DriverAnswers
    /// The number of the order given last. Number 0 is the driver's first word.
    private var lastOrder = 0

    private init(_ streams: ChildStreams, nonce: String, answers: DriverAnswers) {
        self.streams = streams
        self.nonce = nonce
        self.answers = answers
    }

    /// The container went away in the middle of an order, or never came up.
    struct Lost: Error { let said: String }

    /// A mark came that no order explains: a command of the build has forged it, or repeated an old one.
    struct Misread: Error, CustomStringConvertible {
        let description: String
    }

    /// What the driver is told at the end.
    enum Ending: Sendable {
        case leave
        /// It was told to stay. Only the engine's client ends.
        case stay
    }

    /// Speaks with the driver behind `streams` until `body` ends.
    ///
    /// - Parameter nonce: is in every mark. The driver reads it from its input: it is in no command line and no environment.
    static func with<Result: Sendable>(
        _ streams: ChildStreams, nonce: String, onOutput: @escaping @Sendable ([UInt8]) async throws -> Void,
        onClientWords: @escaping @Sendable ([UInt8]) async -> Void,
        _ body: @Sendable (DriverSession) async throws -> (Result, Ending)
    ) async throws -> Result {
        let answers = DriverAnswers(onClientWords: onClientWords)
        let session = DriverSession(streams, nonce: nonce, answers: answers)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await closing(.output, of: answers) {
                    var scanner = MarkScanner(nonce: nonce)
                    try await ending(streams) {
                        try await streams.output.forEachChunk { chunk in
                            for piece in scanner.feed(chunk) {
                                switch piece {
                                case .bytes(let bytes): try await onOutput(bytes)
                                case .mark(let order, let status): try await answers.outputEnded(order, status)
                                }
                            }
                        }
                        let rest = scanner.finish()
                        if !rest.isEmpty { try await onOutput(rest) }
                    }
                }
            }
            group.addTask {
                try await closing(.errorOutput, of: answers) {
                    var scanner = MarkScanner(nonce: nonce)
                    try await ending(streams) {
                        try await streams.errorOutput.forEachChunk { chunk in
                            for piece in scanner.feed(chunk) {
                                switch piece {
                                case .bytes(let bytes): await answers.said(bytes)
                                case .mark(let order, let status): try await answers.answered(order, status)
                                }
                            }
                        }
                        await answers.said(scanner.finish())
                    }
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

    private static func closing(
        _ stream: DriverAnswers.Stream, of answers: DriverAnswers, _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
            await answers.close(stream)
        } catch {
            await answers.close(stream, because: error as? Misread)
            throw error
        }
    }

    /// Ends the engine's client at once. Orders that wait for an answer throw ``Lost``.
    func terminate() { streams.terminate() }

    /// Gives the first orders at once, while the container is still coming up, and waits for the driver's first word.
    ///
    /// The driver carries them out as soon as it runs; ``replies(_:)`` returns their statuses.
    func ready(for orders: [[UInt8]]) async throws {
        var bytes = Array("\(nonce)\n".utf8)
        for order in orders {
            lastOrder += 1
            bytes += Self.line(order, lastOrder)
        }
        // Orders that nobody reads need no error of their own: the driver never replies.
        _ = try await streams.input.write(bytes)
        _ = try await answer(to: 0)
    }

    /// Waits for the exit statuses of the orders given to ``ready(for:)``, in their order.
    func replies(_ count: Int) async throws -> [Int] {
        var statuses: [Int] = []
        for order in 0..<count { statuses.append(try await answer(to: order + 1).status) }
        return statuses
    }

    /// Gives an order, and waits for its end.
    ///
    /// - Returns: the order's exit status.
    func perform(_ order: String) async throws -> Int { try await perform(Array(order.utf8)) }

    /// Gives an order whose words need not be UTF-8, and waits for its end.
    func perform(_ order: [UInt8]) async throws -> Int { try await carryOut(order).status }

    /// Gives an order that answers with bytes.
    func ask(_ order: String) async throws -> DriverAnswers.Answer { try await carryOut(Array(order.utf8)) }

    private func carryOut(_ order: [UInt8]) async throws -> DriverAnswers.Answer {
        lastOrder += 1
        let number = lastOrder
        guard try await streams.input.write(Self.line(order, number)) else {
            throw Lost(said: await answers.leftOver())
        }
        return try await answer(to: number)
    }

    private func answer(to order: Int) async throws -> DriverAnswers.Answer {
        if let answer = try await answers.answer(to: order) { return answer }
        try Task.checkCancellation()
        throw Lost(said: await answers.leftOver())
    }

    private static func line(_ order: [UInt8], _ number: Int) -> [UInt8] {
        onOneLine(order) + Array("; reply \(number) $?\n".utf8)
    }

    /// Makes one line of an order: a line feed inside a quoted word becomes the driver's `$N`.
    static func onOneLine(_ order: [UInt8]) -> [UInt8] {
        guard order.contains(0x0a) else { return order }
        return Array(
            order.split(separator: 0x0a, omittingEmptySubsequences: false).joined(separator: Array("'\"$N\"'".utf8)))
    }
}
