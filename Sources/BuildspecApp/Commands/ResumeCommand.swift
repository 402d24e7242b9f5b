internal import ArgumentParser

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a failed build in its kept container.",
        discussion: """
              buildspec resume                      the newest kept build here
              buildspec resume 0b5c --from BUILD:2  from the second command of BUILD

            Begins with the command that failed, with the buildspec as it is now; files of the source that changed \
            since are brought in first. Later phases, cache and artifacts follow as if the command had succeeded at once; \
            record and log go on.

            When the container is gone and the build made checkpoints, a new container begins with the one before the \
            phase that failed, or that --from names.
            """)

    @Argument(
        help: ArgumentHelp(
            "The build: the beginning of its id.",
            discussion: "Default: the newest that was kept of this folder's project."))
    var build: String?

    @Option(
        help: ArgumentHelp(
            "Begin with this phase, or its Nth command.", discussion: "PHASE or PHASE:N.", valueName: "phase"))
    var from: String?

    @Flag(help: "Leave the source in the container as it is.")
    var noSync = false

    func run() async throws {
        await FrontDoor.enter { [build, from, noSync] machine in
            let (build, kept) = try KeptBuilds(machine.places).find(build)
            return try await ResumeSession(build, kept, on: machine, from: from, syncs: !noSync).run()
        }
    }
}
