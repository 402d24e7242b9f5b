internal import BuildPlanning
internal import BuildRunning
internal import Files
internal import SourceSnapshots

/// One source of a project, and what is held of it for a build.
struct ProjectSource: Sendable {
    private(set) var checkout: SourceCheckout
    /// The checkout, where git has the source; held until ``release()``.
    private(set) var staged: StagedSource?
    /// The folder that an archive was unpacked into; held as the checkout is.
    private(set) var unpacked: ScratchFolder?
    /// Whether another holds what was unpacked, and gives it back.
    private var isShared = false

    var place: SourcePlace { checkout.place }

    init(_ checkout: SourceCheckout) { self.checkout = checkout }

    /// Makes clones of a form from now on. One of another form that is held is given back.
    ///
    /// - Returns: whether one was given back.
    mutating func use(_ clone: CloneForm) -> Bool {
        guard checkout.clone != clone else { return false }
        checkout.clone = clone
        guard staged != nil else { return false }
        release()
        return true
    }

    /// Returns the same source for one more build, with the files that a snapshot has.
    func shared(_ snapshot: SourceSnapshot?) -> ProjectSource {
        var source = self
        source.staged = nil
        source.isShared = true
        source.checkout.frozen = snapshot
        return source
    }

    /// The folder that the files are read from: that of the checkout, of the unpacked archive, or the source itself.
    var files: String { staged?.files ?? folder }

    /// The folder that the source is, or was unpacked into.
    var folder: String { unpacked?.path.string ?? place.path }

    /// The paths of the source that are not part of a build: the secrets file, if it lies there. An artifact of `**/*` must not
    /// hold it.
    ///
    /// - Parameter secrets: an absolute path.
    func excluded(_ secrets: String?) -> [[UInt8]] {
        guard !place.isArchive else { return [] }
        return secrets.flatMap(place.relative).map { [Array($0.utf8)] } ?? []
    }

    /// Checks the source out or unpacks it, unless that has been done or it is a folder without git.
    ///
    /// - Parameter container: the container that gets it; `nil` when only this process reads it.
    mutating func hold(for container: String?, without excluded: [[UInt8]]) async throws {
        if place.isArchive {
            if unpacked == nil { unpacked = try await checkout.unpack() }
        } else if staged == nil {
            staged = try await checkout.stage(for: container, without: excluded)
        }
    }

    /// The snapshot that a build of now would get; none for a folder without git, or an archive.
    func snapshot(without excluded: [[UInt8]]) async throws -> SourceSnapshot? {
        if let staged { return staged.snapshot }
        return try await checkout.snapshot(without: excluded)
    }

    /// Gives back what is held.
    ///
    /// - Parameter isKept: whether the checkout stays with a container that stays. What was unpacked was copied into it.
    mutating func release(isKept: Bool = false) {
        staged?.release(isKept: isKept)
        staged = nil
        if !isShared { unpacked?.remove() }
        unpacked = nil
    }

    /// The folder's files as they are now, without what git ignores.
    func tree(without excluded: [[UInt8]]) async throws -> SourceTree {
        let ignored = place.asksGit ? try await checkout.git.ignoredPaths() : nil
        return try SourceTree(root: folder, excluding: (ignored ?? []) + excluded)
    }

    /// The files as they get into a container.
    ///
    /// - Parameter excluded: paths of a folder without git that are left out.
    func content(without excluded: [[UInt8]]) -> SourceStaging.Content {
        if let staged { .snapshot(staged) } else { .folder(folder, excluding: excluded) }
    }

    /// What a build is told of the source.
    func facts(_ snapshot: SourceSnapshot?) -> SourceFacts {
        guard let snapshot else { return SourceFacts(path: place.path) }
        let head = snapshot.head
        return SourceFacts(
            version: head.shortName ?? head.commit, resolvedVersion: head.commit, repositoryURL: head.origin,
            path: place.path, reference: head.reference,
            snapshot: SnapshotFacts(kind: "\(snapshot.kind)", tree: snapshot.tree, identity: snapshot.identity))
    }
}
