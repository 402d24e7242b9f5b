/// The folder of a build's container that belongs to CodeBuild.
public enum CodeBuildFolder {
    public static let path = "/codebuild"

    /// Whether an absolute path lies in it.
    public static func holds(_ path: String) -> Bool { path.hasPrefix("\(self.path)/") }
}
