internal import Archives
internal import Artifacts
internal import Files
internal import BuildPlanning
internal import ChildProcesses
internal import Engines

/// Copies the chosen files out of the container.
extension ArtifactStage {
    /// Copies the chosen files out of the container, and stores them.
    ///
    /// - Parameter name: the artifact's own name, evaluated.
    func store(_ parts: [ArtifactPart], as identifier: String, named name: String?) async throws {
        let chosen = parts.filter { !$0.selection.isEmpty }
        let carrier = try await carrier(of: chosen, as: identifier)
        var fetches: [ContainerFiles.Fetch] = []
        for (number, part) in chosen.enumerated() {
            fetches.append(
                try await files.fetch(
                    of: part, stage: ContainerLayout.artifactStage("\(identifier)-\(number)"),
                    doing: "put the artifact together in the container"))
        }
        let stored = try await OutgoingStreams(fetches.map { try carrier.outgoing($0.path) }).read { readers, confirm in
            let streams = zip(readers, fetches).map { TarStream($0, map: $1.map) }
            return try await context.job.surroundings.artifacts.store(
                identifier, from: TarStreams(streams, confirm: confirm),
                selection: .merging(chosen.map { (base: $0.folder, selection: $0.selection) }),
                asZip: forms.isZip(identifier))
        }
        for missing in stored.missing { try await sink.send(.notice(text: "artifact \(identifier): \(missing)")) }
        try await sink.send(
            .artifactsCollected(
                identifier: identifier, files: stored.fileCount, bytes: Int(stored.byteCount), path: "\(stored.path)",
                name: name))
    }
}
