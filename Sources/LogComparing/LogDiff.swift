public import SpecParsing

/// The differences between two builds, by phase and command.
public struct LogDiff: Sendable, Equatable {
    /// The differences in the order of the build; empty when the builds are the same.
    public internal(set) var differences: [Difference] = []
    /// The differences between the set-ups of the builds, the likeliest cause of the first difference first.
    public internal(set) var causes: [Cause] = []
    /// The numbers of things that were found in both builds and compared.
    public internal(set) var compared = Counts()
    /// The sides whose logs do not begin at their beginning.
    public internal(set) var cutOff: [Side] = []
    /// The number of lines that differ, but were left out because such lines differ between builds that succeeded.
    public internal(set) var leftOut = 0
    /// The UUIDs of the builds that this was learned from; empty where nothing was learned.
    public internal(set) var learnedFrom: [String] = []

    /// Whether the outputs of commands differ, which is all that can be learned.
    public var hasOtherOutput: Bool {
        differences.contains { if case .output = $0.kind { true } else { false } }
    }

    /// The numbers of compared phases, commands and lines of output.
    public struct Counts: Sendable, Equatable {
        public internal(set) var phases = 0
        public internal(set) var commands = 0
        public internal(set) var lines = 0
    }

    /// One difference between the two builds.
    public struct Difference: Sendable, Equatable {
        /// The name of the phase in the API: `PRE_BUILD`.
        public let phase: String
        /// The command; `nil` when the difference is about the phase itself.
        public let command: Command?
        public let kind: Kind
    }

    /// A command as one of the two builds ran it.
    public struct Command: Sendable, Equatable {
        public let text: String
        /// The place in the buildspec; known only for recorded builds.
        public let location: SourceLocation?
        /// The 1-based number of the command in the phase, in the build that ran it.
        public let number: Int
    }

    /// One of the two builds.
    public enum Side: String, Sendable {
        case one, other

        var opposite: Side { self == .one ? .other : .one }
    }

    /// The kind of a difference, with its details.
    public enum Kind: Sendable, Equatable {
        case output(Change)
        case exitStatus(one: Int, other: Int)
        /// The other build ran another command in this place.
        case otherCommand(Command)
        case commandOnly(Side)
        /// The agents' lines about the build differ, such as files found or missing.
        case agentLines(Change)
        case state(one: String, other: String)
        case context(one: String, other: String)
        case phaseOnly(Side)
    }

    /// Adjacent lines that differ, with the equal lines around them.
    public struct Change: Sendable, Equatable {
        public let one: [String]
        public let other: [String]
        /// The equal lines before the change, at most three.
        public let before: [String]
        /// The equal lines after the change, at most three.
        public let after: [String]
        /// The 1-based number of the first line that differs in each output, or of the next line where a side has none.
        public let oneNumber: Int
        public let otherNumber: Int
    }

    /// The number of equal lines that are shown before and after a change.
    static let contextLength = 3

    /// Compares two builds. Times, ids and other things that differ between any two runs do not count
    /// (``ComparisonRules``).
    ///
    /// - Parameters:
    ///   - facts: what is known of the builds beside their logs.
    ///   - learned: what is known to differ between builds of the same project that succeeded.
    public init(
        _ one: BuildLog, _ other: BuildLog, facts: (one: BuildFacts, other: BuildFacts) = (BuildFacts(), BuildFacts()),
        learned: LearnedNoise? = nil
    ) {
        cutOff = [(Side.one, one), (.other, other)].filter { $0.1.isCutOff }.map(\.0)
        var comparison = PhaseComparison(lines: LineComparison(one, other), learned: learned)
        var matched: Set<Int> = []
        for (place, phase) in one.phases.enumerated() {
            let earlier = one.phases[..<place].filter { $0.name == phase.name }.count
            let match = other.phases.indices.filter { other.phases[$0].name == phase.name }.dropFirst(earlier).first
            // A log that begins in the middle does not tell about the phases before.
            let missing = matched.isEmpty ? cutOff : []
            if let match {
                matched.insert(match)
                comparison.compare(phase, other.phases[match], beginningMissingOf: missing)
            } else if !missing.contains(.other), !other.skippedPhases.contains(phase.name) {
                comparison.differences.append(Difference(phase: phase.name, command: nil, kind: .phaseOnly(.one)))
            }
        }
        let firstMatch = matched.min() ?? other.phases.endIndex
        for (place, phase) in other.phases.enumerated()
        where !matched.contains(place) && !one.skippedPhases.contains(phase.name)
            && !(one.isCutOff && place < firstMatch)
        {
            comparison.differences.append(Difference(phase: phase.name, command: nil, kind: .phaseOnly(.other)))
        }
        differences = comparison.differences
        compared = comparison.compared
        leftOut = comparison.leftOut
        learnedFrom = learned?.builds ?? []
        var facts = facts
        facts.one.add(one)
        facts.other.add(other)
        causes = CauseFinding(one: facts.one, other: facts.other).causes()
        if let first = differences.first { causes = CauseRating(first).rated(causes) }
    }
}

/// Compares the phases of the two builds one after the other.
private struct PhaseComparison {
    let lines: LineComparison
    let learned: LearnedNoise?
    var differences: [LogDiff.Difference] = []
    var compared = LogDiff.Counts()
    var leftOut = 0

    init(lines: LineComparison, learned: LearnedNoise?) {
        self.lines = lines
        self.learned = learned
    }

    /// Compares one phase.
    ///
    /// - Parameter missing: the sides whose logs begin inside this phase.
    mutating func compare(
        _ one: BuildLog.Phase, _ other: BuildLog.Phase, beginningMissingOf missing: [LogDiff.Side]
    ) {
        compared.phases += 1
        if ComparisonRules.comparesCommands(of: one.name) {
            compareCommands(one, other, beginningMissingOf: missing)
        }
        let agent = lines.changes(ComparisonRules.comparedLines(one), ComparisonRules.comparedLines(other))
        for change in agent.changes { add(.agentLines(change), in: one.name) }
        if let state = one.state, let another = other.state, Self.plainState(state) != Self.plainState(another) {
            add(.state(one: state, other: another), in: one.name)
        }
        compareContexts(one, other)
    }

    /// The plain state: `FAILED_WITH_ABORT`, which some logs have after `on-failure: ABORT`, is FAILED. [unverified,
    /// not in CODEBUILD.md]
    private static func plainState(_ state: String) -> String { state.hasPrefix("FAILED_WITH_") ? "FAILED" : state }

    /// Compares the contexts, except those of failed commands, whose exit status is compared already.
    private mutating func compareContexts(_ one: BuildLog.Phase, _ other: BuildLog.Phase) {
        let contexts = [one, other].map { $0.statusCode.isEmpty ? "" : "\($0.statusCode): \($0.message)" }
        let isAboutCommand = [one, other].allSatisfy { ["", "COMMAND_EXECUTION_ERROR"].contains($0.statusCode) }
        guard !isAboutCommand, !lines.areEqual(contexts[0], contexts[1]) else { return }
        add(.context(one: contexts[0], other: contexts[1]), in: one.name)
    }

    private mutating func compareCommands(
        _ one: BuildLog.Phase, _ other: BuildLog.Phase, beginningMissingOf missing: [LogDiff.Side]
    ) {
        let pairs = lines.pairs(one.commands.map(\.text), other.commands.map(\.text))
        let first = pairs.first ?? (one: one.commands.count, other: other.commands.count)
        // What comes before the beginning of the other log is unknown there.
        var next = (
            one: missing.contains(.other) ? first.one : 0, other: missing.contains(.one) ? first.other : 0
        )
        var hasMatched = false
        for pair in pairs + [(one: one.commands.count, other: other.commands.count)] {
            compareGap(
                CommandGap(phase: one, range: next.one..<pair.one),
                CommandGap(phase: other, range: next.other..<pair.other), isFirst: !hasMatched)
            if pair.one < one.commands.count {
                compare(pair.one, of: one, other.commands[pair.other])
            }
            hasMatched = true
            next = (pair.one + 1, pair.other + 1)
        }
    }

    /// Commands of a phase between two that correspond to commands of the other build.
    private struct CommandGap {
        let phase: BuildLog.Phase
        let range: Range<Int>

        /// The commands without those that install a runtime.
        func withoutRuntimes() -> Range<Int> {
            guard let first = range.first, ComparisonRules.beginsRuntime(phase.commands[first].text) else {
                return range
            }
            return range.upperBound..<range.upperBound
        }
    }

    /// Reports commands without a counterpart. They are paired first, since an edited command stays in its old place.
    private mutating func compareGap(_ one: CommandGap, _ other: CommandGap, isFirst: Bool) {
        var ownRest = isFirst ? one.withoutRuntimes() : one.range
        var otherRest = isFirst ? other.withoutRuntimes() : other.range
        let phase = one.phase.name
        while let own = ownRest.first, let another = otherRest.first {
            add(.otherCommand(other.phase.command(another)), in: phase, at: one.phase.command(own))
            ownRest.removeFirst()
            otherRest.removeFirst()
        }
        for own in ownRest { add(.commandOnly(.one), in: phase, at: one.phase.command(own)) }
        for another in otherRest { add(.commandOnly(.other), in: phase, at: other.phase.command(another)) }
    }

    private mutating func compare(_ number: Int, of phase: BuildLog.Phase, _ other: BuildLog.Command) {
        let one = phase.commands[number], name = phase.name
        let place = LogDiff.Command(text: one.text, location: one.location ?? other.location, number: number + 1)
        compared.commands += 1
        var output = lines.changes(one.output, other.output)
        if !output.changes.isEmpty, let known = learned?.command(number, of: phase, by: lines.oneRules) {
            let count = output.changes.reduce(0) { $0 + $1.count }
            output = lines.changes(one.output, other.output, learned: known)
            leftOut += max(0, count - output.changes.reduce(0) { $0 + $1.count })
        }
        compared.lines += output.equalCount
        for change in output.changes { add(.output(change), in: name, at: place) }
        if let status = one.exitStatus, let another = other.exitStatus, status != another {
            add(.exitStatus(one: status, other: another), in: name, at: place)
        }
    }

    private mutating func add(_ kind: LogDiff.Kind, in phase: String, at command: LogDiff.Command? = nil) {
        differences.append(LogDiff.Difference(phase: phase, command: command, kind: kind))
    }
}

extension BuildLog.Phase {
    fileprivate func command(_ place: Int) -> LogDiff.Command {
        LogDiff.Command(text: commands[place].text, location: commands[place].location, number: place + 1)
    }
}
