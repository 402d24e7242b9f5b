public import SpecParsing

extension BuildPlan {
    /// The first command that asks a Docker daemon which the build would have to be given.
    public var dockerCall: DockerCall? { DockerCall.first(in: phases.flatMap { $0.commands + $0.finally }) }

    /// The ways in which a build here gets a Docker daemon, in whole sentences (CODEBUILD-2026 B.4).
    public static let waysToDocker =
        "CodeBuild gives one to builds outside of a VPC; here `--docker host` lets the build use your own engine, and "
        + "`--docker inside` (`environment.privilegedMode: true`) gives it a daemon for itself"
}
