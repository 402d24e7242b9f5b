public import Files

/// An entry that was skipped when a cache or an artifact was stored or restored.
public struct SkippedEntry: Sendable, Equatable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        /// Its name begins with a slash.
        case absolutePath
        /// Its name has `..` in it.
        case leadsUp
        /// It lies outside the declared paths (CODEBUILD.md 7 has the service's line about it).
        case outsideDeclaredPaths
        /// It lies below, or in place of, a symbolic link of the same archive.
        case throughLink
        /// It is a hard link to something outside the declared paths.
        case linkTargetOutside
        /// It is a link to something that is not in the archive.
        case linkTargetMissing
        /// It is a symbolic link to a directory where the content of a file was wanted.
        case linkToDirectory
        /// It is a symbolic link that leads to itself.
        case linkLoop
        /// It is a socket, a FIFO or a device.
        case special(String)
        /// It is a directory where a file was expected.
        case directory
        /// It was selected, and the archive does not have it.
        case notInArchive

        public init(_ flaw: RelativePath.Flaw) {
            switch flaw {
            case .isAbsolute: self = .absolutePath
            case .leadsUp: self = .leadsUp
            }
        }
    }

    /// The path as the archive or the selection has it, in bytes that need not be UTF-8.
    public let path: [UInt8]
    public let reason: Reason

    public init(path: [UInt8], reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// The path as text: what is not printable is escaped.
    public var name: String { PathText.text(path) }

    public var description: String {
        let why =
            switch reason {
            case .absolutePath: "its path is absolute"
            case .leadsUp: "its path contains `..`"
            case .outsideDeclaredPaths: "it is not within the cache paths"
            case .throughLink: "it leads through a symbolic link of the same archive"
            case .linkTargetOutside: "it is a link to something outside"
            case .linkTargetMissing: "it is a link to something that is not in the archive"
            case .linkToDirectory: "it is a symbolic link to a directory"
            case .linkLoop: "it is a symbolic link that leads back to itself"
            case .special(let what): "it is a \(what)"
            case .directory: "it is a directory"
            case .notInArchive: "it is not in the archive"
            }
        return "`\(name)` left out: \(why)"
    }
}
