/// What a batch came to, and each of its builds.
public struct BatchResult: Sendable {
    /// One build of the batch, with its tries.
    public struct Group: Sendable {
        public let task: BatchMachine.Task
        public var state: BatchMachine.State = .waiting
        /// The try that counts; `nil` for a build that never began.
        public var build: BuildID?
        /// A digest of what the build is, apart from its name.
        public var definition: String?
        /// Whether that try is one of an earlier run of the batch.
        public var isRecalled = false
        /// Earlier tries, the newest first.
        public var prior: [Try] = []
        /// When nothing it depends on was left to wait for.
        public var ready: Timestamp?
        public var start: Timestamp?
        public var end: Timestamp?
        /// What the try that counts came to.
        public var result: BuildResult?
        /// The absolute path of its log.
        public var log: String?
        /// How long it is expected to take, by earlier batches, in milliseconds; `nil` where there are none.
        public var expected: Int?

        public init(_ task: BatchMachine.Task) { self.task = task }
    }

    /// A build that was an earlier try.
    public struct Try: Sendable, Equatable {
        /// The build's ARN, or its id.
        public let name: String
        public let status: String

        public init(name: String, status: String) {
            self.name = name
            self.status = status
        }
    }

    public let id: BuildID
    public let start: Timestamp
    public var end: Timestamp?
    public var status = BuildStatus.inProgress
    /// In the order of the file.
    public var groups: [Group]
    /// How many builds could run at once.
    public let limit: Int
    /// What the ARNs of builds begin with: `arn:aws:codebuild:REGION:ACCOUNT`.
    public let arnPrefix: String
    /// The source's tree, where git has it.
    public var tree: String?
    /// Whether its builds are the parts of one: their reports are merged then.
    public var isFanout = false
    /// The artifact that those of the builds were combined into.
    public var artifact: BuildResult.Artifact?

    public init(_ id: BuildID, _ tasks: [BatchMachine.Task], since start: Timestamp, limit: Int, arnPrefix: String) {
        self.id = id
        self.start = start
        self.limit = limit
        self.arnPrefix = arnPrefix
        groups = tasks.map(Group.init)
    }

    /// Returns what the batch comes to when it ends here, whatever its builds still do.
    public func brokenOff(at time: Timestamp) -> BatchResult {
        var batch = self
        batch.status = .stopped
        batch.end = time
        for index in groups.indices where [.running, .stopping].contains(groups[index].state) {
            batch.groups[index].state = .ended(.stopped)
            batch.groups[index].end = time
        }
        return batch
    }

    /// The batch's own ARN.
    public var arn: String { "\(arnPrefix):build-batch/\(id)" }

    /// The reports of the batch: of a fanout the merged ones, else those of all builds.
    public var reports: [ReportFacts] {
        guard isFanout else { return groups.flatMap { $0.result?.reports ?? [] } }
        return ReportMerging.merged(
            groups.map { ($0.task.identifier, $0.result?.reports ?? []) }, of: arn)
    }

    /// When the builds ran, in milliseconds from the batch's beginning.
    public var spans: [String: Range<Int>] {
        groups.reduce(into: [:]) { spans, group in
            guard let begun = group.start, let end = group.end, end >= begun else { return }
            spans[group.task.identifier] = begun.milliseconds(since: start)..<end.milliseconds(since: start)
        }
    }
}
