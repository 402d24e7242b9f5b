internal import Artifacts
internal import BuildPlanning
internal import Files
internal import SpecParsing

/// The one artifact that a project wants of all builds of a batch (`buildBatchConfig.combineArtifacts`).
///
/// What the service does is known only so far: the primary artifacts of all builds become one (CODEBUILD-2026 D.1). The rest is ours.
struct BatchArtifacts {
    let project: Project

    /// Names the artifact: as that of a single build.
    static let name = "artifacts"

    /// Makes sure that no build's own folder is where the combined artifact goes.
    func requirePlace(_ plan: BatchPlan) throws {
        guard project.file.batch.combinesArtifacts, plan.builds.contains(where: { $0.identifier == Self.name }) else {
            return
        }
        throw Failure(
            .invalidBuildspec,
            "the build `\(Self.name)` of the batch has its artifacts where the combined ones go (`combineArtifacts`)",
            help: "give it another identifier")
    }

    /// Whether artifacts are combined of a batch that ended so. [unknown: the service has a phase for it behind the builds]
    static func areCombined(_ status: BuildStatus) -> Bool { status == .succeeded }

    /// The artifacts that are combined, in the order of the file: of two files of one name the later build's stays. [unknown:
    /// nobody says whether the service has folders in it, and what it does with such files]
    static func parts(of batch: BatchResult) -> [String] {
        batch.groups.flatMap { group in
            (group.result?.artifacts ?? []).filter { $0.identifier.isEmpty || $0.identifier == name }.map(\.path)
        }
    }

    /// Combines the artifacts of a batch that has ended.
    ///
    /// - Returns: `nil` where the project does not want it, or no build has artifacts.
    func combine(_ batch: BatchResult) async throws -> BuildResult.Artifact? {
        guard project.file.batch.combinesArtifacts, Self.areCombined(batch.status) else { return nil }
        let parts = Self.parts(of: batch)
        guard !parts.isEmpty else { return nil }
        let folder = project.artifactsFolder
        if project.settings.artifacts.folder == nil { try SourceFolder(of: project.location.folder).make() }
        let store = ArtifactStore(
            directory: FilePath(folder), owner: MadeArtifacts(in: folder, project.machine.places))
        let (artifact, collisions) = try await store.combine(
            Self.name, of: parts.map { FilePath($0) }, asZip: project.settings.artifacts.isZip(Self.name))
        for name in collisions.prefix(5) {
            project.machine.say(
                "combined artifacts: more than one build has `\(PathText.text(name))`; that of the last one stays\n")
        }
        if collisions.count > 5 { project.machine.say("combined artifacts: and \(collisions.count - 5) more\n") }
        return .init(
            identifier: Self.name, files: artifact.fileCount, bytes: Int(artifact.byteCount),
            path: artifact.path.string,
            name: nil)
    }
}
