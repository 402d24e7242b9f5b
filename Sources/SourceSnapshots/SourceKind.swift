/// The state of a folder that becomes a build's source.
public enum SourceKind: Sendable, Equatable, CustomStringConvertible {
    /// The folder as it is, without git.
    case folder
    /// The working tree: tracked files as they are now, and untracked ones, but no ignored ones.
    case worktree
    /// The staged files.
    case index
    /// A commit, by any name git knows.
    case revision(String)

    /// - Parameter text: `git:worktree`, `git:index` or `git:REV`; anything else is no kind but a path.
    public init?(_ text: String) {
        guard text.hasPrefix("git:"), text.count > 4 else { return nil }
        switch String(text.dropFirst(4)) {
        case "worktree": self = .worktree
        case "index": self = .index
        case let revision: self = .revision(revision)
        }
    }

    public var description: String {
        switch self {
        case .folder: "folder"
        case .worktree: "git:worktree"
        case .index: "git:index"
        case .revision(let name): "git:\(name)"
        }
    }
}
