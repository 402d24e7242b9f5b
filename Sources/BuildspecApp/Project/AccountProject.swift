internal import AWSCalls
internal import SpecParsing

/// A project of the user's AWS account: `--project NAME --aws`.
struct AccountProject {
    let name: String
    private let region: String?
    private let projects: CodeBuildProjects

    /// - Returns: `nil` when the settings are not to come from AWS.
    /// - Throws: ``Failure`` for flags that contradict one another.
    init?(_ location: ProjectLocation, _ asked: Asked, in places: Places) throws {
        guard let name = location.projectName else { return nil }
        var lookup = SettingsLayers(
            asked: asked, file: ProjectSettings(), places: places, bounds: SourceBounds(root: location.source))
        guard try lookup.isOn(asked.aws, "aws") else { return nil }
        guard try !lookup.isOn(asked.offline, "offline") else {
            throw Failure(
                .usage, "cannot read the project `\(name)` from AWS with `--offline`",
                help: "keep its settings in a file: `aws codebuild batch-get-projects --names \(name) >project.json`")
        }
        self.name = name
        region = try lookup.text(asked.region, "region")
        projects = CodeBuildProjects(
            by: AWSCommandLine(profile: try lookup.text(asked.profile, "profile"), region: region))
    }

    /// What `batch-get-projects` prints of the project.
    ///
    /// - Throws: ``Failure`` that says what is missing: the project, credentials, a region, the CLI.
    func read() async throws -> [UInt8] {
        try await Failure.explaining(
            "cannot read the project `\(name)` from AWS",
            withoutCLI: "install the AWS CLI, or give a file: `--project FILE`"
        ) {
            if let settings = try await projects.settings(of: name) { return settings }
            throw Failure.missingProject(name, among: try await projects.names(), in: region)
        }
    }
}
