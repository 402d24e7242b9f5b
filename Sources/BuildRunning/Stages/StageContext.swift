internal import BuildPlanning
internal import Engines

/// What every stage of one build works with: the job, the running container, its driver, and the sink of events.
struct StageContext: Sendable {
    let job: BuildJob
    let container: ContainerSpec
    let session: DriverSession
    let sink: EventSink

    var plan: BuildPlan { job.plan }
    var engine: any BuildEngine { job.surroundings.engine }
    var now: @Sendable () -> Timestamp { job.surroundings.process.now }

    func unfit(_ reason: String) -> UnfitImage { UnfitImage(image: plan.image, reason: reason) }

    /// Asks for the environment that the next command would have.
    func finalVariables() async throws -> [String: String] {
        let answer = try await session.ask("variables \(plan.shell.program.shellQuoted)")
        return Self.variables(answer.bytes.split(separator: 0)[...])
    }

    /// Reads `NAME=VALUE` entries.
    static func variables(_ entries: ArraySlice<ArraySlice<UInt8>>) -> [String: String] {
        entries.reduce(into: [:]) { variables, entry in
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return }
            variables[String(decoding: entry[..<equals], as: UTF8.self)] =
                String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
    }

    /// Expands a `cache.key`, a fallback key or an artifact's `name` as the build's shell does between double quotes.
    ///
    /// It runs in the source's folder and with the build's variables [inferred: CODEBUILD.md 7 has `$VAR` and `$(…)` only].
    func evaluated(_ text: String) async throws -> (status: Int, text: String) {
        let order = ["evaluate", plan.shell.program.shellQuoted, text.shellQuoted].joined(separator: " ")
        let answer = try await session.ask(order)
        // A round trip puts the shell's complaints into the log before what follows.
        _ = try await session.perform(":")
        return (answer.status, String(decoding: answer.bytes, as: UTF8.self).trimmingWhitespace)
    }
}

extension PhaseContext {
    static func clientError(_ message: String) -> PhaseContext {
        PhaseContext(statusCode: "CLIENT_ERROR", message: message)
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        let front = drop(while: \.isWhitespace)
        return String(front.prefix(front.count - front.reversed().prefix(while: \.isWhitespace).count))
    }
}
