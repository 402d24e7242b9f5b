internal import ArgumentParser
internal import BuildPlanning

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a buildspec in a container.",
        discussion: """
            Standard output carries the build's log as CodeBuild would write it, standard error our own words.

              buildspec run                        the buildspec.yml of this folder
              buildspec run -f ci/buildspec.yml    another file of this source
              buildspec run --offline              no pull, no network
              buildspec run --secrets dev.yml      values of parameter-store and secrets-manager
              buildspec run --from-build b.json    a failed build of CodeBuild, as `aws codebuild batch-get-builds` prints it
              buildspec run --batch                the builds of the buildspec's `batch`
              buildspec run --log-format json | jq -rj 'select(.kind == "output").text'

            Nearly every flag has an environment variable (--log-format: BUILDSPEC_LOG_FORMAT) and a key under \
            `x-buildspec` in codebuild.yml. Exit status: 0 the build succeeded, 1 it failed, 65 the buildspec is wrong, 66 no such \
            file, 69 no engine or image, 75 offline and something is missing, 128+n stopped by signal n.
            """)

    @OptionGroup var options: RunOptions
    @OptionGroup(title: "Batch options") var batch: BatchOptions

    @Flag(help: "Where the build fails, open a shell in its container at once, as `buildspec shell` does.")
    var shell = false

    func validate() throws {
        try batch.validate(with: options)
        guard !(shell && batch.batch) else { throw ValidationError("--batch runs many builds: leave out --shell") }
    }

    func run() async throws {
        await FrontDoor.enter { [options, batch, shell] machine in
            if let batch = batch.asked {
                return try await BatchSession(machine: machine, asked: options.asked, options: batch).run()
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
