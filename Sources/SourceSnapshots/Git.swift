internal import ChildProcesses

/// Calls `git` so that nothing in the user's repository changes: without locks, hooks and monitors, and without settings of
/// the environment that would write there.
public struct Git: Sendable {
    let folder: String
    private let environment: [String: String?]
    private let writesPublicly: Bool

    /// - Parameters:
    ///   - folder: where `git` is to look from.
    ///   - inherited: the names of the variables of this process: those of git's own (as inside a hook) are cleared.
    public init(folder: String, inherited: some Sequence<String>) {
        var environment: [String: String?] = ["GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"]
        for name in inherited where name.hasPrefix("GIT_") && !Self.kept.contains(name) && environment[name] == nil {
            environment.updateValue(nil, forKey: name)
        }
        self.init(folder: folder, environment: environment)
    }

    private init(folder: String, environment: [String: String?], writesPublicly: Bool = false) {
        self.folder = folder
        self.environment = environment
        self.writesPublicly = writesPublicly
    }

    /// The variables of git that concern the user's network and not a repository. They are kept.
    private static let kept: Set<String> = ["GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSH", "GIT_SSH_COMMAND"]

    /// The settings of every call (DESIGN 8.12). A hook of the user's would run on our private index; fsync has nothing to save.
    private static let settings = [
        "core.splitIndex=false", "core.fsmonitor=false", "core.untrackedCache=keep", "core.hooksPath=/dev/null",
        "submodule.recurse=false", "core.fsync=none", "core.looseCompression=0", "advice.addEmbeddedRepo=false",
    ].flatMap { ["-c", $0] }

    /// The paths below the folder that git ignores, relative to it. A folder that is ignored whole has a slash at its end.
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

    /// The same calls with more variables.
    ///
    /// What is written with them is for all to read, whatever this process's umask: a build may run as any user.
    func with(_ variables: [String: String]) -> Git {
        Git(folder: folder, environment: environment.merging(variables) { $1 }, writesPublicly: true)
    }

    /// The same calls from another folder.
    func at(_ folder: String) -> Git { Git(folder: folder, environment: environment) }

    /// Runs a command. The caller judges its exit status.
    func run(
        _ arguments: [String], settings: [String] = [], input: [UInt8] = [],
        environment changes: [String: String?] = [:], askingOnTerminal asksOnTerminal: Bool = false
    ) async throws -> CommandOutput {
        var command = command(arguments, settings: settings)
        command.environment.merge(changes) { $1 }
        command.mayAskOnTerminal = asksOnTerminal
        return try await command.collect(input: input, outputLimit: 256 << 20)
    }

    /// Runs a command that has to succeed.
    ///
    /// - Parameter doing: for the message.
    /// - Returns: what it printed.
    /// - Throws: ``SourceError`` with git's own words.
    func call(
        _ arguments: [String], doing: String, settings: [String] = [], input: [UInt8] = []
    ) async throws -> [UInt8] {
        let outcome = try await run(arguments, settings: settings, input: input)
        guard outcome.status.isSuccess else { throw SourceError(.refused, doing: doing, outcome) }
        return outcome.output
    }

    private func command(_ arguments: [String], settings: [String]) -> Command {
        let words = ["-C", folder] + Self.settings + settings.flatMap { ["-c", $0] } + arguments
        guard writesPublicly else { return Command("git", words, environment: environment) }
        return Command("sh", ["-c", "umask 022; exec git \"$@\"", "git"] + words, environment: environment)
    }
}

extension SourceError {
    /// - Parameter outcome: of a git command that failed.
    init(_ code: Code, doing: String, _ outcome: CommandOutput, help: String? = nil) {
        let lines = outcome.errorText.split(separator: "\n").filter {
            !$0.hasPrefix("hint:") && !$0.hasPrefix("warning:")
        }
        // The cause comes first and the file it concerns last, or the other way round.
        let words = ([lines.first] + [lines.count > 1 ? lines.last : nil]).compactMap { $0 }
            .map { $0.trimmingPrefix("fatal: ").trimmingPrefix("error: ") }
        self.init(
            code, doing: doing,
            reason: words.isEmpty
                ? "git ended with status \(outcome.status.exitStatus)" : words.joined(separator: "; "),
            help: help)
    }
}
