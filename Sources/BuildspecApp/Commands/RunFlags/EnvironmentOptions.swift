internal import ArgumentParser
internal import BuildPlanning
internal import Engines

/// The flags of `run` that say where a build runs and what its commands find there: image, variables, secrets, AWS, the engine.
struct EnvironmentOptions: ParsableArguments {
    @Option(name: [.customShort("i"), .long], help: "The image to build in.")
    var image: String?

    @Option(
        name: [.customShort("e"), .long],
        help: ArgumentHelp(
            "A variable; beats settings and buildspec.", discussion: "Repeatable.", valueName: "name=value"))
    var env: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file of NAME=VALUE lines.",
            discussion: """
                As docker compose reads it: comments, quotes, escapes, `export`, values of several lines, and variables of this \
                machine ($NAME, ${NAME:-default}; $$ is a dollar sign). Repeatable.
                """, valueName: "file"))
    var envFile: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file with values of parameters and secrets.",
            discussion: "YAML or JSON; `buildspec help secrets` shows one.", valueName: "file"))
    var secrets: String?

    @Option(
        help: ArgumentHelp(
            "The forms of secrets that the log hides.",
            discussion: """
                all: the value, its lines, base64, the escapes of URLs, JSON and XML, and shells' quotes (the default); exact: \
                the value to the letter, as in the service.
                """, valueName: "forms"), completion: .list(["all", "exact"]))
    var mask: String?

    @Flag(
        help: ArgumentHelp(
            "Look up parameters and secrets in AWS.", discussion: "By your own AWS CLI."))
    var aws = false

    @Option(
        defaultAsFlag: "yes",
        help: ArgumentHelp(
            "Give the build AWS credentials that end.",
            discussion: """
                They are got by your own AWS CLI and renewed, at an address that only the build's container reaches (default: \
                those of --profile, else the CLI's own choice).
                """, valueName: "profile"))
    var awsCredentials: String?

    @Flag(
        help: ArgumentHelp(
            "Play AWS on this machine for the build.",
            discussion: """
                ECR with a registry, STS, SSM, Secrets Manager, S3 in a container of the project's own, which keeps what builds \
                put there. Parameters and secrets are looked up in it.
                """))
    var awsLocal = false

    @Option(
        help: ArgumentHelp(
            "The AWS account the build is in.",
            discussion: "Twelve digits (default with --aws-local: 123456789012).", valueName: "number"))
    var account: String?

    @Option(help: "The profile your AWS CLI is to use.")
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "The AWS region.",
            discussion: "Of the build's AWS_REGION and for your AWS CLI (default: AWS_REGION, else us-east-1)."))
    var region: String?

    @Option(
        help: ArgumentHelp(
            "Whose command line drives the engine.",
            discussion: "docker or podman (default: docker, where it is there).", valueName: "client"),
        completion: .list(EngineClient.allCases.map(\.rawValue)))
    var engine: String?

    @Option(help: "The docker context, or the podman connection, to use.")
    var context: String?

    @Option(
        help: ArgumentHelp(
            "How long the engine may take to answer.",
            discussion: """
                Before the build: 90s, 2m (default: 60s). A container is waited for as long as the engine answers at all.
                """, valueName: "time"))
    var engineTimeout: String?

    @Option(
        help: ArgumentHelp("When to pull the image: always, missing or never.", valueName: "when"),
        completion: .list(ContainerPlan.Pull.allCases.map(\.rawValue)))
    var pull: String?

    @Option(
        help: "The platform of the image, as docker names it.", completion: .list(["linux/amd64", "linux/arm64"]))
    var platform: String?

    @Option(
        help: ArgumentHelp(
            "The processors and memory of a compute type.",
            discussion: """
                BUILD_GENERAL1_SMALL and the like; `project`: that of the project. --cpus and --memory beat it.
                """, valueName: "type"))
    var compute: String?

    @Option(help: ArgumentHelp("How many processors the build may use.", valueName: "number"))
    var cpus: String?

    @Option(help: ArgumentHelp("How much memory the build may use (3g).", valueName: "size"))
    var memory: String?

    @Option(
        help: ArgumentHelp(
            "Mount a folder in place of a file system.",
            discussion: """
                ID=DIR: a folder of this machine takes the place of the project's file system ID (`fileSystemLocations`). \
                Repeatable.
                """, valueName: "id=dir"))
    var mount: [String] = []

    @Flag(
        help: ArgumentHelp(
            "Give the build a Docker daemon of its own.",
            discussion: """
                As `environment.privilegedMode` of a project does; its images and layers are kept for the next build.
                """))
    var privileged = false

    @Option(
        help: ArgumentHelp(
            "The Docker daemon of the build's commands.",
            discussion: """
                none (the default), inside (one of the build's own, as --privileged), or host (your engine itself, by its socket: \
                what the commands do there they do with its rights).
                """, valueName: "where"), completion: .list(["none", "inside", "host"]))
    var docker: String?

    @Option(
        help: ArgumentHelp(
            "How long the build may take.",
            discussion: "90s, 60m, 2h, or minutes (default: 60m).", valueName: "time"))
    var timeout: String?

    func add(to asked: inout Asked) {
        asked.image = image
        asked.env = env
        asked.envFile = envFile
        asked.secrets = secrets
        asked.mask = mask
        asked.aws = aws
        asked.awsLocal = awsLocal
        asked.awsCredentials = awsCredentials
        asked.account = account
        asked.profile = profile
        asked.region = region
        asked.engine = engine
        asked.context = context
        asked.engineTimeout = engineTimeout
        asked.pull = pull
        asked.platform = platform
        asked.mount = mount.isEmpty ? nil : mount
        asked.compute = compute
        asked.cpus = cpus
        asked.memory = memory
        asked.privileged = privileged
        asked.docker = docker
        asked.timeout = timeout
    }
}
