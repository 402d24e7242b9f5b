extension KeyTable {
    /// The keys of a build as BatchGetBuilds answers it: those of its project that a build has, and its own (CODEBUILD-2026 H).
    static let cloudBuild = KeyTable(
        projectKeysOfBuild
            + [
                Key("arn", .text),
                Key("projectName", .text),
                unused("serviceRole", "the build has no role; `--aws-credentials` gives its commands yours"),
                unused("vpcConfig", "the build has the network of the engine"),
                unused("queuedTimeoutInMinutes", "no build waits here", default: "480", "0"),
                label("artifacts", "artifacts go to a folder here: --artifacts"),
                label("secondaryArtifacts", "artifacts go to a folder here: --artifacts"),
            ]
            // How the build went is read elsewhere, and decides nothing.
            + [
                "id", "buildNumber", "startTime", "endTime", "currentPhase", "buildStatus", "resolvedSourceVersion",
                "phases", "logs", "buildComplete", "initiator", "networkInterface", "exportedEnvironmentVariables",
                "reportArns", "debugSession", "buildBatchArn", "autoRetryConfig",
            ].map { Key($0, .anything, support: .irrelevant) })
}
