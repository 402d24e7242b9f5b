internal import ChildProcesses

/// Answers a hook's questions about the commits that are pushed.
extension Git {
    /// The folder that git looks for hooks in: `core.hooksPath` and linked worktrees honoured.
    ///
    /// - Returns: an absolute path.
    /// - Throws: ``SourceError`` outside a repository.
    public func hooksFolder() async throws -> String {
        // Our own setting, which turns hooks off, is the last of the list.
        let configured = try await run(["config", "--type=path", "--get-all", "core.hooksPath"])
        if let path = configured.text.split(separator: "\n").map(String.init).dropLast().last {
            return path.hasPrefix("/") ? path : try await topFolder() + "/" + path
        }
        let common = try await place("--git-common-dir", doing: "find the repository of `\(folder)`")
        return (common.hasPrefix("/") ? common : "\(folder)/\(common)") + "/hooks"
    }

    /// The top folder of the work tree.
    ///
    /// - Throws: ``SourceError`` outside a work tree.
    public func topFolder() async throws -> String {
        try await place("--show-toplevel", doing: "find the work tree of `\(folder)`")
    }

    /// Asks for a folder of the repository.
    ///
    /// - Throws: ``SourceError`` with code `noRepository` where there is none.
    private func place(_ question: String, doing: String) async throws -> String {
        let outcome = try await run(["rev-parse", question])
        guard !outcome.status.isSuccess else {
            return String(decoding: outcome.output, as: UTF8.self).trimmingLineEnds
        }
        guard let repository = try await GitRepository.find(self) else {
            throw SourceError(
                .noRepository, doing: doing, reason: "it is in no git repository",
                help: "go into a repository, or make one of this folder with `git init`")
        }
        guard repository.hasWorkTree else {
            throw SourceError(
                .noRepository, doing: doing, reason: "it is a bare repository, or git's own folder",
                help: "go into the work tree that you push from")
        }
        throw SourceError(.refused, doing: doing, outcome)
    }

    /// Whether a file is part of the repository, or would be with the next `git add --all`: it lies in the work tree, outside of
    /// git's own folder, and is not ignored.
    ///
    /// - Parameter path: absolute; the file need not be there.
    public func wouldCommit(_ path: String) async throws -> Bool {
        let top = try await topFolder()
        guard path.hasPrefix(top + "/"), !path.dropFirst(top.count).split(separator: "/").contains(".git") else {
            return false
        }
        return try await !run(["check-ignore", "--quiet", "--", path]).status.isSuccess
    }

    /// The id of a commit's tree, through tags; `nil` when the object is no commit.
    public func tree(of commit: String) async throws -> String? {
        let outcome = try await run(["rev-parse", "--verify", "--quiet", "\(commit)^{tree}"])
        return outcome.status.isSuccess ? outcome.text : nil
    }

    /// The paths that a push changes, relative to the top of the repository.
    ///
    /// - Parameter base: what the remote has; `nil` for a new branch: then what no remote branch has is meant.
    /// - Returns: `nil` when there is nothing to compare with: everything is new.
    public func changedPaths(from base: String?, to commit: String) async throws -> [[UInt8]]? {
        var start = base
        if let base, try await !run(["cat-file", "-e", "\(base)^{commit}"]).status.isSuccess { start = nil }
        if start == nil {
            // The newest commit that some remote has already.
            let boundary = try await run(["rev-list", "--boundary", commit, "--not", "--remotes"])
            start = boundary.text.split(separator: "\n").first { $0.hasPrefix("-") }.map { String($0.dropFirst()) }
        }
        guard let start else { return nil }
        let listing = try await call(
            ["diff", "--name-only", "-z", "--no-renames", start, commit], doing: "compare what is pushed")
        return listing.split(separator: 0).map(Array.init)
    }
}

extension String {
    fileprivate var trimmingLineEnds: String { String(prefix { $0 != "\n" && $0 != "\r\n" }) }
}
