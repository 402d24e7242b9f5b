/// What an image is called where it can be pulled (CODEBUILD.md 10.1).
public enum ImageNames {
    /// Used when neither a flag nor the settings name one: the newest curated image that is published.
    public static let standard = "aws/codebuild/amazonlinux-x86_64-standard:5.0"

    /// Whether the name is one of CodeBuild's own, which no registry knows.
    public static func isCurated(_ name: String) -> Bool { name.hasPrefix("aws/codebuild/") }

    /// The public name of a curated image, or `nil` when AWS publishes none. [inferred, CODEBUILD.md 10.1]
    public static func publicName(of name: String) -> String? {
        guard isCurated(name) else { return nil }
        let rest = name.dropFirst("aws/codebuild/".count)
        return rest.hasPrefix("amazonlinux") ? "public.ecr.aws/codebuild/\(rest)" : nil
    }
}
