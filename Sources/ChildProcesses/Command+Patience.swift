extension Command {
    /// What is done about a command that takes its time.
    public struct Patience: Sendable {
        /// The time after which ``onSilence`` is called.
        public var notice: Duration
        /// Is called once when the command has not ended by then, to tell the user what is waited for.
        public var onSilence: (@Sendable () -> Void)?
        /// The time after which the command is killed; `nil` for one that may take as long as it wants.
        public var limit: Duration?

        public init(
            notice: Duration = .seconds(3), limit: Duration? = nil, onSilence: (@Sendable () -> Void)? = nil
        ) {
            self.notice = notice
            self.limit = limit
            self.onSilence = onSilence
        }
    }

    /// Runs `body`, which waits for the command, and does meanwhile what ``patience`` says.
    ///
    /// - Throws: ``ChildProcessError`` with code `timedOut` when the limit has passed; the command is gone then.
    func patiently<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        guard let patience else { return try await body() }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await wait(patience)
                return nil
            }
            defer { group.cancelAll() }
            while let next = await group.nextResult() {
                switch next {
                case .success(let result?): return result
                case .success(nil):
                    // Leaving the group kills the command, and waits for it.
                    throw ChildProcessError(timedOut: executable, after: patience.limit ?? patience.notice)
                case .failure(let error): throw error
                }
            }
            throw CancellationError()
        }
    }

    /// Returns when the limit has passed.
    private func wait(_ patience: Patience) async throws {
        if let limit = patience.limit, limit <= patience.notice { return try await Task.sleep(for: limit) }
        try await Task.sleep(for: patience.notice)
        patience.onSilence?()
        if let limit = patience.limit { return try await Task.sleep(for: limit - patience.notice) }
        // Until the end of the command cancels it.
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}
