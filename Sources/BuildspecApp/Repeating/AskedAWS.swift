internal import AWSCalls
internal import SpecParsing

/// Asks AWS for a build that is to be run again, by the user's own AWS CLI and only where the user says so (`--aws`).
struct AskedAWS: Sendable {
    let commandLine: AWSCommandLine

    /// - Parameter region: where the user names none.
    /// - Returns: `nil` where AWS is not to be asked.
    /// - Throws: ``Failure`` for `--offline`.
    init?(_ asked: Asked, in places: Places, region: String? = nil) throws {
        var lookup = SettingsLayers(
            asked: asked, file: ProjectSettings(), places: places, bounds: SourceBounds(root: places.cache))
        guard try lookup.isOn(asked.aws, "aws") else { return nil }
        guard try !lookup.isOn(asked.offline, "offline") else {
            throw Failure(
                .usage, "`--offline` and `--aws` contradict one another",
                help: "leave one out; without a network, give what AWS would with --source and --secrets")
        }
        commandLine = AWSCommandLine(
            profile: try lookup.text(asked.profile, "profile"),
            region: try lookup.text(asked.region, "region") ?? region)
    }

    /// What `batch-get-builds` prints of a build.
    func build(_ id: String) async throws -> [UInt8] {
        try await asking("read the build `\(id)` from AWS", instead: "--from-build FILE") {
            try await CodeBuildBuilds(by: commandLine).builds([id]).answers.first ?? []
        }
    }

    /// What `batch-get-build-batches` prints of a batch.
    func batch(_ id: String) async throws -> [UInt8] {
        try await asking("read the batch `\(id)` from AWS", instead: "--from-batch FILE") {
            try await CodeBuildBuilds(by: commandLine).batches([id]).answer
        }
    }

    /// The log of a build; `nil` when it has none in CloudWatch.
    func log(of build: CloudBuild) async throws -> [UInt8]? {
        guard let stream = build.logs?.stream else { return nil }
        return try await asking("read the log of `\(build.id)` from AWS", instead: "--log FILE") {
            try await CloudWatchLogs(by: commandLine).text(of: stream)
        }
    }

    /// - Parameter instead: the flag that gives the same without AWS.
    private func asking<Value>(
        _ doing: String, instead flag: String, _ call: () async throws -> Value
    ) async throws -> Value {
        try await Failure.explaining(
            "cannot \(doing)", withoutCLI: "install the AWS CLI, or give a file: \(flag)",
            otherwise: "without AWS: \(flag)", call)
    }
}
