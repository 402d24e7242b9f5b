internal import OfflineWorld
internal import Engines

extension BuildSession {
    /// Tells our own clouds from those of other state folders. Not the label of build containers, which `clean` looks for.
    static let cloudLabel = "dev.buildspec.aws.state"

    /// The AWS played on this machine for a project.
    func localCloud(_ settings: RunSettings, _ location: BuildLocation) -> LocalCloud {
        LocalCloud(
            key: location.projectKey, account: settings.account, region: region(settings),
            repositories: settings.repositories, engine: DockerEngine(context: settings.context),
            labels: [Self.cloudLabel: places.state],
            idleSeconds: places.variable("aws-local-idle").flatMap { Int($0) } ?? 60)
    }

    /// Passes on what a cloud has to say as it comes up.
    func say(_ notes: [String]) {
        for note in notes { terminal.say("warning: local AWS: \(note)\n") }
    }
}
