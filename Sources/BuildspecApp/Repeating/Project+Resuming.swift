internal import BuildPlanning
internal import Files
internal import SourceSnapshots

extension Project {
    /// What is asked for when a kept build goes on: as the user has asked, but that a commit that was built again is mended in the
    /// working tree.
    ///
    /// - Parameter folder: the build's record, which keeps the build of the service.
    func askedAgain(in folder: String) throws -> Asked {
        guard let repeated else { return asked }
        var asked = asked
        let (build, batch) = try repeated.keep(in: folder)
        asked.fromBuild = build
        asked.fromBatch = batch
        asked.cloudLog = nil
        asked.path = location.folder
        if case .revision = location.place.kind {
            // What was fetched has no working tree: the project's own folder stands for it.
            let isFetched = FetchedSources(machine.places).hasRepository(location.place.path)
            let mended = isFetched ? location.folder : location.place.path
            if SourcePlace(folder: mended).asksGit { asked.source = mended }
        }
        return asked
    }

    /// The changes of a primary source that is a working tree now, and was a commit when the build began; `nil` for any other.
    func changes(sinceCommitOf kept: KeptBuild) async throws -> SourceChanges? {
        guard primary.place.isLive, primary.place.asksGit, let tree = kept.recipe.plan.snapshot?.tree,
            let before = kept.recipe.sources.first, let kind = before.kind.flatMap({ SourceKind($0) }),
            case .revision = kind, let now = try await snapshots().primary
        else { return nil }
        let store = "\(machine.places.snapshots)/\(ProjectLocation.key(of: before.folder))/objects"
        return try await SourceChanges(from: tree, to: now, objects: ["\(before.folder)/objects", store])
    }
}
