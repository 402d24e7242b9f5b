internal import Engines
internal import BuildPlanning
internal import SpecParsing

/// One build in its container, from DOWNLOAD_SOURCE to UPLOAD_ARTIFACTS.
struct BuildRun: Sendable {
    let executor: BuildExecutor
    let session: DriverSession
    let sink: EventSink
    /// How the source comes in.
    let way: SourceStaging.Way
    /// Given to the driver while the container came up; their statuses are read first.
    let opening: [OpeningOrder]
    /// Where a kept build goes on; `nil` for a build that begins.
    let resume: ResumePoint?
    let cacheMemory = CacheMemory()

    var plan: BuildPlan { executor.plan }

    /// - Throws: ``UnfitImage``, after the failed phase was told.
    func perform() async throws -> BuildStatus {
        if resume == nil {
            do {
                if let failure = try await downloadSource() {
                    try await sink.end(.failed, failure)
                    return .failed
                }
            } catch let unfit as UnfitImage {
                try await sink.end(.failed, Self.clientError(unfit.reason))
                throw unfit
            }
            try await sink.end(.succeeded, .none)
        } else if let problem = try await useDocker() {
            throw unfit(problem.message)
        }
        return try await performPhases()
    }

    private func performPhases() async throws -> BuildStatus {
        var rules: [PhaseName: BuildSpec.OnFailure] = [:]
        for phase in plan.phases { rules[phase.name] = phase.onFailure }
        let start = resume ?? executor.part.start
        if resume == nil { try await tellSkipped() }
        var machine = PhaseMachine(
            rules: rules, continueFailsTheBuild: plan.isStrict || PhaseMachine.continueFailsTheBuildByDefault,
            from: start?.phase ?? .install, until: executor.part.last)
        var isSucceeding = true
        while true {
            switch machine.next() {
            case .run(let name):
                guard let phase = plan.phases.first(where: { $0.name == name }) else { continue }
                let point = start?.phase == name ? start : nil
                try await makeCheckpoint(before: phase)
                if try await !perform(phase, from: point, isSucceeding: isSucceeding) {
                    machine.failed(name)
                    isSucceeding = false
                }
            case .uploadArtifacts:
                if try await !uploadArtifacts() { machine.uploadFailed() }
            case .finish(let status):
                try await exportVariables()
                try await noteDockerImages()
                return status
            }
        }
    }

    /// Says which phases are left out because only a part of the build was asked for.
    private func tellSkipped() async throws {
        let part = executor.part
        for phase in PhaseName.allCases where phase < part.start?.phase ?? .install || phase > part.last {
            try await sink.send(.phaseSkipped(phase: BuildPhase(phase)))
        }
    }

    // MARK: DOWNLOAD_SOURCE (CODEBUILD.md 3.1, 4.1)

    /// - Returns: why the phase failed, or `nil`.
    private func downloadSource() async throws -> PhaseContext? {
        try await sink.log("Waiting for DOWNLOAD_SOURCE")
        try await sink.begin(.downloadSource)
        try await sink.log("Phase is DOWNLOAD_SOURCE")
        if let problem = try await prepare() { return Self.clientError(problem) }
        for line in plan.openingLines { try await sink.log(line) }
        if !plan.runtimeVersions.isEmpty {
            try await sink.log(
                "Skipping install of runtimes. Runtime version selection is not supported by this build image")
        }
        try await sink.log("Moving to directory \(plan.sourceDirectory)")
        try await restoreCache()
        if let problem = try await useDocker() { return problem }
        try await sink.log("Registering with agent")
        for line in plan.phaseCountLines { try await sink.log(line) }
        return nil
    }

    static func clientError(_ message: String) -> PhaseContext {
        PhaseContext(statusCode: "CLIENT_ERROR", message: message)
    }

    /// Waits for the folders, the first `env.sh` and the source.
    private func prepare() async throws -> String? {
        for (order, status) in zip(opening, try await session.replies(opening.count)) where status != 0 {
            return order.problem(status)
        }
        if let problem = try await executor.source.stream(
            way, into: plan.sourceDirectory, of: executor.container.name, engine: executor.engine, session: session)
        {
            return problem
        }
        if case .named(let shell) = plan.shell,
            try await session.perform("command -v \(shell.shellQuoted) >/dev/null") != 0
        {
            throw unfit("`env.shell` names `\(shell)`, which the image does not have")
        }
        return try await makeWritableForUsers()
    }

    private func unfit(_ reason: String) -> UnfitImage { UnfitImage(image: plan.image, reason: reason) }

    /// Every `run-as` user gets the source to read and write; root has it anyway.
    private func makeWritableForUsers() async throws -> String? {
        let users = Set(plan.phases.filter(\.isPresent).compactMap(\.runAs)).subtracting(["root"]).sorted()
        for user in users {
            switch try await session.perform("become \(user.shellQuoted) && own \(user.shellQuoted)") {
            case 0: break
            case 67: throw unfit("`run-as` names user `\(user)`, which the image does not have")
            case 69: throw unfit("`run-as` needs `setpriv`, `su` or `chroot`, and the image has none of them")
            case let status: return "cannot give the source to user `\(user)` (status \(status))"
            }
        }
        guard users.count > 1 else { return nil }
        let status = try await session.perform("chmod -R a+rwX \"$source\"")
        return status == 0 ? nil : "cannot let several users write to the source (status \(status))"
    }

    // MARK: INSTALL to POST_BUILD

    /// - Parameters:
    ///   - point: where in the phase to begin.
    ///   - isSucceeding: whether all phases before have succeeded.
    /// - Returns: whether the phase succeeded.
    private func perform(
        _ phase: BuildPlan.Phase, from point: ResumePoint?, isSucceeding: Bool
    ) async throws -> Bool {
        try await sink.begin(BuildPhase(phase.name))
        let isInFinally = point?.isInFinally ?? false, first = point?.index ?? 0
        let commands = isInFinally ? [] : phase.commands.dropFirst(first)
        let finally = phase.finally.dropFirst(isInFinally ? first : 0)
        let remembers = executor.keep != .never && isSucceeding
        let retry = RetryRule(phase.onFailure)
        if retry.limit > 0 { _ = try await session.perform("kept=$(cat \"$tmp/dir.txt\")") }
        var failure = try await perform(commands, of: phase, remembering: remembers), attempt = 0
        while let failed = failure, attempt < retry.limit, retry.matches(failed) {
            attempt += 1
            try await sink.retry(attempt, of: retry.limit)
            try await beginAnew(isSucceeding: isSucceeding)
            failure = try await perform(phase.commands[...], of: phase, remembering: remembers)
        }
        let inFinally = try await perform(
            finally, of: phase, isFinally: true, remembering: remembers && failure == nil)
        failure = failure ?? inFinally
        if phase.name == .postBuild { try await saveCache() }
        try await sink.end(failure == nil ? .succeeded : .failed, failure ?? .none)
        return failure == nil
    }

    /// Puts back what the failed attempt of a phase has changed: the folder, and the flag of success; variables stay.
    /// [inferred, CODEBUILD.md 3.5: the commands are repeated from the first]
    private func beginAnew(isSucceeding: Bool) async throws {
        _ = try await session.perform("printf '%s\\n' \"$kept\" >\"$tmp/dir.txt\"")
        guard isSucceeding else { return }
        _ = try await session.perform(
            "append \(ContainerLayout.environmentFile) \("export CODEBUILD_BUILD_SUCCEEDING='1'\n".shellQuoted)")
    }

    /// Runs commands until one fails.
    ///
    /// - Parameter remembers: whether the state each begins with is kept, in case it fails.
    private func perform(
        _ commands: ArraySlice<BuildSpec.Command>, of phase: BuildPlan.Phase, isFinally: Bool = false,
        remembering remembers: Bool
    ) async throws -> PhaseContext? {
        for (index, written) in zip(commands.indices, commands) {
            let point = ResumePoint(phase: phase.name, isInFinally: isFinally, index: index)
            guard let command = try await stepped(written, at: point) else { continue }
            try await sink.commandStarted(command)
            let user = phase.runAs == "root" ? nil : phase.runAs
            let words = [user ?? "", plan.shell.program, plan.script(for: command.text)]
            let status = try await session.perform(
                (remembers ? "remember; " : "") + "run " + words.map(\.shellQuoted).joined(separator: " "))
            try await sink.commandFinished(command, exitStatus: status)
            guard status == 0 else {
                try await explain(command, exitStatus: status)
                _ = try await session.perform(
                    "append \(ContainerLayout.environmentFile) \("export CODEBUILD_BUILD_SUCCEEDING='0'\n".shellQuoted)"
                )
                if executor.debugging.pausesAfterFailure { try await pause("after \(point) failed") }
                return .commandFailed(command.text, exitStatus: status)
            }
        }
        return nil
    }

    // MARK: The end

    private func exportVariables() async throws {
        guard !plan.exportedVariables.isEmpty else { return }
        let variables = try await finalVariables(), secrets = plan.secretExports
        if !secrets.isEmpty {
            try await sink.send(.notice(text: "not exported, being secrets: \(secrets.joined(separator: ", "))"))
        }
        try await sink.send(
            .variablesExported(
                plan.exportedVariables.compactMap { name in
                    // Names starting with AWS_ are not exportable; an unset one is left out (CODEBUILD.md 3.6).
                    guard !name.hasPrefix("AWS_"), !secrets.contains(name), let value = variables[name] else {
                        return nil
                    }
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
