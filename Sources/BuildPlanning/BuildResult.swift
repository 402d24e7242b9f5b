public import SpecParsing

/// What a build came to: folded from its events, not kept beside them.
public struct BuildResult: Sendable, Equatable {
    public struct Phase: Sendable, Equatable {
        public let phase: BuildPhase
        public var status: PhaseStatus?
        public var context: PhaseContext = .none
        public var milliseconds: Int = 0
        public var start: Timestamp
    }

    /// The command that failed first.
    public struct Failure: Sendable, Equatable {
        public let phase: BuildPhase
        public let command: String
        public let location: SourceLocation?
        public let exitStatus: Int
        /// How to mend it, where that is known.
        public var help: String?
        public var failedTests: [String] = []
    }

    public struct Artifact: Sendable, Equatable {
        public let identifier: String
        public let files: Int
        public let bytes: Int
        public let path: String
        /// The `name` in the buildspec, evaluated.
        public let name: String?

        public init(identifier: String, files: Int, bytes: Int, path: String, name: String?) {
            self.identifier = identifier
            self.files = files
            self.bytes = bytes
            self.path = path
            self.name = name
        }
    }

    public struct CacheUse: Sendable, Equatable {
        public let entries: Int
        public let bytes: Int
        public let path: String
        public var changed = true
    }

    public private(set) var start: BuildEvent.BuildStart?
    public private(set) var startTime: Timestamp?
    public private(set) var endTime: Timestamp?
    private var lastTime: Timestamp?
    /// Whether the build had ended and went on.
    public private(set) var isResumed = false
    /// How long the build stood still between its ends and its going on, in milliseconds.
    private var idle = 0
    public private(set) var status: BuildStatus = .inProgress
    public private(set) var phases: [Phase] = []
    public private(set) var failure: Failure?
    public private(set) var artifacts: [Artifact] = []
    public private(set) var reports: [ReportFacts] = []
    public private(set) var cacheRestored: CacheUse?
    public private(set) var cacheSaved: CacheUse?
    /// What became of the build's requests; `nil` where no proxy stood between it and the network.
    public private(set) var network: BuildEvent.NetworkUse?
    public private(set) var exportedVariables: [BuildEvent.ExportedVariable] = []
    public private(set) var image: BuildEvent.UsedImage?
    public private(set) var runtimes: [BuildEvent.SelectedRuntime] = []
    /// How the build compares with the one of the service that it repeats; `nil` for a build that repeats none, or goes on.
    public private(set) var comparison: OriginalComparison?
    /// When the container was there, and its source began to be brought in.
    public private(set) var readyTime: Timestamp?
    /// When the command ended that failed first.
    public private(set) var failureTime: Timestamp?
    /// The phases whose beginnings were kept, with what each takes of the disk.
    public private(set) var checkpoints: [(phase: BuildPhase, bytes: Int)] = []
    public private(set) var skippedPhases: [BuildPhase] = []
    /// The command that ran when the build was stopped, where the container stays: the build can go on from it.
    public private(set) var stoppedAt: Failure?
    /// The command that ran when the time of the build was up.
    public private(set) var timedOutAt: Failure?
    /// The end of what the failed command printed, at most `tailLength` bytes.
    public private(set) var failureOutput: [UInt8] = []
    /// The number of lines that the log has got since the command failed.
    public private(set) var linesSinceFailure = 0
    private static let tailLength = 4096
    private var output: [UInt8] = []
    /// The container that stays behind, if one does.
    public private(set) var keptContainer: String?
    private var isRunning = false
    private var running: (command: String, location: SourceLocation?)?
    /// The failure that a build goes on from, until it has come to a command.
    private var resumedFailure: Failure?
    /// The text of the command that ran last, or runs.
    public var runningCommand: String? { running?.command }
    /// Where the buildspec has that command.
    public var runningLocation: SourceLocation? { running?.location }

    public init() {}

    public static func == (one: Self, other: Self) -> Bool {
        one.status == other.status && one.phases == other.phases && one.failure == other.failure
            && one.artifacts == other.artifacts && one.exportedVariables == other.exportedVariables
    }

    /// Ends a build that nobody runs any more and that has not ended: it is lost since its last event.
    public mutating func endAsLost() {
        guard status == .inProgress else { return }
        status = .lost
        endTime = lastTime
    }

    /// How long the build has run, in milliseconds, without the time in which it stood still; `nil` as long as it runs.
    public var runningTime: Int? {
        startTime.flatMap { start in endTime.map { $0.milliseconds(since: start) - idle } }
    }

    public mutating func add(_ event: BuildEvent) {
        let before = lastTime
        lastTime = event.time
        switch event.kind {
        case .buildStarted(let start):
            self.start = start
            startTime = event.time
        case .phaseStarted(let phase):
            open(phase, at: event.time)
            if phase == .downloadSource { readyTime = event.time }
        case .commandStarted(let phase, let command, let location):
            open(phase, at: event.time)
            running = (command, location)
            isRunning = true
            stoppedAt = nil
            resumedFailure = nil
            output = []
        case .commandFinished(let phase, let command, let exitStatus, _):
            isRunning = false
            if exitStatus != 0, failure == nil {
                failure = Failure(
                    phase: phase, command: command, location: running?.location, exitStatus: exitStatus)
                failureOutput = Array(output.suffix(Self.tailLength))
                failureTime = event.time
                linesSinceFailure = 0
            }
        case .commandExplained(let phase, let command, let help, let failedTests):
            guard failure?.phase == phase, failure?.command == command else { return }
            failure?.help = help
            failure?.failedTests = failedTests
        case .phaseRetried(let phase, _, _):
            // What fails and then succeeds has not failed.
            if failure?.phase == phase { (failure, failureTime) = (nil, nil) }
        case .phaseFinished(let phase, let status, let context, let milliseconds):
            open(phase, at: event.time)
            phases[phases.count - 1].status = status
            if status == .timedOut, isRunning, let running {
                timedOutAt = Failure(phase: phase, command: running.command, location: running.location, exitStatus: 0)
            }
            phases[phases.count - 1].context = context
            phases[phases.count - 1].milliseconds = milliseconds
        case .cacheRestored(let entries, let bytes, let path):
            cacheRestored = CacheUse(entries: entries, bytes: bytes, path: path)
        case .cacheSaved(let entries, let bytes, let path, let changed):
            cacheSaved = CacheUse(entries: entries, bytes: bytes, path: path, changed: changed)
        case .artifactsCollected(let identifier, let files, let bytes, let path, let name):
            artifacts.append(Artifact(identifier: identifier, files: files, bytes: bytes, path: path, name: name))
        case .reportMade(let report): reports.append(report)
        case .variablesExported(let variables): exportedVariables = variables
        case .imageUsed(let image): self.image = image
        case .networkUsed(let use): network = (network ?? .init()) + use
        case .comparedWithOriginal(let comparison): self.comparison = comparison
        case .runtimesSelected(let runtimes): self.runtimes = runtimes
        case .buildFinished(let status):
            self.status = status
            endTime = event.time
            // One that could not go on has failed where it did before.
            if status != .succeeded { failure = failure ?? resumedFailure }
            if status == .stopped, isRunning, keptContainer != nil, let running, let phase = phases.last?.phase {
                stoppedAt = Failure(phase: phase, command: running.command, location: running.location, exitStatus: 0)
            }
        case .agentLog(let phase, _):
            open(phase, at: event.time)
            linesSinceFailure += 1
        case .output(let phase, let bytes):
            open(phase, at: event.time)
            if failure != nil { linesSinceFailure += bytes.count { $0 == 0x0a } }
            // Cut now and then, not at every chunk.
            output += bytes.suffix(Self.tailLength)
            if output.count > 8 * Self.tailLength { output = Array(output.suffix(Self.tailLength)) }
        case .containerKept(let container): keptContainer = container
        case .buildResumed(let point, let source):
            // From here on it is a build of that source.
            if let source { start?.snapshot = source }
            // One build, as if it had succeeded at once: what failed, and all behind it, is told anew.
            status = .inProgress
            // One that was killed has stood still since its last event.
            if let end = endTime ?? before { idle += event.time.milliseconds(since: end) }
            isResumed = true
            endTime = nil
            resumedFailure = failure
            (failure, failureTime, comparison) = (nil, nil, nil)
            timedOutAt = nil
            keptContainer = nil
            if let place = phases.firstIndex(where: { $0.phase == BuildPhase(point.phase) }) {
                phases.removeSubrange(place...)
            }
            artifacts = []
            reports = []
        case .phaseSkipped(let phase): skippedPhases.append(phase)
        case .checkpointMade(let phase, _, let bytes):
            checkpoints.removeAll { $0.phase == phase }
            checkpoints.append((phase, bytes))
        case .notice: break
        }
    }

    /// The last lines that the failed command printed, without colours; less than that where they are long.
    public func lastLines(_ count: Int) -> [String] {
        var text = failureOutput[...]
        // The first line of what was cut off is no whole one.
        if text.count == Self.tailLength, let end = text.firstIndex(of: 0x0a) { text = text[(end + 1)...] }
        let plain = String(decoding: text, as: UTF8.self).replacing(#/\u{1b}\[[0-9;?]*[A-Za-z]/#, with: "")
        var lines = plain.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.suffix(count).map(String.init)
    }

    /// The events that end a build which breaks off here: that of the phase that runs, and that of the build.
    public func breakingOff(_ status: BuildStatus, at time: Timestamp) -> [BuildEvent] {
        var events = [BuildEvent(time: time, kind: .buildFinished(status: status))]
        if let running = phases.last, running.status == nil {
            let finished = BuildEvent.Kind.phaseFinished(
                phase: running.phase, status: PhaseStatus(rawValue: status.rawValue) ?? .fault, context: .none,
                milliseconds: time.milliseconds(since: running.start))
            events.insert(BuildEvent(time: time, kind: finished), at: 0)
        }
        return events
    }

    private mutating func open(_ phase: BuildPhase, at time: Timestamp) {
        if phases.last?.phase != phase { phases.append(Phase(phase: phase, start: time)) }
    }
}
