internal import BuildPlanning
internal import Rendering
/// Takes every event once and gives it to all who want it: the terminal, the record, the result.
actor BuildReporter {
    private(set) var result = BuildResult()
    private let format: RunSettings.LogFormat
    private let terminal: Terminal
    private var screen: LogRenderer
    private var plainLog = LogRenderer()
    private let record: BuildRecord?

    /// - Parameter result: what the events of a build that goes on have come to so far.
    init(
        format: RunSettings.LogFormat, terminal: Terminal, record: BuildRecord?, continuing result: BuildResult? = nil
    ) {
        if let result { self.result = result }
        self.format = format
        self.terminal = terminal
        self.record = record
        screen = LogRenderer(usesColor: terminal.outputUsesColor)
    }

    func take(_ event: BuildEvent) throws {
        result.add(event)
        if case .notice(let text) = event.kind { terminal.say(text.hasSuffix("\n") ? text : text + "\n") }
        let json = format == .json || record != nil ? event.json.bytes + [0x0a] : []
        if let record { try record.append(event: json, log: plainLog.render(event)) }
        switch format {
        case .codebuild: try terminal.write(screen.render(event))
        case .json: try terminal.write(json)
        case .quiet: break
        }
    }
}
