public import BuildPlanning
internal import SpecParsing

/// What one running build does at a moment, folded from its events, for a line on a terminal.
public struct BuildProgress: Sendable {
    /// The time after which the last line of output is shown: as long as a build prints, its reader sees it anyway.
    public static let silence = 3000
    /// The most bytes that are kept of a line of output.
    private static let longest = 1000

    /// The places of the commands, in the order in which they run.
    public var commands: [String] = []
    /// How long a build of this kind takes, in milliseconds; `nil` where no earlier one tells.
    public var expected: Int?
    private let start: Timestamp
    private var phase: BuildPhase?
    private var command: (text: String, number: Int?)?
    /// Our own words about what is done now, where no command runs: "copying image …".
    private var work = ""
    private var lastLine: [UInt8] = []
    private var unfinished: [UInt8] = []
    private var lastOutput: Timestamp
    private var minutesSaid = 0

    /// - Parameter work: what is done before the first event.
    public init(since start: Timestamp, doing work: String = "") {
        self.start = start
        self.work = work
        lastOutput = start
    }

    /// Notes what is done, as long as no event tells better.
    public mutating func note(_ work: String) { self.work = work }

    public mutating func add(_ event: BuildEvent) {
        switch event.kind {
        case .phaseStarted(let phase):
            (self.phase, command, work) = (phase, nil, "")
        case .commandStarted(let phase, let text, let location):
            self.phase = phase
            let index = location.flatMap { location in commands.firstIndex(of: "\(location)") }
            command = (Self.firstLine(of: text), index.map { $0 + 1 })
            (lastLine, unfinished) = ([], [])
        case .commandFinished: command = nil
        case .output(_, let bytes):
            take(bytes)
        case .agentLog(_, let text): work = Self.firstLine(of: text)
        // The engine tells of a pull in lines of its own; the last one tells how far it is.
        case .notice(let text):
            work = text.split(whereSeparator: \.isNewline).last.map { Self.firstLine(of: String($0)) } ?? work
        default: return
        }
        lastOutput = event.time
        minutesSaid = 0
    }

    private mutating func take(_ bytes: [UInt8]) {
        // Carriage returns redraw a line: the last drawing is the line.
        let isEnd = { (byte: UInt8) in byte == 0x0a || byte == 0x0d }
        var lines = bytes.split(omittingEmptySubsequences: false, whereSeparator: isEnd)
        let rest = lines.removeLast()
        if let first = lines.first {
            lines[0] = ArraySlice((unfinished + first).suffix(Self.longest))
            unfinished = []
            if let line = lines.last(where: { !$0.isEmpty }) { lastLine = Array(line.prefix(Self.longest)) }
        }
        unfinished = Array((unfinished + rest).suffix(Self.longest))
    }

    /// The words for a moment, without control characters: phase, command, time, and what was printed last.
    public func line(at now: Timestamp) -> String {
        var words: [String] = []
        if let phase {
            let number = command?.number.map { " \($0)/\(commands.count)" } ?? ""
            words.append(phase.rawValue + number)
        }
        let elapsed = Self.duration(now.milliseconds(since: start))
        words.append(expected.map { "\(elapsed) of about \(Self.duration($0))" } ?? elapsed)
        if let what { words.append(what) }
        let isSilent = now.milliseconds(since: lastOutput) >= Self.silence
        let printed = unfinished.isEmpty ? lastLine : unfinished
        if isSilent, command != nil, !printed.isEmpty { words.append("> \(Self.shown(printed))") }
        return words.joined(separator: "  ").plain
    }

    private var what: String? { command?.text ?? (work.isEmpty ? nil : work) }

    /// The words for a build that has printed nothing for another minute; `nil` where there is nothing to say.
    public mutating func plainLine(at now: Timestamp) -> String? {
        let minutes = now.milliseconds(since: lastOutput) / 60_000
        guard minutes > minutesSaid else { return nil }
        minutesSaid = minutes
        let words = [phase?.rawValue, what].compactMap { $0 }.joined(separator: ", ")
        return ("still running (\(minutes * 60) s)" + (words.isEmpty ? "" : ": \(words)")).plain
    }

    private static func firstLine(of text: String) -> String {
        String((text.split(whereSeparator: \.isNewline).first ?? "").prefix(200))
    }

    /// The text without the escapes that colour it.
    private static func shown(_ line: [UInt8]) -> String {
        let text = String(decoding: line, as: UTF8.self)
        var shown = String.UnicodeScalarView(), isEscape = false
        for scalar in text.unicodeScalars {
            if scalar == "\u{1b}" {
                isEscape = true
            } else if isEscape {
                // "[" begins a sequence that a letter ends.
                isEscape = scalar == "[" || scalar == ";" || scalar == "?" || ("0"..."9").contains(scalar)
            } else {
                shown.append(scalar)
            }
        }
        return String(shown)
    }

    /// A time to look at: `12 s`, `3 min 5 s`, `1 h 2 min`.
    static func duration(_ milliseconds: Int) -> String {
        let seconds = max(0, milliseconds) / 1000
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
        default: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        }
    }
}

/// Cuts a text to the columns of a terminal.
public enum TerminalWidth {
    /// - Returns: the beginning of the text that takes no more than `columns`, with `…` in place of what is cut.
    public static func cut(_ text: String, to columns: Int) -> String {
        var width = 0, shown = ""
        for character in text {
            let own = self.width(of: character)
            if width + own > columns {
                while width > max(0, columns - 1), let last = shown.popLast() { width -= self.width(of: last) }
                return columns < 1 ? "" : shown + "…"
            }
            width += own
            shown.append(character)
        }
        return shown
    }

    /// Characters of East Asia and emoji take two columns; a guess that is too high only cuts earlier.
    private static func width(of character: Character) -> Int {
        character.unicodeScalars.contains { $0.value >= 0x1100 && !(0x2000..<0x2e80).contains($0.value) } ? 2 : 1
    }
}
