internal import BuildPlanning
internal import Files
internal import Rendering

/// How long a build is expected to take: the median of the last ones of its project that succeeded.
struct ExpectedTime {
    /// How many builds are looked at, and among how many records they are looked for.
    private static let limit = 5, reach = 50

    private let id: BuildID
    private let source: String
    private let records: BuildRecords
    private let batches: BatchRecords

    init(of id: BuildID, _ project: Project) {
        self.id = id
        batches = BatchRecords(project.machine.places, of: project.identity)
        source = project.location.folder
        records = BuildRecords(project.machine.places)
    }

    /// - Returns: `nil` where no build tells, or the task was cancelled.
    func milliseconds() -> Int? {
        var times: [Int] = []
        // Those of a batch are other builds.
        let others = batches.builds
        for build in records.newest(Self.reach) where build.uuid != id.uuid && times.count < Self.limit {
            if others.contains(build.uuid) { continue }
            guard !Task.isCancelled else { return nil }
            // A record that cannot be read tells nothing.
            guard let start = try? build.start(), start.id.project == id.project, start.source == source,
                let result = try? build.outline().result, result.status == .succeeded, result.skippedPhases.isEmpty,
                let time = result.runningTime
            else { continue }
            times.append(time)
        }
        return times.median
    }
}

extension Project {
    /// Shows the builds that now begin as the user wants it; none where he is asked before each command.
    func useProgress() {
        machine.terminal.board.use(settings.stops.asksBeforeCommands ? .none : settings.output.progress)
    }
}
