@preconcurrency internal import Dispatch
internal import Synchronization
internal import Files

/// Runs work that the first SIGINT, SIGTERM or SIGHUP cancels. A second one ends the program at once; what it leaves
/// behind is removed by the next run.
final class Signals: Sendable {
    private let first = Mutex<(number: Int32, time: ContinuousClock.Instant)?>(nil)

    /// The signal that was received, if one was.
    var received: Int32? { first.withLock { $0?.number } }

    func cancelling<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        let task = Task { try await body() }
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                let isRepeated = first.withLock { first in
                    if first == nil { first = (number, .now) }
                    // timeout(1), make and shells send a signal to a process and to its group: one request, not two.
                    return first.map { ContinuousClock.now - $0.time > .milliseconds(300) } ?? false
                }
                if isRepeated { _exit(128 + number) } else { task.cancel() }
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return await task.result
    }
}
