internal import BuildPlanning
internal import OfflineWorld
internal import Rendering

/// Takes every event once and gives it to all who want it: the record first, then the result and the terminal.
actor BuildReporter {
    private(set) var result: BuildResult
    /// Whether the build has succeeded, and a deploy stage would refuse nothing of its artifacts.
    private(set) var isFaultless = false
    private let format: Settings.Output.LogFormat
    private let terminal: Terminal
    private var screen: LogRenderer
    private var plainLog = LogRenderer()
    private let record: BuildRecord
    /// Whether nobody reads standard output any more: the record goes on without it.
    private var isScreenGone = false

    /// The build of the service to compare with, and what is known here alone.
    struct Comparing: Sendable {
        let original: OriginalBuild
        /// How long it took to bring the source in, in milliseconds.
        let sourceTime: Int
    }

    private let comparing: Comparing?
    /// What the proxy has met since the build began, or went on.
    private var network = BuildEvent.NetworkUse()

    /// - Parameter result: what the events of a build that goes on have come to so far.
    init(
        _ format: Settings.Output.LogFormat, _ terminal: Terminal, record: BuildRecord,
        continuing result: BuildResult = BuildResult(), comparing: Comparing? = nil
    ) {
        self.comparing = comparing
        self.result = result
        self.format = format
        self.terminal = terminal
        self.record = record
        screen = LogRenderer(usesColor: terminal.outputUsesColor)
    }

    /// - Throws: ``Terminal/BrokenPipe`` or ``Failure``, once, when standard output cannot be written; ``Failure`` when the
    ///   record cannot.
    func take(_ event: BuildEvent) throws {
        if case .buildFinished(let status) = event.kind {
            if !network.isEmpty {
                try take(BuildEvent(time: event.time, kind: .networkUsed(network)))
                network = .init()
            }
            if let comparison = comparison(ending: status) {
                try take(BuildEvent(time: event.time, kind: .comparedWithOriginal(comparison)))
            }
            record.noteEnd()
        }
        try record.append(event, log: plainLog.render(event))
        result.add(event)
        terminal.board.take(event, of: terminal.boardName)
        if case .notice(let text) = event.kind { terminal.say(text.hasSuffix("\n") ? text : text + "\n") }
        guard !isScreenGone else { return }
        do {
            switch format {
            case .codebuild: try terminal.write(screen.render(event))
            case .json: try terminal.write(event.json(in: result).bytes + [0x0a])
            case .quiet: break
            }
        } catch {
            isScreenGone = true
            throw error
        }
    }

    func noteFaultless() { isFaultless = true }

    /// Counts what the proxy has met, to be told at the end.
    func count(_ event: ProxyEvent) {
        switch event {
        case .recorded(_, let bytes):
            network.recorded += 1
            network.recordedBytes += bytes
        case .replayed: network.replayed += 1
        case .missing: network.missed += 1
        case .damaged, .failed: network.failed += 1
        }
    }

    /// How the build compares with the one of the service; `nil` where there is none, or the user has stopped the build.
    private func comparison(ending status: BuildStatus) -> OriginalComparison? {
        guard let comparing, status != .stopped else { return nil }
        var comparison = OriginalComparison(of: comparing.original, with: result, ending: status)
        comparison.times.source = comparing.sourceTime
        if let start = result.startTime, let ready = result.readyTime {
            comparison.times.start = ready.milliseconds(since: start)
            comparison.times.failure = result.failureTime?.milliseconds(since: ready)
        }
        return comparison
    }

    /// Ends the build as STOPPED in the record alone: the program is about to end, and the screen may never take another byte.
    func stop(at time: Timestamp) {
        guard result.endTime == nil else { return }
        isScreenGone = true
        // Nobody is left who could do anything about a record that cannot be written.
        for event in result.breakingOff(.stopped, at: time) { try? take(event) }
    }
}
