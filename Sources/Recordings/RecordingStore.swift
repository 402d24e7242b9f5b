internal import Files

/// The recorded HTTP responses of one project, in a folder.
///
/// - An entry is `entries/<2>/<group>/<variant>`, a small text file; its body is `bodies/<2>/<sha256>`, one file for equal
///   bodies. Both get into place by a rename, the body first: a process that dies leaves drafts, and no half entry.
/// - What a request is matched by, and what is left out of what is stored, is told in Documentation/decisions/recordings.md.
/// - Nothing is synced to the disk: what a power cut damages is noticed, named, and mended by recording it again.
///
/// Every method may be called from any thread, and from several processes on the same folder. All of them block.
public struct RecordingStore: Sendable {
    /// An absolute path.
    public let folder: String
    let use: StoreUse

    /// The size up to which bodies come with the response (``RecordedResponse/content``), in bytes.
    public static let smallBody = 64 << 10

    /// The longest entry in bytes, far more than the head of any response.
    static let entryLimit = 4 << 20

    /// - Parameter folder: an absolute path; made when something is recorded.
    public init(folder: String) {
        self.folder = folder
        use = StoreUse(folder: folder)
    }

    /// Waits until no other process prunes the store, and then prevents pruning as long as this value exists.
    ///
    /// Every method does so, but blocks its thread meanwhile: tasks call this one before. Cancelling ends the wait.
    public func hold() async throws { try await use.hold() }

    /// Finds the response to a request: one recorded for the very same, else one that HTTP allows to answer it, else, for a
    /// HEAD, the one to the GET.
    ///
    /// - Returns: `nil` when nothing was recorded that fits.
    /// - Throws: ``DamagedRecording`` for the entry that would have been the answer, ``RecordingError`` when the disk fails.
    public func response(to request: RecordedRequest) throws -> RecordedResponse? {
        try use.begin()
        var key = RecordingKey(request)
        if let found = try find(key) { return try response(found) }
        guard key.method == "HEAD" else { return nil }
        key.method = "GET"
        guard let found = try find(key) else { return nil }
        return RecordedResponse(
            head: found.file.head, body: nil, bodyLength: 0, recordedAt: found.status.modified,
            url: key.url)
    }

    /// Whether there is an answer, without reading its body.
    public func holds(_ request: RecordedRequest) throws -> Bool {
        var key = RecordingKey(request)
        if try find(key) != nil { return true }
        guard key.method == "HEAD" else { return false }
        key.method = "GET"
        return try find(key) != nil
    }

    /// Checks a body that did not come with its response. A file that was checked is not read again while it is unchanged.
    ///
    /// - Throws: ``DamagedRecording``.
    public func check(_ response: RecordedResponse) throws {
        guard response.content == nil, let path = response.body else { return }
        let status = try storing("read the recording `\(path)`") {
            guard let file = try Folder.open(path) else {
                throw DamagedRecording(url: response.url, file: path, reason: "its body is missing")
            }
            return try FileStatus.of(file.rawValue)
        }
        guard !use.hasChecked(status) else { return }
        try BodyReader(response).readThrough()
        use.noteChecked(status)
    }

    /// Begins the body of a response.
    public func startBody() throws -> BodyWriter {
        try use.begin()
        try use.sweepOnce { try sweepDrafts() }
        return try BodyWriter(in: draftFolder)
    }

    /// Records a response; what was recorded for the same request before is replaced, except that a request for credentials
    /// (401, 407) never takes the place of an answer: a client asks first without and then with them.
    ///
    /// - Parameter body: complete; `nil`, or without a byte, when there is none.
    public func record(_ request: RecordedRequest, _ head: RecordedHead, body: BodyWriter?) throws {
        try use.begin()
        let key = RecordingKey(request)
        let place = entryPath(key), asksForCredentials = [401, 407]
        if asksForCredentials.contains(head.status), let known = try? read(place, url: key.url),
            !asksForCredentials.contains(known.file.head.status)
        {
            body?.abandon()
            return
        }
        let file = RecordingFile(
            key: key, head: head.kept(hiding: request.hidden), body: try withoutTokens(body)?.keep(at: bodyPath))
        let entry = file.encoded()
        guard entry.count <= Self.entryLimit else {
            throw RecordingError(
                doing: "record \(key.url)", reason: "its headers are longer than \(Self.entryLimit >> 20) MiB")
        }
        let draft = try BodyWriter(in: draftFolder)
        try draft.write(entry)
        _ = try draft.keep { _ in place }
    }

    /// - Returns: another body in place of one that gives out tokens.
    private func withoutTokens(_ body: BodyWriter?) throws -> BodyWriter? {
        guard let body, let bytes = try body.contents(limit: Self.smallBody),
            let clean = TokenAnswer.withoutSecrets(bytes)
        else { return body }
        body.abandon()
        let other = try BodyWriter(in: draftFolder)
        try other.write(clean)
        return other
    }

    // MARK: - Finding

    typealias Found = (file: RecordingFile, status: FileStatus, path: String)

    private func find(_ key: RecordingKey) throws -> Found? {
        if let exact = try read(entryPath(key), url: key.url) { return exact }
        let group = "\(folder)/entries/\(key.group)"
        var best: (found: Found, fitness: Int)?
        var damage: DamagedRecording?
        for name in try storing("read the recordings in `\(group)`", { try Folder.names(group) }) {
            do {
                guard let found = try read("\(group)/\(name)", url: key.url),
                    let fitness = Acceptance.fitness(of: found.file, for: key)
                else { continue }
                if let (other, known) = best, (known, other.status.modified) >= (fitness, found.status.modified) {
                    continue
                }
                best = (found, fitness)
            } catch let error as DamagedRecording { damage = error }
        }
        if let damage, best == nil { throw damage }
        return best?.found
    }

    /// - Returns: `nil` when there is no such entry.
    func read(_ path: String, url: String?) throws -> Found? {
        let contents = try storing("read the recording `\(path)`") { () -> (bytes: [UInt8], status: FileStatus)? in
            guard let file = try Folder.open(path) else { return nil }
            return (try file.bytes(limit: Self.entryLimit), try FileStatus.of(file.rawValue))
        }
        guard let (bytes, status) = contents else { return nil }
        do {
            return (try RecordingFile(bytes), status, path)
        } catch let flaw as RecordingFile.Flaw {
            throw DamagedRecording(url: url ?? flaw.url, file: path, reason: flaw.reason)
        }
    }

    private func response(_ found: Found) throws -> RecordedResponse {
        let (file, status, _) = found
        var response = RecordedResponse(
            head: file.head, body: nil, bodyLength: 0, recordedAt: status.modified, url: file.key.url)
        guard let body = file.body else { return response }
        let path = bodyPath(body.hash)
        response.body = path
        response.bodyLength = body.length
        response.bodyHash = body.hash
        // Opened and measured in any case, so that a missing or short body is known before a byte has left.
        let reader = try BodyReader(response)
        guard body.length <= Self.smallBody else { return response }
        response.content = try [UInt8](unsafeUninitializedCapacity: body.length) { buffer, filled in
            filled = 0
            while filled < body.length {
                let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[filled...]))
                filled += try reader.read(into: rest)
            }
        }
        return response
    }

    // MARK: - Places

    func entryPath(_ key: RecordingKey) -> String { "\(folder)/entries/\(key.group)/\(key.variant)" }
    func bodyPath(_ hash: String) -> String { "\(folder)/bodies/\(hash.prefix(2))/\(hash)" }
    var draftFolder: String { "\(folder)/drafts" }
}
