internal import ArgumentParser

/// The flags of `run --batch`.
struct BatchOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Run the builds of the buildspec's `batch`.",
            discussion: """
                Each in a container, with a log and artifacts of its own; what does not depend on one another runs at once.
                """))
    var batch = false

    @Option(
        help: ArgumentHelp(
            "How many builds of a batch run at once.",
            discussion: "Default: as many as there are processors, with 2 GB of memory each.", valueName: "number"))
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "Where the builds of a batch run: swarm.",
            discussion: """
                As jobs of the Docker Swarm that the engine manages, placed by Docker. Images are of a registry that all nodes reach. \
                Default: containers of the engine.
                """,
            valueName: "place"))
    var on: BatchSession.Ground?

    @Option(
        help: ArgumentHelp(
            "The address of this machine that the nodes of --on swarm reach.",
            discussion: "Default: the one by which they know the manager, if it is this machine's, and a free port.",
            valueName: "host[:port]"))
    var swarmAddress: String?

    @Option(help: ArgumentHelp("Run only this build of the batch.", discussion: "Repeatable.", valueName: "identifier"))
    var only: [String] = []

    @Flag(help: "Run what the builds of --only depend on, too.")
    var withDependencies = false

    @Flag(
        help: ArgumentHelp(
            "Run only what has not succeeded in the last batch.",
            discussion: "Of this project; the other builds' results stay."))
    var rerunFailed = false

    @Option(
        help: ArgumentHelp(
            "Divide a fanout's tests by how long they took before.",
            discussion:
                "By the project's last builds, in place of what `codebuild-tests-run` is told: time. CodeBuild has no such thing.",
            valueName: "rule"))
    var shardBy: ShardRule?

    @Flag(
        help: ArgumentHelp(
            "Let a build read the artifacts of those it depends on.",
            discussion:
                "In $BUILDSPEC_HANDED_OVER_IDENTIFIER, a folder that it may read. CodeBuild has no such thing."))
    var handOver = false

    @Option(
        help: ArgumentHelp(
            "How the lines of several builds are printed.",
            discussion:
                "mixed, each with its build's identifier in front, or grouped, each build's log whole when it ends.",
            valueName: "order"))
    var logOrder: BatchScreen.Order = .mixed

    func validate(with run: RunOptions) throws {
        guard batch else {
            let isAlone =
                jobs != nil || !only.isEmpty || withDependencies || rerunFailed || logOrder != .mixed
                || shardBy != nil || handOver || on != nil || swarmAddress != nil
            guard !isAlone else {
                throw ValidationError(
                    "--jobs, --on, --swarm-address, --only, --with-dependencies, --rerun-failed, --shard-by, --hand-over and "
                        + "--log-order belong to --batch"
                )
            }
            return
        }
        guard swarmAddress == nil || on == .swarm else {
            throw ValidationError("--swarm-address belongs to --on swarm")
        }
        guard jobs ?? 1 > 0 else { throw ValidationError("--jobs is \(jobs ?? 0), expected 1 or more") }
        guard !(rerunFailed && !only.isEmpty) else {
            throw ValidationError("--rerun-failed and --only both choose builds: leave one out")
        }
        guard !withDependencies || !only.isEmpty else { throw ValidationError("--with-dependencies belongs to --only") }
        guard !run.debugging.step, run.source.pipeline == nil, run.source.fromBuild == nil else {
            throw ValidationError("--batch runs many builds: leave out --step, --pipeline and --from-build")
        }
    }

    /// `nil` when no batch is to be run.
    var asked: BatchSession.Options? {
        batch
            ? BatchSession.Options(
                only: only, withDependencies: withDependencies, jobs: jobs, order: logOrder, rerunsFailed: rerunFailed,
                shardRule: shardBy, ground: on, swarmAddress: swarmAddress)
            : nil
    }
}

/// How the tests of a fanout are divided, where not as `codebuild-tests-run` is told.
enum ShardRule: String, CaseIterable, Codable, ExpressibleByArgument { case time }

extension BatchScreen.Order: ExpressibleByArgument {}
extension BatchSession.Ground: ExpressibleByArgument {}
