internal import BuildPlanning
internal import Files
internal import Rendering
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The record of one build, to be read.
struct RecordedBuild {
    /// Absolute; its last component is the build's UUID.
    let folder: String

    var uuid: String { folder.split(separator: "/").last.map(String.init) ?? "" }
    var containerName: String { BuildID(project: "", uuid: uuid).containerName }
    var logPath: String { "\(folder)/log.txt" }

    /// The time of the last change, in microseconds since 1970.
    var lastChange: Int64 {
        var info = stat()
        guard stat("\(folder)/events.jsonl", &info) == 0 else { return 0 }
        return info.modified.wholeNanoseconds / 1000
    }

    /// How much has happened in it, as the size of the list of its events in bytes.
    var eventCount: Int64 {
        var info = stat()
        return stat("\(folder)/events.jsonl", &info) == 0 ? Int64(info.st_size) : 0
    }

    /// The file that says that its container stayed.
    var keptMark: String {
        "\(BuildRecords.keptFolder(beside: String(folder.dropLast(uuid.count + 1))))/\(uuid)"
    }

    var checkpointsPath: String { "\(folder)/checkpoints.json" }

    var hasCheckpoints: Bool { Files.kind(of: checkpointsPath) == .file }

    var isKept: Bool { Files.kind(of: keptMark) == .file }

    /// Whether the process that writes it is alive.
    var isRunning: Bool {
        let descriptor = open(logPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    /// How the build began: read from its first event alone.
    func start() throws -> BuildEvent.BuildStart? {
        let descriptor = open("\(folder)/events.jsonl", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0,
            case .buildStarted(let start)? = BuildEvent(jsonLine: buffer[..<count].prefix { $0 != 0x0a })?.kind
        else { return nil }
        return start
    }

    /// The tree that was built last: that of the beginning, or what a `resume` brought in.
    func tree() throws -> String? {
        guard let start = try start() else { return nil }
        var tree = start.snapshot?.tree
        let resumed = Array("\"kind\":\"buildResumed\"".utf8)
        for line in try Files.read("\(folder)/events.jsonl").split(separator: 0x0a)
        where line.prefix(64).firstRange(of: resumed) != nil {
            if case .buildResumed(_, let source?)? = BuildEvent(jsonLine: line)?.kind { tree = source.tree }
        }
        return tree
    }

    /// All events, in order; kinds that this program does not know are left out.
    func events() throws -> [BuildEvent] {
        var events: [BuildEvent] = []
        try forEachEvent { events.append($0) }
        return events
    }

    /// Passes all events to `body`, one after the other.
    func forEachEvent(_ body: (BuildEvent) throws -> Void) throws {
        try forEachEvent(of: try Files.read("\(folder)/events.jsonl")[...], body)
    }

    /// Passes the events from a place in their file on to `body`.
    ///
    /// - Returns: the place behind them, where the next ones will be.
    func forEachEvent(from place: Int, _ body: (BuildEvent) throws -> Void) throws -> Int {
        guard let file = try Folder.open("\(folder)/events.jsonl") else { return place }
        let size = Int(try FileStatus.of(file.rawValue).size)
        guard size > place, let bytes = try file.bytes(at: Int64(place), count: size - place),
            let end = bytes.lastIndex(of: 0x0a)
        else { return place }
        try forEachEvent(of: bytes[...end], body)
        return place + end + 1
    }

    private func forEachEvent(of lines: ArraySlice<UInt8>, _ body: (BuildEvent) throws -> Void) throws {
        let log = try Folder.open(logPath)
        for line in lines.split(separator: 0x0a) {
            let event = BuildEvent(jsonLine: line) { offset, count in
                // What is no more in the log is not told.
                guard let log, let bytes = try? log.bytes(at: Int64(offset), count: count) else { return nil }
                return bytes
            }
            if let event { try body(event) }
        }
    }

    /// What the events come to. A build whose process died is lost since its last event.
    func result() throws -> BuildResult {
        var result = BuildResult()
        // Asked first: a build that ends in between has written its end.
        let isRunning = isRunning
        try forEachEvent { result.add($0) }
        if !isRunning { result.endAsLost() }
        return result
    }

    /// All events but the output, and what they come to: quickly read, however long the log is.
    func outline() throws -> (events: [BuildEvent], result: BuildResult) {
        var result = BuildResult(), events: [BuildEvent] = []
        let isRunning = isRunning, output = Array("\"kind\":\"output\"".utf8)
        for line in try Files.read("\(folder)/events.jsonl").split(separator: 0x0a)
        where line.prefix(96).firstRange(of: output) == nil {
            guard let event = BuildEvent(jsonLine: line) else { continue }
            result.add(event)
            events.append(event)
        }
        if !isRunning { result.endAsLost() }
        return (events, result)
    }

    /// The branch, or the commit of a source without one; `nil` where the build has not ended, or its source has neither.
    var branch: String? {
        struct Answer: Decodable {
            struct Build: Decodable { let sourceVersion: String? }
            let builds: [Build]
        }
        // One that a killed program has left half tells nothing.
        guard let bytes = try? Files.read("\(folder)/build.json"),
            let answer = try? JSONDecoder().decode(Answer.self, from: Data(bytes))
        else { return nil }
        return answer.builds.first?.sourceVersion
    }

    /// The build as BatchGetBuilds would show it; one that has not ended, as far as its events tell.
    func json() throws -> [UInt8] {
        let path = "\(folder)/build.json"
        if Files.kind(of: path) == .file { return try Files.read(path) }
        let result = try result()
        let id = result.start?.id ?? BuildID(project: "unknown", uuid: uuid)
        return result.batchGetBuilds(plan: nil, id: id).bytes + [0x0a]
    }

    /// The record's size in bytes.
    var size: Int {
        Files.names(in: folder).reduce(0) { sum, name in
            var info = stat()
            return stat("\(folder)/\(name)", &info) == 0 ? sum + Int(info.st_size) : sum
        }
    }

    /// Removes what a build that was killed has left beside its record, and writes down what became of it.
    func tidy() {
        guard Files.kind(of: folder) == .folder else { return }
        // What cannot be removed or written only makes the record less handy.
        try? Folder.remove("\(folder)/pipes")
        for name in Files.names(in: folder) where name.hasSuffix(".tmp") { unlink("\(folder)/\(name)") }
        guard let result = try? result(), result.status == .lost, let id = result.start?.id else { return }
        try? Folder.replace("\(folder)/build.json", with: result.batchGetBuilds(plan: nil, id: id).bytes + [0x0a])
    }

    /// Removes the record; what cannot be removed stays, and is listed on.
    func remove() { try? Folder.remove(folder) }
}
