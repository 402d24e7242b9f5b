internal import BuildPlanning
internal import Engines
internal import Files

extension Machine {
    /// The engine that the builds of a project run on. Here alone outside its room an engine is named.
    func engine(of settings: Settings) -> any Engine {
        engine(settings.engine ?? .docker, context: settings.container.context, timeout: settings.engineTimeout)
    }

    /// The engine of commands that mean no project: as a flag or the environment says.
    ///
    /// - Throws: ``Failure`` for a client that is not known, or a time limit that is none.
    func engine(context: String? = nil) throws -> any Engine {
        let limit = places.variable("engine-timeout") ?? Settings.defaultEngineTimeout
        let name = places.variable("engine")
        guard let client = name == nil ? places.engineClient : name.flatMap(EngineClient.init) else {
            throw Failure(
                .usage, "`\(Places.variableName(of: "engine"))` is `\(name ?? "")`, expected `docker` or `podman`")
        }
        return engine(
            client, context: context ?? places.variable("context"),
            timeout: try Settings.seconds(limit, of: "engine-timeout"))
    }

    /// An engine that is given up after a moment, without a word: for questions that may stay without an answer.
    func briefEngine(within limit: Duration) -> any Engine {
        DockerEngine(
            client: places.variable("engine").flatMap(EngineClient.init) ?? places.engineClient,
            context: places.variable("context"), limit: limit)
    }

    /// The engine that an image of a cache lies on.
    func engine(of record: CacheImageRecord) -> any Engine {
        DockerEngine(context: record.context, limit: .seconds(record.engineTimeout))
    }

    /// The engine that a spare runs on.
    func engine(of record: SpareRecord) -> any Engine {
        DockerEngine(context: record.context, limit: .seconds(record.engineTimeout))
    }

    private func engine(_ client: EngineClient, context: String?, timeout: Int) -> any Engine {
        DockerEngine(client: client, context: context, limit: .seconds(timeout)) { [terminal] in
            terminal.say("\($0)\n")
        }
    }
}

extension Places {
    /// The client that is taken where nobody names one: `docker`; `podman` where there is no `docker`, or where that is podman in
    /// its place, as the package podman-docker has it.
    var engineClient: EngineClient {
        guard let docker = program("docker") else { return program("podman") == nil ? .docker : .podman }
        return Self.isPodman(docker) ? .podman : .docker
    }

    /// The path of a program that PATH leads to.
    private func program(_ name: String) -> String? {
        (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Whether a program is a link to podman, or a small script that names it.
    private static func isPodman(_ program: String) -> Bool {
        guard let path = realpath(program, nil) else { return false }
        defer { free(path) }
        if String(cString: path).hasSuffix("/podman") { return true }
        var info = stat()
        // What cannot be read is taken for what its name says.
        guard stat(path, &info) == 0, info.st_size < 4096, let text = try? Files.read(program) else { return false }
        return text.starts(with: "#!".utf8) && String(decoding: text, as: UTF8.self).contains("podman")
    }
}
