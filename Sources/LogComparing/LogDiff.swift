public import SpecParsing

/// The differences between a local build and one in the cloud, by phase and command.
public struct LogDiff: Sendable, Equatable {
    /// The differences in the order of the build; empty when the builds are the same.
    public internal(set) var differences: [Difference] = []
    /// The numbers of things that were found in both builds and compared.
    public internal(set) var compared = Counts()
    /// Whether the start of the cloud's log is missing.
    public internal(set) var isCloudCutOff = false

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

    /// A command as one of the two builds recorded it.
    public struct Command: Sendable, Equatable {
        public let text: String
        /// The place in the buildspec; known only for the local build.
        public let location: SourceLocation?
        /// The 1-based number of the command in the phase, in the build that ran it.
        public let number: Int
    }

    /// One of the two builds.
    public enum Side: String, Sendable { case local, cloud }

    /// The kind of a difference, with its details.
    public enum Kind: Sendable, Equatable {
        case output(Change)
        case exitStatus(local: Int, cloud: Int)
        /// The cloud ran another command in this place.
        case otherCommand(cloud: Command)
        case commandOnly(Side)
        /// The agents' lines about the build differ, such as files found or missing.
        case agentLines(Change)
        case state(local: String, cloud: String)
        case context(local: String, cloud: String)
        case phaseOnly(Side)
    }

    /// Adjacent lines that differ, with the equal lines around them.
    public struct Change: Sendable, Equatable {
        public let local: [String]
        public let cloud: [String]
        /// The equal lines before the change, at most three.
        public let before: [String]
        /// The equal lines after the change, at most three.
        public let after: [String]
        /// The 1-based number of the first line that differs in each output, or of the next line where a side has none.
        public let localNumber: Int
        public let cloudNumber: Int
    }

    /// The number of equal lines that are shown before and after a change.
    static let contextLength = 3

    /// Compares two builds. Times, ids and other things that differ between any two runs do not count
    /// (``ComparisonRules``).
    public init(local: BuildLog, cloud: BuildLog) {
        let lines = LineComparison(
            localRules: ComparisonRules(sourceDirectory: local.sourceDirectory),
            cloudRules: ComparisonRules(sourceDirectory: cloud.sourceDirectory))
        isCloudCutOff = cloud.phases.first?.name != "DOWNLOAD_SOURCE"
        var comparison = PhaseComparison(lines: lines)
        var matched: Set<Int> = []
        for (place, phase) in local.phases.enumerated() {
            let earlier = local.phases[..<place].filter { $0.name == phase.name }.count
            let other = cloud.phases.indices.filter { cloud.phases[$0].name == phase.name }.dropFirst(earlier).first
            // A log that begins in the middle does not tell about the phases before.
            let isBeginningMissing = isCloudCutOff && matched.isEmpty
            if let other {
                matched.insert(other)
                comparison.compare(phase, cloud.phases[other], isBeginningMissing: isBeginningMissing)
            } else if !isBeginningMissing {
                comparison.differences.append(Difference(phase: phase.name, command: nil, kind: .phaseOnly(.local)))
            }
        }
        for (place, phase) in cloud.phases.enumerated()
        where !matched.contains(place) && !local.skippedPhases.contains(phase.name) {
            comparison.differences.append(Difference(phase: phase.name, command: nil, kind: .phaseOnly(.cloud)))
        }
        differences = comparison.differences
        compared = comparison.compared
    }
}

/// Compares the phases of the two builds one after the other.
private struct PhaseComparison {
    let lines: LineComparison
    var differences: [LogDiff.Difference] = []
    var compared = LogDiff.Counts()

    init(lines: LineComparison) { self.lines = lines }

    /// Compares one phase.
    ///
    /// - Parameter isBeginningMissing: whether the cloud's log begins inside this phase.
    mutating func compare(_ local: BuildLog.Phase, _ cloud: BuildLog.Phase, isBeginningMissing: Bool) {
        compared.phases += 1
        if ComparisonRules.comparesCommands(of: local.name) {
            compareCommands(local, cloud, isBeginningMissing: isBeginningMissing)
        }
        let agent = lines.changes(ComparisonRules.comparedLines(local), ComparisonRules.comparedLines(cloud))
        for change in agent.changes { add(.agentLines(change), in: local.name) }
        if let state = local.state, let other = cloud.state, Self.plainState(state) != Self.plainState(other) {
            add(.state(local: state, cloud: other), in: local.name)
        }
        compareContexts(local, cloud)
    }

    /// The plain state: `FAILED_WITH_ABORT`, which some logs have after `on-failure: ABORT`, is FAILED. [unverified,
    /// not in CODEBUILD.md]
    private static func plainState(_ state: String) -> String { state.hasPrefix("FAILED_WITH_") ? "FAILED" : state }

    /// Compares the contexts, except those of failed commands, whose exit status is compared already.
    private mutating func compareContexts(_ local: BuildLog.Phase, _ cloud: BuildLog.Phase) {
        let contexts = [local, cloud].map { $0.statusCode.isEmpty ? "" : "\($0.statusCode): \($0.message)" }
        let isAboutCommand = [local, cloud].allSatisfy { ["", "COMMAND_EXECUTION_ERROR"].contains($0.statusCode) }
        guard !isAboutCommand, !lines.areEqual(contexts[0], contexts[1]) else { return }
        add(.context(local: contexts[0], cloud: contexts[1]), in: local.name)
    }

    private mutating func compareCommands(
        _ local: BuildLog.Phase, _ cloud: BuildLog.Phase, isBeginningMissing: Bool
    ) {
        let pairs = lines.pairs(local.commands.map(\.text), cloud.commands.map(\.text))
        var next = (local: isBeginningMissing ? pairs.first?.one ?? local.commands.count : 0, cloud: 0),
            hasMatched = false
        for pair in pairs + [(one: local.commands.count, other: cloud.commands.count)] {
            compareGap(
                in: local, at: next.local..<pair.one, and: cloud, at: next.cloud..<pair.other, isFirst: !hasMatched)
            if pair.one < local.commands.count {
                compare(
                    local.commands[pair.one], cloud.commands[pair.other], number: pair.one + 1, of: local.name)
            }
            hasMatched = true
            next = (pair.one + 1, pair.other + 1)
        }
    }

    /// Reports commands without a counterpart. They are paired first, since an edited command stays in its old place.
    private mutating func compareGap(
        in local: BuildLog.Phase, at localRange: Range<Int>, and cloud: BuildLog.Phase, at cloudRange: Range<Int>,
        isFirst: Bool
    ) {
        var localRest = localRange, cloudRest = cloudRange
        if isFirst, let first = cloudRange.first, ComparisonRules.beginsRuntime(cloud.commands[first].text) {
            cloudRest = cloudRange.upperBound..<cloudRange.upperBound
        }
        while let own = localRest.first, let other = cloudRest.first {
            add(.otherCommand(cloud: cloud.command(other)), in: local.name, at: local.command(own))
            localRest.removeFirst()
            cloudRest.removeFirst()
        }
        for own in localRest { add(.commandOnly(.local), in: local.name, at: local.command(own)) }
        for other in cloudRest { add(.commandOnly(.cloud), in: local.name, at: cloud.command(other)) }
    }

    private mutating func compare(
        _ local: BuildLog.Command, _ cloud: BuildLog.Command, number: Int, of phase: String
    ) {
        let place = LogDiff.Command(text: local.text, location: local.location, number: number)
        compared.commands += 1
        let output = lines.changes(local.output, cloud.output)
        compared.lines += output.equalCount
        for change in output.changes { add(.output(change), in: phase, at: place) }
        if let status = local.exitStatus, let other = cloud.exitStatus, status != other {
            add(.exitStatus(local: status, cloud: other), in: phase, at: place)
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
