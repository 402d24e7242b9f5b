public import BuildPlanning

extension BuildLog {
    /// Makes the log of a recorded build. The events tell exactly where texts and outputs end.
    public init(events: some Sequence<BuildEvent>) {
        var open: [UInt8] = []
        for event in events {
            if case .output(_, let bytes) = event.kind {
                open += bytes
                continue
            }
            addOutput(open)
            open = []
            add(event.kind)
        }
        addOutput(open)
        trimOutputs()
    }

    private mutating func add(_ kind: BuildEvent.Kind) {
        switch kind {
        case .buildStarted(let start): sourceDirectory = start.sourceDirectory
        case .phaseStarted(let phase): enter(phase)
        case .phaseSkipped(let phase): skippedPhases.insert(phase.rawValue)
        case .buildResumed(let point, _): goBack(to: BuildPhase(point.phase))
        case .agentLog(let phase, let text):
            enter(phase)
            phases[phases.count - 1].agentLines.append(text)
        case .commandStarted(let phase, let command, let location):
            enter(phase)
            phases[phases.count - 1].commands.append(Command(text: command, location: location))
        case .commandFinished(let phase, _, let exitStatus, _):
            enter(phase)
            guard let last = phases[phases.count - 1].commands.indices.last else { return }
            phases[phases.count - 1].commands[last].exitStatus = exitStatus
        case .phaseFinished(let phase, let status, let context, _):
            enter(phase)
            phases[phases.count - 1].state = status.rawValue
            phases[phases.count - 1].statusCode = context.statusCode
            phases[phases.count - 1].message = context.message
        default: break
        }
    }

    /// Removes the failed command and everything after it, which a resumed build runs again.
    private mutating func goBack(to phase: BuildPhase) {
        guard let place = phases.lastIndex(where: { $0.name == phase.rawValue }) else { return }
        phases.removeSubrange((place + 1)...)
        let failed = phases[place].commands.firstIndex { $0.exitStatus != 0 }
        if let failed { phases[place].commands.removeSubrange(failed...) }
    }

    /// Begins a phase. Events before its start may belong to it too, such as the first two lines of a build.
    private mutating func enter(_ phase: BuildPhase) {
        if phases.last?.name != phase.rawValue { phases.append(Phase(name: phase.rawValue)) }
    }

    /// Adds output to the last command. Output before every command comes from the agent and is ignored.
    private mutating func addOutput(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, let phase = phases.lastIndex(where: { !$0.commands.isEmpty }),
            let command = phases[phase].commands.indices.last
        else { return }
        phases[phase].commands[command].output += LogLines.split(bytes)
    }
}

/// Splits logs into lines.
enum LogLines {
    /// Splits at line feeds and CRLF, and replaces bytes that are not UTF-8 as CloudWatch does.
    static func split(_ bytes: [UInt8]) -> [String] {
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { line in String(decoding: line.last == 0x0d ? line.dropLast() : line, as: UTF8.self) }
    }
}
