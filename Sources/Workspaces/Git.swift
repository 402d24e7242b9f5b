internal import ChildProcesses

/// Questions to `git`, asked so that nothing in the user's repository changes.
public struct Git: Sendable {
    private let folder: String
    private let environment: [String: String?]

    /// - Parameters:
    ///   - folder: where `git` is to look from.
    ///   - inherited: the names of the variables of this process: those of git's own (as inside a hook) are cleared.
    public init(folder: String, inherited: some Sequence<String>) {
        self.folder = folder
        var environment: [String: String?] = ["GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"]
        for name in inherited where name.hasPrefix("GIT_") && !Self.kept.contains(name) && environment[name] == nil {
            environment.updateValue(nil, forKey: name)
        }
        self.environment = environment
    }

    /// Settings of the user's surroundings rather than of a repository.
    private static let kept: Set<String> = ["GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSH", "GIT_SSH_COMMAND"]

    func run(
        _ arguments: [String], input: [UInt8] = [], environment changes: [String: String?] = [:]
    ) async throws -> CommandOutput {
        try await Command(
            "git",
            [
                "-C", folder, "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.splitIndex=false",
                "-c", "core.untrackedCache=false",
            ] + arguments, environment: environment.merging(changes) { _, change in change }
        ).collect(input: input)
    }

    /// What git ignores below the folder: paths relative to it, a folder that is ignored whole with a slash at its end.
    ///
    /// - Returns: `nil` when the folder is in no work tree.
    public func ignoredPaths() async throws -> [[UInt8]]? {
        let listing = try await run([
            "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z", "--", ".",
        ])
        guard listing.status.isSuccess else { return nil }
        return listing.output.split(separator: 0).map(Array.init)
    }

    /// Whether a file, named by its absolute path, is part of the repository.
    public func tracks(_ path: String) async -> Bool {
        // Without git, or outside a repository, nothing is tracked.
        (try? await run(["ls-files", "--error-unmatch", "--", path]).status.isSuccess) ?? false
    }

    /// The commit, the branch (or `nil` when none is checked out), and where the repository came from.
    public func head() async throws -> (commit: String?, branch: String?, origin: String?) {
        async let revision = run(["rev-parse", "--verify", "HEAD"])
        async let symbolic = run(["symbolic-ref", "--quiet", "--short", "HEAD"])
        async let origin = run(["config", "--get", "remote.origin.url"])
        return try await (Self.line(revision), Self.line(symbolic), Self.line(origin))
    }

    private static func line(_ output: CommandOutput) -> String? {
        output.status.isSuccess && !output.text.isEmpty ? output.text : nil
    }
}
