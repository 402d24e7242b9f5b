/// What `source.buildspec` of a project, or `--buildspec`, can say (CODEBUILD.md 1.1).
public enum BuildspecReference: Sendable, Equatable {
    /// Relative to `CODEBUILD_SRC_DIR`.
    case path(String)
    /// The buildspec itself.
    case text(String)
    /// An object in S3, by its ARN.
    case object(arn: String)

    public init(_ value: String) {
        if Self.isText(value) {
            self = .text(value)
        } else if value.hasPrefix("arn:") {
            self = .object(arn: value)
        } else {
            self = .path(value)
        }
    }

    /// Text has a line break, or begins with the key `version`, or is JSON. [inferred, CODEBUILD.md 1.1]
    private static func isText(_ value: String) -> Bool {
        if value.contains(where: \.isNewline) || value.hasPrefix("{") { return true }
        guard value.hasPrefix("version") else { return false }
        return value.dropFirst("version".count).drop { $0 == " " }.first == ":"
    }
}
