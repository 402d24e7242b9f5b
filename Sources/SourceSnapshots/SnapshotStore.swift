internal import Files
internal import Archives
internal import Crypto

/// The snapshots of one source folder, in the user's cache: a private index, the objects the repository does not have, and
/// mirrors that builds read from.
///
/// One process at a time works in it (``withLock(_:)``); that is short but for the first time.
public struct SnapshotStore: Sendable {
    let folder: String
    let objectsFolder: String
    let lfsFilter: [String]
    let tell: @Sendable (News) -> Void
    /// How the sources differ from full clones.
    public var clone = CloneForm()

    /// Something that may take a moment.
    public enum News: Sendable {
        /// Another process is at work in the same folder; the text says who.
        case waiting(String)
        /// Every file is written, because there is no checkout that could be updated.
        case checkingOut
    }

    /// - Parameters:
    ///   - folder: the project's own among those of all projects' snapshots.
    ///   - objectsFolder: the folder of containers that git's objects are mounted below.
    ///   - lfsFilter: the command that serves git as ``LFSFilterProcess``; without it the user's own filter is used.
    ///   - tell: told once of each, before it.
    public init(
        folder: String, objectsFolder: String, lfsFilter: [String], tell: @escaping @Sendable (News) -> Void
    ) {
        self.folder = folder
        self.objectsFolder = objectsFolder
        self.lfsFilter = lfsFilter
        self.tell = tell
    }

    /// Takes a snapshot of the folder that `git` looks from.
    ///
    /// - Parameter excluded: paths relative to the folder that are no part of the source.
    /// - Returns: `nil` for ``SourceKind/worktree`` of a folder that belongs to no work tree.
    /// - Throws: ``SourceError``; ``FileError`` when the cache cannot be written.
    public func take(
        _ kind: SourceKind, _ git: Git, without excluded: [[UInt8]] = []
    ) async throws -> SourceSnapshot? {
        guard let repository = try await usable(kind, git) else { return nil }
        return try await withLock { try await take(kind, repository, without: excluded, in: folder) }
    }

    /// Finds the repository, and throws the reason when it cannot be used.
    func usable(_ kind: SourceKind, _ git: Git) async throws -> GitRepository? {
        let doing = "take `\(kind)` of `\(git.folder)`"
        guard let repository = try await GitRepository.find(git) else {
            if kind == .worktree { return nil }
            throw SourceError(
                .noRepository, doing: doing, reason: "it is in no git repository",
                help: "leave --source out to build the folder as it is")
        }
        if kind == .worktree {
            guard repository.hasWorkTree, try await !repository.ignoresFolder() else { return nil }
        }
        return repository
    }

    func withLock<Result>(_ body: () async throws -> Result) async throws -> Result {
        try Folder.makePublic("\(folder)/objects")
        let directory = try explaining("open `\(folder)`") { try DirectoryHandle(opening: FilePath(folder)) }
        let lock = try await FileLock.acquire(
            Array("lock".utf8), in: directory, .exclusive, purpose: "staging the source",
            wait: FileLock.Wait { [tell] in tell(.waiting($0)) })
        defer { lock.release() }
        try prune()
        return try await body()
    }

    /// The number of objects in one of 256 folders from which on the store is pruned, as git itself estimates it.
    private static let objectsPerFolder = 256

    /// Removes everything once many snapshots have left objects behind, and no build needs them.
    private func prune() throws {
        guard try Folder.names("\(folder)/objects/17").count > Self.objectsPerFolder,
            try Folder.names("\(folder)/mirrors").allSatisfy({
                !SourceMirror(folder: "\(folder)/mirrors/\($0)").isInUse
            })
        else { return }
        for name in try Folder.names(folder) where name != "lock" { try Folder.remove("\(folder)/\(name)") }
        try Folder.makePublic("\(folder)/objects")
    }

    // MARK: Under the lock

    func take(
        _ kind: SourceKind, _ repository: GitRepository, without excluded: [[UInt8]], in folder: String
    ) async throws -> SourceSnapshot {
        try Folder.makePublic("\(folder)/objects")
        let name = if case .worktree = kind { "index" } else { "index-asked" }
        let index = SnapshotIndex(
            repository, path: "\(folder)/\(name)", objects: "\(folder)/objects", without: excluded,
            lfsFilter: lfsFilter)
        // We hold the lock: another's would be a dead process's.
        try Folder.remove("\(index.path).lock")
        async let facts = GitFacts.read(repository)
        let filled = try await Self.fill(index, with: kind)
        return try await snapshot(kind, filled, in: index, facts: facts, folder: folder)
    }

    private func snapshot(
        _ kind: SourceKind, _ filled: FilledIndex, in index: SnapshotIndex, facts: GitFacts, folder: String
    ) async throws -> SourceSnapshot {
        let repository = index.repository
        let (tree, checkout, links) = try await Self.trees(index, filled)
        var warnings = filled.warnings, submodules: [SourceSnapshot.Submodule] = []
        for link in links where clone.hasSubmodules {
            let path = String(decoding: link.path, as: UTF8.self)
            let (module, warning) = try await submodule(path, at: link.id, kind, of: repository, in: folder)
            if let module { submodules.append(.init(path: repository.prefix + path, snapshot: module)) }
            if let warning { warnings.append(warning) }
        }
        return SourceSnapshot(
            kind: kind, tree: tree, identity: SourceSnapshot.identity(tree: tree, submodules),
            head: filled.head ?? facts.checkedOut, warnings: warnings + submodules.flatMap(\.snapshot.warnings),
            repository: repository, facts: facts, objects: "\(folder)/objects", checkout: checkout,
            staged: filled.staged ?? (kind == .worktree ? facts.checkedOut.commit : nil) ?? checkout,
            submodules: submodules)
    }

    /// Takes the snapshot of a submodule: as it lies in the working tree, or at the recorded commit.
    ///
    /// A submodule that was never fetched stays an empty folder, as in CodeBuild.
    private func submodule(
        _ path: String, at commit: String, _ kind: SourceKind, of outer: GitRepository, in folder: String
    ) async throws -> (SourceSnapshot?, warning: String?) {
        let place = "\(outer.git.folder)/\(path)"
        guard Folder.exists("\(place)/.git"), let inner = try await GitRepository.find(outer.git.at(place)),
            inner.prefix.isEmpty
        else { return (nil, nil) }
        let key = hexadecimal(SHA256.hash(data: Array(path.utf8)).prefix(8))
        let kind = kind == .worktree ? kind : SourceKind.revision(commit)
        do {
            return (try await take(kind, inner, without: [], in: "\(folder)/modules/\(key)"), nil)
        } catch let error as SourceError where error.code == .noRevision {
            return (nil, "submodule `\(path)` is left empty: commit \(commit.prefix(12)) was never fetched")
        }
    }
}
