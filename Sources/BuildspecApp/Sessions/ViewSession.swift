internal import BuildPlanning
internal import Files
internal import PageServing
internal import Rendering

/// One `buildspec view`: shows the builds of the folder's project to the browsers of this machine that know the token, until it is
/// stopped.
struct ViewSession {
    let machine: Machine
    /// Whether the builds of all projects are shown.
    let showsAll: Bool
    private let history: ViewedHistory
    private let followed = FollowedBuilds()

    init(machine: Machine, showsAll: Bool) {
        self.machine = machine
        self.showsAll = showsAll
        history = ViewedHistory(BuildRecords(machine.places), showsAll ? nil : machine.places)
    }

    /// How often a build that is looked at is asked for news.
    private static let pause = Duration.milliseconds(200)
    /// A connection that says nothing for so long is looked after.
    private static let silence = 75

    /// - Parameter port: 0 for any that is free.
    func run(port: Int, opens: Bool) async throws -> ExitStatus {
        var random = SystemRandomNumberGenerator()
        // 256 bits that nobody guesses.
        let token = (0..<4).map { _ in
            let digits = String(random.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        let folder = "\(machine.places.state)/view", guide = "\(folder)/\(machine.uuid()).html"
        defer { try? Folder.remove(guide) }
        try await PageServer(token: token) { try await answer($0) }.run(port: port) { port in
            let address = "http://\(PageServer.host):\(port)/\(token)/"
            try machine.terminal.write(Array("\(address)\n".utf8))
            machine.say("Ctrl-C ends it; whoever knows the address sees the builds\n")
            guard opens else { return }
            // An address on a command line is for all users to read: the browser is led to it by a file.
            try Folder.make(folder)
            let page = "<!DOCTYPE html><meta charset=utf-8><meta http-equiv=refresh content=\"0;url=\(address)\">\n"
            try Folder.replace(guide, with: Array(page.utf8), mode: 0o600)
            await Browser(machine: machine).open(guide, orByHand: address)
        }
        return .succeeded
    }

    private func answer(_ request: PageRequest) async throws -> PageAnswer {
        let path = request.path
        switch path.count {
        case 1 where path[0].isEmpty:
            let (builds, hasMore) = try await history.builds()
            let title = showsAll ? "all projects" : machine.places.absolute(".")
            return .page(
                HistoryPage(title, builds, hasMore: hasMore).html, policy: BuildPage.servedPolicy)
        case 1 where path[0] == "changes": return .events { try await tellHistory($0) }
        case 3 where path[0] == "builds":
            guard let build = try await history.build(path[1]) else { return .notFound }
            switch path[2] {
            case "":
                // Asked first: a build that ends in between has written its end.
                let isRunning = build.isRunning
                var page = try await followed.page(of: build)
                page.isServed = true
                page.follows = isRunning
                page.servedLogSize = build.logSize
                let html = try await build.html(
                    of: page, isRunning: isRunning, in: BuildRecords(machine.places), on: machine)
                return .page(html, policy: BuildPage.servedPolicy)
            case "changes": return .events { try await tell(of: build, $0) }
            case "log.txt": return .text { try await send(build.logPath, $0) }
            default: return .notFound
            }
        case 4 where path[0] == "builds" && path[2] == "log":
            guard let build = try await history.build(path[1]), let piece = LogPiece(path[3]),
                let bytes = try build.logBytes(piece)
            else { return .notFound }
            return .page(piece.html(bytes), policy: BuildPage.servedPolicy)
        default: return .notFound
        }
    }

    // MARK: Events

    /// Tells whenever the list of builds has changed, as long as somebody listens.
    private func tellHistory(_ write: PageAnswer.Write) async throws {
        var last = try await history.stamp()
        try await tell(write) {
            let stamp = try await history.stamp()
            defer { last = stamp }
            return stamp == last ? .nothing : .change
        }
    }

    /// Tells whenever something has happened in a build, and when it has ended.
    private func tell(of build: RecordedBuild, _ write: PageAnswer.Write) async throws {
        // What happened before the first look may have come after the page.
        var last: Int64 = -1
        try await tell(write) {
            // Asked first: a build that ends in between has written its end.
            let isRunning = build.isRunning, size = build.eventCount
            defer { last = size }
            return isRunning ? (size == last ? .nothing : .change) : .end
        }
    }

    private enum News { case nothing, change, end }

    private func tell(_ write: PageAnswer.Write, news: () async throws -> News) async throws {
        try await write(Array(": here\n\n".utf8))
        var quiet = 0
        while true {
            switch try await news() {
            case .change:
                quiet = 0
                try await write(Array("data: change\n\n".utf8))
            case .end: return try await write(Array("event: end\ndata: end\n\n".utf8))
            case .nothing:
                quiet += 1
                // Shows whether anybody is there still.
                if quiet % Self.silence == 0 { try await write(Array(": still here\n\n".utf8)) }
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Sends a file as it is now.
    private func send(_ path: String, _ write: PageAnswer.Write) async throws {
        let descriptor = OwnedDescriptor(try Files.open(path))
        defer { descriptor.close() }
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        while true {
            let count = buffer.withUnsafeMutableBytes { SystemCall.read(descriptor.rawValue, into: $0) }
            guard count > 0 else { return }
            try await write(Array(buffer[..<count]))
        }
    }
}

/// The pages of builds that are looked at, as far as their events were read: of one that runs only what is new is read again.
actor FollowedBuilds {
    /// How many are kept. Each has what a page has of its log.
    private static let limit = 4

    private var known: [(uuid: String, page: BuildPage, place: Int)] = []

    /// The build's events on a page.
    func page(of build: RecordedBuild) throws -> BuildPage {
        let index = known.firstIndex { $0.uuid == build.uuid }
        var (uuid, page, place) =
            index.map { known.remove(at: $0) } ?? (build.uuid, BuildPage(logLimit: BuildPage.servedLogLimit), 0)
        // A build that began anew has another list of events.
        if build.eventCount < place { (page, place) = (BuildPage(logLimit: BuildPage.servedLogLimit), 0) }
        place = try build.forEachEvent(from: place) { page.add($0) }
        known.append((uuid, page, place))
        if known.count > Self.limit { known.removeFirst() }
        return page
    }
}

extension RecordedBuild {
    /// The size of the log in bytes.
    fileprivate var logSize: Int { Folder.status(logPath).map { Int($0.size) } ?? 0 }

    /// The first bytes of a part of the log; `nil` where the log has no such part.
    fileprivate func logBytes(_ piece: LogPiece) throws -> [UInt8]? {
        try Folder.open(logPath)?.bytes(at: Int64(piece.from), count: piece.count)
    }
}

/// The builds that are shown, each read again only when it has changed.
actor ViewedHistory {
    /// How many builds the list has.
    private static let limit = 200

    private let records: BuildRecords
    /// Where the project is whose builds are shown; `nil` for those of all projects.
    private let places: Places?
    private var known: [String: Known] = [:]
    /// Whether a build belongs to the project, which never changes.
    private var belongs: [String: Bool] = [:]

    private struct Known {
        let lastChange: Int64
        let isRunning: Bool
        let result: BuildResult
    }

    init(_ records: BuildRecords, _ places: Places?) {
        self.records = records
        self.places = places
    }

    /// Changes when the list does.
    func stamp() throws -> [String] {
        try newest().map { "\($0.uuid) \($0.lastChange) \(isRunning($0))" }
    }

    /// The newest builds, and whether there are more.
    func builds() throws -> (builds: [HistoryPage.Build], hasMore: Bool) {
        let all = try newest()
        let shown = try all.prefix(Self.limit).map { HistoryPage.Build(try result(of: $0), uuid: $0.uuid) }
        return (shown, all.count > Self.limit)
    }

    /// A build that may be shown; `nil` where there is none of that name.
    func build(_ uuid: String) throws -> RecordedBuild? {
        guard !uuid.isEmpty,
            uuid.utf8.allSatisfy({
                $0 == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                    || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0
            })
        else { return nil }
        let build = records.build(uuid)
        return try Files.kind(of: build.folder) == .folder && isShown(build) ? build : nil
    }

    private func newest() throws -> [RecordedBuild] {
        var builds: [RecordedBuild] = []
        for build in records.newest() where builds.count <= Self.limit {
            if try isShown(build) { builds.append(build) }
        }
        return builds
    }

    private func isShown(_ build: RecordedBuild) throws -> Bool {
        guard let places else { return true }
        if let belongs = belongs[build.uuid] { return belongs }
        // One that has just begun may not have said where it belongs.
        guard try build.start() != nil else { return false }
        let isOwn = try build.isOfProject(in: places)
        belongs[build.uuid] = isOwn
        return isOwn
    }

    /// Whether a build runs, by what is known of it where that is enough.
    private func isRunning(_ build: RecordedBuild) -> Bool {
        if let known = known[build.uuid], !known.isRunning, known.lastChange == build.lastChange { return false }
        return build.isRunning
    }

    private func result(of build: RecordedBuild) throws -> BuildResult {
        let lastChange = build.lastChange, isRunning = isRunning(build)
        if let known = known[build.uuid], known.lastChange == lastChange, known.isRunning == isRunning {
            return known.result
        }
        let result = try build.result()
        known[build.uuid] = Known(lastChange: lastChange, isRunning: isRunning, result: result)
        return result
    }
}
