internal import BuildPlanning
internal import SourceSnapshots

/// Takes snapshots of a project's source, and checks them out for builds.
struct SourceCheckout: Sendable {
    let location: ProjectLocation
    let machine: Machine
    /// How the source differs from a full clone.
    var clone = CloneForm()

    init(_ location: ProjectLocation, _ machine: Machine) {
        self.location = location
        self.machine = machine
    }

    var git: Git { Git(folder: location.source, inherited: machine.environment.keys) }

    private var store: SnapshotStore {
        var store = SnapshotStore(
            folder: "\(machine.places.snapshots)/\(location.identity.key)",
            objectsFolder: ContainerLayout.gitObjects, lfsFilter: LFSFilterCommand.words
        ) { [terminal = machine.terminal] news in
            switch news {
            case .waiting(let holder): terminal.say("waiting for the source: \(holder)\n")
            case .checkingOut: if terminal.isInteractive { terminal.say("checking out the source\n") }
            }
        }
        store.clone = clone
        return store
    }

    /// Takes the snapshot that a build gets and checks it out for its container; `nil` for a folder without git.
    ///
    /// - Parameters:
    ///   - container: `nil` when only this process reads the files.
    ///   - excluded: paths that are not part of the build.
    func stage(for container: String?, without excluded: [[UInt8]]) async throws -> StagedSource? {
        guard location.asksGit else { return nil }
        let kind = location.kind ?? .worktree
        let staged =
            if let container {
                try await store.stage(kind, git, for: container, without: excluded)
            } else {
                try await store.stageForReading(kind, git, without: excluded)
            }
        if staged == nil, location.kind != nil { throw noWorkTree }
        for warning in staged?.warnings ?? [] { machine.say("warning: \(warning)\n") }
        return staged
    }

    /// Takes the snapshot without checking it out.
    func snapshot(without excluded: [[UInt8]]) async throws -> SourceSnapshot? {
        guard location.asksGit else { return nil }
        let snapshot = try await store.take(location.kind ?? .worktree, git, without: excluded)
        if snapshot == nil, location.kind != nil { throw noWorkTree }
        return snapshot
    }

    private var noWorkTree: Failure {
        Failure(
            .noSuchFile, "cannot take `git:worktree` of `\(location.source)`: it is in no git work tree",
            help: "leave --source out to build the folder as it is")
    }
}
