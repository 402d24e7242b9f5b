extension KeyTable {
    /// The keys of a buildspec of version 0.2 or 0.1 (CODEBUILD.md 1.2, 1.5).
    package static let buildSpec = KeyTable([
        Key(
            "version", .text, mayBeEmpty: true,
            about: "The version of the buildspec's grammar. In 0.2 all commands share one shell state."),
        Key("run-as", .text, about: "The Linux user that all commands run as; root when absent."),
        Key("env", .section(environment), about: "Environment variables, and the shell."),
        Key("environment_variables", .section(environment01), in: .v01),
        Key(
            "proxy",
            .section(
                KeyTable([
                    Key("upload-artifacts", .flag, about: "Whether artifacts are uploaded through the proxy."),
                    Key("logs", .flag, about: "Whether logs are sent through the proxy."),
                ])), about: "For builds behind an explicit proxy server."),
        Key(
            "batch", .section(batch),
            about: "Several builds that are started together. An ordinary build takes no notice of it."),
        Key("phases", .section(phases), mayBeEmpty: true, about: "What the build runs, phase by phase."),
        Key("artifacts", .section(artifacts), about: "The files that the build hands out."),
        Key("cache", .section(cache), about: "The files that are kept for the next build."),
        Key(
            "reports", .sectionsByName(report),
            about: "Test results and code coverage, by the name or ARN of their report group; at most five groups."),
        // The Elastic Beanstalk command line reads this before CodeBuild sees the file (its guide, "Using the EB CLI
        // with CodeBuild").
        Key(
            "eb_codebuild_settings", .anything, support: .irrelevant,
            about: "Settings of the Elastic Beanstalk command line; CodeBuild takes no notice of them."),
    ])

    static let environment = KeyTable(
        printedName: "env",
        [
            Key(
                "shell", .text, about: "The shell that runs the commands; `sh` when absent.",
                examples: ["bash", "/bin/sh", "powershell.exe", "cmd.exe"]),
            Key(
                "variables", .variables(.values), mayBeEmpty: true, misnomers: ["plaintext", "vars"],
                about: "Variables with their values as they stand: nothing in them is expanded."),
            Key(
                "parameter-store", .variables(.parameters), mayBeEmpty: true, misnomers: ["ssm"],
                about: "Variables whose values are parameters of Systems Manager, each with the parameter's name."),
            Key(
                "secrets-manager", .variables(.secrets), mayBeEmpty: true, misnomers: ["secrets"],
                about: "Variables whose values are secrets: `secret-id:json-key:version-stage:version-id`."),
            Key(
                "exported-variables", .texts, misnomers: ["exports"],
                about: "The names of variables whose values at the end of the build are handed out to a pipeline."),
            Key("git-credential-helper", .flag, about: "Whether git gets its credentials from CodeBuild."),
        ])

    /// The keys of `environment_variables` in version 0.1 (CODEBUILD.md 1.5).
    static let environment01 = KeyTable([
        Key("plaintext", .variables(.values), mayBeEmpty: true),
        Key("parameter-store", .variables(.parameters), mayBeEmpty: true),
    ])

    static let phases = KeyTable(
        unknown: .refusedAsPhase,
        PhaseName.allCases.map { Key($0.rawValue, .section(phase($0)), mayBeEmpty: true, about: about($0)) })

    private static func about(_ name: PhaseName) -> String {
        switch name {
        case .install: "Installs what the build needs. When it fails, nothing further runs."
        case .preBuild: "Prepares the build: signs in, fetches dependencies. When it fails, nothing further runs."
        case .build: "Builds and tests. When it fails, `post_build` runs all the same."
        case .postBuild: "Finishes: packs, pushes, notifies. Also runs after a failed `build`."
        }
    }

    static func phase(_ name: PhaseName) -> KeyTable {
        KeyTable(
            printedName: name.apiName,
            [
                Key("run-as", .text, about: "The Linux user that this phase's commands run as."),
                Key(
                    "on-failure", .text,
                    about: "What a failed command does: `ABORT`, `CONTINUE`, `RETRY`, `RETRY-COUNT`, `RETRY-REGEX` or "
                        + "`RETRY-COUNT-REGEX`.", examples: ["ABORT", "CONTINUE", "RETRY"]),
                Key(
                    "commands", .commands, mayBeEmpty: true, misnomers: ["script", "run"],
                    about: "The commands, one after the other until one fails."),
                Key(
                    "finally", .commands, mayBeEmpty: true,
                    about: "Commands that run after `commands`, also when one of those failed."),
                Key(
                    "steps", .anything,
                    about: "Steps of GitHub Actions, which CodeBuild's guide no longer has. They are not run here."),
            ]
                + (name == .install
                    ? [
                        Key(
                            "runtime-versions", .variables(.versions), misnomers: ["runtimes"],
                            about: "Languages with their versions, to be chosen in CodeBuild's own images.")
                    ] : []))
    }

    static let report = KeyTable([
        Key("files", .texts, about: "The files with the results, as paths or patterns; `**/*` is every file."),
        Key(
            "file-format", .text, misnomers: ["type", "format"],
            about: "The format of the files; `JUNITXML` when absent.", examples: SpecReader.reportFormats),
        Key("base-directory", .text, about: "The folder that the files are looked for in."),
        Key("discard-paths", .flag, about: "Whether the files lose their folders."),
    ])

    static let artifacts = KeyTable(
        printedName: "artifacts",
        artifactRules + [
            Key("type", .text, in: .v01, support: .irrelevant),
            Key(
                "secondary-artifacts", .sectionsByName(KeyTable(artifactRules)),
                about: "Further artifacts, each by its identifier."),
        ])

    private static let artifactRules = [
        Key("files", .texts, about: "The files to hand out, as paths or patterns; `**/*` is every file."),
        Key("name", .text, about: "The artifact's name; variables and commands of the shell are expanded."),
        Key("base-directory", .text, about: "The folder that the files are looked for in, and whose name they lose."),
        Key("discard-paths", .flag, about: "Whether the files lose their folders."),
        Key(
            "exclude-paths", .texts, misnomers: ["exclude"],
            about: "Paths or patterns of files to leave out, relative to the base directory."),
        Key("enable-symlinks", .flag, about: "Whether symbolic links stay links in a zip file."),
        Key("s3-prefix", .text, about: "A prefix of the artifact's name in its bucket."),
    ]

    static let cache = KeyTable(
        printedName: "cache",
        [
            Key("paths", .texts, about: "What to keep: folders, or patterns such as `/root/.m2/**/*`."),
            Key(
                "key", .text,
                about:
                    "The cache's name; variables and commands of the shell are expanded, so that it can follow a lock file."
            ),
            Key(
                "fallback-keys", .texts, misnomers: ["restore-keys"],
                about: "Beginnings of other caches' names, to be restored when none has the key; at most five."),
            Key(
                "action", .text, about: "To do one thing only: `restore` or `save`. Both when absent.",
                examples: ["restore", "save"]),
        ])

    // MARK: Batches (CODEBUILD.md 9)

    static let batch = KeyTable([
        Key("fast-fail", .flag, about: "Whether one failed build ends the whole batch."),
        Key(
            "build-graph",
            .sections(
                KeyTable(
                    batchBuild + [
                        Key("depend-on", .texts, misnomers: ["needs"], about: "The identifiers of builds to wait for.")
                    ])), about: "Builds that may wait for one another."),
        Key("build-list", .sections(KeyTable(batchBuild)), about: "Builds side by side, each by itself."),
        Key("build-matrix", .section(matrix), about: "A build for every combination of values."),
        Key(
            "build-fanout",
            .section(
                KeyTable([
                    Key("parallelism", .number, about: "How many builds share the tests."),
                    Key("ignore-failure", .flag, about: "Whether the batch succeeds in spite of a failed build."),
                ])), about: "The tests of one build, split among several."),
    ])

    private static let batchBuild = [
        Key("identifier", .text, misnomers: ["name", "id"], about: "The build's own name: letters, digits and `_`."),
        Key("buildspec", .text, about: "The buildspec of this build; the batch's own when absent."),
        Key("env", .section(batchEnvironment), about: "What this build's environment has other than the project's."),
        Key("debug-session", .flag, about: "Whether the build can be paused and looked into."),
        Key("ignore-failure", .flag, about: "Whether the batch succeeds in spite of this build's failure."),
    ]

    private static let batchEnvironment = KeyTable([
        Key("compute-type", .text, about: "The size of the machine, such as `BUILD_GENERAL1_SMALL`."),
        Key("fleet", .text, about: "The fleet of machines that the build runs on."),
        Key("image", .text, about: "The image to build in."),
        Key("type", .text, about: "The kind of machine, such as `LINUX_CONTAINER`."),
        Key("privileged-mode", .flag, about: "Whether a Docker daemon can run in the build."),
        Key("variables", .variables(.values), mayBeEmpty: true, about: "Environment variables with their values."),
    ])

    private static let matrix = KeyTable([
        Key(
            "static",
            .section(
                KeyTable([
                    Key("ignore-failure", .flag, about: "Whether the batch succeeds in spite of a failed build."),
                    Key("env", .section(batchEnvironment), about: "What every build's environment has."),
                ])), about: "What is the same in all builds."),
        Key(
            "dynamic",
            .section(
                KeyTable([
                    Key("buildspec", .texts, about: "The buildspecs to combine."),
                    Key(
                        "env",
                        .section(
                            KeyTable([
                                Key("compute-type", .texts, about: "The sizes of machine to combine."),
                                Key("fleet", .texts, about: "The fleets to combine."),
                                Key("image", .texts, about: "The images to combine."),
                                Key(
                                    "variables", .textsByName,
                                    about: "Environment variables, each with the values to combine."),
                            ])), about: "The parts of the environment to combine."),
                ])), about: "The values whose combinations are built."),
    ])
}
