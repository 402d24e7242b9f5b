internal import ArgumentParser

struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Open a shell where a build failed, or where it stands.",
        discussion: """
            The same container, folder, variables and user as the command that failed; of a running build, those its next \
            command would find. The failed command is the first in the shell's history. Leaving the shell leaves the \
            build as it was.

              buildspec shell                           the newest of this folder's project that was kept, or runs
              buildspec shell 0b5c --command 'ls -l'    one command; its exit status is ours
              buildspec shell --copy-out target/x.log   brings a file or a folder here
              buildspec shell 0b5c --at BUILD           as it was before BUILD, of a build with --checkpoint
            """)

    @Argument(
        help:
            "The build: its id or the beginning of it (default: the newest of this folder's project whose container is there)."
    )
    var build: String?

    @Option(help: "A shell in a new container of the build's checkpoint before this phase; it is gone afterwards.")
    var at: String?

    @Option(help: "Run this instead of an interactive shell.")
    var command: String?

    @Option(help: "Copy a file or folder of the container to this folder instead; relative to the source.")
    var copyOut: String?

    func run() async throws {
        await FrontDoor.enter { [build, at, command, copyOut] machine in
            let session = ShellSession(machine: machine, command: command)
            if let at {
                guard copyOut == nil else { throw Failure(.usage, "`--at` and `--copy-out` do not go together") }
                return try await session.openCheckpoint(try BuildRecords(machine.places).find(build), before: at)
            }
            return try await session.open(build, copyingOut: copyOut)
        }
    }
}
