public import BuildPlanning

/// One build in a list of builds.
public struct BuildSummary: Sendable {
    private let result: BuildResult
    private let uuid: String
    private let keptMinutes: Int?
    /// What a build of the service was asked to build, and the commit that this was. A build here has a tree in its place.
    public var version: (asked: String?, resolved: String?)
    /// The branch of a build here, or the commit of a source without one.
    public var branch: String?

    /// Makes the summary of a recorded build.
    ///
    /// - Parameters:
    ///   - keptMinutes: how long the build's container has been kept; `nil` when there is none.
    public init(_ result: BuildResult, uuid: String, keptMinutes: Int?) {
        self.keptMinutes = keptMinutes
        self.result = result
        self.uuid = uuid
    }

    private var status: String { result.status.rawValue }

    /// The headings of ``row``.
    ///
    /// - Parameter isOfCloud: whether builds have commits in place of trees.
    public static func head(isOfCloud: Bool) -> [String] {
        [
            "BUILD", "STATUS", "STARTED", "DURATION", "FAILED TESTS", isOfCloud ? "COMMIT" : "TREE", "BRANCH",
            "PROJECT",
            isOfCloud ? "" : "SOURCE",
        ]
    }

    /// The build as a row of a table.
    public var row: [String?] {
        let notes = [result.isResumed ? "(resumed)" : nil, keptMinutes.map { "(kept for \($0) min)" }]
        let source = ([result.start?.source] + notes).compactMap { $0 }.joined(separator: "  ")
        return [
            String(uuid.prefix(8)), status, (result.startTime?.logForm).map { String($0.prefix(19)) },
            result.runningTime?.spanWords, tests.map { "\($0.failures) of \($0.total)" },
            (result.start?.snapshot?.tree ?? version.resolved).map { String($0.prefix(10)) },
            (branch ?? version.asked).map { TerminalWidth.cut($0, to: 24) }, result.start?.id.project, source,
        ]
    }

    /// The test cases of all reports; `nil` for a build without any.
    private var tests: (total: Int, failures: Int)? {
        let sums = result.reports.compactMap(\.testSummary)
        return sums.isEmpty ? nil : sums.reduce((0, 0)) { ($0.0 + $1.total, $0.1 + $1.failures) }
    }

    /// The summary as one object.
    public var json: JSONText {
        .object([
            ("id", .string(result.start.map { "\($0.id)" } ?? uuid)), ("buildStatus", .string(status)),
            ("startTime", result.startTime.map { .string($0.rfc3339) }),
            ("endTime", result.endTime.map { .string($0.rfc3339) }),
            ("image", result.start.map { .string($0.image) }), ("source", result.start?.source.map { .string($0) }),
            ("sourceVersion", (version.asked ?? branch).map { .string($0) }),
            ("resolvedSourceVersion", version.resolved.map { .string($0) }),
            ("tree", result.start?.snapshot.map { .string($0.tree) }),
            ("resumed", result.isResumed ? .bool(true) : nil),
            ("runningTimeInMilliseconds", result.runningTime.map { .number($0) }),
            (
                "tests",
                tests.map { .object([("total", .number($0.total)), ("failed", .number($0.failures))]) }
            ),
            ("keptMinutes", keptMinutes.map { .number($0) }),
        ])
    }
}

/// A list of builds for people.
public struct BuildList {
    private var table: TextTable
    private var times: [Int] = []

    public init(isOfCloud: Bool = false) { table = TextTable(BuildSummary.head(isOfCloud: isOfCloud)) }

    /// - Parameter time: how long the build took, in milliseconds; `nil` where that is not to be compared.
    public mutating func add(_ build: BuildSummary, taking time: Int? = nil) {
        table.add(build.row)
        if let time { times.append(time) }
    }

    /// - Parameter showsTimes: whether a line of bars compares the durations, the oldest first.
    public func text(showsTimes: Bool = false) -> String {
        guard showsTimes, times.count > 1, let median = times.median else { return table.text }
        return table.text + "\nlast durations  \(Sparkline.text(times.reversed()))  median \(median.spanWords)\n"
    }
}
