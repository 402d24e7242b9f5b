/// A page about something that several commands have to do with.
struct HelpTopic {
    let name: String
    /// What it is about, in a line.
    let title: String
    let text: String

    var lines: [String] {
        ["\(name): \(title)", ""] + text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    static func named(_ name: String) -> HelpTopic? { all.first { $0.name == name.lowercased() } }

    /// The page that lists the topics.
    static var list: [String] {
        ["Topics (buildspec help TOPIC):", ""] + HelpText.list(all.map { ($0.name, $0.title) }, column: 17)
    }

    static let all: [HelpTopic] = [
        source, settings, environment, secrets, cache, network, docker, batch, reports, debugging, hook, setup,
        completion, exitStatuses,
    ]
}

extension HelpTopic {
    private static let source = HelpTopic(
        name: "source", title: "what is built",
        text: """
            A build gets a copy of your source and never changes the folder itself. In
            a git repository the copy has what git sees: tracked and untracked files as
            they are now, without what .gitignore leaves out.

              buildspec run                       the work tree, unsaved commits and all
              buildspec run -s git:index          what `git commit` would take
              buildspec run -s git:HEAD~1         a commit, a branch or a tag
              buildspec run -s app.zip            a zip
              buildspec run -s lib=../lib         the secondary source `lib`

            The buildspec is buildspec.yml at the top of the source, or the one that the
            project's settings name; -f names another. `--project` takes settings, and
            with `--source git:sourceVersion` the version that they name.
            `--from-build` runs a failed build of CodeBuild again, at its commit.
            """)
    private static let settings = HelpTopic(
        name: "settings", title: "image, variables and other settings of a project",
        text: """
            CodeBuild keeps an image, variables and a cache for each project. Here they
            stand in codebuild.yml beside the buildspec, in a CloudFormation, SAM or CDK
            template, or in what AWS and Terraform print:

              buildspec run --project template.yml#App
              buildspec run --project project.json

            A codebuild.yml has the keys of CodeBuild's API, and under `x-buildspec` the
            names of this program's own flags:

              environment: {image: python:3.12}
              x-buildspec: {offline: true}

            What is said twice is decided in this order: a flag, a variable of your
            environment (--log-format is BUILDSPEC_LOG_FORMAT), the settings, the
            default. `buildspec plan` prints each value and where it comes from.
            """)
    private static let environment = HelpTopic(
        name: "environment", title: "variables, image, processors, memory",
        text: """
            Commands run in a container of the build's image, as root, with CodeBuild's
            own variables (CODEBUILD_BUILD_ID, CODEBUILD_SRC_DIR and so on).

              buildspec run -i python:3.12 -e STAGE=dev --env-file .env
              buildspec run --compute BUILD_GENERAL1_SMALL --timeout 20m
              buildspec images                    CodeBuild's images, which are here

            A variable of -e beats one of --env-file, that beats the settings' and that
            the buildspec's. CodeBuild's images, such as aws/codebuild/standard:7.0, are
            in no registry: `buildspec images build standard` makes a stand-in, and
            `public.ecr.aws/codebuild/…` is where AWS publishes those for Amazon Linux.
            """)
    private static let secrets = HelpTopic(
        name: "secrets", title: "parameters, secrets and credentials",
        text: """
            `env/parameter-store` and `env/secrets-manager` of a buildspec name values
            that lie in AWS. They come from one of three places:

              buildspec run --secrets dev.yml     a file, see below
              buildspec run --aws                 AWS, by your own AWS CLI
              buildspec run --aws-local           the AWS played on this machine

              parameter-store:
                /app/password: correct horse
              secrets-manager:
                ci/token: {user: bot, token: abc}

            The log shows *** in place of each value, of its lines, and of its forms in
            base64, URLs and JSON. Keep the file out of git: .gitignore it.
            `--aws-credentials` gives the build's own commands credentials that end.
            """)
    private static let cache = HelpTopic(
        name: "cache", title: "what is kept from one build to the next",
        text: """
            The paths under `cache` in the buildspec are restored before INSTALL and
            saved at the end, as CodeBuild does it with a cache in S3. They are kept
            in $XDG_CACHE_HOME/buildspec/caches, for each project.

              buildspec run --no-cache
              buildspec run --cache s3://bucket/prefix
              buildspec cache list
              buildspec cache prune --unused-for 7
              buildspec cache export app.buildspec

            A damaged cache counts as missing: the build goes on without it. `cache
            export` writes one archive with all that a project's builds need, for a
            machine without a network.

              buildspec run --spare 10m

            leaves a started container of the same image, limits and network, without
            source or secrets, in which the next build within ten minutes begins at
            once. Large sources, batches, Docker daemons and recordings have none.
            """)
    private static let network = HelpTopic(
        name: "network", title: "recording downloads, building offline",
        text: """
            A build with --record keeps what it downloads over HTTP and HTTPS, without
            credentials. One with --offline gets the same answers again, and no packet
            leaves the machine.

              buildspec run --record
              buildspec run --offline

            What is missing is listed before the build begins, with exit status 75.
            Both need an engine on this machine, and on Linux the right to make network
            namespaces: root, or an engine that gives it to containers. Proxy variables
            of your own (HTTPS_PROXY and so on) are for docker and this program; give
            them to the build's commands by -e.
            """)
    private static let docker = HelpTopic(
        name: "docker", title: "the engine, and Docker in a build's commands",
        text: """
            Builds run in containers of Docker, or of podman where that is what there
            is. The engine is the one that `docker` itself would use: DOCKER_HOST, else
            the current context; `--context` names another, `--engine podman` the other.

              buildspec run --context remote
              buildspec run --privileged          `docker build` in the buildspec

            Commands find no Docker daemon unless the build is privileged, as in the
            service. `--docker host` gives them your own engine instead: what they do
            there they do with its rights.
            """)
    private static let batch = HelpTopic(
        name: "batch", title: "several builds of one buildspec",
        text: """
            A buildspec with `batch` describes a graph, a list, a matrix or a fanout of
            builds. Without --batch it is run as one build.

              buildspec plan --batch
              buildspec run --batch --jobs 4
              buildspec run --batch --only linux_java17 --with-dependencies
              buildspec run --batch --rerun-failed

            Each build has its own log, artifacts and id. `--log-order grouped` prints
            the log of each when it ends instead of mixing the lines.
            """)
    private static let reports = HelpTopic(
        name: "reports", title: "tests and coverage",
        text: """
            Reports of tests and coverage that the buildspec names under `reports` are
            read after the build, also after a failed one; files like TEST-*.xml are
            found without being named.

              buildspec show --tests --failed
              buildspec show --html --open
              buildspec run --fail-on 'tests,coverage<80'
              buildspec run --junit all.xml --annotate github

            The end of a build names the failed tests, with file and line, and whether
            they are new or flaky. `buildspec stats` counts over all builds.
            """)
    private static let debugging = HelpTopic(
        name: "debugging", title: "looking into a failed build",
        text: """
            On a terminal the container of a failed build stays for a day.

              buildspec shell                     a shell where the build failed
              buildspec resume                    go on with the failed command
              buildspec resume --from BUILD:2     go on with the second of BUILD
              buildspec run --shell               a shell at once when it fails
              buildspec run --step                ask before each command
              buildspec run --break BUILD         pause before a phase
              buildspec run --phase BUILD         run only one phase
              buildspec logs --diff cloud.json    where it differs from the cloud

            With --checkpoint the state before each phase is kept, for `shell --at` and
            `resume --from` when the container is gone.
            """)
    private static let hook = HelpTopic(
        name: "hook", title: "building what is pushed, before it leaves",
        text: """
            A pre-push hook builds each commit that is about to leave, and stops the
            push when the build fails. A tree that has been green is not built again.

              buildspec hook install --branch main --path 'src/**'
              buildspec hook uninstall

            `git push --no-verify` goes around it once. `--if-no-engine allow` lets a
            push through where Docker is not running.
            """)
    private static let setup = HelpTopic(
        name: "setup", title: "what this machine needs, and what is kept where",
        text: """
            Needed are a Docker or podman engine, git 2.34 or newer for sources in git,
            and an image to build in. The AWS CLI is needed only for what lies in AWS.

              buildspec doctor                    what works, and how to mend the rest
              buildspec doctor --json

            Records of builds are kept in $XDG_STATE_HOME/buildspec, caches and
            recordings in $XDG_CACHE_HOME/buildspec. `buildspec clean` and `buildspec
            cache prune` remove what is no longer needed.
            """)
    private static let completion = HelpTopic(
        name: "completion", title: "completing words in bash, zsh and fish",
        text: """
            The Tab key completes commands, flags and values: builds of this folder's
            project, batches, phases, images of your engine, projects that the source
            has, branches and files. Once, in the file that your shell reads as it begins:

              bash  ~/.bashrc
                source <(buildspec completion bash)
              zsh   ~/.zshrc, after compinit
                source <(buildspec completion zsh)
              fish  ~/.config/fish/config.fish
                buildspec completion fish | source

            The Debian package and the formula have done so. What your engine does not
            tell within 0.3 seconds is left out; with BUILDSPEC_COMPLETION_LIMIT=1000
            it has a second.
            """)
    private static let exitStatuses = HelpTopic(
        name: "exit-statuses", title: "what the number at the end means",
        text: """
              0      the build succeeded
              1      the build failed, or ran out of time; the logs differ
              64     the command line is wrong
              65     the buildspec is wrong
              66     there is no such buildspec, source, build or archive
              69     no engine answers, or the image cannot be had
              70     a fault of our own
              73     an output cannot be written
              74     something on this machine cannot be read or written
              75     --offline, and something is missing
              78     the settings are wrong
              128+n  stopped by signal n (130: Ctrl-C)

            `shell --command` ends with the status of the command.
            """)
}
