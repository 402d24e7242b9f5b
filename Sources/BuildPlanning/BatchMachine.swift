/// Decides the order of a batch's builds: which of them begin, which never do, which are stopped, and what the batch comes to.
///
/// It knows no time and starts nothing: whoever runs the builds tells it what ended, and does what it says (CODEBUILD.md 9,
/// CODEBUILD-2026 D.1).
public struct BatchMachine: Sendable {
    /// One build as far as the order depends on it.
    public struct Task: Sendable, Equatable {
        public let identifier: String
        /// The builds that it waits for. They exist, and there are no cycles.
        public let dependsOn: [String]
        /// Whether the batch can succeed although it fails.
        public let ignoresFailure: Bool

        public init(_ identifier: String, dependsOn: [String] = [], ignoresFailure: Bool = false) {
            self.identifier = identifier
            self.dependsOn = dependsOn
            self.ignoresFailure = ignoresFailure
        }
    }

    public enum State: Sendable, Equatable {
        case waiting, running
        /// It was told to stop, and has not ended yet.
        case stopping
        case ended(BuildStatus)
        /// It never began, since another build failed: one that it depends on, or any with `fast-fail`.
        case skipped(because: String)
        /// It never began, since the user stopped the batch.
        case dropped
    }

    /// What is to be done next.
    public enum Step: Sendable, Equatable {
        case start(String)
        case stop(String)
    }

    private let tasks: [Task]
    private let failsFast: Bool
    private let limit: Int
    public private(set) var states: [String: State]
    /// How the batch ends that was stopped as a whole.
    private var ending: BuildStatus?

    /// - Parameters:
    ///   - tasks: in the order of the file; builds that could begin at the same time begin in this order.
    ///   - failsFast: whether one failed build stops those that run.
    ///   - limit: how many builds may run at once; 1 or more.
    public init(_ tasks: [Task], failsFast: Bool, limit: Int) {
        self.tasks = tasks
        self.failsFast = failsFast
        self.limit = max(1, limit)
        states = Dictionary(uniqueKeysWithValues: tasks.map { ($0.identifier, .waiting) })
    }

    /// Ends builds before the batch begins: those that an earlier try has run.
    public mutating func recall(_ statuses: [String: BuildStatus]) {
        for (identifier, status) in statuses where states[identifier] == .waiting {
            states[identifier] = .ended(status)
        }
    }

    /// Whether every build has ended, or never will begin.
    public var isOver: Bool {
        states.values.allSatisfy { state in
            switch state {
            case .waiting, .running, .stopping: false
            case .ended, .skipped, .dropped: true
            }
        }
    }

    /// The builds that can begin now.
    public mutating func next() -> [Step] {
        skipDependants()
        var running = states.values.count { $0 == .running || $0 == .stopping }
        var steps: [Step] = []
        for task in tasks where states[task.identifier] == .waiting && running < limit {
            guard task.dependsOn.allSatisfy({ isDone($0) }) else { continue }
            states[task.identifier] = .running
            running += 1
            steps.append(.start(task.identifier))
        }
        return steps
    }

    /// Takes the end of a build.
    ///
    /// - Returns: the builds to stop, then those that can begin now.
    public mutating func end(_ identifier: String, _ status: BuildStatus) -> [Step] {
        let wasStopping = states[identifier] == .stopping
        // One that ended well before it could be stopped has succeeded.
        states[identifier] = .ended(wasStopping && status != .succeeded ? .stopped : status)
        guard failsFast, !wasStopping, status != .succeeded, task(identifier)?.ignoresFailure == false else {
            return next()
        }
        var steps: [Step] = []
        for task in tasks {
            switch states[task.identifier] {
            case .waiting: states[task.identifier] = .skipped(because: identifier)
            case .running:
                states[task.identifier] = .stopping
                steps.append(.stop(task.identifier))
            default: break
            }
        }
        return steps
    }

    /// Stops everything: for the user, or since the batch has taken too long.
    ///
    /// - Parameter status: how the batch ends: STOPPED or TIMED_OUT.
    /// - Returns: the builds to stop.
    public mutating func stop(as status: BuildStatus = .stopped) -> [Step] {
        guard !isOver else { return [] }
        ending = ending ?? status
        var steps: [Step] = []
        for task in tasks {
            switch states[task.identifier] {
            case .waiting: states[task.identifier] = .dropped
            case .running:
                states[task.identifier] = .stopping
                steps.append(.stop(task.identifier))
            default: break
            }
        }
        return steps
    }

    /// What the batch has come to. It succeeds when every build does whose failure counts.
    public var status: BuildStatus {
        if let ending { return ending }
        guard isOver else { return .inProgress }
        let counts = tasks.allSatisfy { task in
            switch states[task.identifier] {
            case .ended(.succeeded): true
            case .ended: task.ignoresFailure
            // What it waited for has failed, and that counts.
            default: false
            }
        }
        return counts ? .succeeded : .failed
    }

    /// Whether nothing that a build depends on is left to wait for.
    public func isReady(_ identifier: String) -> Bool {
        task(identifier)?.dependsOn.allSatisfy { isDone($0) } ?? false
    }

    private func task(_ identifier: String) -> Task? { tasks.first { $0.identifier == identifier } }

    /// Whether a build that others wait for has ended so that they may begin: it succeeded, or its failure is ignored.
    private func isDone(_ identifier: String) -> Bool {
        guard case .ended(let status) = states[identifier] else { return false }
        return status == .succeeded || task(identifier)?.ignoresFailure == true
    }

    /// Skips what depends on a build that has failed, or was skipped itself. [inferred, CODEBUILD.md 9]
    private mutating func skipDependants() {
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for task in tasks where states[task.identifier] == .waiting {
                guard let blocking = task.dependsOn.first(where: { isLost($0) }) else { continue }
                states[task.identifier] = .skipped(because: blocking)
                hasChanged = true
            }
        }
    }

    private func isLost(_ identifier: String) -> Bool {
        switch states[identifier] {
        case .ended: !isDone(identifier)
        case .skipped, .dropped: true
        default: false
        }
    }
}

extension BatchMachine {
    /// The builds in the order that decided how long the batch took: each began when the one before it had ended.
    ///
    /// - Parameters:
    ///   - tasks: the builds of the batch.
    ///   - spans: of the builds that ran, by identifier, in milliseconds from the batch's beginning.
    public static func criticalPath(_ tasks: [Task], _ spans: [String: Range<Int>]) -> [String] {
        let byName = Dictionary(uniqueKeysWithValues: tasks.map { ($0.identifier, $0) })
        guard var last = spans.max(by: { ($0.value.upperBound, $1.key) < ($1.value.upperBound, $0.key) })?.key else {
            return []
        }
        var path = [last]
        while let before = byName[last]?.dependsOn.filter({ spans[$0] != nil })
            .max(by: { (spans[$0]?.upperBound ?? 0) < (spans[$1]?.upperBound ?? 0) })
        {
            path.insert(before, at: 0)
            last = before
        }
        return path
    }
}
