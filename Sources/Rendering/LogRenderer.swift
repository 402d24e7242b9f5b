public import BuildPlanning

/// Turns events into the text of CodeBuild's own log (CODEBUILD.md 4), byte for byte, with optional colours.
public struct LogRenderer: Sendable {
    private let usesColor: Bool
    /// Whether the output of the current command so far does not end in a line feed.
    private var isInsideLine = false

    /// Makes a renderer for one build; with `usesColor` it adds ANSI escapes.
    public init(usesColor: Bool = false) { self.usesColor = usesColor }

    /// The bytes that an event adds to the log; empty for some events.
    public mutating func render(_ event: BuildEvent) -> [UInt8] {
        switch event.kind {
        case .agentLog(_, let text): return line(text, at: event.time)
        case .phaseStarted(let phase):
            return Self.isEntered(phase) ? line("Entering phase \(phase.rawValue)", at: event.time, in: .bold) : []
        case .commandStarted(_, let command, _):
            isInsideLine = false
            return line("Running command \(command)", at: event.time, in: .bold)
        case .output(_, let bytes):
            if let last = bytes.last { isInsideLine = last != 0x0a }
            return bytes
        case .commandFinished(_, let command, let exitStatus, _):
            let end = Self.endOfOutput(isInsideLine: isInsideLine)
            isInsideLine = false
            guard exitStatus != 0 else { return end }
            return end
                + line(
                    "Command did not exit successfully \(command) exit status \(exitStatus)", at: event.time, in: .red)
        case .phaseRetried(let phase, let attempt, let limit):
            return line(Self.retryLine(phase, attempt: attempt, limit: limit), at: event.time, in: .bold)
        case .phaseFinished(let phase, let status, let context, _):
            guard Self.isShown(phase) else { return [] }
            let color: Color = status == .succeeded ? .green : .red
            return line("Phase complete: \(phase.rawValue) State: \(status.rawValue)", at: event.time, in: color)
                + line("Phase context status code: \(context.statusCode) Message: \(context.message)", at: event.time)
        case .phaseSkipped(let phase): return line("Skipping phase \(phase.rawValue)", at: event.time)
        case .buildResumed(let point, _):
            return line("Resuming the build at \(point)", at: event.time, in: .bold)
        case .buildStarted, .cacheRestored, .cacheSaved, .artifactsCollected, .reportMade, .notice, .variablesExported,
            .containerKept, .checkpointMade, .commandExplained, .runtimesSelected, .imageUsed, .networkUsed,
            .comparedWithOriginal, .buildFinished:
            return []
        }
    }

    private enum Color: String { case none = "", bold = "\u{1b}[1m", red = "\u{1b}[31m", green = "\u{1b}[32m" }

    private func line(_ text: String, at time: Timestamp, in color: Color = .none) -> [UInt8] {
        let isMarked = usesColor && color != .none
        let shown = isMarked ? "\(color.rawValue)\(text)\u{1b}[0m" : text
        // A command of several lines keeps the final line feed of its block scalar.
        return Array("[Container] \(time.logForm) \(shown)\n".utf8)
    }

    /// The text after a command's output: an empty line, after the end of the last line. [unknown for output that does
    /// not end in a line feed, CODEBUILD.md 4]
    static func endOfOutput(isInsideLine: Bool) -> [UInt8] { isInsideLine ? [0x0a, 0x0a] : [0x0a] }

    /// The line that announces another attempt of a failed phase. [unknown, CODEBUILD.md 3.5: the words are ours]
    static func retryLine(_ phase: BuildPhase, attempt: Int, limit: Int) -> String {
        "Retrying phase \(phase.rawValue), attempt \(attempt) of \(limit)"
    }

    /// Whether the log has an `Entering phase` line for the phase; only four phases have one (CODEBUILD.md 4.1).
    private static func isEntered(_ phase: BuildPhase) -> Bool {
        [.install, .preBuild, .build, .postBuild].contains(phase)
    }

    private static func isShown(_ phase: BuildPhase) -> Bool {
        isEntered(phase) || phase == .downloadSource || phase == .uploadArtifacts
    }
}
