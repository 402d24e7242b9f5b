/// Gathers the driver's answers, and whatever the engine's client says on the same standard error before and after.
actor DriverAnswers {
    /// What an order came to: its exit status, and what it wrote to the driver's standard error.
    struct Answer: Sendable {
        let status: Int
        let bytes: [UInt8]
    }

    enum Stream { case output, errorOutput }

    /// The statuses on standard output of orders that were answered there and not yet on standard error.
    private var outputStatuses: [Int: Int] = [:]
    private var answers: [Int: Answer] = [:]
    private var nextOutput = 0, nextAnswer = 0
    private var current: [UInt8] = []
    private var open: Set<Stream> = [.output, .errorOutput]
    private var misread: DriverSession.Misread?
    private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    private var lastTicket = 0

    /// Receives what the client says while the container comes up, such as the progress of a pull.
    private let onClientWords: @Sendable ([UInt8]) async -> Void

    init(onClientWords: @escaping @Sendable ([UInt8]) async -> Void) { self.onClientWords = onClientWords }

    // MARK: Reading

    /// Takes the mark that ends an order's output.
    func outputEnded(_ order: Int, _ status: Int) throws {
        guard order == nextOutput else { throw misread("order \(nextOutput)", "order \(order)") }
        nextOutput += 1
        outputStatuses[order] = status
        try compare(order)
    }

    func said(_ bytes: [UInt8]) async {
        if nextAnswer == 0 { await onClientWords(bytes) }
        current += bytes
    }

    /// Takes the mark that ends an order's answer.
    func answered(_ order: Int, _ status: Int) throws {
        guard order == nextAnswer else { throw misread("order \(nextAnswer)", "order \(order)") }
        nextAnswer += 1
        answers[order] = Answer(status: status, bytes: current)
        current = []
        try compare(order)
    }

    /// Notes that a stream has ended.
    func close(_ stream: Stream, because misread: DriverSession.Misread? = nil) {
        open.remove(stream)
        self.misread = self.misread ?? misread
        wakeAll()
    }

    private func compare(_ order: Int) throws {
        guard let shown = outputStatuses[order], let answer = answers[order] else { return }
        guard shown == answer.status else { throw misread("status \(answer.status)", "status \(shown)") }
        wakeAll()
    }

    private func misread(_ expected: String, _ found: String) -> DriverSession.Misread {
        DriverSession.Misread(
            description:
                "a mark of the driver's in the build's output is out of order (\(found) instead of \(expected)): "
                + "a command has written it, and the build cannot be followed any further")
    }

    // MARK: Waiting

    /// Waits until an order has ended on both streams.
    ///
    /// - Returns: `nil` when the streams ended before, or the task was cancelled.
    func answer(to order: Int) async throws -> Answer? {
        while true {
            if let misread { throw misread }
            if outputStatuses[order] != nil, let answer = answers.removeValue(forKey: order) {
                outputStatuses[order] = nil
                return answer
            }
            if open.isEmpty || Task.isCancelled { return nil }
            await change()
        }
    }

    /// What was said outside every answer, when all has been said.
    func leftOver() async -> String {
        while open.contains(.errorOutput), !Task.isCancelled { await change() }
        return String(decoding: current, as: UTF8.self)
    }

    /// Waits for any news, or until the task is cancelled.
    private func change() async {
        lastTicket += 1
        let ticket = lastTicket
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiting[ticket] = $0 }
        } onCancel: {
            Task { await wake(ticket) }
        }
    }

    private func wake(_ ticket: Int) { waiting.removeValue(forKey: ticket)?.resume() }

    private func wakeAll() {
        for continuation in waiting.values { continuation.resume() }
        waiting = [:]
    }
}
