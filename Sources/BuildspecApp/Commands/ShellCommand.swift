internal import ArgumentParser

struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Open a shell where a build failed, or where it stands.",
        discussion: """
              buildspec shell                           the newest kept or running build
              buildspec shell 0b5c --command 'ls -l'    one command; its exit status is ours
              buildspec shell --copy-out target/x.log   brings a file or a folder here
              buildspec shell 0b5c --at BUILD           as before BUILD, with --checkpoint

            The same container, folder, variables and user as the command that failed; of a running build, those its next \
            command would find. The failed command is the first in the shell's history. Leaving the shell leaves the \
            build as it was.
            """)

    @Argument(
        help: ArgumentHelp(
            "The build: the beginning of its id.",
            discussion: "Default: the newest of this folder's project whose container is there."))
    var build: String?

    @Option(
        help: ArgumentHelp(
            "A shell in the state before this phase.",
            discussion: "In a new container of the build's checkpoint; it is gone afterwards.", valueName: "phase"))
    var at: String?

    @Option(help: "Run this instead of an interactive shell.")
    var command: String?

    @Option(
        help: ArgumentHelp(
            "Copy a file or folder of the container here instead.", discussion: "Relative to the source.",
            valueName: "path"))
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
