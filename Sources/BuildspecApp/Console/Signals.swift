internal import Files
internal import Synchronization

/// The end of the pipe that the handler writes to; negative as long as nobody reads it.
private let listener = Atomic<Int32>(-1)

/// Handles a signal. It runs in the middle of anything, and so calls nothing but what signal-safety(7) lists.
private func receive(_ number: Int32) {
    let descriptor = listener.load(ordering: .acquiring)
    guard descriptor >= 0 else { _exit(128 + number) }
    let before = errno
    var byte = UInt8(truncatingIfNeeded: number)
    // A pipe that is full holds signals enough.
    _ = write(descriptor, &byte, 1)
    errno = before
}

/// Receives SIGINT, SIGTERM and SIGHUP.
///
/// The first of them cancels the work of the program, which then has ``patience`` to end by itself; after that it is ended, whatever
/// it waits for. More of them change nothing.
final class Signals: Sendable {
    /// How long the work may take to end. With what comes after it the program ends within two seconds.
    static let patience = Duration.milliseconds(1600)

    private let first = Atomic<Int32>(0)

    /// The signal that was received, if one was.
    var received: Int32? {
        let number = first.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// Has these signals end the program at once, until ``cancelling(atDeadline:_:)`` is called: there is nothing to clean up before.
    ///
    /// It is the first thing that the program does. What comes before meets the system's own way, which ends it as well.
    static func stand() {
        listener.store(-1, ordering: .releasing)
        for number in [SIGINT, SIGTERM] { signal(number, receive) }
        // nohup(1) wants it to be ignored.
        if signal(SIGHUP, receive).isIgnoring { signal(SIGHUP, SIG_IGN) }
    }

    /// Runs work that the first signal cancels.
    ///
    /// - Parameter atDeadline: is called on a thread of its own when the work has not ended in time; the program ends when it returns.
    func cancelling<Value: Sendable>(
        atDeadline: @escaping @Sendable () -> Void, _ work: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        let task = Task { try await work() }
        do {
            let pipe = try Pipe()
            try BlockingThread.start { self.listen(to: pipe.readEnd, cancel: { task.cancel() }, atDeadline) }
            listener.store(pipe.writeEnd, ordering: .releasing)
        } catch {
            // Signals go on ending the program at once.
            task.cancel()
            return .failure(error)
        }
        return await task.result
    }

    private func listen(to descriptor: Int32, cancel: () -> Void, _ atDeadline: () -> Void) -> Never {
        var deadline: ContinuousClock.Instant?
        while true {
            var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = deadline.map { max(.zero, $0 - .now) / .milliseconds(1) }
            let ready = poll(&input, 1, left.map { Int32($0.rounded(.up)) } ?? -1)
            if ready == 0, let number = received {
                atDeadline()
                _exit(128 + number)
            }
            var number: UInt8 = 0
            guard ready > 0, read(descriptor, &number, 1) == 1, deadline == nil else { continue }
            first.store(Int32(number), ordering: .releasing)
            deadline = .now + Self.patience
            cancel()
        }
    }
}

extension Optional<@convention(c) (Int32) -> Void> {
    /// Whether this is the handler that ignores a signal: a number in a pointer's place, which nothing else compares.
    fileprivate var isIgnoring: Bool {
        unsafeBitCast(self, to: Int.self) == unsafeBitCast(SIG_IGN as Self, to: Int.self)
    }
}
