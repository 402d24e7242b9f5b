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

    /// The headings of ``shortRow``.
    static func shortHead(isOfCloud: Bool) -> [String] {
        [
            "BUILD", "STATUS", "STARTED", "DURATION", "TESTS", isOfCloud ? "COMMIT" : "TREE", "BRANCH", "PROJECT",
            "SOURCE", "",
        ]
    }

    /// The build as a row for a terminal.
    var shortRow: [String?] {
        let notes = [result.isResumed ? "resumed" : nil, keptMinutes.map { "kept for \($0) min" }].compactMap { $0 }
        return [
            String(uuid.prefix(8)), status, (result.startTime?.logForm).map { String($0.prefix(16)) },
            result.runningTime?.spanWords,
            result.testTotals.map { $0.failures > 0 ? "\($0.failures) failed" : "\($0.total) passed" },
            (result.start?.snapshot?.tree ?? version.resolved).map { String($0.prefix(8)) },
            branch ?? version.asked, result.start?.id.project, result.start?.source,
            notes.isEmpty ? nil : notes.joined(separator: ", "),
        ]
    }

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
            result.runningTime?.spanWords, result.testTotals.map { "\($0.failures) of \($0.total)" },
            (result.start?.snapshot?.tree ?? version.resolved).map { String($0.prefix(10)) },
            (branch ?? version.asked).map { TerminalWidth.cut($0, to: 24) }, result.start?.id.project, source,
        ]
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
                result.testTotals.map { .object([("total", .number($0.total)), ("failed", .number($0.failures))]) }
            ),
            ("keptMinutes", keptMinutes.map { .number($0) }),
        ])
    }
}

extension BuildResult {
    /// The test cases of all reports; `nil` for a build without any.
    var testTotals: (total: Int, failures: Int)? {
        let sums = reports.compactMap(\.testSummary)
        return sums.isEmpty ? nil : sums.reduce((0, 0)) { ($0.0 + $1.total, $0.1 + $1.failures) }
    }
}

/// A list of builds for people.
public struct BuildList {
    private let isOfCloud: Bool
    private var builds: [BuildSummary] = []
    private var times: [Int] = []

    public init(isOfCloud: Bool = false) { self.isOfCloud = isOfCloud }

    /// - Parameter time: how long the build took, in milliseconds; `nil` where that is not to be compared.
    public mutating func add(_ build: BuildSummary, taking time: Int? = nil) {
        builds.append(build)
        if let time { times.append(time) }
    }

    /// The list as a table whose columns are always the same; on a terminal as one that fits where it can.
    ///
    /// - Parameters:
    ///   - columns: of the terminal; `nil` where there is none.
    ///   - showsTimes: whether a line of bars compares the durations, the oldest first.
    public func text(columns: Int? = nil, showsTimes: Bool = false) -> String {
        let table = table(columns: columns)
        guard showsTimes, times.count > 1, let median = times.median else { return table }
        return table + "\nlast durations  \(Sparkline.text(times.reversed()))  median \(median.spanWords)\n"
    }

    /// Columns that may be cut, and what stays of them.
    private static let cutColumns = (names: ["SOURCE", "PROJECT", "BRANCH"], least: 6)

    private func table(columns: Int?) -> String {
        guard let columns else {
            var table = TextTable(BuildSummary.head(isOfCloud: isOfCloud))
            for build in builds { table.add(build.row) }
            return table.text
        }
        let head = BuildSummary.shortHead(isOfCloud: isOfCloud), rows = builds.map(\.shortRow)
        // What is the same in all rows tells none of them from the others.
        let shown = head.indices.filter { column in
            let values = Set(rows.map { $0[column] })
            return values != [nil] && (values.count > 1 || !["PROJECT", "SOURCE"].contains(head[column]))
        }
        var table = TextTable(shown.map { head[$0] })
        for row in rows { table.add(shown.map { row[$0] ?? (head[$0].isEmpty ? "" : nil) }) }
        return table.text(
            within: columns,
            cutting: Self.cutColumns.names.compactMap { name in shown.firstIndex { head[$0] == name } },
            least: Self.cutColumns.least)
    }
}
