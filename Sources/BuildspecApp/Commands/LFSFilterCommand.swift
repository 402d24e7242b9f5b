internal import SourceSnapshots
internal import ArgumentParser
internal import ChildProcesses
internal import Files

/// What git starts while a snapshot is taken; nobody else has a use for it.
struct LFSFilterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "lfs-filter", shouldDisplay: false)

    @Argument var ownStore: String
    @Argument var userStore: String
    @Argument var missing: String

    func run() async throws {
        await FrontDoor.enter { [ownStore, userStore, missing] _ in
            var process = LFSFilterProcess(
                ownStore: ownStore, userStore: userStore, missing: missing, input: STDIN_FILENO, output: STDOUT_FILENO)
            try process.run()
            return .succeeded
        }
    }

    /// The words that start this command again, from wherever.
    static var words: [String] { [ThisProgram.path, "lfs-filter"] }
}
