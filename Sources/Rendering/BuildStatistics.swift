public import BuildPlanning

/// What many builds tell together: how long phases and commands take, and how often they fail.
public struct BuildStatistics: Sendable {
    private struct Sample: Sendable {
        var times: [Int] = []
        var failures = 0

        mutating func add(_ time: Int, failed: Bool) {
            times.append(time)
            if failed { failures += 1 }
        }

        var rate: Int { times.isEmpty ? 0 : (failures * 100 + times.count / 2) / times.count }

        var cells: [String] {
            ["\(times.count)", "\(rate) %", (times.median ?? 0).spanWords, (times.percentile(90) ?? 0).spanWords]
        }

        var members: [(String, JSONText?)] {
            [
                ("runs", .number(times.count)), ("failures", .number(failures)),
                ("medianInMilliseconds", times.median.map { .number($0) }),
                ("p90InMilliseconds", times.percentile(90).map { .number($0) }),
            ]
        }
    }

    private struct Command: Sendable, Hashable {
        let phase: BuildPhase
        let text: String
    }

    /// A test that failed and did not fail in turn.
    public struct FlakyTest: Sendable {
        public let name: String
        /// The number of builds in which it failed, and of those that had tests on its branch.
        public let failures: Int
        public let builds: Int

        public init(name: String, failures: Int, builds: Int) {
            self.name = name
            self.failures = failures
            self.builds = builds
        }
    }

    private var builds = Sample()
    private var statuses: [BuildStatus: Int] = [:]
    private var phases: [BuildPhase: Sample] = [:]
    private var commands: [Command: Sample] = [:]
    /// The flakiest first.
    public var flakyTests: [FlakyTest] = []

    /// The most commands and tests that the text lists; the JSON has all.
    private static let shown = 10

    public init() {}

    public var isEmpty: Bool { statuses.isEmpty }

    /// Adds a build by its events, of which output is not needed. What was stopped by its user counts as no failure.
    public mutating func add(_ events: [BuildEvent], endingAs result: BuildResult) {
        statuses[result.status, default: 0] += 1
        if result.status == .succeeded || result.status == .failed || result.status == .timedOut,
            let time = result.runningTime
        {
            builds.add(time, failed: result.status != .succeeded)
        }
        for event in events {
            switch event.kind {
            case .phaseFinished(let phase, let status, _, let milliseconds) where status != .stopped:
                phases[phase, default: Sample()].add(milliseconds, failed: status != .succeeded)
            case .commandFinished(let phase, let text, let exitStatus, let milliseconds):
                commands[Command(phase: phase, text: text), default: Sample()].add(
                    milliseconds, failed: exitStatus != 0)
            default: break
            }
        }
    }

    private var rankedPhases: [(phase: BuildPhase, sample: Sample)] {
        BuildPhase.allCases.compactMap { phase in phases[phase].map { (phase, $0) } }
    }

    /// The commands, the slowest first.
    private var rankedCommands: [(command: Command, sample: Sample)] {
        commands.map { (command: $0.key, sample: $0.value) }.sorted { one, other in
            let (left, right) = (one.sample.times.median ?? 0, other.sample.times.median ?? 0)
            return left == right ? one.command.text < other.command.text : left > right
        }
    }

    public var text: String {
        let counts = statuses.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
            .map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
        let total = statuses.values.reduce(0, +)
        var text = "\(total) build\(total == 1 ? "" : "s"): \(counts)\n"
        if let median = builds.times.median, let p90 = builds.times.percentile(90) {
            text += "failed \(builds.rate) %, median \(median.spanWords), p90 \(p90.spanWords)\n"
        }
        var table = TextTable(["PHASE", "RUNS", "FAILED", "MEDIAN", "P90"])
        for (phase, sample) in rankedPhases { table.add([phase.rawValue] + sample.cells) }
        if !table.isEmpty { text += "\n" + table.text }
        table = TextTable(["PHASE", "RUNS", "FAILED", "MEDIAN", "P90", "COMMAND, THE SLOWEST FIRST"])
        let ranked = rankedCommands
        let failing = ranked.dropFirst(Self.shown).filter { $0.sample.failures > 0 }.prefix(Self.shown)
        for (command, sample) in ranked.prefix(Self.shown) + failing {
            let line = command.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            let isCut = line.count < command.text.count
            table.add(
                [command.phase.rawValue] + sample.cells + [TerminalWidth.cut(line, to: 100) + (isCut ? " …" : "")])
        }
        if !table.isEmpty { text += "\n" + table.text }
        table = TextTable(["FAILED IN", "FLAKY TEST"])
        for test in flakyTests.prefix(Self.shown) {
            table.add(["\(test.failures) of \(test.builds) builds", test.name])
        }
        if !table.isEmpty { text += "\n" + table.text }
        if flakyTests.count > Self.shown { text += "… and \(flakyTests.count - Self.shown) more\n" }
        return text
    }

    public var json: JSONText {
        .object([
            ("version", .number(1)),
            (
                "builds",
                .object(
                    builds.members + [
                        (
                            "statuses",
                            .object(
                                statuses.sorted { $0.key.rawValue < $1.key.rawValue }
                                    .map { ($0.key.rawValue, .number($0.value)) })
                        )
                    ])
            ),
            (
                "phases",
                .array(rankedPhases.map { .object([("phase", .string($0.phase.rawValue))] + $0.sample.members) })
            ),
            (
                "commands",
                .array(
                    rankedCommands.map {
                        .object(
                            [("phase", .string($0.command.phase.rawValue)), ("command", .string($0.command.text))]
                                + $0.sample.members)
                    })
            ),
            (
                "flakyTests",
                .array(
                    flakyTests.map {
                        .object([
                            ("name", .string($0.name)), ("failures", .number($0.failures)),
                            ("builds", .number($0.builds)),
                        ])
                    })
            ),
        ])
    }
}
