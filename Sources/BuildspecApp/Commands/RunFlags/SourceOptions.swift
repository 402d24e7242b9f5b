internal import ArgumentParser

/// The flags of `run` that say what is built: the source, the buildspec and whose settings.
struct SourceOptions: ParsableArguments {
    @Argument(help: "A folder with a buildspec.yml, or a buildspec file.")
    var path: String?

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp(
            "The buildspec file, if not buildspec.yml.",
            discussion:
                "A file, relative to the source first; `-` for standard input; or the text of a buildspec itself.",
            valueName: "file"))
    var buildspec: String?

    @Option(
        name: [.customShort("s"), .long],
        help: ArgumentHelp(
            "The source, such as git:index or git:REV.",
            discussion: """
                git:worktree, git:index, git:REV of PATH, git:sourceVersion (what the project's settings name); another folder, or \
                FOLDER#git:REV; or a zip (default: PATH, as git sees it). ID=SOURCE is the secondary source ID. Repeatable.
                """))
    var source: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take the settings of a CodeBuild project.",
            discussion: """
                FILE, or FILE#NAME of one with several projects: a codebuild.yml, what `aws codebuild batch-get-projects` or \
                `terraform show -json` prints, or a template of CloudFormation, SAM or CDK. With --aws also the project's name.
                """))
    var project: String?

    @Option(
        help: ArgumentHelp(
            "A parameter of the template of --project.",
            discussion: "NAME=VALUE, AWS::Region, too. Repeatable.", valueName: "name=value"))
    var parameter: [String] = []

    @Option(
        help: ArgumentHelp(
            "Run a failed build of CodeBuild again.",
            discussion: """
                What `aws codebuild batch-get-builds` prints, in FILE, in FILE#ID of one with several, or on standard input (`-`); \
                with --aws also PROJECT:UUID. Its commit, image, variables and other settings are this build's.
                """, valueName: "file"))
    var fromBuild: String?

    @Option(
        help: ArgumentHelp(
            "The batch that the build of --from-build belongs to.",
            discussion: "As `aws codebuild batch-get-build-batches` prints it.", valueName: "file"))
    var fromBatch: String?

    @Option(
        help: ArgumentHelp(
            "The log of the build of --from-build.",
            discussion: "As `logs --diff` takes it: where the two part is shown at the end.", valueName: "file"))
    var log: String?

    @Option(
        help: ArgumentHelp(
            "Build as an action of CodePipeline does.",
            discussion: "Inputs and outputs are zips in this folder, and two builds are chained by it.",
            valueName: "dir"))
    var pipeline: String?

    @Option(
        help: ArgumentHelp(
            "With --pipeline: an input artifact.",
            discussion: """
                NAME, an artifact in the pipeline's folder, or NAME=SOURCE; the first is the primary source. Repeatable.
                """, valueName: "name"))
    var input: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --pipeline: an output artifact.",
            discussion: """
                NAME.zip in the pipeline's folder; of several, each is the secondary artifact of its name. Repeatable.
                """, valueName: "name"))
    var output: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --pipeline: keep exported variables.",
            discussion: "Later actions have them by `--env X='#{NAMESPACE.NAME}'`.", valueName: "name"))
    var namespace: String?

    func validate() throws {
        guard SourceArguments(source).primaryCount < 2 else {
            throw ValidationError("a build has one primary source: name the others as --source ID=SOURCE")
        }
    }

    func add(to asked: inout Asked) {
        asked.path = path
        asked.buildspec = buildspec
        let sources = SourceArguments(source)
        asked.source = sources.primary
        asked.otherSources = sources.others.isEmpty ? nil : sources.others
        asked.project = project
        asked.parameter = parameter.isEmpty ? nil : parameter
        asked.fromBuild = fromBuild
        asked.fromBatch = fromBatch
        asked.cloudLog = log
        asked.pipeline = pipeline
        asked.inputs = input.isEmpty ? nil : input
        asked.outputs = output.isEmpty ? nil : output
        asked.namespace = namespace
    }
}
