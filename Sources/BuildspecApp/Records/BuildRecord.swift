internal import Files

/// The record of one build below the state folder, being written: `events.jsonl`, `log.txt`, and at its end `build.json`.
///
/// The log is locked as long as the build runs, so that readers can tell a running build from one whose process died.
struct BuildRecord: Sendable {
    let folder: String
    private let events: Int32
    private let log: Int32

    var logPath: String { "\(folder)/log.txt" }

    /// - Parameter continues: adds to a record that is there.
    init(folder: String, continues: Bool = false) throws {
        self.folder = folder
        try Files.makeFolder(folder)
        events = try Files.create("\(folder)/events.jsonl", appends: continues)
        log = try Files.create("\(folder)/log.txt", appends: continues)
        _ = flock(log, LOCK_EX | LOCK_NB)
    }

    func append(event: [UInt8], log text: [UInt8]) throws {
        try Terminal.write(event, to: events, named: "`\(folder)/events.jsonl`")
        if !text.isEmpty { try Terminal.write(text, to: log, named: "`\(logPath)`") }
    }

    func close() {
        _ = SystemCall.close(events)
        _ = SystemCall.close(log)
    }
}
