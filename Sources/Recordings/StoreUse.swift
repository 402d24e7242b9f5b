internal import Synchronization
internal import Files

/// What one process knows of a store while it uses it, and the lock that keeps others from pruning it meanwhile.
final class StoreUse: Sendable {
    private struct State {
        var lock: Int32 = -1
        var hasBegun = false
        var hasSwept = false
        var checked: Set<FileAccess.Status> = []
    }

    private let path: String
    private let folder: String
    private let state = Mutex(State())

    init(folder: String) {
        self.folder = folder
        path = "\(folder)/lock"
    }

    deinit { state.withLock { if $0.lock >= 0 { close($0.lock) } } }

    /// Takes the lock, for as long as the store is known, and notes the time by touching it.
    ///
    /// Where it cannot be had (there is no store yet, or it is on a read-only disk) nobody can prune either.
    func begin() {
        state.withLock { state in
            guard state.lock < 0, !state.hasBegun || access(folder, F_OK) == 0 else { return }
            state.hasBegun = true
            state.lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard state.lock >= 0 else { return }
            _ = flock(state.lock, LOCK_SH)
            _ = futimens(state.lock, nil)
        }
    }

    /// Runs `body` while nobody uses the store, this process included.
    ///
    /// - Returns: `nil` when somebody does.
    func alone<Result>(_ body: () throws -> Result) throws -> Result? {
        try state.withLock { state -> Result? in
            let isOurs = state.lock < 0
            let descriptor = isOurs ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) : state.lock
            guard descriptor >= 0 else { throw FileAccess.failure("lock the recordings in `\(folder)`") }
            defer { if isOurs { close(descriptor) } else { _ = flock(descriptor, LOCK_SH) } }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
            return try body()
        }
    }

    /// When the store was used last, since 1970; `nil` when it never was.
    var lastUsed: Duration? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        return .nanoseconds(FileAccess.Status(info).modified)
    }

    func sweepOnce(_ body: () throws -> Void) throws {
        let isFirst = state.withLock { state in
            defer { state.hasSwept = true }
            return !state.hasSwept
        }
        if isFirst { try body() }
    }

    func hasChecked(_ status: FileAccess.Status) -> Bool { state.withLock { $0.checked.contains(status) } }
    func noteChecked(_ status: FileAccess.Status) { state.withLock { _ = $0.checked.insert(status) } }
}
