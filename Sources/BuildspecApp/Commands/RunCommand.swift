internal import ArgumentParser
internal import BuildPlanning

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a buildspec in a container.",
        discussion: """
              buildspec run                        the buildspec.yml of this folder
              buildspec run -i python:3.12 -e STAGE=dev
              buildspec run --offline              no pull, no network

            Standard output carries the build's log as CodeBuild would write it, standard error our own words.

            Nearly every flag has an environment variable (--log-format: BUILDSPEC_LOG_FORMAT) and a key under \
            `x-buildspec` in codebuild.yml. Exit status: 0 the build succeeded, 1 it failed; `buildspec help exit-statuses` \
            lists the others.
            """)

    @OptionGroup var options: RunOptions
    @OptionGroup(title: HelpGroup.batch) var batch: BatchOptions

    @OptionGroup(title: HelpGroup.debugging) var afterwards: AfterwardsOptions

    func validate() throws {
        let shell = afterwards.shell
        try batch.validate(with: options)
        guard !(shell && batch.batch) else { throw ValidationError("--batch runs many builds: leave out --shell") }
    }

    func run() async throws {
        await FrontDoor.enter { [options, batch, shell = afterwards.shell] machine in
            let handOver = batch.handOver
            if let batch = batch.asked {
                var asked = options.asked
                asked.handOver = handOver ? true : nil
                return try await BatchSession(machine: machine, asked: asked, options: batch).run()
            }
            var asked = options.asked
            if shell, asked.keep == nil { asked.keep = EndingPlan.Keep.failure.rawValue }
            var session = try await RunSession(asked, on: machine)
            let status: ExitStatus
            do {
                defer { session.close() }
                status = try await session.run()
            }
            guard shell, status == .buildFailed, BuildRecords(machine.places).build(session.build).isKept else {
                return status
            }
            // The build has failed, however the shell is left.
            _ = try await ShellSession(machine: machine, command: nil).open(session.build, copyingOut: nil)
            return status
        }
    }
}

/// The flags that only `run` has of those for looking into a build.
struct AfterwardsOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Where the build fails, open a shell at once.", discussion: "In its container, as `buildspec shell` does."))
    var shell = false
}
