internal import BuildPlanning
internal import SpecParsing

/// Emits the events of one build, each with its time, one after the other in the order of their times.
///
/// It waits until each event was taken: a slow terminal slows the build. Secrets in all texts are masked here. After
/// `buildFinished` nothing is emitted any more.
actor EventSink {
    private let now: @Sendable () -> Timestamp
    private let emit: Emit
    private var phase: BuildPhase
    private var phaseStart: Timestamp
    /// How the last phase has ended; `nil` while it runs, and before the first.
    private var phaseEnd: PhaseStatus?
    private var commandStart: Timestamp
    /// The beginning of a character whose rest has not come yet.
    private var unfinished: [UInt8] = []
    private var mask: SecretMask?
    /// The secrets that have come since the build began, such as renewed AWS credentials.
    private(set) var hiddenLater: [SecretText] = []
    /// The time after which the first letters of a possible secret are shown though the rest has not come.
    private let pause: Duration
    private var isPausing = false
    /// The end of what the current command printed, for explaining its failure; at most twice ``keptOutput``.
    private(set) var lastOutput: [UInt8] = []
    private static let keptOutput = 16_384

    private var isEmitting = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var isFinished = false

    /// - Parameter phase: the phase that events belong to until one begins.
    init(
        now: @escaping @Sendable () -> Timestamp, mask: SecretMask? = nil, pause: Duration = .milliseconds(200),
        phase: BuildPhase = .downloadSource, emit: @escaping Emit
    ) {
        self.now = now
        self.mask = mask
        self.pause = pause
        self.phase = phase
        self.emit = emit
        phaseStart = now()
        commandStart = phaseStart
    }

    /// Hides further secrets from now on.
    func hide(_ secrets: [SecretText]) {
        mask?.add(secrets)
        hiddenLater += secrets
    }

    func send(_ kind: BuildEvent.Kind) async throws { try await send(kind, at: now()) }

    private func send(_ kind: BuildEvent.Kind, at time: Timestamp) async throws {
        try await inTurn {
            switch kind {
            // These may come in the middle of a command's output, and do not end it.
            case .notice, .imageUsed, .networkUsed: break
            default: try await flush(at: time)
            }
            if case .buildFinished = kind { isFinished = true }
            try await emit(BuildEvent(time: time, kind: mask?.masked(kind) ?? kind))
        }
    }

    /// Runs bodies one after the other in the order of the calls, though the actor is re-entrant.
    ///
    /// A caller that takes the time just before the call is served in the order of the times.
    private func inTurn(_ body: () async throws -> Void) async throws {
        if isEmitting { await withCheckedContinuation { waiting.append($0) } }
        isEmitting = true
        defer { if waiting.isEmpty { isEmitting = false } else { waiting.removeFirst().resume() } }
        if !isFinished { try await body() }
    }

    /// Emits a line of the agent's log in the current phase.
    func log(_ text: String) async throws { try await send(.agentLog(phase: phase, text: text)) }

    func output(_ bytes: [UInt8]) async throws {
        let time = now()
        try await inTurn {
            let shown = mask?.feed(bytes) ?? bytes
            if mask?.isHolding == true { showAfterPause() }
            try await show(shown, at: time)
        }
    }

    /// Emits bytes as far as their characters are complete.
    private func show(_ bytes: [UInt8], at time: Timestamp) async throws {
        lastOutput += bytes.suffix(Self.keptOutput)
        if lastOutput.count > 2 * Self.keptOutput { lastOutput.removeFirst(lastOutput.count - Self.keptOutput) }
        // A build may print gigabytes: no copy is made where none is needed.
        let whole = unfinished.isEmpty ? bytes : unfinished + bytes
        let held = incompleteCharacterLength(whole)
        unfinished = held == 0 ? [] : Array(whole.suffix(held))
        guard whole.count > held else { return }
        let shown = held == 0 ? whole : Array(whole.dropLast(held))
        try await emit(BuildEvent(time: time, kind: .output(phase: phase, bytes: shown)))
    }

    private func showAfterPause() {
        guard !isPausing else { return }
        isPausing = true
        // Nobody waits for this task: it only makes the last letters of a line appear earlier than the next event would.
        // An error of its `emit` meets the next event as well, and is thrown there.
        Task {
            try? await Task.sleep(for: pause)
            isPausing = false
            let time = now()
            try? await inTurn {
                if let shown = mask?.pause(), !shown.isEmpty { try await show(shown, at: time) }
            }
        }
    }

    func begin(_ phase: BuildPhase) async throws {
        self.phase = phase
        phaseStart = now()
        phaseEnd = nil
        try await send(.phaseStarted(phase: phase), at: phaseStart)
    }

    func end(_ status: PhaseStatus, _ context: PhaseContext) async throws {
        phaseEnd = status
        let time = now()
        try await send(
            .phaseFinished(
                phase: phase, status: status, context: context, milliseconds: time.milliseconds(since: phaseStart)),
            at: time)
    }

    /// Ends the phase in which the build broke off, or after which. A phase that has failed before keeps its own reason.
    func breakOff(_ status: PhaseStatus, _ context: PhaseContext) async throws {
        if phaseEnd == nil || phaseEnd == .succeeded { try await end(status, context) }
    }

    func retry(_ attempt: Int, of limit: Int) async throws {
        try await send(.phaseRetried(phase: phase, attempt: attempt, limit: limit))
    }

    func commandStarted(_ command: BuildSpec.Command) async throws {
        commandStart = now()
        lastOutput = []
        try await send(
            .commandStarted(phase: phase, command: command.text, location: command.location), at: commandStart)
    }

    func commandFinished(_ command: BuildSpec.Command, exitStatus: Int) async throws {
        let time = now()
        try await send(
            .commandFinished(
                phase: phase, command: command.text, exitStatus: exitStatus,
                milliseconds: time.milliseconds(since: commandStart)),
            at: time)
    }

    func explained(_ command: BuildSpec.Command, help: String?, failedTests: [String]) async throws {
        try await send(
            .commandExplained(phase: phase, command: command.text, help: help, failedTests: failedTests))
    }

    private func flush(at time: Timestamp) async throws {
        if let rest = mask?.finish(), !rest.isEmpty { try await show(rest, at: time) }
        guard !unfinished.isEmpty else { return }
        let bytes = unfinished
        unfinished = []
        try await emit(BuildEvent(time: time, kind: .output(phase: phase, bytes: bytes)))
    }
}
