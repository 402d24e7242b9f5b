internal import Synchronization
internal import Files

/// The state of one process that uses a store, with the lock that prevents others from pruning it.
final class StoreUse: Sendable {
    private struct State {
        var lock: OwnedDescriptor?
        var hasBegun = false
        var hasSwept = false
        var checked: Set<FileStatus> = []
    }

    private let path: String
    private let folder: String
    private let state = Mutex(State())

    init(folder: String) {
        self.folder = folder
        path = "\(folder)/lock"
    }

    /// The longest wait of ``begin()``, in steps of ``pause``.
    private static let longestWait = Duration.seconds(10)
    private static let pause = Duration.milliseconds(20)

    /// Takes the lock, as long as this value exists, and notes the time by touching its file.
    ///
    /// Blocks while another process prunes the store, for some seconds at most; after ``hold()`` it never does.
    ///
    /// - Throws: ``RecordingError`` when the other one takes longer.
    func begin() throws {
        let end = ContinuousClock.now + Self.longestWait
        while !tryBegin() {
            guard ContinuousClock.now < end else {
                throw RecordingError(
                    doing: "use the recordings in `\(folder)`", reason: "another process is removing old ones")
            }
            usleep(useconds_t(Self.pause / .microseconds(1)))
        }
    }

    /// Takes the lock as ``begin()`` does, but suspends the task as long as it takes. Cancelling ends the wait.
    func hold() async throws {
        while !tryBegin() { try await Task.sleep(for: Self.pause) }
    }

    /// Tries to take the lock. Where that is impossible (there is no store yet, or it is on a read-only disk) nobody can prune.
    ///
    /// - Returns: `false` while somebody prunes the store.
    private func tryBegin() -> Bool {
        state.withLock { state in
            guard state.lock == nil, !state.hasBegun || access(folder, F_OK) == 0 else { return true }
            state.hasBegun = true
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return true }
            let file = OwnedDescriptor(descriptor)
            guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return errno != EWOULDBLOCK }
            // Whoever prunes everything removes the file, too; a lock on it then is none.
            guard Self.isInPlace(descriptor) else { return false }
            _ = futimens(descriptor, nil)
            state.lock = file
            return true
        }
    }

    private static func isInPlace(_ descriptor: Int32) -> Bool {
        var info = stat()
        return fstat(descriptor, &info) == 0 && info.st_nlink > 0
    }

    /// Runs `body` while nobody uses the store, this process included.
    ///
    /// - Returns: `nil` when somebody does.
    func alone<Result>(_ body: () throws -> Result) throws -> Result? {
        try state.withLock { state -> Result? in
            let held = state.lock
            let descriptor = held?.rawValue ?? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw RecordingError(
                    doing: "lock the recordings in `\(folder)`", reason: Errno(rawValue: errno).description)
            }
            let file = held ?? OwnedDescriptor(descriptor)
            defer {
                // Back to where it was. An attempt that fails has lost the lock it had (flock(2)): it is taken anew later.
                if held == nil || !Self.isInPlace(descriptor) || flock(descriptor, LOCK_SH | LOCK_NB) != 0 {
                    file.close()
                    state.lock = nil
                }
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
            return try body()
        }
    }

    /// The time when the store was last used, since 1970; `nil` when it never was.
    var lastUsed: Duration? {
        Folder.status(path)?.modified
    }

    func sweepOnce(_ body: () throws -> Void) throws {
        let isFirst = state.withLock { state in
            defer { state.hasSwept = true }
            return !state.hasSwept
        }
        if isFirst { try body() }
    }

    func hasChecked(_ status: FileStatus) -> Bool { state.withLock { $0.checked.contains(status) } }
    func noteChecked(_ status: FileStatus) { state.withLock { _ = $0.checked.insert(status) } }
}
