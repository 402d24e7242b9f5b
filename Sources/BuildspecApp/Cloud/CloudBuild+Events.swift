internal import AWSCalls
internal import BuildPlanning

/// A build of the service told in our events, so that it has the same result, tables and lists as a build here.
extension CloudBuild {
    /// - Parameter now: the time that a build which runs has come to.
    func result(now: Timestamp) -> BuildResult {
        var result = BuildResult()
        for event in events(now: now) { result.add(event) }
        return result
    }

    private func events(now: Timestamp) -> [BuildEvent] {
        let start = (startTime ?? phases?.first?.startTime).map(Timestamp.init) ?? now
        let id = BuildID(id) ?? BuildID(project: projectName ?? "", uuid: id)
        var events = [
            BuildEvent(
                time: start,
                kind: .buildStarted(
                    .init(
                        id: id, image: environment?.image ?? "", sourceDirectory: "", buildspec: "", source: nil)))
        ]
        var end = start
        for phase in phases ?? [] {
            guard let told = Self.events(of: phase, after: end, now: now) else { continue }
            events += told
            end = told.last?.time ?? end
        }
        let variables = exportedEnvironmentVariables ?? []
        events.append(
            BuildEvent(
                time: end,
                kind: .variablesExported(variables.map { .init(name: $0.name, value: $0.value ?? "") })))
        if let status = buildStatus.flatMap(BuildStatus.init), status != .inProgress {
            events.append(
                BuildEvent(time: endTime.map(Timestamp.init) ?? end, kind: .buildFinished(status: status)))
        }
        return events
    }

    /// - Returns: `nil` for COMPLETED, which is no phase that does something, and phases that are not known here.
    private static func events(of phase: Phase, after: Timestamp, now: Timestamp) -> [BuildEvent]? {
        guard let name = BuildPhase(rawValue: phase.phaseType), name != .completed else { return nil }
        let start = phase.startTime.map(Timestamp.init) ?? after
        var status = phase.phaseStatus.flatMap(PhaseStatus.init) ?? .inProgress
        // A phase that ended says so by its end, too.
        if status == .inProgress, phase.endTime != nil { status = .succeeded }
        let duration = phase.durationInSeconds.map { Int64(($0 * 1_000_000).rounded()) }
        let end =
            phase.endTime.map(Timestamp.init)
            ?? (status == .inProgress
                ? max(start, now) : Timestamp(microseconds: start.microseconds + (duration ?? 0)))
        let context = phase.contexts?.first { $0.statusCode?.isEmpty == false || $0.message?.isEmpty == false }
        let message = context?.message ?? ""
        var events = [BuildEvent(time: start, kind: .phaseStarted(phase: name))]
        if let failed = CommandMessage(message), let exitStatus = failed.exitStatus {
            events += [
                BuildEvent(
                    time: end, kind: .commandStarted(phase: name, command: failed.text, location: nil)),
                BuildEvent(
                    time: end,
                    kind: .commandFinished(
                        phase: name, command: failed.text, exitStatus: exitStatus, milliseconds: 0)),
            ]
        }
        let finished = BuildEvent.Kind.phaseFinished(
            phase: name, status: status,
            context: PhaseContext(statusCode: context?.statusCode ?? "", message: message),
            milliseconds: end.milliseconds(since: start))
        return events + [BuildEvent(time: end, kind: finished)]
    }
}

extension Timestamp {
    init(_ time: CloudTime) { self.init(microseconds: time.microseconds) }
}
