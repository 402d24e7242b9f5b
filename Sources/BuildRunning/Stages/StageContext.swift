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

    /// Asks for the values that variables would have in the next command; unset ones are left out.
    ///
    /// - Throws: ``UnreadableState``
    func values(of names: some Sequence<String>) async throws -> [String: String] {
        let names = Set(names)
        // No shell can hold those with other names: no command has changed them.
        var values: [String: String] = [:]
        for variable in plan.engineVariables where names.contains(variable.name) {
            values[variable.name] = variable.value
        }
        let words = names.filter(\.isShellIdentifier).sorted()
        guard !words.isEmpty else { return values }
        let answer = try await session.ask(
            "values \(plan.shell.program.shellQuoted) " + words.joined(separator: " "))
        guard answer.status == 0 else { throw UnreadableState(status: answer.status) }
        for entry in answer.bytes.split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            values[String(decoding: entry[..<equals], as: UTF8.self)] =
                String(decoding: entry[(equals + 1)...], as: UTF8.self)
        }
        return values
    }

    /// Asks for the values of all variables that the next command would find exported by a command before.
    func stateValues() async throws -> [String: String] {
        let file = try await session.ask("cat \"$tmp/env.sh\" >&2")
        guard file.status == 0 else { throw UnreadableState(status: file.status) }
        return try await values(of: exportedNames(in: file.bytes))
    }

    /// Emits a notice for each variable of a path that is empty or not set, as the path then means something else.
    ///
    /// - Parameter place: what the path is written for: "artifacts: base-directory".
    func noteEmptyVariables(in path: String, of place: String, _ values: [String: String]) async throws {
        let expanded = expandVariables(in: path, values)
        for name in variableNames(in: path) where values[name, default: ""].isEmpty {
            try await sink.send(
                .notice(
                    text: "\(place) `\(path)`: \(name) is \(values[name] == nil ? "not set" : "empty") after the last "
                        + "command, so \(expanded.isEmpty ? "nothing is left of it" : "this means `\(expanded)`")"))
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

/// The build's shell could not read the variables that the commands have left.
struct UnreadableState: Error, CustomStringConvertible {
    /// The exit status of the shell.
    let status: Int

    var description: String {
        "cannot read the variables that the commands have left in \(ContainerLayout.environmentFile): the shell ended with "
            + "status \(status)"
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
