internal import BuildPlanning
internal import Files
internal import SourceSnapshots

/// Takes snapshots of one source, and checks them out for builds; an archive it unpacks.
struct SourceCheckout: Sendable {
    let place: SourcePlace
    let machine: Machine
    /// How the source differs from a full clone.
    var clone = CloneForm()
    /// The snapshot that every build gets, whatever has changed since; `nil`: a new one is taken for each.
    var frozen: SourceSnapshot?
    /// The name of the folder that keeps the source's snapshots.
    private let storeName: String
    /// The folder of containers that git's objects are mounted below.
    private let objectsFolder: String

    init(of place: SourcePlace, storedAs storeName: String, objects: String, _ machine: Machine) {
        self.place = place
        self.machine = machine
        self.storeName = storeName
        objectsFolder = objects
    }

    var git: Git { Git(folder: place.path, inherited: machine.environment.keys) }

    private var store: SnapshotStore {
        var store = SnapshotStore(
            folder: "\(machine.places.snapshots)/\(storeName)",
            objectsFolder: objectsFolder, lfsFilter: LFSFilterCommand.words
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
        guard place.asksGit else { return nil }
        let kind = place.kind ?? .worktree
        let staged: StagedSource? =
            if let frozen, let container {
                try await store.stage(frozen, for: container, withGit: !place.isHandedOver)
            } else if let container {
                try await store.stage(
                    kind, git, for: container, without: excluded, withGit: !place.isHandedOver)
            } else {
                try await store.stageForReading(kind, git, without: excluded)
            }
        if staged == nil, place.kind != nil { throw noWorkTree }
        for warning in staged?.warnings ?? [] { machine.say("warning: \(warning)\n") }
        return staged
    }

    /// Takes the snapshot without checking it out.
    func snapshot(without excluded: [[UInt8]]) async throws -> SourceSnapshot? {
        guard place.asksGit else { return nil }
        if let frozen { return frozen }
        let snapshot = try await store.take(place.kind ?? .worktree, git, without: excluded)
        if snapshot == nil, place.kind != nil { throw noWorkTree }
        return snapshot
    }

    /// Unpacks the archive into a folder of its own.
    func unpack() async throws -> ScratchFolder {
        let folder = try await ScratchFolder(in: ScratchPlace.sources.path(machine.places), named: machine.uuid())
        do {
            for line in try await ArchiveUnpacking.unpack(FilePath(place.path), into: folder.path) {
                machine.say("warning: \(machine.places.shown(place.path)): \(line)\n")
            }
            return folder
        } catch {
            folder.remove()
            throw error
        }
    }

    private var noWorkTree: Failure {
        Failure(
            .noSuchFile, "cannot take `git:worktree` of `\(place.path)`: it is in no git work tree",
            help: "leave --source out to build the folder as it is")
    }
}
