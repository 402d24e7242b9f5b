public import Archives
public import Files

/// Stores artifacts in a folder of this machine: `<identifier>/…` or `<identifier>.zip`, whole or not at all.
///
/// - Only that one name is replaced, by rename; all else in the folder stays. Two artifacts may be stored at once.
/// - No name of a stream is ever used as a path here. Content is gathered under numbers first, and placed under the
///   names of the selection afterwards, symbolic links last; so nothing can be written outside, or through a link.
/// - Files keep their permission bits (never setuid, setgid, sticky) and times, and belong to the calling user.
public struct ArtifactStore: Sendable {
    public let directory: FilePath
    private let owner: (any ArtifactOwner)?

    /// - Parameters:
    ///   - directory: made when the first artifact is stored.
    ///   - owner: asked before something that is there is replaced; without one everything in the folder is.
    public init(directory: FilePath, owner: (any ArtifactOwner)? = nil) {
        self.directory = directory
        self.owner = owner
    }

    /// Stores the selected files of streams.
    ///
    /// - Parameters:
    ///   - identifier: the artifact's; a single plain name.
    ///   - streams: read one after the other, each to its end; they are closed. Their maps lead to the selection's source
    ///     paths.
    ///   - holdsWholeTree: whether the streams bring more than what was selected. Links to files that were not selected
    ///     can then be followed, at the price of keeping everything on disk for a moment.
    /// - Throws: ``FileError``; `CancellationError`. The old artifact is then untouched, and nothing of the new is left.
    public func store(
        _ identifier: String, from streams: TarStreams, selection: ArtifactSelection, asZip: Bool,
        holdsWholeTree: Bool = false
    ) async throws -> StoredArtifact {
        defer { streams.close() }
        let doing = "store the artifact `\(identifier)` in `\(directory)`"
        guard Self.isPlainName(identifier) else {
            throw FileError(.refused, doing: doing, reason: "an artifact's identifier must be a plain file name")
        }
        let place = try explaining(doing) { try ArtifactPlace(making: identifier, in: directory) }
        defer { place.tidy() }
        let draft = try await streams.checked {
            try await BlockingThread.run { stop in
                try explaining(doing) {
                    var staging = try ArtifactStaging(
                        in: place.draft, selection: selection, asZip: asZip, holdsWholeTree: holdsWholeTree,
                        stop: stop, progress: streams.progress)
                    try staging.read(streams)
                    return try staging.finish()
                }
            }
        }
        try Task.checkCancellation()
        return try await BlockingThread.run { _ in
            try explaining(doing) {
                let name = asZip ? "\(identifier).zip" : identifier
                try place.publish(draft.name, as: name, owner)
                return draft.stored(at: directory.appending(name))
            }
        }
    }

    /// As ``store(_:from:selection:asZip:holdsWholeTree:)``, from one stream of the selected files.
    public func store(
        _ identifier: String, from descriptor: Int32, selection: ArtifactSelection, asZip: Bool
    ) async throws -> StoredArtifact {
        try await store(identifier, from: TarStreams([TarStream(descriptor)]), selection: selection, asZip: asZip)
    }

    private static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}

/// Knows which artifacts of a folder buildspec has made: nothing else is replaced.
public protocol ArtifactOwner: Sendable {
    func owns(_ name: String, _ status: FileStatus) -> Bool
    /// Remembers an artifact that is about to be put into its place.
    func add(_ name: String, _ status: FileStatus) throws
}

/// A stored artifact.
public struct StoredArtifact: Sendable, Equatable {
    public let path: FilePath
    public let fileCount: Int
    /// The size of the files' content, before any compression.
    public let byteCount: Int64
    /// Selected files that could not be stored, by their source paths.
    public let missing: [SkippedEntry]
    /// The warnings of libarchive in its own words.
    public let warnings: [String]
}

/// A hidden folder beside the artifacts, in which an artifact is made.
private struct ArtifactPlace: Sendable {
    private let store: DirectoryHandle
    private let made: MadeDirectories
    private let name: [UInt8]
    /// The folder of unfinished files.
    let draft: DirectoryHandle

    init(making identifier: String, in directory: FilePath) throws {
        var made = MadeDirectories(mode: 0o777)
        store = try made.open(directory)
        self.made = made
        let prefix = ".\(identifier).draft-"
        Self.removeAbandoned(prefix, in: store)
        name = Array((prefix + UniqueName.make()).utf8)
        try store.makeDirectory(name, mode: 0o700)
        draft = try store.directory(name)
    }

    /// Removes drafts of processes that are gone. Failing to remove one harms nothing.
    private static func removeAbandoned(_ prefix: String, in store: DirectoryHandle) {
        for name in (try? store.names()) ?? [] where name.starts(with: prefix.utf8) {
            let unique = String(decoding: name.dropFirst(prefix.utf8.count), as: UTF8.self)
            if UniqueName.isAbandoned(unique) { try? store.removeTree(name) }
        }
    }

    /// Moves a finished file or folder to its place, and removes what was there.
    func publish(_ finished: [UInt8], as plainName: String, _ owner: (any ArtifactOwner)?) throws {
        let (name, old) = (Array(plainName.utf8), Array("old".utf8))
        let status = try? store.status(name), current = status?.kind
        if let owner, let status, !owner.owns(plainName, status) {
            throw FileError(
                .refused, doing: "replace `\(plainName)`", reason: "it is there, and buildspec has not made it")
        }
        // Before it is in its place: a disk that is full now leaves the old artifact, and both are known as ours.
        try owner?.add(plainName, try draft.status(finished))
        // A file takes a file's place in one step. A folder takes no place that is not free.
        let isInTheWay = try current == .directory || current != nil && draft.status(finished).kind == .directory
        if isInTheWay { try store.rename(name, to: old, in: draft) }
        do {
            try draft.rename(finished, to: name, in: store)
        } catch {
            // The failure above is the one to report, whatever becomes of this.
            if isInTheWay { try? draft.rename(old, to: name, in: store) }
            throw error
        }
        try store.sync()
    }

    /// Removes the draft, and the folder above when nothing was stored in it.
    func tidy() {
        try? store.removeTree(name)
        made.removeEmpty()
    }
}
