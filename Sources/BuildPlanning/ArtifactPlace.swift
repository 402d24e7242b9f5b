/// The place that an artifact of a project has in S3 (CODEBUILD.md 6.3).
public struct ArtifactPlace: Sendable, Codable, Equatable {
    public var bucket: String
    /// Without slashes at its ends.
    public var path: String?
    public var hasBuildFolder: Bool
    /// The artifact's name; `/` stands for the folder itself.
    public var name: String
    /// Whether the buildspec's `name` counts.
    public var takesNameOfBuildspec: Bool

    public init(bucket: String, path: String?, hasBuildFolder: Bool, name: String, takesNameOfBuildspec: Bool) {
        self.bucket = bucket
        self.path = path
        self.hasBuildFolder = hasBuildFolder
        self.name = name
        self.takesNameOfBuildspec = takesNameOfBuildspec
    }

    /// The place as an address of S3.
    ///
    /// - Parameters:
    ///   - build: stands for the folder of the build.
    ///   - ownName: the buildspec's `name`.
    ///   - prefix: the buildspec's `s3-prefix`, which takes the place of the project's path.
    public func url(build: String, ownName: String?, prefix: String?) -> String {
        let name = takesNameOfBuildspec ? ownName ?? self.name : self.name
        let steps = [bucket, prefix ?? path, hasBuildFolder ? build : nil, name == "/" ? nil : name]
        return "s3://" + steps.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "/")
    }
}
