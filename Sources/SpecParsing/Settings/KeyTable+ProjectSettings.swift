extension KeyTable {
    /// The keys of a project as in the CreateProject API, with our own keys under `x-buildspec` (DESIGN 2, 8.13).
    ///
    /// - Parameter extraKeys: the valid keys of `x-buildspec`.
    static func projectSettings(extraKeys: Set<String>) -> KeyTable {
        KeyTable(
            [
                Key("environment", .section(projectEnvironment)),
                Key("source", .section(projectSource)),
                Key("timeoutInMinutes", .number),
                Key("cache", .section(projectCache)),
                Key("x-buildspec", .section(KeyTable(unknown: .refused, extraKeys.sorted().map { Key($0, .texts) }))),
            ]
                + [
                    "artifacts", "secondaryArtifacts", "secondarySources", "secondarySourceVersions",
                    "fileSystemLocations", "buildBatchConfig", "autoRetryLimit",
                ].map { Key($0, .anything, support: .missing) }
                + [
                    "name", "arn", "description", "created", "lastModified", "tags", "serviceRole", "encryptionKey",
                    "sourceVersion", "queuedTimeoutInMinutes", "concurrentBuildLimit", "vpcConfig", "logsConfig",
                    "badge", "badgeEnabled", "webhook", "projectVisibility", "publicProjectAlias", "resourceAccessRole",
                ].map { Key($0, .anything, support: .irrelevant) })
    }

    private static let projectEnvironment = KeyTable(
        [
            Key("image", .text),
            Key("privilegedMode", .flag),
            Key(
                "environmentVariables",
                .sections(
                    KeyTable([Key("name", .text), Key("value", .text, mayBeEmpty: true), Key("type", .text)]))),
        ]
            + ["registryCredential", "certificate", "dockerServer"].map { Key($0, .anything, support: .missing) }
            + ["type", "computeType", "computeConfiguration", "fleet", "imagePullCredentialsType", "hostKernel"].map {
                Key($0, .anything, support: .irrelevant)
            })

    private static let projectCache = KeyTable([
        Key("type", .text),
        Key("location", .text),
        Key("cacheNamespace", .text),
        Key("modes", .anything, support: .irrelevant),
    ])

    private static let projectSource = KeyTable(
        [Key("buildspec", .text)]
            + [
                "type", "location", "auth", "gitCloneDepth", "gitSubmodulesConfig", "insecureSsl", "reportBuildStatus",
                "buildStatusConfig", "sourceIdentifier",
            ].map { Key($0, .anything, support: .irrelevant) })
}
