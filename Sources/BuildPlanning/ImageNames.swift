/// What an image is called where it can be pulled (CODEBUILD.md 10.1).
public enum ImageNames {
    /// Used when neither a flag nor the settings name one: the newest curated image that is published.
    public static let standard = "aws/codebuild/amazonlinux-x86_64-standard:5.0"

    /// The URL at which a registry tells what an image is, which is the first thing that whoever pulls it asks for (OCI Distribution
    /// Specification, "Pulling manifests"; that a name without a host is Docker Hub's is Docker's own rule).
    public static func manifestURL(of name: String) -> String {
        var path = name[...], host = "registry-1.docker.io"
        if let slash = path.firstIndex(of: "/"), case let first = path[..<slash],
            first == "localhost" || first.contains(where: { $0 == "." || $0 == ":" })
        {
            path = path[path.index(after: slash)...]
            if !["docker.io", "index.docker.io"].contains(first) { host = String(first) }
        }
        var reference = "latest"
        if let at = path.firstIndex(of: "@") {
            reference = String(path[path.index(after: at)...])
            path = path[..<at]
        }
        if let colon = path.lastIndex(of: ":") {
            if reference == "latest" { reference = String(path[path.index(after: colon)...]) }
            path = path[..<colon]
        }
        let isOfficial = host == "registry-1.docker.io" && !path.contains("/")
        return "https://\(host)/v2/\(isOfficial ? "library/" : "")\(path)/manifests/\(reference)"
    }
}
