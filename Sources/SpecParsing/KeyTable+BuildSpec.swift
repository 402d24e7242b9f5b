extension KeyTable {
    /// A buildspec of version 0.2 or 0.1 (CODEBUILD.md 1.2, 1.5).
    static let buildSpec = KeyTable([
        Key("version", .text, mayBeEmpty: true),
        Key("run-as", .text),
        Key("env", .section(environment)),
        Key("environment_variables", .section(environment01), in: .v01),
        Key("proxy", .section(KeyTable([Key("upload-artifacts", .flag), Key("logs", .flag)]))),
        Key("batch", .section(batch)),
        Key("phases", .section(phases), mayBeEmpty: true),
        Key("artifacts", .section(artifacts)),
        Key("cache", .section(cache)),
        Key("reports", .sectionsByName(report)),
        // Read by the Elastic Beanstalk command line, before CodeBuild sees the file (its guide, "Using the EB CLI with
        // CodeBuild").
        Key("eb_codebuild_settings", .anything, .irrelevant),
    ])

    static let environment = KeyTable(
        printedName: "env",
        [
            Key("shell", .text),
            Key("variables", .variables(.values), mayBeEmpty: true, misnomers: ["plaintext", "vars"]),
            Key("parameter-store", .variables(.references), mayBeEmpty: true, misnomers: ["ssm"]),
            Key("secrets-manager", .variables(.references), mayBeEmpty: true, misnomers: ["secrets"]),
            Key("exported-variables", .texts, misnomers: ["exports"]),
            Key("git-credential-helper", .flag),
        ])

    /// The names of version 0.1 (CODEBUILD.md 1.5).
    static let environment01 = KeyTable([
        Key("plaintext", .variables(.values), mayBeEmpty: true),
        Key("parameter-store", .variables(.references), mayBeEmpty: true),
    ])

    static let phases = KeyTable(
        unknown: .refusedAsPhase,
        PhaseName.allCases.map { Key($0.rawValue, .section(phase($0)), mayBeEmpty: true) })

    static func phase(_ name: PhaseName) -> KeyTable {
        KeyTable(
            printedName: name.apiName,
            [
                Key("run-as", .text),
                Key("on-failure", .text),
                Key("commands", .commands, mayBeEmpty: true, misnomers: ["steps", "script", "run"]),
                Key("finally", .commands, mayBeEmpty: true),
            ] + (name == .install ? [Key("runtime-versions", .variables(.versions), misnomers: ["runtimes"])] : []))
    }

    static let report = KeyTable([
        Key("files", .texts),
        Key("file-format", .text, misnomers: ["type", "format"]),
        Key("base-directory", .text),
        Key("discard-paths", .flag),
    ])

    static let artifacts = KeyTable(
        printedName: "artifacts",
        artifactRules + [
            Key("type", .text, in: .v01, .irrelevant),
            Key("secondary-artifacts", .sectionsByName(KeyTable(artifactRules))),
        ])

    private static let artifactRules = [
        Key("files", .texts),
        Key("name", .text),
        Key("base-directory", .text),
        Key("discard-paths", .flag),
        Key("exclude-paths", .texts, misnomers: ["exclude"]),
        Key("enable-symlinks", .flag),
        Key("s3-prefix", .text),
    ]

    static let cache = KeyTable(
        printedName: "cache",
        [
            Key("paths", .texts),
            Key("key", .text),
            Key("fallback-keys", .texts, misnomers: ["restore-keys"]),
            Key("action", .text),
        ])

    // MARK: Batches (CODEBUILD.md 9)

    static let batch = KeyTable([
        Key("fast-fail", .flag),
        Key("build-graph", .sections(KeyTable(batchBuild + [Key("depend-on", .texts, misnomers: ["needs"])]))),
        Key("build-list", .sections(KeyTable(batchBuild))),
        Key("build-matrix", .section(matrix)),
        Key("build-fanout", .section(KeyTable([Key("parallelism", .number), Key("ignore-failure", .flag)]))),
    ])

    private static let batchBuild = [
        Key("identifier", .text, misnomers: ["name", "id"]),
        Key("buildspec", .text),
        Key("env", .section(batchEnvironment)),
        Key("debug-session", .flag),
        Key("ignore-failure", .flag),
    ]

    private static let batchEnvironment = KeyTable([
        Key("compute-type", .text),
        Key("fleet", .text),
        Key("image", .text),
        Key("type", .text),
        Key("privileged-mode", .flag),
        Key("variables", .variables(.values), mayBeEmpty: true),
    ])

    private static let matrix = KeyTable([
        Key(
            "static",
            .section(KeyTable([Key("ignore-failure", .flag), Key("env", .section(batchEnvironment))]))),
        Key(
            "dynamic",
            .section(
                KeyTable([
                    Key("buildspec", .texts),
                    Key(
                        "env",
                        .section(
                            KeyTable([
                                Key("compute-type", .texts),
                                Key("fleet", .texts),
                                Key("image", .texts),
                                Key("variables", .textsByName),
                            ]))),
                ]))),
    ])
}
