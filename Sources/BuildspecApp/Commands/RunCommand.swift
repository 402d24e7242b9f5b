internal import ArgumentParser

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
              buildspec run --log-format json | jq -r 'select(.kind == "output").text'

            Every flag has an environment variable (--log-format: BUILDSPEC_LOG_FORMAT) and a key under `x-buildspec` \
            in codebuild.yml. Exit status: 0 the build succeeded, 1 it failed, 65 the buildspec is wrong, 66 no such \
            file, 69 no engine or image, 75 offline and something is missing, 128+n stopped by signal n.
            """)

    @OptionGroup var options: RunOptions
    @OptionGroup(title: "Batch options") var batch: BatchOptions

    func validate() throws { try batch.validate(with: options) }

    func run() async throws {
        await FrontDoor.enter { [options, batch] machine in
            if let batch = batch.asked {
                return try await BatchSession(machine: machine, asked: options.asked, options: batch).run()
            }
            var session = try await RunSession(options.asked, on: machine)
            defer { session.close() }
            return try await session.run()
        }
    }
}
