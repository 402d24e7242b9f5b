internal import ChildProcesses

/// The places of the parts of a folder's repository, as absolute paths.
public struct GitRepository: Sendable {
    let git: Git
    let gitDirectory: String
    /// The directory of objects, refs and settings, which linked worktrees share; otherwise the same as ``gitDirectory``.
    let commonDirectory: String
    let index: String
    let objects: String
    /// The path of the folder below the top of the work tree, with a slash at its end; empty at the top.
    let prefix: String
    /// Whether the folder belongs to a work tree. In a bare repository and inside of `.git` it does not.
    let hasWorkTree: Bool

    /// Finds the repository of the folder `git` looks from.
    ///
    /// - Returns: `nil` when it is in none.
    /// - Throws: ``SourceError`` when it belongs to somebody git does not trust.
    public static func find(_ git: Git) async throws -> GitRepository? {
        let question = [
            "rev-parse", "--path-format=absolute", "--is-inside-work-tree", "--absolute-git-dir", "--git-common-dir",
            "--git-path", "index", "--git-path", "objects", "--show-prefix",
        ]
        let outcome = try await git.run(question)
        guard outcome.status.isSuccess else {
            // Whether it is trust that fails is not read from the message: without the check git would answer.
            guard try await git.run(question, settings: ["safe.directory=*"]).status.isSuccess else { return nil }
            throw SourceError(
                .refused, doing: "use the repository of `\(git.folder)`",
                reason: "it belongs to another user, and git runs nothing such a repository asks for",
                help: "if you trust it: git config --global --add safe.directory '\(git.folder)'")
        }
        // What an older git does not know it says again.
        guard !outcome.text.contains("--path-format") else {
            throw SourceError(
                .refused, doing: "take a snapshot of `\(git.folder)`", reason: "git 2.34 or newer is needed",
                help: "install a newer git")
        }
        let lines = outcome.output.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard lines.count == 7, let text = String(validating: outcome.output, as: UTF8.self) else {
            throw SourceError(
                .refused, doing: "use the repository of `\(git.folder)`",
                reason: "its path holds a line break or bytes that are not UTF-8", help: "move it to another folder")
        }
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return GitRepository(
            git: git, gitDirectory: parts[1], commonDirectory: parts[2], index: parts[3], objects: parts[4],
            prefix: parts[5], hasWorkTree: parts[0] == "true")
    }

    /// Whether git ignores the folder itself, so that it lies in the repository without being a part of it.
    func ignoresFolder() async throws -> Bool {
        guard !prefix.isEmpty else { return false }
        let outcome = try await git.run(["check-ignore", "--quiet", "--", "."])
        return outcome.status.isSuccess
    }
}

/// The origin of a source, as its repository knows it.
public struct SourceHead: Sendable, Equatable {
    /// The commit, unless there is none yet.
    public var commit: String?
    /// The full name of the reference that was named: `refs/heads/main`, `refs/tags/v1`; `nil` for a bare commit.
    public var reference: String?
    /// The `origin` remote, without any password in it.
    public var origin: String?

    public init(commit: String? = nil, reference: String? = nil, origin: String? = nil) {
        self.commit = commit
        self.reference = reference
        self.origin = origin
    }

    /// The reference as people write it.
    public var shortName: String? {
        guard let reference else { return nil }
        for start in ["refs/heads/", "refs/tags/", "refs/remotes/origin/", "refs/remotes/"]
        where reference.hasPrefix(start) {
            return String(reference.dropFirst(start.count))
        }
        if let pull = reference.wholeMatch(of: #/refs/pull/([0-9]+)/head/#) { return "pr/\(pull.1)" }
        return reference
    }
}
