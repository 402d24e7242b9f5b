internal import ArgumentParser

/// The flags of `run --batch`.
struct BatchOptions: ParsableArguments {
    @Flag(
        help: """
            Run the builds of the buildspec's `batch`, each in a container, with a log and artifacts of its own; what does not \
            depend on one another runs at once.
            """)
    var batch = false

    @Option(
        help:
            "How many builds of a batch run at once (default: as many as there are processors, with 2 GB of memory each)."
    )
    var jobs: Int?

    @Option(help: ArgumentHelp("Run only this build of the batch. Repeatable.", valueName: "identifier"))
    var only: [String] = []

    @Flag(help: "Run what the builds of --only depend on, too.")
    var withDependencies = false

    @Flag(help: "Run only what has not succeeded in this project's last batch; the other builds' results stay.")
    var rerunFailed = false

    @Option(
        help: """
            Divide the tests of a fanout by how long they took in the project's last builds, in place of what \
            `codebuild-tests-run` is told: time. CodeBuild has no such thing.
            """)
    var shardBy: ShardRule?

    @Flag(
        help: """
            Let a build of a graph find the artifacts of those that it depends on: in $BUILDSPEC_HANDED_OVER_IDENTIFIER, a folder that \
            it may read. CodeBuild has no such thing.
            """)
    var handOver = false

    @Option(
        help: """
            How the lines of several builds are printed: mixed, each with its build's identifier in front, or grouped, each build's \
            log whole when it ends.
            """)
    var logOrder: BatchScreen.Order = .mixed

    func validate(with run: RunOptions) throws {
        guard batch else {
            let isAlone =
                jobs != nil || !only.isEmpty || withDependencies || rerunFailed || logOrder != .mixed
                || shardBy != nil || handOver
            guard !isAlone else {
                throw ValidationError(
                    "--jobs, --only, --with-dependencies, --rerun-failed, --shard-by, --hand-over and --log-order belong to --batch"
                )
            }
            return
        }
        guard jobs ?? 1 > 0 else { throw ValidationError("--jobs is \(jobs ?? 0), expected 1 or more") }
        guard !(rerunFailed && !only.isEmpty) else {
            throw ValidationError("--rerun-failed and --only both choose builds: leave one out")
        }
        guard !withDependencies || !only.isEmpty else { throw ValidationError("--with-dependencies belongs to --only") }
        guard !run.step, run.pipeline == nil, run.fromBuild == nil else {
            throw ValidationError("--batch runs many builds: leave out --step, --pipeline and --from-build")
        }
    }

    /// `nil` when no batch is to be run.
    var asked: BatchSession.Options? {
        batch
            ? BatchSession.Options(
                only: only, withDependencies: withDependencies, jobs: jobs, order: logOrder, rerunsFailed: rerunFailed,
                shardRule: shardBy)
            : nil
    }
}

/// How the tests of a fanout are divided, where not as `codebuild-tests-run` is told.
enum ShardRule: String, CaseIterable, ExpressibleByArgument { case time }

extension BatchScreen.Order: ExpressibleByArgument {}
