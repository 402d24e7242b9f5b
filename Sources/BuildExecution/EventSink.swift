internal import BuildPlanning
internal import SpecParsing

/// Puts what happens into one line of events, stamps it, and waits until each was taken: a slow terminal slows the build.
actor EventSink {
    private let now: @Sendable () -> Timestamp
    private let emit: @Sendable (BuildEvent) async throws -> Void
    private var phase = BuildPhase.downloadSource
    private var phaseStart: Timestamp
    private(set) var currentStart: Timestamp
    /// The beginning of a character whose rest is still to come.
    private var unfinished: [UInt8] = []

    init(now: @escaping @Sendable () -> Timestamp, emit: @escaping @Sendable (BuildEvent) async throws -> Void) {
        self.now = now
        self.emit = emit
        phaseStart = now()
        currentStart = phaseStart
    }

    func send(_ kind: BuildEvent.Kind) async throws {
        try await flush()
        try await emit(BuildEvent(time: now(), kind: kind))
    }

    /// A line of the agent's log in the current phase.
    func log(_ text: String) async throws { try await send(.agentLog(phase: phase, text: text)) }

    func output(_ bytes: [UInt8]) async throws {
        let whole = unfinished + bytes
        let held = incompleteCharacterLength(whole)
        unfinished = Array(whole.suffix(held))
        guard whole.count > held else { return }
        try await emit(BuildEvent(time: now(), kind: .output(phase: phase, bytes: Array(whole.dropLast(held)))))
    }

    func begin(_ phase: BuildPhase) async throws {
        self.phase = phase
        phaseStart = now()
        try await send(.phaseStarted(phase: phase))
    }

    func end(_ status: PhaseStatus, _ context: PhaseContext) async throws {
        let milliseconds = now().milliseconds(since: phaseStart)
        try await send(.phaseFinished(phase: phase, status: status, context: context, milliseconds: milliseconds))
    }

    func retry(_ attempt: Int, of limit: Int) async throws {
        try await send(.phaseRetried(phase: phase, attempt: attempt, limit: limit))
    }

    func commandStarted(_ command: BuildSpec.Command) async throws {
        currentStart = now()
        try await send(.commandStarted(phase: phase, command: command.text, location: command.location))
    }

    func commandFinished(_ command: BuildSpec.Command, exitStatus: Int) async throws {
        let milliseconds = now().milliseconds(since: currentStart)
        try await send(
            .commandFinished(
                phase: phase, command: command.text, exitStatus: exitStatus, milliseconds: milliseconds))
    }

    private func flush() async throws {
        guard !unfinished.isEmpty else { return }
        let bytes = unfinished
        unfinished = []
        try await emit(BuildEvent(time: now(), kind: .output(phase: phase, bytes: bytes)))
    }
}
