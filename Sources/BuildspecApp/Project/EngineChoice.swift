internal import BuildPlanning
internal import Engines

extension Machine {
    /// The engine that the builds of a project run on. Here alone outside its room an engine is named.
    func engine(of settings: Settings) -> any Engine {
        engine(context: settings.container.context, timeout: settings.engineTimeout)
    }

    /// The engine of commands that mean no project: as a flag or the environment says.
    ///
    /// - Throws: ``Failure`` for a time limit that is none.
    func engine(context: String? = nil) throws -> any Engine {
        let limit = places.variable("engine-timeout") ?? Settings.defaultEngineTimeout
        return engine(
            context: context ?? places.variable("context"),
            timeout: try Settings.seconds(limit, of: "engine-timeout"))
    }

    private func engine(context: String?, timeout: Int) -> any Engine {
        DockerEngine(context: context, limit: .seconds(timeout)) { [terminal] in terminal.say("\($0)\n") }
    }
}
