internal import ArgumentParser
internal import SpecParsing

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check buildspecs without running them.",
        discussion: """
              buildspec validate                 the buildspec.yml of this folder
              buildspec validate --strict .      all of this project; warnings are errors
              buildspec validate --project template.yml#App
              git show :buildspec.yml | buildspec validate -

            A folder stands for every file in and below it whose name has `buildspec` in it and ends in .yml or .yaml, \
            in any case, and below folders whose names have `buildspec` or `codebuild` in them for every YAML file with \
            `version: 0.…` and `phases` or `batch`; the summary counts the others. What is in .git, node_modules and \
            .buildspec is left out, and links to folders are not followed. `-` is standard input.

            Errors are what CodeBuild refuses, warnings what it accepts and what bites later: masked failures, bash in \
            files for `sh`, patterns that match nothing, secrets, commands that the `sh` or `bash` of this machine \
            cannot read. What depends on the image is judged by --image, the settings file (codebuild.yml, as \
            `buildspec run FILE` finds it) or the batch; where none of them names one, only what no image does is \
            said. Documentation/findings.md explains them by their codes. `# buildspec:ignore CODE` silences a \
            warning on its line or, alone on a line, on the next one.

            text     each finding as `file:line:col: severity: message [code]`, with the line and a way to mend it
            json     one document: {"version":1,"valid":…,"files":[{"path":…,"valid":…,"findings":[…]}]}
            sarif    a SARIF 2.1.0 log, for code scanning and editors
            github   workflow commands, which GitHub makes annotations of

            A file that cannot be read is named, and the others are checked all the same. Exit status, the worst of \
            all files: 0 valid (warnings allowed), 65 not valid, 66 no such file or no buildspec in the folder, 74 \
            cannot be read. BUILDSPEC_FORMAT and BUILDSPEC_STRICT stand in for the flags.
            """)

    @Argument(help: "Buildspec files, folders, or `-` (default: buildspec.yml).")
    var paths: [String] = []

    @Option(
        help: ArgumentHelp("How findings are written: text, json, sarif or github.", valueName: "format"),
        completion: .list(Validation.Format.allCases.map(\.rawValue)))
    var format: String?

    @Option(
        help: ArgumentHelp("The image that the builds run in.", discussion: "Default: that of the settings file."))
    var image: String?

    @Option(
        help: ArgumentHelp(
            "The CodeBuild project whose settings count.",
            discussion: """
                FILE or FILE#NAME, as for `run`; without files it is the project's own buildspec that is checked.
                """))
    var project: String?

    @Option(
        help: ArgumentHelp(
            "A parameter of the template of --project.", discussion: "Repeatable.", valueName: "name=value"))
    var parameter: [String] = []

    @Flag(help: "Treat warnings as errors.")
    var strict = false

    func run() async throws {
        await FrontDoor.enter { [self] machine in
            var asked = Asked()
            asked.image = image
            asked.project = project
            asked.parameter = parameter.isEmpty ? nil : parameter
            var lookup = SettingsLayers(
                asked: asked, file: ProjectSettings(), places: machine.places,
                bounds: SourceBounds(root: "/"))
            return try await Validation(
                arguments: NameList.unfolded(paths),
                format: lookup.choice(format, "format", default: Validation.Format.text),
                isStrict: lookup.isOn(strict, "strict"),
                project: ValidatedProject(asked: asked, on: machine), terminal: machine.terminal
            ).run()
        }
    }
}
