internal import Files

extension RecordingStore {
    /// Lists all recordings that can be read, by URL. ``verify()`` names the damaged ones.
    public func entries() throws -> [RecordingEntry] {
        var entries: [RecordingEntry] = []
        for path in try entryPaths() {
            // `nil` when somebody pruned it just now.
            guard let found = try? read(path, url: nil) else { continue }
            let body = found.file.body
            let files = [path] + (body.map { [bodyPath($0.hash)] } ?? [])
            entries.append(
                RecordingEntry(
                    method: found.file.key.method, url: found.file.key.url, status: found.file.head.status,
                    byteCount: body?.length ?? 0, recordedAt: found.status.modified,
                    bodyHash: body?.hash, files: files.map { String($0.dropFirst(folder.count + 1)) }))
        }
        return entries.sorted { ($0.url, $0.method, $0.files[0]) < ($1.url, $1.method, $1.files[0]) }
    }

    /// Whether nothing was recorded yet. It is cheaper than ``entries()``.
    public var isEmpty: Bool {
        get throws {
            try storing("read the recordings in `\(folder)`") { try Folder.names("\(folder)/entries") }.isEmpty
        }
    }

    /// Reads and checks everything, each body once.
    public func verify() throws -> [DamagedRecording] { try damagedEntries().map(\.damage) }

    func damagedEntries() throws -> [(path: String, damage: DamagedRecording)] {
        var damaged: [(path: String, damage: DamagedRecording)] = []
        var known: Set<String> = []
        for path in try entryPaths() {
            do {
                guard let found = try read(path, url: nil) else { continue }
                guard entryPath(found.file.key) == path else {
                    throw DamagedRecording(
                        url: found.file.key.url, file: path, reason: "it lies in the place of another request")
                }
                guard let body = found.file.body, !known.contains(body.hash) else { continue }
                try readBody(body, of: found)
                known.insert(body.hash)
            } catch let error as DamagedRecording { damaged.append((path, error)) }
        }
        return damaged
    }

    /// Moves damaged recordings out of the way, so that they count as missing: a build that needs one says so before it begins.
    ///
    /// Those of another version of this program stay where they are: that version can read them. Bodies stay, too, since others may
    /// name them; recording a response again mends its body.
    ///
    /// - Returns: the damaged recordings with the paths that they have now, or `nil` when somebody is using the store.
    public func setAside() throws -> [(damage: DamagedRecording, place: String?)]? {
        try use.alone {
            try damagedEntries().map { path, damage in
                guard damage.reason != RecordingFile.otherVersion else { return (damage, nil) }
                let place = "\(damagedFolder)/\(UniqueName.make())"
                try storing("set the recording `\(path)` aside") {
                    try Folder.make(damagedFolder)
                    try Folder.move(path, to: place)
                }
                return (damage, place)
            }
        }
    }

    /// How many recordings were set aside.
    public var setAsideCount: Int { get throws { try files(in: damagedFolder, depth: 1).count } }

    private var damagedFolder: String { "\(folder)/damaged" }

    func readBody(_ body: RecordingFile.Body, of found: Found) throws {
        try bodyReader(body, of: found).readThrough()
    }

    func bodyReader(_ body: RecordingFile.Body, of found: Found) throws -> BodyReader {
        try BodyReader(
            RecordedResponse(
                head: found.file.head, body: bodyPath(body.hash), bodyLength: body.length, bodyHash: body.hash,
                recordedAt: .zero, url: found.file.key.url))
    }

    /// When something was recorded or looked up last, since 1970.
    public var lastUsed: Duration? { use.lastUsed }

    /// Removes what is useless: damaged recordings, set aside or not, bodies that no recording names any more, drafts of dead processes.
    ///
    /// - Parameter moment: since 1970; a store not used since then loses everything.
    /// - Returns: what was removed, or `nil` when somebody is using the store.
    public func prune(unusedSince moment: Duration?) throws -> (damaged: Int, bodies: Int, all: Bool)? {
        guard access(folder, F_OK) == 0 else { return (0, 0, false) }
        // Before the lock is opened: that might make it, and so touch it.
        let isOld = moment.map { (lastUsed ?? .zero) < $0 } ?? false
        return try use.alone {
            if isOld {
                try removeAll()
                return (0, 0, true)
            }
            let damaged = try damagedEntries()
            let paths = damaged.map(\.path) + (try files(in: damagedFolder, depth: 1))
            for path in paths { unlink(path) }
            rmdir(damagedFolder)
            try sweepDrafts()
            return (paths.count, try removeUnnamedBodies(), false)
        }
    }

    private func removeUnnamedBodies() throws -> Int {
        let named = Set(try entries().compactMap(\.bodyHash))
        var count = 0
        for path in try files(in: "\(folder)/bodies", depth: 2)
        where !named.contains(String(path.dropFirst(path.count - 64))) && unlink(path) == 0 { count += 1 }
        return count
    }

    private func removeAll() throws {
        for (name, depth) in [("entries", 3), ("bodies", 2), ("drafts", 1), ("damaged", 1)] {
            for path in try files(in: "\(folder)/\(name)", depth: depth) { unlink(path) }
            try removeFolders("\(folder)/\(name)", depth: depth)
        }
        unlink("\(folder)/lock")
        rmdir(folder)
    }

    private func removeFolders(_ path: String, depth: Int) throws {
        if depth > 1 {
            for name in try storing("remove the recordings in `\(folder)`", { try Folder.names(path) }) {
                try removeFolders("\(path)/\(name)", depth: depth - 1)
            }
        }
        rmdir(path)
    }

    func entryPaths() throws -> [String] { try files(in: "\(folder)/entries", depth: 3) }

    private func files(in folder: String, depth: Int) throws -> [String] {
        let names = try storing("read the recordings in `\(folder)`") { try Folder.names(folder) }
            .map { "\(folder)/\($0)" }
        return depth == 1 ? names : try names.flatMap { try files(in: $0, depth: depth - 1) }
    }

    /// Removes the drafts of dead processes, and their folder when nothing else is in it.
    public func sweepDrafts() throws {
        defer { rmdir(draftFolder) }
        for path in try files(in: draftFolder, depth: 1) {
            let descriptor = open(path, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            let file = OwnedDescriptor(descriptor)
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
            file.close { _ = flock($0, LOCK_UN) }
        }
    }
}
