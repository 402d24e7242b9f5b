internal import ArgumentParser

/// The flags of the commands that look at builds of the user's AWS account as well as at those of this machine.
struct CloudOptions: ParsableArguments {
    // Not from the environment: BUILDSPEC_AWS=yes is about the values of builds, and the builds here stay the default.
    @Flag(help: "Ask AWS, by your own AWS CLI.")
    var aws = false

    @Option(
        help: ArgumentHelp(
            "With --aws: the project whose builds are meant.",
            discussion: "`none` for those of all projects (default: the project of this folder's settings, else all).",
            valueName: "name"))
    var project: String?

    @Option(
        help: ArgumentHelp(
            "With --aws: the AWS region.", discussion: "Default: the settings', else that of your AWS CLI."))
    var region: String?

    @Option(help: "With --aws: the profile of your AWS CLI.")
    var profile: String?

    func validate() throws {
        guard aws || (project == nil && region == nil && profile == nil) else {
            throw ValidationError("--project, --region and --profile are about builds in AWS: add --aws")
        }
    }

    var asked: Asked {
        var asked = Asked()
        (asked.project, asked.region, asked.profile) = (project, region, profile)
        return asked
    }
}
