internal import Caches
internal import BuildPlanning
internal import Recordings

/// The recorded responses of one project, as `buildspec cache` speaks of them.
struct ProjectRecordings {
    /// The project's key.
    let name: String
    let store: RecordingStore

    /// The recordings of all projects of this user, by name.
    static func all(_ places: Places) -> [ProjectRecordings] {
        Files.names(in: places.recordings).filter { Files.kind(of: places.recordings(of: $0)) == .folder }.map {
            ProjectRecordings(name: $0, store: RecordingStore(folder: places.recordings(of: $0)))
        }
    }

    func line() throws -> String {
        let entries = try store.entries()
        let time = entries.map(\.recordedAt).max().map { "  recorded \(Self.time($0).rfc3339)" } ?? ""
        return "\(name)  \(CacheText.megabytes(Self.size(entries)))  \(Self.count(entries.count))\(time)"
    }

    /// The recordings as a row of a table: their name, size, number and time.
    func row() throws -> [String?] {
        let entries = try store.entries()
        return [
            name, CacheText.megabytes(Self.size(entries)), Self.count(entries.count),
            entries.map(\.recordedAt).max().map { Self.time($0).rfc3339 },
        ]
    }

    func page() throws -> String {
        let entries = try store.entries()
        var lines = [
            "name       \(name)", "folder     \(store.folder)", "responses  \(entries.count)",
            "on disk    \(CacheText.megabytes(Self.size(entries)))",
        ]
        for entry in entries {
            lines.append("\(entry.method) \(CacheKey.shown(entry.url)) \(entry.status), \(entry.byteCount) bytes")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What reading everything found, a line for each that is damaged, else one. What is damaged is set aside, unless a build is using
    /// the recordings.
    func health() throws -> (lines: [String], isSound: Bool) {
        let damaged = try store.verify()
        guard damaged.isEmpty else {
            let aside = try store.setAside()
            let known = aside ?? damaged.map { ($0, nil) }
            let lines = known.map { damage, place in
                "\(name)  damaged: \(CacheKey.shown(damage.description))"
                    + (place.map { "; it is set aside as `\($0)`" } ?? "")
            }
            return (lines + (aside == nil ? ["\(name)  in use: nothing is set aside"] : []), false)
        }
        let entries = try store.entries(), aside = try store.setAsideCount
        let size = CacheText.megabytes(Self.size(entries))
        let earlier =
            aside == 0
            ? ""
            : "; \(aside) set aside earlier, being damaged: `buildspec cache prune` removes \(aside == 1 ? "it" : "them")"
        return (["\(name)  sound  \(Self.count(entries.count))  \(size)\(earlier)"], true)
    }

    /// - Returns: what was removed, or `nil` when somebody is using them.
    func prune(unusedSince moment: Duration) throws -> [String]? {
        let line = try line()
        guard let outcome = try store.prune(unusedSince: moment) else { return nil }
        if outcome.all { return [line] }
        return (outcome.damaged > 0 ? ["\(outcome.damaged) damaged of the \(Self.recordings) of \(name)"] : [])
            + (outcome.bodies > 0
                ? ["\(outcome.bodies) bodies that nothing named of the \(Self.recordings) of \(name)"] : [])
    }

    private static let recordings = "recorded responses"

    private static func time(_ time: Duration) -> Timestamp {
        Timestamp(microseconds: time.components.seconds * 1_000_000 + time.components.attoseconds / 1_000_000_000_000)
    }

    private static func count(_ number: Int) -> String {
        number == 1 ? "1 recorded response" : "\(number) \(recordings)"
    }

    /// Bytes of bodies, each counted once.
    private static func size(_ entries: [RecordingEntry]) -> Int64 {
        var known: Set<String> = []
        return entries.reduce(0) { sum, entry in
            guard let hash = entry.bodyHash, known.insert(hash).inserted else { return sum }
            return sum + Int64(entry.byteCount)
        }
    }
}
