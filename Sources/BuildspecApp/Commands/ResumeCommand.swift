internal import ArgumentParser

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a failed build in its kept container.",
        discussion: """
              buildspec resume                      the newest kept build here
              buildspec resume 0b5c --from BUILD:2  from the second command of BUILD
              buildspec resume BATCH                what has not succeeded of a batch

            Begins with the command that failed, with the buildspec as it is now; files of the source that changed \
            since are brought in first. Later phases, cache and artifacts follow as if the command had succeeded at once; \
            record and log go on.

            When the container is gone and the build made checkpoints, a new container begins with the one before the \
            phase that failed, or that --from names.

            Of a batch the builds that failed, were stopped or never began run again, as a new batch, with the flags of the old one \
            and the source as it is now. Artifacts and reports of the others are taken over; what cannot be is said.
            """)

    @Argument(
        help: ArgumentHelp(
            "The build or the batch: the beginning of its id.",
            discussion: "Default: the newest build that was kept of this folder's project."))
    var build: String?

    @Option(
        help: ArgumentHelp(
            "Begin with this phase, or its Nth command.", discussion: "PHASE or PHASE:N.", valueName: "phase"))
    var from: String?

    @Flag(help: "Leave the source in the container as it is.")
    var noSync = false

    func run() async throws {
        await FrontDoor.enter { [build, from, noSync] machine in
            if let build, let batch = try BatchRecords.find(build, in: machine.places) {
                guard from == nil, !noSync else {
                    throw Failure(
                        .usage, "`--from` and `--no-sync` belong to one build, and `\(build)` is a batch",
                        help: "name a build of it: `buildspec show \(build)` lists them")
                }
                return try await BatchSession(resuming: batch, on: machine).run()
            }
            let (build, kept) = try KeptBuilds(machine.places).find(build)
            return try await ResumeSession(build, kept, on: machine, from: from, syncs: !noSync).run()
        }
    }
}
