extension KeyTable {
    /// The keys of a project as in the CreateProject API, with our own keys under `x-buildspec` (DESIGN 2, 8.13).
    ///
    /// Documentation/project-settings.md has a row for each of them; a test compares the two with the API's own list.
    ///
    /// - Parameter extraKeys: the valid keys of `x-buildspec`.
    static func projectSettings(extraKeys: Set<String>) -> KeyTable {
        KeyTable(
            [Key("name", .text)] + projectKeysOfBuild
                + [
                    Key("artifacts", .section(projectArtifacts)),
                    Key("secondaryArtifacts", .sections(projectArtifacts)),
                    Key("buildBatchConfig", .section(projectBatch)),
                    Key(
                        "x-buildspec", .section(KeyTable(unknown: .refused, extraKeys.sorted().map { Key($0, .texts) }))
                    ),
                ] + unusedProjectKeys + labels + answered)
    }

    /// The keys of a project that each of its builds has, too.
    static let projectKeysOfBuild = [
        Key("environment", .section(projectEnvironment)),
        Key("source", .section(projectSource)),
        Key("sourceVersion", .text),
        Key("secondarySources", .sections(projectSource)),
        Key(
            "secondarySourceVersions",
            .sections(KeyTable([Key("sourceIdentifier", .text), Key("sourceVersion", .text)]))),
        Key("timeoutInMinutes", .number),
        Key("cache", .section(projectCache)),
        Key("fileSystemLocations", .sections(projectFileSystem)),
        Key("encryptionKey", .text),
    ]

    /// Settings that may change a build in the service, and change none here.
    private static let unusedProjectKeys = [
        unused("queuedTimeoutInMinutes", "no build waits here", default: "480", "0"),
        unused("concurrentBuildLimit", "every build begins at once here"),
        unused("autoRetryLimit", "a failed build is not begun again; `buildspec resume` goes on with it", default: "0"),
        unused("serviceRole", "the build has no role and no credentials of AWS"),
        unused("vpcConfig", "the build has the network of the engine"),
        unused("logsConfig", "the log goes to standard output and into the build's record"),
    ]

    /// Settings that tell people and AWS of a project and change no build.
    private static let labels = [
        label("description", "it is for people"),
        label("tags", "they are for AWS"),
        label("badgeEnabled", "badges are AWS's", default: "false"),
        label("projectVisibility", "nothing of a build is published", default: "PRIVATE"),
        label("resourceAccessRole", "nothing of a build is published"),
        label("webhook", "nothing but you starts a build here"),
    ]

    /// What only an answer of AWS has.
    private static let answered =
        [Key("badge", .section(KeyTable([label("badgeEnabled", "badges are AWS's", default: "false")] + badgeAddress)))]
        + ["arn", "created", "lastModified", "lastModifiedDate", "publicProjectAlias"].map {
            Key($0, .anything, support: .irrelevant)
        }

    private static let badgeAddress = [Key("badgeRequestUrl", .anything, support: .irrelevant)]

    private static let projectEnvironment = KeyTable([
        Key("image", .text),
        Key("type", .text),
        Key("computeType", .text),
        Key(
            "computeConfiguration",
            .section(
                KeyTable([
                    Key("vCpu", .number), Key("memory", .number),
                    unused("disk", "the disk is the engine's"), unused("machineType", "the machine is the engine's"),
                    unused("instanceType", "the machine is the engine's"),
                ]))),
        Key("privilegedMode", .flag),
        Key(
            "environmentVariables",
            .sections(
                KeyTable([Key("name", .text), Key("value", .text, mayBeEmpty: true), Key("type", .text)]))),
        unused("certificate", "it is in S3 and not fetched; put it into the image"),
        unused("registryCredential", "the engine pulls with your own login (`docker login`)"),
        unused(
            "imagePullCredentialsType", "the engine pulls with your own login (`docker login`)", default: "CODEBUILD"),
        unused("fleet", "the machine is the engine's"),
        unused("dockerServer", "`--privileged` gives the build a Docker daemon of its own"),
        unused("hostKernel", "the kernel is the engine's"),
    ])

    private static let projectCache = KeyTable([
        Key("type", .text),
        Key("location", .text),
        Key("cacheNamespace", .text),
        Key("modes", .texts, mayBeEmpty: true),
    ])

    private static let projectSource = KeyTable([
        Key("type", .text),
        Key("location", .text),
        Key("buildspec", .text),
        Key("gitCloneDepth", .number),
        Key("gitSubmodulesConfig", .section(KeyTable([Key("fetchSubmodules", .flag)]))),
        Key("sourceIdentifier", .text),
        unused("auth", "git here has your own credentials"),
        unused("insecureSsl", "nothing is fetched from the provider", default: "false"),
        unused("reportBuildStatus", "no provider is told of the build", default: "false"),
        unused("buildStatusConfig", "no provider is told of the build"),
    ])

    private static let projectArtifacts = KeyTable([
        Key("type", .text),
        Key("location", .text),
        Key("path", .text, mayBeEmpty: true),
        Key("namespaceType", .text),
        Key("name", .text, mayBeEmpty: true),
        Key("packaging", .text),
        Key("overrideArtifactName", .flag),
        Key("artifactIdentifier", .text),
        unused("encryptionDisabled", "artifacts are not encrypted here", default: "false"),
        unused("bucketOwnerAccess", "artifacts are yours here", default: "NONE"),
    ])

    private static let projectBatch = KeyTable([
        Key(
            "restrictions",
            .section(
                KeyTable([
                    Key("maximumBuildsAllowed", .number), Key("computeTypesAllowed", .texts, mayBeEmpty: true),
                    unused("fleetsAllowed", "the machine is the engine's"),
                ]))),
        Key("timeoutInMins", .number),
        unused("serviceRole", "a batch has no role"),
        Key("combineArtifacts", .flag),
        unused("batchReportMode", "no provider is told of the build"),
    ])

    private static let projectFileSystem = KeyTable([
        Key("type", .text),
        Key("location", .text),
        Key("mountPoint", .text),
        Key("identifier", .text),
        unused("mountOptions", "`--mount` gives a folder of this machine"),
    ])

    static func unused(_ name: String, _ why: String, default values: String...) -> Key {
        Key(name, .anything, support: .unused(Unused(why: why, defaults: values)))
    }

    static func label(_ name: String, _ why: String, default values: String...) -> Key {
        Key(name, .anything, support: .unused(Unused(why: why, defaults: values, isLabel: true)))
    }
}
