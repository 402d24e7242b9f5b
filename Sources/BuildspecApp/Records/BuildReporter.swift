internal import BuildPlanning
internal import Rendering

/// Takes every event once and gives it to all who want it: the record first, then the result and the terminal.
actor BuildReporter {
    private(set) var result: BuildResult
    private let format: Settings.Output.LogFormat
    private let terminal: Terminal
    private var screen: LogRenderer
    private var plainLog = LogRenderer()
    private let record: BuildRecord
    /// Whether nobody reads standard output any more: the record goes on without it.
    private var isScreenGone = false

    /// - Parameter result: what the events of a build that goes on have come to so far.
    init(
        _ format: Settings.Output.LogFormat, _ terminal: Terminal, record: BuildRecord,
        continuing result: BuildResult = BuildResult()
    ) {
        self.result = result
        self.format = format
        self.terminal = terminal
        self.record = record
        screen = LogRenderer(usesColor: terminal.outputUsesColor)
    }

    /// - Throws: ``Terminal/BrokenPipe`` or ``Failure``, once, when standard output cannot be written; ``Failure`` when the
    ///   record cannot.
    func take(_ event: BuildEvent) throws {
        if case .buildFinished = event.kind { record.noteEnd() }
        try record.append(event, log: plainLog.render(event))
        result.add(event)
        if case .notice(let text) = event.kind { terminal.say(text.hasSuffix("\n") ? text : text + "\n") }
        guard !isScreenGone else { return }
        do {
            switch format {
            case .codebuild: try terminal.write(screen.render(event))
            case .json: try terminal.write(event.json.bytes + [0x0a])
            case .quiet: break
            }
        } catch {
            isScreenGone = true
            throw error
        }
    }

    /// Ends the build as STOPPED in the record alone: the program is about to end, and the screen may never take another byte.
    func stop(at time: Timestamp) {
        guard result.endTime == nil else { return }
        isScreenGone = true
        // Nobody is left who could do anything about a record that cannot be written.
        for event in result.breakingOff(.stopped, at: time) { try? take(event) }
    }
}
