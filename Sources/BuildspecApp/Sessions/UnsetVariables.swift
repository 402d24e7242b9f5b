internal import BuildPlanning
internal import Engines
internal import SpecParsing

extension PlannedBuild {
    /// Tells the user, before the first command, which variables nobody sets.
    ///
    /// - Returns: why the build cannot run: commands with the folder of a source that is not there would reach for the whole
    ///   machine, as in `cp -r $CODEBUILD_SRC_DIR_lib/. .`.
    func sayUnsetVariables(on engine: some Engine) async -> (context: PhaseContext, failure: Failure)? {
        guard !plan.unsetVariables(in: recipe.part).isEmpty else { return nil }
        let unset = plan.unsetVariables(besides: await imageVariables(on: engine), in: recipe.part)
        for variable in unset {
            guard case .source(let identifier) = variable.kind else { continue }
            let message = "`\(variable.name)` is not set: the build has no source `\(identifier)` here"
            return (
                .ours(statusCode: "CLIENT_ERROR", message: message),
                Failure(
                    .noSuchFile, "\(variable.location): \(message)",
                    help:
                        "`--source \(identifier)=FOLDER` brings one in; or name a folder of the container with "
                        + "`--env \(variable.name)=/FOLDER`, or set it in a command before: "
                        + "`export \(variable.name)=\"$CODEBUILD_SRC_DIR/FOLDER\"`")
            )
        }
        guard !unset.isEmpty else { return nil }
        machine.say(
            "note: the commands use \(unset.map(\.words).joined(separator: ", ")), but nothing sets "
                + "\(unset.count == 1 ? "this variable" : "these variables")\n"
                + "help: --env NAME=VALUE or --env-file FILE sets what the project sets in CodeBuild\n")
        return nil
    }

    /// Tells what parameters and secrets with a variable in their names are asked for: nothing is expanded in them.
    func sayLiteralReferences() {
        for variable in plan.variables where variable.type != .plaintext && variable.value.contains("$") {
            machine.say(
                "note: `\(variable.name)` has the value of `\(variable.value)`; the `$` in this name is not expanded\n"
                    + "help: set it with --env \(variable.name)=VALUE, or put that name into the file of --secrets\n")
        }
    }

    /// The names of the image's own variables, as far as the engine has the image yet.
    private func imageVariables(on engine: some Engine) async -> [String] {
        // What the engine does not know of an image is no reason to say less: a run that needs the image tells of it.
        guard let name = try? await engine.pullableName(of: plan.image),
            let image = try? await engine.imageConfiguration(name)
        else { return [] }
        return image.variables.map(\.name)
    }
}
