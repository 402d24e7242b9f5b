internal import BuildPlanning
internal import SpecParsing

/// Puts what happens into one line of events, stamps it, and waits until each was taken: a slow terminal slows the build.
///
/// No secret gets past here: every text is masked before it becomes an event.
actor EventSink {
    private let now: @Sendable () -> Timestamp
    private let emit: Emit
    private var phase = BuildPhase.downloadSource
    private var phaseStart: Timestamp
    private(set) var currentStart: Timestamp
    /// The beginning of a character whose rest is still to come.
    private var unfinished: [UInt8] = []
    private var mask: SecretMask?
    /// How long the possible beginning of a secret is held back before its first letters are shown.
    private let pause: Duration
    private var isPausing = false
    /// The end of what the current command printed, for explaining its failure; at most twice ``keptOutput``.
    private(set) var lastOutput: [UInt8] = []
    private static let keptOutput = 16_384

    init(
        now: @escaping @Sendable () -> Timestamp, mask: SecretMask? = nil, pause: Duration = .milliseconds(200),
        emit: @escaping Emit
    ) {
        self.now = now
        self.mask = mask
        self.pause = pause
        self.emit = emit
        phaseStart = now()
        currentStart = phaseStart
    }

    func send(_ kind: BuildEvent.Kind) async throws {
        // Our own words may come in the middle of a command's: they end nothing.
        if case .notice = kind {} else { try await flush() }
        try await emit(BuildEvent(time: now(), kind: mask?.masked(kind) ?? kind))
    }

    /// A line of the agent's log in the current phase.
    func log(_ text: String) async throws { try await send(.agentLog(phase: phase, text: text)) }

    func output(_ bytes: [UInt8]) async throws {
        let shown = mask?.feed(bytes) ?? bytes
        if mask?.isHolding == true { showAfterPause() }
        try await show(shown)
    }

    /// Shows bytes as far as their characters are whole.
    private func show(_ bytes: [UInt8]) async throws {
        lastOutput += bytes.suffix(Self.keptOutput)
        if lastOutput.count > 2 * Self.keptOutput { lastOutput.removeFirst(lastOutput.count - Self.keptOutput) }
        let whole = unfinished + bytes
        let held = incompleteCharacterLength(whole)
        unfinished = Array(whole.suffix(held))
        guard whole.count > held else { return }
        try await emit(BuildEvent(time: now(), kind: .output(phase: phase, bytes: Array(whole.dropLast(held)))))
    }

    private func showAfterPause() {
        guard !isPausing else { return }
        isPausing = true
        // A task nobody waits for: it only makes the last letters of a line appear sooner than the next event would, and
        // whatever keeps it from doing so keeps the next event as well and is reported there.
        Task {
            try? await Task.sleep(for: pause)
            isPausing = false
            if let shown = mask?.pause(), !shown.isEmpty { try? await show(shown) }
        }
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
        lastOutput = []
        try await send(.commandStarted(phase: phase, command: command.text, location: command.location))
    }

    func commandFinished(_ command: BuildSpec.Command, exitStatus: Int) async throws {
        let milliseconds = now().milliseconds(since: currentStart)
        try await send(
            .commandFinished(
                phase: phase, command: command.text, exitStatus: exitStatus, milliseconds: milliseconds))
    }

    func explained(_ command: BuildSpec.Command, help: String?, failedTests: [String]) async throws {
        try await send(
            .commandExplained(phase: phase, command: command.text, help: help, failedTests: failedTests))
    }

    private func flush() async throws {
        if let rest = mask?.finish(), !rest.isEmpty { try await show(rest) }
        guard !unfinished.isEmpty else { return }
        let bytes = unfinished
        unfinished = []
        try await emit(BuildEvent(time: now(), kind: .output(phase: phase, bytes: bytes)))
    }
}
