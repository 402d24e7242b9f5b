internal import ArgumentParser

/// The flags of `run` about what it prints, and where it puts what the build made.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("a"), .long],
        help: ArgumentHelp(
            "Where artifacts go.", discussion: "Default: .buildspec/out in the source.", valueName: "dir"))
    var artifacts: String?

    @Flag(help: "Store each artifact as a zip file instead of a folder.")
    var zip = false

    @Option(
        help: ArgumentHelp(
            "An ECS task definition to check against.",
            discussion: "JSON: the container names of imagedefinitions.json are compared with its own.",
            valueName: "file"))
    var taskDefinition: String?

    @Option(
        help: ArgumentHelp("What is printed: codebuild, json or quiet.", valueName: "format"),
        completion: .list(Settings.Output.LogFormat.allCases.map(\.rawValue)))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            "How a running build is shown: auto, plain or none.",
            discussion: """
                On standard error: plain (a line for each minute without output), none, or auto (one line that is redrawn on a \
                terminal, plain elsewhere; the default).
                """, valueName: "form"), completion: .list(["auto", "plain", "none"]))
    var progress: String?

    @Option(
        help: ArgumentHelp(
            "Write the build as JSON to this file.", discussion: "As BatchGetBuilds would show it.", valueName: "file"))
    var buildJson: String?

    @Option(
        help: ArgumentHelp("Write the build as one HTML file.", discussion: "As `show --html` does.", valueName: "file")
    )
    var html: String?

    @Option(
        help: ArgumentHelp(
            "Write all test cases as one JUnit file.", discussion: "Those of the build's reports.", valueName: "file"))
    var junit: String?

    @Option(
        help: ArgumentHelp(
            "Copy the report files to a new folder.",
            discussion: "As the build wrote them, secrets included, in a folder for each report group.",
            valueName: "dir"))
    var reports: String?

    @Option(
        help: ArgumentHelp(
            "Tell a CI service of failures: github or gitlab.",
            discussion: """
                Failed tests, the failed command and findings: github (workflow commands on standard error), or gitlab (a Code \
                Quality report, \(AnnotationFormat.gitlabFile) in this folder).
                """, valueName: "service"), completion: .list(["github", "gitlab"]))
    var annotate: String?

    @Option(
        help: ArgumentHelp(
            "Fail for what reports say: tests, coverage<80.",
            discussion: """
                What in its reports makes a build fail that has succeeded, with commas between: tests, new-failures (that failed \
                in none of the last ten builds of the branch), coverage<80 (lines, of 100), branches<80.
                """, valueName: "rules"), completion: .list(["tests", "new-failures", "coverage<80", "branches<80"]))
    var failOn: String?

    @Flag(
        help: ArgumentHelp(
            "Treat warnings about the buildspec as errors.",
            discussion: "A phase that failed with on-failure: CONTINUE fails the build, too."))
    var strict = false

    @Flag(help: "Say on standard error what is done and why.")
    var verbose = false

    func add(to asked: inout Asked) {
        asked.artifacts = artifacts
        asked.zip = zip
        asked.taskDefinition = taskDefinition
        asked.logFormat = logFormat
        asked.progress = progress
        asked.buildJson = buildJson
        asked.html = html
        asked.junit = junit
        asked.reports = reports
        asked.annotate = annotate
        asked.failOn = failOn
        asked.strict = strict
        asked.verbose = verbose
    }
}
