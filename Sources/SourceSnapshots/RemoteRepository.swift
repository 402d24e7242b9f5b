internal import Archives
internal import ChildProcesses
internal import Files

/// A bare repository of our own that holds what was fetched of a remote one. Nothing in the user's own repositories is touched.
public struct RemoteRepository: Sendable {
    /// The folder of the bare repository.
    public let folder: String
    /// The address without a password; git asks the user's own helpers for one.
    public let url: String
    /// Whether git may ask for a password on the terminal.
    public var asksOnTerminal = false
    /// It means this very repository: git looks in no folder above for another, whatever became of this one. A build may run as any
    /// user, so that what is fetched is for all to read.
    var git: Git

    /// - Parameters:
    ///   - folder: made when something is fetched.
    ///   - inherited: as of ``Git/init(folder:inherited:)``.
    /// - Returns: `nil` for an address of a kind that git does not fetch by itself.
    public init?(_ url: String, in folder: String, inherited: some Sequence<String>) {
        let url = GitFacts.withoutPassword(url)
        guard Self.isFetchable(url) else { return nil }
        self.url = url
        self.folder = folder
        git = Git(folder: folder, inherited: inherited).with(["GIT_DIR": folder])
    }

    /// Whether an address is one that git may be asked to fetch from: it comes from a file, and git has kinds of addresses that
    /// run programs.
    private static func isFetchable(_ url: String) -> Bool {
        guard !url.utf8.contains(where: { $0 < 0x21 || $0 == 0x22 || $0 == 0x5c || $0 == 0x7f }) else { return false }
        if ["https://", "http://", "ssh://", "codecommit::"].contains(where: url.hasPrefix) { return true }
        // `git@host:path`
        return url.wholeMatch(of: #/[A-Za-z0-9._]+@[A-Za-z0-9.-]+:[^:]+/#) != nil
    }

    /// Whether the commit was fetched before.
    public func has(_ commit: String) async throws -> Bool {
        guard Folder.exists("\(folder)/HEAD") else { return false }
        return try await git.tree(of: commit) != nil
    }

    /// Fetches a commit, or what a version's name means now.
    ///
    /// - Parameters:
    ///   - commit: a full id; `nil` where only a name is known.
    ///   - version: the name in the words of `sourceVersion`, `refs/pull/25/head`, `pr/25`; `nil` for the default branch.
    ///   - depth: how many commits of history; `nil` for all.
    /// - Returns: the commit's id.
    /// - Throws: ``SourceError`` with git's own words.
    public func fetch(_ commit: String?, version: String?, depth: Int?) async throws -> String {
        try Folder.makePublic(folder)
        let directory = try explaining("open `\(folder)`") { try DirectoryHandle(opening: FilePath(folder)) }
        let lock = try await FileLock.acquire(
            Self.lockName, in: directory, .exclusive, purpose: "fetching the source",
            wait: FileLock.Wait { _ in })
        defer { lock.release() }
        // One that is there stays, and one that was half made when its maker was killed gets what it lacks.
        _ = try await git.call(["init", "--quiet", "--bare", "."], doing: "make a repository in `\(folder)`")
        // The address stands in a file, and not on a command line. What is fetched by its id alone must not be collected.
        let config =
            "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[gc]\n\tauto = 0\n[remote \"origin\"]\n\turl = \"\(url)\"\n"
            + "\tfetch = +refs/heads/*:refs/remotes/origin/*\n"
        try Folder.replace("\(folder)/config", with: Array(config.utf8), mode: 0o644)
        let limits = depth.map { ["--depth", "\($0)"] } ?? []
        if let commit {
            if try await git.tree(of: commit) != nil { return commit }
            // Most hosts give a commit by its id; others give it with the branches.
            if try await run(limits + ["origin", commit]).status.isSuccess { return commit }
        }
        let doing = "fetch \(commit ?? version.map { "`\($0)`" } ?? "the default branch") from `\(url)`"
        let isDefault = commit == nil && version == nil
        let outcome = try await run(
            isDefault
                ? limits + ["origin", "+HEAD:\(Self.defaultBranch)"]
                : (commit == nil ? ["--tags", "--prune-tags"] : []) + ["--prune", "origin"])
        guard outcome.status.isSuccess else { throw SourceError(.unreadable, doing: doing, outcome) }
        var refused: SourceError?
        if let reference = version.flatMap(Self.reference) { refused = try await take(reference, doing: doing) }
        if let commit {
            guard try await git.tree(of: commit) == nil else { return commit }
            throw SourceError(
                .noRevision, doing: doing,
                reason: "no branch or tag there has that commit any more" + (refused.map { "; \($0.reason)" } ?? ""))
        }
        for name in version.map({ VersionName($0).names }) ?? [Self.defaultBranch] {
            if let found = try await find(name) { return found }
        }
        throw refused
            ?? SourceError(.noRevision, doing: doing, reason: "the repository has no commit of that name")
    }

    /// Fetches a reference that a fetch of all branches leaves out. Where that fails, what was fetched of it before is forgotten: it
    /// may mean something else by now.
    ///
    /// - Returns: why it failed, in git's words; `nil` when it did not.
    private func take(_ reference: String, doing: String) async throws -> SourceError? {
        let outcome = try await run(["origin", "+\(reference):\(reference)"])
        guard !outcome.status.isSuccess else { return nil }
        let refused = SourceError(.noRevision, doing: doing, outcome)
        guard try await git.run(["update-ref", "-d", reference]).status.isSuccess else { throw refused }
        return refused
    }

    /// Removes the repository in a folder.
    ///
    /// - Returns: `false` when somebody is fetching into it.
    public static func remove(_ folder: String) throws -> Bool {
        let lock = try explaining("remove `\(folder)`") {
            try FileLock.tryAcquire(
                lockName, in: DirectoryHandle(opening: FilePath(folder)), .exclusive, purpose: "removing the source")
        }
        guard let lock else { return false }
        defer { lock.release() }
        try Folder.remove(folder)
        return true
    }

    private static let lockName = Array("buildspec.lock".utf8)

    private static let defaultBranch = "refs/remotes/origin/HEAD"

    /// A reference that a fetch of all branches leaves out: of a pull request, or a tag.
    private static func reference(_ version: String) -> String? {
        if version.hasPrefix("pr/") { return "refs/pull/\(version.dropFirst("pr/".count))/head" }
        guard version.hasPrefix("refs/"), !["refs/heads/", "refs/remotes/origin/"].contains(where: version.hasPrefix)
        else { return nil }
        return version.firstRange(of: "^{").map { String(version[..<$0.lowerBound]) } ?? version
    }

    private func run(_ arguments: [String]) async throws -> CommandOutput {
        try await git.run(
            ["fetch", "--quiet", "--force"] + arguments,
            environment: asksOnTerminal ? [:] : ["GIT_TERMINAL_PROMPT": "0"], askingOnTerminal: asksOnTerminal)
    }

    private func find(_ name: String) async throws -> String? {
        let outcome = try await git.run([
            "rev-parse", "--verify", "--quiet", "--end-of-options", "\(name)^{commit}",
        ])
        return outcome.status.isSuccess ? outcome.text : nil
    }
}
