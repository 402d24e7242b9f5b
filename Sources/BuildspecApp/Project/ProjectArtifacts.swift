internal import BuildPlanning
internal import SpecParsing

/// What a project says of its artifacts, by their identifiers; `artifacts` is the primary one.
extension ProjectSettings {
    private var allArtifacts: [(identifier: String, artifacts: Artifacts)] {
        (artifacts.map { [("artifacts", $0)] } ?? [])
            + secondaryArtifacts.compactMap { artifacts in artifacts.identifier.map { ($0, artifacts) } }
    }

    /// The artifacts that are zip files (`packaging: ZIP`).
    var zippedArtifacts: [String]? {
        let zipped = allArtifacts.filter { $0.artifacts.isZip }.map(\.identifier)
        return zipped.isEmpty ? nil : zipped
    }

    /// The places of those that go to S3.
    var artifactPlaces: [String: ArtifactPlace]? {
        var places: [String: ArtifactPlace] = [:]
        for (identifier, artifacts) in allArtifacts where artifacts.type == .s3 {
            guard let bucket = artifacts.bucket else { continue }
            places[identifier] = ArtifactPlace(
                bucket: bucket, path: artifacts.path, hasBuildFolder: artifacts.hasBuildFolder,
                name: artifacts.name ?? name?.value ?? identifier, takesNameOfBuildspec: artifacts.takesNameOfBuildspec)
        }
        return places.isEmpty ? nil : places
    }
}
