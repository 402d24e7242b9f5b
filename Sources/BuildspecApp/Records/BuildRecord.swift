internal import BuildPlanning
internal import Files
internal import Rendering
internal import Synchronization

/// The record of one build below the state folder, being written: `events.jsonl`, `log.txt`, and at its end `build.json`.
///
/// What the build prints is in the log alone: its events say where in it.
/// The log is locked as long as the build runs, so that readers can tell a running build from one whose process died.
final class BuildRecord: Sendable {
    let folder: String
    private struct Open {
        let events: Int32
        let log: Int32
        /// The size of the log.
        var logCount: Int
    }

    /// The files; `nil` when the record is closed.
    private let files: Mutex<Open?>
    /// Whether the end of the build is written, or being written.
    private let hasEnd = Atomic<Bool>(false)

    var logPath: String { "\(folder)/log.txt" }

    /// How long a reader may hold the lock: it looks and lets go.
    private static let patience = Duration.seconds(5)

    /// - Parameter continues: whether it adds to a record that is there.
    /// - Throws: ``Failure`` when it cannot be written, or another process is writing it.
    init(folder: String, continues: Bool = false) async throws {
        self.folder = folder
        try Folder.make(folder)
        let log = try Files.create("\(folder)/log.txt", appends: true)
        do {
            try await Self.lock(log, folder)
            if !continues { ftruncate(log, 0) }
            let events = try Files.create("\(folder)/events.jsonl", appends: continues)
            files = Mutex(Open(events: events, log: log, logCount: Int(try FileStatus.of(log).size)))
        } catch {
            _ = SystemCall.close(log)
            throw error
        }
    }

    private static func lock(_ log: Int32, _ folder: String) async throws {
        let start = ContinuousClock.now
        while flock(log, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw Failure(
                    .cannotWriteOutput, "cannot lock the record `\(folder)`: \(String(cString: strerror(errno)))")
            }
            guard ContinuousClock.now - start < patience else {
                throw Failure(
                    .cannotWriteOutput, "the record `\(folder)` is being written by another process",
                    help: "the build runs already: `buildspec logs --follow` shows it")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    deinit { close() }

    /// - Throws: ``Failure`` when it cannot be written, or is closed.
    ///
    /// - Parameter text: what the event adds to the log.
    func append(_ event: BuildEvent, log text: [UInt8]) throws {
        try files.withLock { files in
            guard let open = files else { throw Failure(.internal, "the record `\(folder)` is closed") }
            // The log first: an event tells of nothing that is not there.
            if !text.isEmpty { try Terminal.write(text, to: open.log, named: "`\(folder)/log.txt`") }
            let json = event.json(inLogAt: open.logCount)
            files?.logCount += text.count
            try Terminal.write(json.bytes + [0x0a], to: open.events, named: "`\(folder)/events.jsonl`")
        }
    }

    /// Notes that what is appended next is the end of the build.
    func noteEnd() { hasEnd.store(true, ordering: .releasing) }

    /// Appends the end of the build, unless it is there, from whatever thread and while others may wait for the screen.
    func appendEnd(_ event: BuildEvent) {
        guard !hasEnd.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // The program is ending: there is nobody to tell.
        try? append(event, log: [])
    }

    func close() {
        files.withLock { files in
            guard let open = files else { return }
            // A child that is just being born has copies of both, and with them the lock, for a moment longer.
            _ = flock(open.log, LOCK_UN)
            _ = SystemCall.close(open.events)
            _ = SystemCall.close(open.log)
            files = nil
        }
    }
}
