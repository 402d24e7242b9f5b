/// Which builds lose something, decided from what is known of them before anything is removed.
struct DeletionPlan {
    /// What decides over one build.
    struct Build: Equatable {
        let uuid: String
        /// The time at which its record was written to last, in microseconds since 1970.
        let lastChange: Int64
        var isRunning = false
        var isKept = false
        var hasCheckpoints = false

        /// Whether nobody needs its record: neither a process nor a container nor a checkpoint belongs to it.
        var isOver: Bool { !isRunning && !isKept && !hasCheckpoints }
    }

    /// Newest first.
    private let builds: [Build]

    init(_ builds: [Build]) {
        self.builds = builds.sorted { ($0.lastChange, $0.uuid) > ($1.lastChange, $1.uuid) }
    }

    /// The records beyond a limit, and some more so that it is not to be done at every build; none up to the limit.
    func records(beyond limit: Int) -> [Build] {
        guard builds.count > limit else { return [] }
        return builds.dropFirst(limit - limit / 10).filter(\.isOver)
    }

    /// The records that were last written to before a moment, in microseconds since 1970.
    func records(before moment: Int64) -> [Build] { builds.filter { $0.lastChange < moment && $0.isOver } }

    /// The builds that lose their checkpoints, so that a number of them keep theirs.
    func checkpoints(beyond limit: Int) -> [Build] { Array(builds.filter(\.hasCheckpoints).dropFirst(limit)) }
}
