internal import Files

/// A checked out snapshot, whose folders do not change until it is released.
public struct StagedSource: Sendable {
    public let snapshot: SourceSnapshot
    /// The folder with the source's files.
    public let files: String
    /// A folder with the `.git` that belongs to them; none when the source is not the top of its repository.
    public let gitLayer: String?
    /// Where ``gitLayer`` expects git's objects; each place once.
    public var objectMounts: [(host: String, container: String)] {
        var seen: Set<String> = []
        return objectStores.filter { seen.insert($0.container).inserted }.map { ($0.host, $0.container) }
    }
    /// The same objects, each with the `.git` that needs it, for engines that cannot mount.
    let objectStores: [GitLayer.ObjectStore]
    /// All warnings about the source.
    public let warnings: [String]
    private let use: MirrorUse

    init(
        snapshot: SourceSnapshot, files: String, gitLayer: String?, objectStores: [GitLayer.ObjectStore],
        warnings: [String], use: MirrorUse
    ) {
        self.snapshot = snapshot
        self.files = files
        self.gitLayer = gitLayer
        self.objectStores = objectStores
        self.warnings = warnings
        self.use = use
    }

    /// Frees the folders, once the build is over.
    ///
    /// - Parameter isKept: whether its container stays, and with it the folders it uses, until ``SnapshotStore/forget(_:root:)``.
    public func release(isKept: Bool = false) {
        if !isKept, let gitLayer { try? Folder.remove(gitLayer) }  // The next sweep removes what is left.
        use.release(isKept: isKept)
    }
}

extension SnapshotStore {
    /// Takes a snapshot and checks it out for a container.
    ///
    /// - Parameters:
    ///   - container: its name; what it uses stays its own until ``StagedSource/release(isKept:)`` or, when this
    ///     process is killed or the container kept, ``forget(_:root:)``.
    ///   - withGit: whether a `.git` belongs to the files.
    /// - Returns: `nil` as ``take(_:_:without:)``.
    public func stage(
        _ kind: SourceKind, _ git: Git, for container: String, without excluded: [[UInt8]] = [], withGit: Bool = true
    ) async throws -> StagedSource? {
        try await checkOut(kind, git, without: excluded) { snapshot, mirror in
            (try mirror.mark(container), withGit ? layer(of: snapshot, for: container) : nil)
        }
    }

    /// Checks a snapshot that was taken before out for one more container.
    public func stage(
        _ snapshot: SourceSnapshot, for container: String, withGit: Bool = true
    ) async throws -> StagedSource {
        try await withLock {
            try await checkOut(snapshot) { snapshot, mirror in
                (try mirror.mark(container), withGit ? layer(of: snapshot, for: container) : nil)
            }
        }
    }

    private func layer(of snapshot: SourceSnapshot, for container: String) -> GitLayer? {
        snapshot.repository.prefix.isEmpty
            ? GitLayer(folder: "\(folder)/layers/\(container)", objectsFolder: objectsFolder, depth: clone.depth) : nil
    }

    /// Takes a snapshot and checks it out for this process alone, which reads its files; there is no `.git` with them.
    ///
    /// The files stay as they are until ``StagedSource/release(isKept:)``, or until this process ends in whatever way.
    ///
    /// - Returns: `nil` as ``take(_:_:without:)``.
    public func stageForReading(
        _ kind: SourceKind, _ git: Git, without excluded: [[UInt8]] = []
    ) async throws -> StagedSource? {
        try await checkOut(kind, git, without: excluded) { _, mirror in (try mirror.markReading(), nil) }
    }

    private func checkOut(
        _ kind: SourceKind, _ git: Git, without excluded: [[UInt8]],
        mark: (SourceSnapshot, SourceMirror) throws -> (MirrorUse, GitLayer?)
    ) async throws -> StagedSource? {
        guard let repository = try await usable(kind, git) else { return nil }
        return try await withLock {
            try await checkOut(try await take(kind, repository, without: excluded, in: folder), mark: mark)
        }
    }

    private func checkOut(
        _ snapshot: SourceSnapshot, mark: (SourceSnapshot, SourceMirror) throws -> (MirrorUse, GitLayer?)
    ) async throws -> StagedSource {
        let mirror = try freeMirror(for: snapshot)
        let content = try mirror.content()
        var warnings = snapshot.warnings
        if content != MirrorContent(snapshot) {
            if content == nil { tell(.checkingOut) }
            warnings += try await mirror.update(to: snapshot, lfsFilter: lfsFilter)
        }
        let (use, layer) = try mark(snapshot, mirror)
        do {
            let prefix = snapshot.repository.prefix
            let files = prefix.isEmpty ? mirror.files : "\(mirror.files)/\(prefix.dropLast())"
            try Folder.makePublic(files)
            return StagedSource(
                snapshot: snapshot, files: files, gitLayer: layer?.folder,
                objectStores: try await layer?.write(snapshot, mirror) ?? [], warnings: warnings, use: use)
        } catch {
            use.release(isKept: false)
            throw error
        }
    }

    /// Finds the mirror that holds the snapshot already, else one that nobody uses, else makes a new one.
    private func freeMirror(for snapshot: SourceSnapshot) throws -> SourceMirror {
        let mirrors = try Folder.names("\(folder)/mirrors").map { SourceMirror(folder: "\(folder)/mirrors/\($0)") }
        let wanted = MirrorContent(snapshot)
        if let same = try mirrors.first(where: { try $0.content() == wanted }) { return same }
        if let free = mirrors.first(where: { !$0.isInUse }) { return free }
        // By chance, so that no other machine's engine has a folder of that name.
        let name = UniqueName.random(byteCount: 8)
        try Folder.make("\(folder)/mirrors/\(name)")
        return SourceMirror(folder: "\(folder)/mirrors/\(name)")
    }

    /// Frees the folders that a container used, once the container is gone.
    ///
    /// - Parameter root: the folder that holds the folders of all projects, as of ``init(folder:objectsFolder:lfsFilter:tell:)``.
    public static func forget(_ container: String, root: String) {
        // What cannot be removed now only takes room.
        for project in (try? Folder.names(root)) ?? [] {
            try? Folder.remove("\(root)/\(project)/layers/\(container)")
            for mirror in (try? Folder.names("\(root)/\(project)/mirrors")) ?? [] {
                SourceMirror(folder: "\(root)/\(project)/mirrors/\(mirror)").forget(container)
            }
        }
    }
}
