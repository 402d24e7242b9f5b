/// The image lacks what the buildspec asks for: a user, a shell. No command has run.
public struct UnfitImage: Error, Sendable, CustomStringConvertible {
    public let image: String
    /// "`env.shell` names `bash`, which the image does not have"
    public let reason: String

    public var description: String { "cannot run in image `\(image)`: \(reason)" }
}
