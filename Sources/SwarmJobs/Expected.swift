internal import Synchronization

/// A value that comes once, or never, and those who wait for it.
final class Expected<Value: Sendable>: Sendable {
    private enum State {
        case open([CheckedContinuation<Value?, Never>])
        case settled(Value?)
    }

    private let state = Mutex(State.open([]))

    /// Settles it; only the first time counts.
    ///
    /// - Parameter value: `nil` when it will never come.
    /// - Returns: whether this was the first time.
    @discardableResult
    func settle(_ value: Value?) -> Bool {
        let waiting = state.withLock { state -> [CheckedContinuation<Value?, Never>]? in
            guard case .open(let waiting) = state else { return nil }
            state = .settled(value)
            return waiting
        }
        for continuation in waiting ?? [] { continuation.resume(returning: value) }
        return waiting != nil
    }

    var isSettled: Bool { state.withLock { if case .settled = $0 { true } else { false } } }

    /// Waits for the value. Cancelling settles it for all.
    ///
    /// - Returns: `nil` when it never comes.
    func value() async -> Value? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Value?? in
                    switch state {
                    case .settled(let value): return .some(value)
                    case .open(let waiting):
                        state = .open(waiting + [continuation])
                        return nil
                    }
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            settle(nil)
        }
    }
}
