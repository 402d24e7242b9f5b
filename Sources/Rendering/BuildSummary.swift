public import BuildPlanning

/// One build in a list of builds.
public struct BuildSummary: Sendable {
    private let result: BuildResult
    private let uuid: String
    private let keptMinutes: Int?
    /// What a build of the service was asked to build, and the commit that this was. A build here has a tree in its place.
    public var version: (asked: String?, resolved: String?)

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

    /// The summary as one line of text, without a line end.
    public var line: String {
        var words = [
            String(uuid.prefix(8)), status.padding(11),
            String((result.startTime?.logForm ?? "-").prefix(19)).padding(19),
        ]
        words.append((result.runningTime.map { "\($0 / 1000).\($0 / 100 % 10) s" } ?? "-").padding(9))
        words.append(String((result.start?.snapshot?.tree ?? version.resolved ?? "-").prefix(10)).padding(10))
        words.append(result.start?.id.project ?? "-")
        if let source = result.start?.source ?? version.asked { words.append(source) }
        if result.isResumed { words.append("(resumed)") }
        if let keptMinutes { words.append("(kept for \(keptMinutes) min)") }
        return words.joined(separator: "  ")
    }

    /// The summary as one object.
    public var json: JSONText {
        .object([
            ("id", .string(result.start.map { "\($0.id)" } ?? uuid)), ("buildStatus", .string(status)),
            ("startTime", result.startTime.map { .string($0.rfc3339) }),
            ("endTime", result.endTime.map { .string($0.rfc3339) }),
            ("image", result.start.map { .string($0.image) }), ("source", result.start?.source.map { .string($0) }),
            ("sourceVersion", version.asked.map { .string($0) }),
            ("resolvedSourceVersion", version.resolved.map { .string($0) }),
            ("tree", result.start?.snapshot.map { .string($0.tree) }),
            ("resumed", result.isResumed ? .bool(true) : nil),
            ("runningTimeInMilliseconds", result.runningTime.map { .number($0) }),
            ("keptMinutes", keptMinutes.map { .number($0) }),
        ])
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
