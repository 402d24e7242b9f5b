public import BuildPlanning

/// The summary after a build, for standard error: phases and times, the failure, the outputs, and what to do next.
public struct ClosingTable: Sendable {
    /// The path of the log file; `nil` when none was written.
    public var logPath: String?
    /// Whether statuses are coloured with ANSI escapes.
    public var usesColor: Bool
    /// What earlier builds tell of a failed test.
    public var mark: (@Sendable (ReportFacts.Case) -> TestMark?)?
    /// The seconds that the build was given; `nil` where nobody knows.
    public var timeout: Int?
    /// The columns of the terminal; lines of commands and of output are cut to them. `nil` outside of a terminal.
    public var width: Int?
    /// Whether the log was not shown, so that the table shows the end of what the failed command printed.
    public var hidesLog = false
    /// Whether the error that ended the build is told right after the table, which then does not tell it, too.
    public var isBeforeError = false
    /// More lines about where things are, each with a title of one word.
    public var remarks: [(title: String, text: String)] = []

    public init(logPath: String?, usesColor: Bool) {
        self.logPath = logPath
        self.usesColor = usesColor
    }

    /// The coverage of an earlier build of the branch; `nil` where there is none.
    public var earlier: EarlierCoverage?

    /// The table as text, beginning with an empty line and ending with a line end.
    public func render(_ result: BuildResult) -> String {
        var lines = [""]
        let phases = result.phases.filter { $0.status != nil }
        let width = phases.map(\.phase.rawValue.count).max() ?? 0
        for phase in phases {
            let status = phase.status ?? .inProgress
            let name = phase.phase.rawValue.padded(to: width)
            lines.append(
                "  \(name)  \(colored(status.rawValue.padded(to: 9), isGood: status == .succeeded))  \(phase.milliseconds.spanWords)"
            )
        }
        lines.append("")
        let id = result.start.map { "\($0.id) " } ?? ""
        let span = result.runningTime?.spanWords
        lines.append(
            "\(id)\(colored(result.status.rawValue, isGood: result.status == .succeeded))"
                + (span.map { " in \($0)" } ?? "") + (result.isResumed ? ", resumed" : ""))
        let build = result.start.map { " \($0.id.uuid.prefix(8))" } ?? ""
        let reports = ReportLines(
            reports: result.reports, mark: { mark?($0) }, more: "buildspec show\(build) --tests --failed",
            earlier: earlier)
        lines += failure(result, listsTests: !reports.tellsFailures)
        lines += lastOutput(result)
        lines += timeUp(result)
        lines += reports.lines
        lines += Self.comparison(result)
        lines += places(result)
        return lines.joined(separator: "\n") + "\n"
    }

    /// - Parameter listsTests: whether the tests that the output names are listed.
    private func failure(_ result: BuildResult, listsTests: Bool) -> [String] {
        guard result.status != .succeeded else { return [] }
        guard let failure = result.failure else {
            guard let phase = result.phases.first(where: { $0.status != .succeeded }), !phase.context.message.isEmpty
            else { return [] }
            let line = "  \(phase.phase.rawValue): \(phase.context.statusCode)"
            guard !isBeforeError else { return [line] }
            let isWithoutImage = phase.context.statusCode == "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"
            return ["\(line): \(phase.context.message)"] + (isWithoutImage ? [Self.waysToImage] : [])
        }
        let place = failure.location.map { "\($0): " } ?? ""
        // The exit status is explained only when there is no better explanation.
        let isGuess = failure.exitStatus == 137 && failure.help != nil
        let words = (isGuess ? "killed" : Self.meaning(ofExitStatus: failure.exitStatus)).map { " (\($0))" } ?? ""
        return [
            fitted("  failed   \(failure.phase.rawValue): \(Self.indented(failure.command))"),
            "           \(place)exit status \(failure.exitStatus)\(words)",
        ] + (listsTests ? failedTests(failure.failedTests) : [])
            + (failure.help.map { wrapped("  help:    \($0)") } ?? [])
    }

    private static let waysToImage =
        "  help:    `buildspec plan` says how to get the image; --image names another, `buildspec doctor` looks at the engine"

    /// The command that ran when the time was up, where it is and what the limit was.
    private func timeUp(_ result: BuildResult) -> [String] {
        guard let last = result.timedOutAt else { return [] }
        let place = last.location.map { "\($0): " } ?? ""
        let limit = timeout.map { " (\($0 % 60 == 0 ? "\($0 / 60) min" : "\($0) s"))" } ?? ""
        return [
            fitted("  stopped  \(last.phase.rawValue): \(Self.indented(last.command))"),
            "           \(place)still ran when the build's time\(limit) was up",
            "  help:    `--timeout`, or `timeoutInMinutes` of the settings, gives the build more time",
        ]
    }

    /// The number of lines that are printed again, and of those that must stand between for that.
    static let shownOutput = 20

    /// The end of what the failed command printed, where it does not stand right above.
    private func lastOutput(_ result: BuildResult) -> [String] {
        guard result.failure != nil, hidesLog || result.linesSinceFailure >= Self.shownOutput else { return [] }
        let lines = result.lastLines(Self.shownOutput)
        return lines.enumerated().map { fitted(($0.offset == 0 ? "  printed  " : "           ") + $0.element.plain) }
    }

    /// The text with each of its lines cut to the width of the terminal.
    private func fitted(_ text: String) -> String {
        guard let width, width > 20 else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.count > width ? $0.prefix(width - 1) + "…" : $0
        }.joined(separator: "\n")
    }

    /// The text over as many lines as the terminal needs for it, broken between words.
    private func wrapped(_ text: String) -> [String] {
        guard let width, width > 40 else { return [text] }
        var lines: [String] = [], line = ""
        for word in text.dropFirst(11).split(separator: " ") {
            if !line.isEmpty, line.count + word.count + 12 > width {
                lines.append(line)
                line = String(word)
            } else {
                line += line.isEmpty ? String(word) : " \(word)"
            }
        }
        return (lines + [line]).enumerated().map { ($0.offset == 0 ? text.prefix(11) : "           ") + $0.element }
    }

    private static func indented(_ command: String) -> String {
        command.split(separator: "\n").joined(separator: "\n           ")
    }

    /// How the build compares with the one of the service that it repeats.
    private static func comparison(_ result: BuildResult) -> [String] {
        guard let comparison = result.comparison else { return [] }
        let lines = comparison.lines.enumerated().map {
            $0.offset == 0 ? "  compared \($0.element)" : "         \($0.element)"
        }
        return lines + (comparison.timeLine.map { ["  times    \($0)"] } ?? [])
    }

    /// The maximum number of failed tests that are listed.
    static let shownTests = 5

    private func failedTests(_ names: [String]) -> [String] {
        var lines = names.prefix(Self.shownTests).map { "           \($0)" }
        if names.count > Self.shownTests { lines.append("           … and \(names.count - Self.shownTests) more") }
        return lines.isEmpty ? [] : ["  tests    \(lines[0].drop { $0 == " " })"] + lines.dropFirst()
    }

    private func places(_ result: BuildResult) -> [String] {
        var lines: [String] = []
        if let snapshot = result.start?.snapshot {
            lines.append("  source   \(snapshot.kind), tree \(snapshot.tree)")
        }
        if let logPath { lines.append("  log      \(logPath)") }
        for remark in remarks {
            let text = remark.text.split(whereSeparator: \.isNewline).joined(separator: "\n           ")
            lines.append("  \(remark.title.padded(to: 8)) \(text)")
        }
        for artifact in result.artifacts {
            let files = artifact.files == 1 ? "1 file" : "\(artifact.files) files"
            let name = artifact.name.map { ", named \($0)" } ?? ""
            lines.append("  artifact \(artifact.path) (\(files), \(artifact.bytes.sizeWords)\(name))")
        }
        if let saved = result.cacheSaved {
            let change = saved.changed ? "" : ", unchanged"
            lines.append("  cache    \(saved.path) (\(saved.entries) entries, \(saved.bytes.sizeWords)\(change))")
        } else if let restored = result.cacheRestored {
            lines.append("  cache    \(restored.path) (restored, not saved)")
        }
        if !result.checkpoints.isEmpty {
            let all = result.checkpoints.map { "\($0.phase.rawValue) \($0.bytes.sizeWords)" }.joined(separator: ", ")
            lines.append("  checkpoints before \(all)")
        }
        if let container = result.keptContainer, let id = result.start?.id {
            let name = id.uuid.prefix(8)
            lines += [
                "  kept     container \(container): `buildspec shell \(name)` looks inside,",
                "           `buildspec resume \(name)` goes on, `buildspec clean --kept` drops it",
            ]
        }
        return lines
    }

    /// The conventional meaning of a shell's exit status; `nil` when it has none.
    public static func meaning(ofExitStatus status: Int) -> String? {
        switch status {
        case 126: "found, but not executable"
        case 127: "command not found"
        case 130: "interrupted"
        case 134: "aborted"
        case 137: "killed, often for lack of memory"
        case 139: "segmentation fault"
        case 141: "wrote to a closed pipe"
        case 143: "terminated"
        case 129...192: "killed by signal \(status - 128)"
        default: nil
        }
    }

    private func colored(_ text: String, isGood: Bool) -> String {
        usesColor ? "\u{1b}[\(isGood ? 32 : 31)m\(text)\u{1b}[0m" : text
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension Int {
    /// A span of so many milliseconds: `3.2 s`, `2 min 5 s`.
    var spanWords: String {
        self >= 60_000 ? "\(self / 60_000) min \(self / 1000 % 60) s" : "\(self / 1000).\(self / 100 % 10) s"
    }

    /// A number of bytes: `512 bytes`, `3.2 MB`.
    var sizeWords: String {
        let units = ["kB", "MB", "GB", "TB"]
        guard self >= 1000 else { return "\(self) bytes" }
        var tenths = self / 100, unit = 0
        while tenths >= 10_000, unit < units.count - 1 {
            tenths /= 1000
            unit += 1
        }
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
