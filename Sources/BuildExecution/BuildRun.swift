internal import Engines
internal import BuildPlanning
internal import SpecParsing

/// One build in its container, from DOWNLOAD_SOURCE to UPLOAD_ARTIFACTS.
struct BuildRun: Sendable {
    let executor: BuildExecutor
    let session: DriverSession
    let sink: EventSink
    let cacheMemory = CacheMemory()

    var plan: BuildPlan { executor.plan }

    func perform() async throws -> BuildStatus {
        if let failure = try await downloadSource() {
            try await sink.end(.failed, failure)
            return .failed
        }
        try await sink.end(.succeeded, .none)
        var rules: [PhaseName: BuildSpec.OnFailure] = [:]
        for phase in plan.phases { rules[phase.name] = phase.onFailure }
        var machine = PhaseMachine(rules: rules)
        while true {
            switch machine.next() {
            case .run(let name):
                guard let phase = plan.phases.first(where: { $0.name == name }) else { continue }
                if try await !perform(phase) { machine.failed(name) }
            case .uploadArtifacts:
                if try await !uploadArtifacts() { machine.uploadFailed() }
            case .finish(let status):
                try await exportVariables()
                return status
            }
        }
    }

    // MARK: DOWNLOAD_SOURCE (CODEBUILD.md 3.1, 4.1)

    /// - Returns: why the phase failed, or `nil`.
    private func downloadSource() async throws -> PhaseContext? {
        try await sink.log("Waiting for DOWNLOAD_SOURCE")
        try await sink.begin(.downloadSource)
        try await sink.log("Phase is DOWNLOAD_SOURCE")
        if let problem = try await prepare() {
            return PhaseContext(statusCode: "CLIENT_ERROR", message: problem)
        }
        for line in plan.openingLines { try await sink.log(line) }
        if plan.asksForRuntimes {
            try await sink.log(
                "Skipping install of runtimes. Runtime version selection is not supported by this build image")
        }
        try await sink.log("Moving to directory \(plan.sourceDirectory)")
        try await restoreCache()
        try await sink.log("Registering with agent")
        for line in plan.phaseCountLines { try await sink.log(line) }
        return nil
    }

    /// Makes the folders, brings the source in and writes the first `env.sh`.
    private func prepare() async throws -> String? {
        var status = try await session.perform("prepare \(plan.sourceDirectory.shellQuoted)")
        guard status == 0 else {
            return "the image has no working `mkdir`, or its file system is full (status \(status))"
        }
        if let problem = try await executor.source.stage(
            into: plan.sourceDirectory, of: executor.container.name, engine: executor.engine, session: session)
        {
            return problem
        }
        status = try await session.perform(
            "put /codebuild/output/tmp/env.sh \(plan.environmentFile.shellQuoted)")
        guard status == 0 else { return "cannot write /codebuild/output/tmp/env.sh (status \(status))" }
        if let text = plan.inlineBuildspec {
            _ = try await session.perform("put /codebuild/readonly/buildspec.yml \(text.shellQuoted)")
        }
        return try await makeWritableForUsers()
    }

    /// Every `run-as` user gets the source to read and write; root has it anyway.
    private func makeWritableForUsers() async throws -> String? {
        let users = Set(plan.phases.filter(\.isPresent).compactMap(\.runAs)).subtracting(["root"]).sorted()
        for user in users {
            switch try await session.perform("become \(user.shellQuoted) && own \(user.shellQuoted)") {
            case 0: break
            case 67: return "`run-as` names user `\(user)`, which the image does not have"
            case 69: return "`run-as` needs `setpriv`, `su` or `chroot` in the image, which has none of them"
            case let status: return "cannot give the source to user `\(user)` (status \(status))"
            }
        }
        guard users.count > 1 else { return nil }
        let status = try await session.perform("chmod -R a+rwX \"$source\"")
        return status == 0 ? nil : "cannot let several users write to the source (status \(status))"
    }

    // MARK: INSTALL to POST_BUILD

    /// - Returns: whether the phase succeeded.
    private func perform(_ phase: BuildPlan.Phase) async throws -> Bool {
        try await sink.begin(BuildPhase(phase.name))
        var failure = try await perform(phase.commands, of: phase)
        if let failed = try await perform(phase.finally, of: phase), failure == nil { failure = failed }
        if phase.name == .postBuild { try await saveCache() }
        try await sink.end(failure == nil ? .succeeded : .failed, failure ?? .none)
        return failure == nil
    }

    /// Runs commands until one fails.
    private func perform(_ commands: [BuildSpec.Command], of phase: BuildPlan.Phase) async throws -> PhaseContext? {
        for command in commands {
            try await sink.commandStarted(command)
            let user = phase.runAs == "root" ? nil : phase.runAs
            let words = [user ?? "", plan.shell.program, plan.script(for: command.text)]
            let status = try await session.perform("run " + words.map(\.shellQuoted).joined(separator: " "))
            try await sink.commandFinished(command, exitStatus: status)
            guard status == 0 else {
                _ = try await session.perform(
                    "append /codebuild/output/tmp/env.sh \("export CODEBUILD_BUILD_SUCCEEDING='0'\n".shellQuoted)")
                return .commandFailed(command.text, exitStatus: status)
            }
        }
        return nil
    }

    // MARK: The end

    private func exportVariables() async throws {
        guard !plan.exportedVariables.isEmpty else { return }
        let variables = try await finalVariables()
        try await sink.send(
            .variablesExported(
                plan.exportedVariables.compactMap { name in
                    // Names starting with AWS_ are not exportable; an unset one is left out (CODEBUILD.md 3.6).
                    guard !name.hasPrefix("AWS_"), let value = variables[name] else { return nil }
                    return .init(name: name, value: value)
                }))
    }

    /// The environment as a next command would find it.
    func finalVariables() async throws -> [String: String] {
        let answer = try await session.ask("variables \(plan.shell.program.shellQuoted)")
        return Self.variables(answer.bytes.split(separator: 0)[...])
    }

    /// `NAME=VALUE` entries.
    static func variables(_ entries: ArraySlice<ArraySlice<UInt8>>) -> [String: String] {
        entries.reduce(into: [:]) { variables, entry in
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return }
            variables[String(decoding: entry[..<equals], as: UTF8.self)] =
                String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
    }
}
