internal import SourceSnapshots
internal import BuildRunning
internal import BuildPlanning
internal import Engines
internal import Files

extension BuildSession {
    private func snapshots(_ location: BuildLocation) -> SnapshotStore {
        SnapshotStore(
            folder: "\(places.snapshots)/\(location.projectKey)", objectsFolder: ContainerLayout.gitObjects,
            lfsFilter: LFSFilterCommand.words
        ) {
            [terminal] news in
            switch news {
            case .waiting(let holder): terminal.say("waiting for the source: \(holder)\n")
            case .checkingOut: if terminal.isInteractive { terminal.say("checking out the source\n") }
            }
        }
    }

    /// Lets git pass over our folder.
    func hideOurFolder(_ location: BuildLocation) throws {
        let folder = "\(location.source)/.buildspec", file = "\(folder)/.gitignore"
        guard Files.kind(of: folder) == .folder, Files.kind(of: file) == nil else { return }
        try Files.replace(file, with: Array("*\n".utf8))
    }

    func git(_ location: BuildLocation) -> Git {
        Git(folder: location.source, inherited: places.environment.keys)
    }

    /// The snapshot a build gets, checked out for its container; `nil` for a folder without git.
    ///
    /// - Parameters:
    ///   - container: `nil` when only this process reads the files.
    ///   - excluded: paths that are nothing of the build's.
    func stage(
        _ location: BuildLocation, for container: String?, without excluded: [[UInt8]]
    ) async throws -> StagedSource? {
        guard location.asksGit else { return nil }
        let (snapshots, kind, git) = (snapshots(location), location.kind ?? .worktree, git(location))
        let staged =
            if let container {
                try await snapshots.stage(kind, git, for: container, without: excluded)
            } else {
                try await snapshots.stageForReading(kind, git, without: excluded)
            }
        if staged == nil, location.kind != nil { throw noWorkTree(location) }
        for warning in staged?.warnings ?? [] { terminal.say("warning: \(warning)\n") }
        return staged
    }

    /// The same without a checkout.
    func snapshot(_ location: BuildLocation, without excluded: [[UInt8]]) async throws -> SourceSnapshot? {
        guard location.asksGit else { return nil }
        let snapshot = try await snapshots(location).take(location.kind ?? .worktree, git(location), without: excluded)
        if snapshot == nil, location.kind != nil { throw noWorkTree(location) }
        return snapshot
    }

    private func noWorkTree(_ location: BuildLocation) -> Failure {
        Failure(
            .noSuchFile, "cannot take `git:worktree` of `\(location.source)`: it is in no git work tree",
            help: "leave --source out to build the folder as it is")
    }

    /// What the build is told of its source.
    func facts(_ location: BuildLocation, _ snapshot: SourceSnapshot?) -> SourceFacts {
        guard let snapshot else { return SourceFacts(path: location.source) }
        let head = snapshot.head
        return SourceFacts(
            version: head.shortName ?? head.commit, resolvedVersion: head.commit, repositoryURL: head.origin,
            path: location.source, reference: head.reference,
            snapshot: SnapshotFacts(kind: "\(snapshot.kind)", tree: snapshot.tree, identity: snapshot.identity))
    }

    /// The folder's files as they are now: without what git ignores, and without the secrets file, which is nothing of the
    /// build's.
    func sourceTree(_ settings: RunSettings, _ location: BuildLocation) async throws -> SourceTree {
        let ignored = location.asksGit ? try await git(location).ignoredPaths() : nil
        return try SourceTree(
            root: location.source, excluding: (ignored ?? []) + secretsPath(settings, location))
    }

    /// Their names; none where the source is not what lies in the folder.
    func sourceFiles(_ settings: RunSettings, _ location: BuildLocation) async throws -> [[UInt8]] {
        guard !location.isReadFromGit else { return [] }
        return try SourceChanges(of: try await sourceTree(settings, location), since: .max, before: []).all
    }

    /// How the source gets into the container: the way that worked with this engine before, and those after it.
    func staging(
        _ location: BuildLocation, _ staged: StagedSource?, _ settings: RunSettings, _ engine: DockerEngine
    ) async throws -> SourceStaging {
        let memory = EngineMemory(places, context: settings.context)
        var ways = SourceStaging.Way.allCases, root: String?
        if let known = memory.way.flatMap({ ways.firstIndex(of: $0) }) { ways.removeFirst(known) }
        if let staged, ways.contains(.overlay) {
            root = memory.volumeRoot
            if root == nil { root = try await engine.volumeRoot() }
            let folders = [root, staged.files, staged.gitLayer].compactMap { $0 }
            if root == nil || !folders.allSatisfy(LayeredMount.canHold) { ways.removeFirst() }
        } else {
            ways.removeAll { $0 == .overlay }
        }
        // An image of the container holds only what was copied into it.
        if settings.makesCheckpoints { ways = [.stream] }
        let secrets = secretsPath(settings, location)
        // A mount would show the build the whole folder, and a secrets file in it.
        if staged == nil, !secrets.isEmpty { ways = [.stream] }
        let (tried, volumeRoot) = (ways, root)
        return SourceStaging(
            staged.map { .snapshot($0) } ?? .folder(location.source, excluding: secrets), root: location.source,
            ways: ways,
            volumeRoot: root,
            changesOwner: getuid() != 0
        ) { way in
            // That a way works says nothing of those before it that were not tried.
            if way == .stream && tried.count > 1 || tried.contains(.overlay) {
                memory.remember(way, volumeRoot: volumeRoot)
            }
        }
    }
}
