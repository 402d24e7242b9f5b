internal import ChildProcesses
internal import Files
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a spare is made of, as one process tells it another.
struct SpareRecord: Codable {
    /// The name of the container.
    let container: String
    /// The command that starts the container, and lives as long as it.
    let program: String
    let arguments: [String]
    let context: String?
    let engineTimeout: Int
    /// How long the container waits, in seconds.
    let time: Int

    var command: Command { Command(program, arguments) }
}

/// What is known of a spare once it runs.
struct RunningSpare: Codable {
    /// The container's id.
    let container: String
    /// The id of the image that it was made of.
    let image: String
}

/// The spares of the state folder, each in a folder of its own.
struct SpareShelf {
    private let folder: String
    /// How many wait at the same time at most.
    static let limit = 2

    init(_ places: Places) { folder = "\(places.state)/spares" }

    /// The spares that wait, the youngest first.
    func waiting() -> [SparePlace] {
        Files.names(in: folder).compactMap { name in
            let place = place(name)
            return place.readySince.map { (place, $0) }
        }.sorted { $0.1 > $1.1 }.map(\.0)
    }

    func place(_ name: String) -> SparePlace { SparePlace(name: name, folder: "\(folder)/\(name)") }

    /// Writes down a spare that is to be started.
    ///
    /// - Parameter make: what it is made of, by the folder of its FIFOs.
    func add(_ fingerprint: String, madeWith make: (_ pipes: String) throws -> SpareRecord) throws -> SparePlace {
        let place = place("\(fingerprint)-\(UniqueName.make())")
        do {
            try Folder.make(place.pipes)
            try Folder.replace(place.recordFile, with: Array(try JSONEncoder().encode(make(place.pipes))))
        } catch {
            place.remove()
            throw error
        }
        return place
    }

    /// Has all spares ended that nobody uses, those too that are just being started.
    ///
    /// - Returns: how many were waiting.
    func endAll() -> Int {
        let count = waiting().count
        for name in Files.names(in: folder) { place(name).tell(.end) }
        return count
    }

    /// Has the oldest spares ended, so that no more wait than these.
    func endOldest(leaving count: Int) {
        for place in waiting().dropFirst(count) { place.tell(.end) }
    }
}

/// The folder of one spare: FIFOs that are its container's streams, one for what its keeper is told, and its lock, which whoever
/// uses it holds for as long as he does.
struct SparePlace {
    let name: String
    let folder: String

    /// What a keeper is told, each a byte.
    enum Order: UInt8 {
        /// Somebody uses the container now; it ends with his lock.
        case take = 0x74
        /// The container stays without its keeper.
        case leave = 0x6c
        /// The container is not wanted.
        case end = 0x65
    }

    var fingerprint: Substring { name.prefix { $0 != "-" } }
    /// The FIFOs of the container's tar streams are made here.
    var pipes: String { "\(folder)/pipes" }
    var recordFile: String { "\(folder)/record.json" }
    private var readyFile: String { "\(folder)/ready.json" }
    private func fifo(_ name: String) -> String { "\(folder)/\(name)" }

    // MARK: The keeper's

    func record() throws -> SpareRecord {
        try JSONDecoder().decode(SpareRecord.self, from: Data(try Files.read(recordFile)))
    }

    /// The FIFOs, with both ends open. The container's streams are named for what they are to it.
    struct Streams {
        let input: Pipe, output: Pipe, errors: Pipe, orders: Pipe
    }

    func makeStreams() throws -> Streams {
        Streams(
            input: try Pipe(named: fifo("input")), output: try Pipe(named: fifo("output")),
            errors: try Pipe(named: fifo("errors")), orders: try Pipe(named: fifo("orders")))
    }

    func announce(_ spare: RunningSpare) throws {
        try Folder.replace(readyFile, with: Array(try JSONEncoder().encode(spare)))
    }

    /// - Returns: `nil` while somebody uses the spare.
    func lock() throws -> FileLock? {
        try FileLock.tryAcquire(
            Array("lock".utf8), in: DirectoryHandle(opening: FilePath(folder)), .exclusive, purpose: "using a spare")
    }

    /// From now on nobody finds it.
    func hide() { unlink(readyFile) }

    func remove() {
        hide()
        // What stays is a folder of empty files, which `clean` removes.
        try? Folder.remove(folder)
    }

    // MARK: A build's

    /// When the spare was announced; `nil` where none waits.
    var readySince: Duration? { FileStatus.at(readyFile)?.modified }

    /// - Returns: `nil` when it waits no longer.
    func running() -> RunningSpare? {
        guard let bytes = try? Files.read(readyFile) else { return nil }
        return try? JSONDecoder().decode(RunningSpare.self, from: Data(bytes))
    }

    func tell(_ order: Order) {
        let orders = open(fifo("orders"), O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        // Without a keeper there is nobody to tell: its folder is all that is left.
        guard orders >= 0 else { return remove() }
        let end = OwnedDescriptor(orders)
        defer { end.close() }
        try? end.writeAll([order.rawValue])
    }

    /// Opens the container's streams.
    ///
    /// - Returns: `nil` when nobody is at their other ends.
    func openStreams() -> ChildStreams? {
        let flags = [("input", O_WRONLY), ("output", O_RDONLY), ("errors", O_RDONLY)]
        let ends = flags.map { open(fifo($0.0), $0.1 | O_NONBLOCK | O_CLOEXEC) }
        guard ends.allSatisfy({ $0 >= 0 }), fcntl(ends[0], F_SETFL, 0) == 0 else {
            for end in ends where end >= 0 { close(end) }
            return nil
        }
        // Without a descriptor left the build will say so itself.
        return try? ChildStreams(input: ends[0], output: ends[1], errorOutput: ends[2]) { tell(.leave) }
    }
}
