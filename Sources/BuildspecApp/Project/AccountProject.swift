internal import AWSCalls
internal import ChildProcesses
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
                .usage, "`--offline`, and the project `\(name)` is to come from AWS",
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
        do {
            if let settings = try await projects.settings(of: name) { return settings }
            throw missing(among: try await projects.names())
        } catch let error as AWSError {
            throw Failure(.inputOutput, "\(doing): \(error)", help: help(error.message))
        } catch let error as ChildProcessError where error.code == .notFound {
            throw Failure(
                .inputOutput, "\(doing): there is no program `aws` in PATH",
                help: "install the AWS CLI, or give a file: `--project FILE`")
        } catch let error as CodeBuildProjects.UnreadableAnswer {
            throw Failure(.inputOutput, "\(doing): \(error)")
        }
    }

    private var doing: String { "cannot read the project `\(name)` from AWS" }

    /// The most projects that a message lists.
    private static let listed = 12

    private func missing(among names: [String]) -> Failure {
        let place = region.map { " in \($0)" } ?? " in the region of your AWS CLI"
        let help: String
        if names.isEmpty {
            help = "there are no projects there at all: `--region` and `--profile` choose another place"
        } else if let near = nearName(to: name, among: names) {
            help = "did you mean `\(near)`?"
        } else {
            let more = names.count > Self.listed ? " and \(names.count - Self.listed) more" : ""
            help = "there are " + names.sorted().prefix(Self.listed).map { "`\($0)`" }.joined(separator: ", ") + more
        }
        return Failure(.noSuchFile, "AWS has no project `\(name)`\(place)", help: help)
    }

    /// What to do about the CLI's own complaints; what AWS itself refuses explains itself.
    private func help(_ message: String) -> String? {
        if message.contains("redentials") || message.contains("SSO") || message.contains("oken") {
            return "log in (`aws sso login`, `aws configure`), or name one of your profiles with --profile"
        }
        if message.contains("region") { return "name the region with --region, or in AWS_REGION" }
        return nil
    }
}
