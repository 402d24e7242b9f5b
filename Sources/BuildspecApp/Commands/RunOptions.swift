internal import ArgumentParser

/// The flags of `run`, as ArgumentParser reads them; all others know them as ``Asked``.
struct RunOptions: ParsableArguments {
    @Argument(help: "A folder with a buildspec.yml, or a buildspec file.")
    var path: String?

    @Option(
        name: [.customShort("f"), .long],
        help: "The buildspec: a file, relative to the source first; `-` for standard input; or its text.")
    var buildspec: String?

    @Option(
        name: [.customShort("s"), .long],
        help: """
            The source: git:worktree, git:index, git:REV of PATH, git:sourceVersion (what the project's settings name); another \
            folder, or FOLDER#git:REV; or a zip (default: PATH, as git sees it). ID=SOURCE is the secondary source ID. Repeatable.
            """)
    var source: [String] = []

    @Option(
        help: """
            Build as an action of CodePipeline does: inputs and outputs are zips in this folder, and two builds are chained by it.
            """)
    var pipeline: String?

    @Option(
        help: """
            An input of the action: NAME, an artifact in the pipeline's folder, or NAME=SOURCE; the first is the primary source. \
            With --pipeline. Repeatable.
            """)
    var input: [String] = []

    @Option(
        help: """
            An output of the action, NAME.zip in the pipeline's folder; of several, each is the secondary artifact of its name. \
            With --pipeline. Repeatable.
            """)
    var output: [String] = []

    @Option(
        help:
            "Keep exported variables for later actions, which have them by `--env X='#{NAMESPACE.NAME}'`. With --pipeline."
    )
    var namespace: String?

    @Option(name: [.customShort("i"), .long], help: "The image to build in.")
    var image: String?

    @Option(
        name: [.customShort("e"), .long], help: "A variable, NAME=VALUE; beats settings and buildspec. Repeatable.")
    var env: [String] = []

    @Option(
        help: """
            The CodeBuild project whose settings the build has: FILE, or FILE#NAME of one with several. A codebuild.yml, what \
            `aws codebuild batch-get-projects` or `terraform show -json` prints, or a template of CloudFormation, SAM or CDK.
            """)
    var project: String?

    @Option(
        help: ArgumentHelp(
            """
            Run a build of CodeBuild again: what `aws codebuild batch-get-builds` prints, in FILE, in FILE#ID of one with \
            several, or on standard input (`-`); with --aws also PROJECT:UUID. Its commit, image, variables and other settings are this build's.
            """, valueName: "build"))
    var fromBuild: String?

    @Option(
        help: ArgumentHelp(
            """
            The batch that the build of --from-build belongs to, as `aws codebuild batch-get-build-batches` prints it.
            """, valueName: "file"))
    var fromBatch: String?

    @Option(
        help: ArgumentHelp(
            """
            The log of the build of --from-build, as `logs --diff` takes it: where the two part is shown at the end.
            """, valueName: "file"))
    var log: String?

    @Option(help: "A parameter of the template given with --project, NAME=VALUE; AWS::Region, too. Repeatable.")
    var parameter: [String] = []

    @Option(
        help: """
            A file of NAME=VALUE lines as docker compose reads it: comments, quotes, escapes, `export`, values of several lines, \
            and variables of this machine ($NAME, ${NAME:-default}; $$ is a dollar sign). Repeatable.
            """)
    var envFile: [String] = []

    @Option(help: "A file with the values of parameters and secrets (YAML or JSON).")
    var secrets: String?

    @Option(
        help: """
            The forms of secrets that the log hides: all (the value, its lines, base64, the escapes of URLs and JSON; the \
            default), or exact (the value to the letter, as in the service).
            """)
    var mask: String?

    @Flag(help: "Look up parameters and secrets in AWS, by your own AWS CLI.")
    var aws = false

    @Option(
        defaultAsFlag: "yes",
        help: ArgumentHelp(
            """
            Give the build's commands AWS credentials that end by themselves, got by your own AWS CLI and renewed, at an address \
            that only its container reaches (default: those of --profile, else the CLI's own choice).
            """, valueName: "profile"))
    var awsCredentials: String?

    @Flag(
        help: """
            Play AWS on this machine: ECR with a registry, STS, SSM, Secrets Manager, S3 in a container of the project's own, \
            which keeps what builds put there. Parameters and secrets are looked up in it.
            """)
    var awsLocal = false

    @Option(help: "The AWS account the build is in, twelve digits (default with --aws-local: 123456789012).")
    var account: String?

    @Option(help: "Whose command line drives the engine: docker or podman (default: docker, where it is there).")
    var engine: String?

    @Option(help: "The docker context, or the podman connection, to use.")
    var context: String?

    @Option(help: "When to pull the image: always, missing or never.")
    var pull: String?

    @Option(help: "The platform of the image, as docker names it.")
    var platform: String?

    @Option(
        help: """
            Give the build the processors and the memory of a compute type, BUILD_GENERAL1_SMALL; `project`: of the project's. \
            --cpus and --memory beat it.
            """)
    var compute: String?

    @Option(help: "How many processors the build may use.")
    var cpus: String?

    @Option(help: "How much memory the build may use, as docker writes it (3g).")
    var memory: String?

    @Option(
        help: """
            ID=DIR: mount a folder of this machine in the place of the project's file system ID (`fileSystemLocations`). \
            Repeatable.
            """)
    var mount: [String] = []

    @Flag(
        help: """
            Give the build a Docker daemon of its own, as `environment.privilegedMode` of a project does; its images and \
            layers are kept for the next build.
            """)
    var privileged = false

    @Option(
        help: """
            The Docker daemon that the build's commands find: none (the default), inside (one of the build's own, as --privileged), \
            or host (your engine itself, by its socket: what the commands do there they do with its rights).
            """)
    var docker: String?

    @Option(
        help: """
            Where cache tarballs are kept: a folder (default: $XDG_CACHE_HOME/buildspec/caches), or s3://BUCKET/PREFIX, \
            reached by your AWS CLI.
            """)
    var cache: String?

    @Flag(help: "Neither restore nor save a cache.")
    var noCache = false

    @Option(help: "The profile your AWS CLI is to use.")
    var profile: String?

    @Option(
        help: "The AWS region, of the build's AWS_REGION and for your AWS CLI (default: AWS_REGION, else us-east-1).")
    var region: String?

    @Option(name: [.customShort("a"), .long], help: "Where artifacts go (default: .buildspec/out in the source).")
    var artifacts: String?

    @Option(
        help: "An ECS task definition (JSON): the container names of imagedefinitions.json are compared with its own.")
    var taskDefinition: String?

    @Flag(help: "Store each artifact as a zip file instead of a folder.")
    var zip = false

    @Flag(
        help: """
            Pull nothing, and let no packet leave this machine: what --record kept is given again, and AWS is played here.
            """)
    var offline = false

    @Flag(
        help: """
            Keep what the build gets over HTTP and HTTPS, without credentials, for builds with --offline. Needs an engine on this \
            machine.
            """)
    var record = false

    @Option(
        help: """
            PREFIX=BASE: what the build asks of URLs that begin with PREFIX is fetched from BASE, and recorded under its own \
            name. With --record. Repeatable.
            """)
    var mirror: [String] = []

    @Flag(help: "Hosts that cannot prove who they are may answer, too. With --record.")
    var insecure = false

    @Option(help: "How long the build may take: 90s, 60m, 2h, or minutes (default: 60m).")
    var timeout: String?

    @Option(
        help: """
            How long the engine may take to answer before the build: 90s, 2m (default: 60s). A container is waited for as long as             the engine answers at all.
            """)
    var engineTimeout: String?

    @Option(help: "What goes to standard output: codebuild, json or quiet.")
    var logFormat: String?

    @Option(
        help: """
            How a running build is shown on standard error: plain (a line for each minute without output), none, or auto (one \
            line that is redrawn on a terminal, plain elsewhere; the default).
            """)
    var progress: String?

    @Option(help: "Write the build as BatchGetBuilds would show it to this file.")
    var buildJson: String?

    @Option(help: "Write the build as one HTML file, as `show --html` does.")
    var html: String?

    @Option(help: "Write all test cases of the build's reports to this file, as one JUnit report.")
    var junit: String?

    @Option(
        help: """
            Tell a CI service of failed tests, the failed command and findings: github (workflow commands on standard error), or \
            gitlab (a Code Quality report, \(AnnotationFormat.gitlabFile) in this folder).
            """)
    var annotate: String?

    @Option(
        help: """
            What in its reports makes a build fail that has succeeded, with commas between: tests, new-failures (that failed in none \
            of the last ten builds of the branch), coverage<80 (lines, of 100), branches<80.
            """)
    var failOn: String?

    @Option(
        help: """
            When the container stays after the build, for `shell` and `resume`: never, failure or always (default: \
            failure on a terminal, never elsewhere).
            """)
    var keep: String?

    @Option(help: "Run only this phase: INSTALL, PRE_BUILD, BUILD or POST_BUILD.")
    var phase: String?

    @Option(help: "Begin with this phase, or with its Nth command: PHASE or PHASE:N.")
    var from: String?

    @Option(help: "End with this phase; artifacts are collected then.")
    var until: String?

    @Option(
        name: .customLong("break"),
        help: """
            Pause before a phase's first command (PHASE) or its Nth (PHASE:N), or after any that failed (failure), until \
            `codebuild-resume` is run in the container. Repeatable.
            """)
    var breaks: [String] = []

    @Flag(help: "Let `codebuild-breakpoint` in a command pause the build; --break does, too.")
    var debugSession = false

    @Flag(
        help: """
            Keep the state before each phase, for `resume --from` and `shell --at` when the container is long gone; the \
            newest \(Checkpoints.buildLimit) builds keep theirs.
            """)
    var checkpoint = false

    @Flag(help: "Ask before each command: run it, skip it, edit it, open a shell, or quit.")
    var step = false

    @Flag(
        help:
            "Treat warnings about the buildspec as errors; a phase that failed with on-failure: CONTINUE fails the build."
    )
    var strict = false

    @Flag(help: "Say on standard error what is done and why.")
    var verbose = false

    func validate() throws {
        guard SourceArguments(source).primaryCount < 2 else {
            throw ValidationError("a build has one primary source: name the others as --source ID=SOURCE")
        }
    }

    var asked: Asked {
        var asked = Asked()
        asked.path = path
        asked.buildspec = buildspec
        let sources = SourceArguments(source)
        asked.source = sources.primary
        asked.otherSources = sources.others.isEmpty ? nil : sources.others
        asked.pipeline = pipeline
        asked.inputs = input.isEmpty ? nil : input
        asked.outputs = output.isEmpty ? nil : output
        asked.namespace = namespace
        asked.image = image
        asked.env = env
        asked.envFile = envFile
        asked.project = project
        asked.fromBuild = fromBuild
        asked.fromBatch = fromBatch
        asked.cloudLog = log
        asked.parameter = parameter.isEmpty ? nil : parameter
        asked.secrets = secrets
        asked.mask = mask
        asked.aws = aws
        asked.awsLocal = awsLocal
        asked.awsCredentials = awsCredentials
        asked.account = account
        asked.engine = engine
        asked.context = context
        asked.pull = pull
        asked.platform = platform
        asked.mount = mount.isEmpty ? nil : mount
        asked.compute = compute
        asked.cpus = cpus
        asked.memory = memory
        asked.privileged = privileged
        asked.docker = docker
        asked.cache = cache
        asked.noCache = noCache
        asked.profile = profile
        asked.region = region
        asked.artifacts = artifacts
        asked.taskDefinition = taskDefinition
        asked.zip = zip
        asked.offline = offline
        asked.record = record
        asked.mirror = mirror
        asked.insecure = insecure
        asked.timeout = timeout
        asked.engineTimeout = engineTimeout
        asked.logFormat = logFormat
        asked.progress = progress
        asked.buildJson = buildJson
        asked.html = html
        asked.junit = junit
        asked.annotate = annotate
        asked.failOn = failOn
        asked.keep = keep
        asked.phase = phase
        asked.from = from
        asked.until = until
        asked.breaks = breaks
        asked.debugSession = debugSession
        asked.checkpoint = checkpoint
        asked.step = step
        asked.strict = strict
        asked.verbose = verbose
        return asked
    }
}
