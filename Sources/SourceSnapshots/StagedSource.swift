internal import Files

/// A snapshot checked out, in folders that do not change until it is released.
public struct StagedSource: Sendable {
    public let snapshot: SourceSnapshot
    /// The folder with the source's files.
    public let files: String
    /// A folder with the `.git` that belongs to them; none when the source is not the top of its repository.
    public let gitLayer: String?
    /// Where ``gitLayer`` expects git's objects.
    public let objectMounts: [(host: String, container: String)]
    /// The same objects by the `.git` that needs them, for engines that cannot mount.
    let objectStores: [GitLayer.ObjectStore]
    /// All there is to say about it.
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
        var seen: Set<String> = []
        objectMounts = objectStores.filter { seen.insert($0.container).inserted }.map { ($0.host, $0.container) }
        self.warnings = warnings
        self.use = use
    }

    /// The build is over.
    ///
    /// - Parameter isKept: its container stays, and so do the folders it sees, until ``SnapshotStore/forget(_:root:)``.
    public func release(isKept: Bool = false) {
        if !isKept, let gitLayer { try? Folder.remove(gitLayer) }  // The next sweep removes what is left.
        use.release(isKept: isKept)
    }
}

extension SnapshotStore {
    /// Takes a snapshot and checks it out for a container.
    ///
    /// - Returns: `nil` as ``take(_:_:without:)``.
    public func stage(
        _ kind: SourceKind, _ git: Git, for container: String, without excluded: [[UInt8]] = []
    ) async throws -> StagedSource? {
        guard let repository = try await usable(kind, git) else { return nil }
        return try await withLock {
            let snapshot = try await take(kind, repository, without: excluded, in: folder)
            let mirror = try freeMirror(for: snapshot)
            let content = try mirror.content()
            var warnings: [String] = []
            if content != MirrorContent(snapshot) {
                if content == nil { tell(.checkingOut) }
                warnings = try await mirror.update(to: snapshot, lfsFilter: lfsFilter)
            }
            let use = try mirror.mark(container)
            do {
                return try await staged(snapshot, mirror, container, warnings, use)
            } catch {
                use.release(isKept: false)
                throw error
            }
        }
    }

    private func staged(
        _ snapshot: SourceSnapshot, _ mirror: SourceMirror, _ container: String, _ warnings: [String],
        _ use: MirrorUse
    ) async throws -> StagedSource {
        let prefix = snapshot.repository.prefix
        let layer =
            prefix.isEmpty ? GitLayer(folder: "\(folder)/layers/\(container)", objectsFolder: objectsFolder) : nil
        let stores = try await layer?.write(snapshot, mirror) ?? []
        let files = prefix.isEmpty ? mirror.files : "\(mirror.files)/\(prefix.dropLast())"
        try Folder.make(files)
        return StagedSource(
            snapshot: snapshot, files: files, gitLayer: layer?.folder, objectStores: stores,
            warnings: snapshot.warnings + warnings, use: use)
    }

    /// The mirror that holds the snapshot already, else one that nobody uses, else a new one.
    private func freeMirror(for snapshot: SourceSnapshot) throws -> SourceMirror {
        let mirrors = try Folder.names("\(folder)/mirrors").map { SourceMirror(folder: "\(folder)/mirrors/\($0)") }
        let wanted = MirrorContent(snapshot)
        if let same = try mirrors.first(where: { try $0.content() == wanted }) { return same }
        if let free = mirrors.first(where: { !$0.isInUse }) { return free }
        // By chance, so that no other machine's engine has a folder of that name.
        let name = hexadecimal((0..<8).map { _ in UInt8.random(in: .min ... .max) })
        try Folder.make("\(folder)/mirrors/\(name)")
        return SourceMirror(folder: "\(folder)/mirrors/\(name)")
    }

    /// Frees what a container used that is gone.
    ///
    /// - Parameter root: as of ``init(root:source:onWait:)``.
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
