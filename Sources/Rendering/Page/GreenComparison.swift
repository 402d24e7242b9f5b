public import BuildPlanning

/// The last build before another that succeeded, and what differs from it.
public struct GreenComparison: Sendable {
    /// Something that both builds have, and that differs.
    public struct Difference: Sendable {
        let subject: String
        let before: String
        let now: String

        /// - Parameters:
        ///   - before: of the build that succeeded; `nil` where it has none.
        ///   - now: of the build that is compared with it.
        public init(_ subject: String, before: String?, now: String?) {
            self.subject = subject
            self.before = before ?? "–"
            self.now = now ?? "–"
        }
    }

    let green: BuildResult
    let uuid: String
    /// Commits, image, runtimes, variables.
    public var differences: [Difference] = []
    /// The commits since the one that was built there, newest first: the beginning of the id and the subject of each.
    public var commits: [String] = []
    /// Whether there are more commits than ``commits`` has.
    public var hasMoreCommits = false

    public static let commitLimit = 20

    /// - Parameter result: of the build that succeeded.
    public init(with result: BuildResult, uuid: String) {
        green = result
        self.uuid = uuid
    }

    /// The durations of the whole build and of the phases that both have, in milliseconds.
    func durations(of result: BuildResult) -> [(name: String, before: Int, now: Int)] {
        var durations: [(name: String, before: Int, now: Int)] = []
        if let before = green.runningTime, let now = result.runningTime { durations.append(("Build", before, now)) }
        for phase in result.phases where phase.status != nil {
            guard let before = green.phases.first(where: { $0.phase == phase.phase && $0.status != nil }) else {
                continue
            }
            durations.append((phase.phase.rawValue, before.milliseconds, phase.milliseconds))
        }
        return durations
    }
}
