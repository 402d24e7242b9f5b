public import BuildPlanning

/// A build of the service that is run again, as it is told before it begins: its failure, and what cannot be had here.
public struct RepeatedView: Sendable {
    private let original: OriginalBuild
    /// The failed command among those of the plan, and its place: `BUILD:2 (buildspec.yml:7:9)`.
    public var failedCommand: String?
    /// The task of the batch, with the tasks it depends on.
    public var task: String?
    public var missing: [Missing]

    /// Something that the build had in the service and does not have here.
    public struct Missing: Sendable, Equatable {
        public let name: String
        /// Why, and which flag would give it.
        public let why: String
        /// The place in the file.
        public let place: String?

        public init(name: String, why: String, place: String?) {
            self.name = name
            self.why = why
            self.place = place
        }
    }

    public init(_ original: OriginalBuild, missing: [Missing]) {
        self.original = original
        self.missing = missing
    }

    /// The build, its failure and what is missing, in lines.
    public var lines: [String] {
        var lines = [
            "\(original.id) \(original.status) in CodeBuild" + (original.failureWords.map { ", \($0)" } ?? "")
        ]
        if let task { lines.append("  \(task)") }
        if let failedCommand {
            lines.append("  the command that failed is \(failedCommand)")
        } else if original.failedCommand != nil {
            lines.append("  the buildspec no longer has this command")
        }
        guard !missing.isEmpty else { return lines }
        return lines + ["missing on this machine:"]
            + missing.map { "  \($0.name): \($0.why)\($0.place.map { "  \($0)" } ?? "")" }
    }

    var json: JSONText {
        .object([
            ("id", .string(original.id)), ("status", .string(original.status)),
            ("failure", original.failureWords.map { .string($0) }),
            ("failedCommand", failedCommand.map { .string($0) }), ("task", task.map { .string($0) }),
            (
                "missing",
                .array(
                    missing.map {
                        .object([
                            ("name", .string($0.name)), ("why", .string($0.why)),
                            ("place", $0.place.map { .string($0) }),
                        ])
                    })
            ),
        ])
    }
}
