/// A build here beside the build of the service that it repeats: whether the failure is the same (Documentation/decisions/from-build.md).
public struct OriginalComparison: Sendable, Equatable {
    /// `project:uuid` of the service's build.
    public let id: String
    /// The service's failure in a few words; `nil` for a build that did not fail there.
    public let failure: String?
    /// What is not the same; empty when all is.
    public let differences: [Difference]
    /// The seconds of the parts of the build here.
    public var times: Times

    public struct Difference: Sendable, Equatable {
        /// `status`, `failed phase`, `command`, `exit status`, `status code`, `message`, or a phase.
        public let field: String
        public let there: String
        public let here: String

        public init(field: String, there: String, here: String) {
            self.field = field
            self.there = there
            self.here = here
        }
    }

    /// How long the parts of the build took, in milliseconds.
    public struct Times: Sendable, Equatable {
        /// To find the source, to fetch it and to check it out.
        public var source: Int?
        /// To start the container, and to pull its image where it was not there.
        public var start: Int?
        /// From the container's start to the end of the command that failed.
        public var failure: Int?

        public init(source: Int? = nil, start: Int? = nil, failure: Int? = nil) {
            self.source = source
            self.start = start
            self.failure = failure
        }
    }

    public init(id: String, failure: String?, differences: [Difference], times: Times = Times()) {
        self.id = id
        self.failure = failure
        self.differences = differences
        self.times = times
    }

    public var isSame: Bool { differences.isEmpty }

    /// The phases of the service that no build here has, and that are not compared.
    private static let unknownHere = ["SUBMITTED", "QUEUED", "FINALIZING", "COMPLETED"]

    private static let pullCode = "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"

    /// Compares how two builds have ended.
    ///
    /// - Parameters:
    ///   - original: the build of the service.
    ///   - result: what became of the build here.
    ///   - status: of the build here, which is about to end.
    public init(of original: OriginalBuild, with result: BuildResult, ending status: BuildStatus) {
        id = original.id
        failure = original.failureWords
        times = Times()
        var found: [Difference] = []
        func compare(_ field: String, there: String?, here: String?, by rule: (String) -> String = { $0 }) {
            let (there, here) = (there ?? "", here ?? "")
            guard rule(there) != rule(here) else { return }
            found.append(.init(field: field, there: there, here: here))
        }
        // A build that ran out of time is FAILED or TIMED_OUT; its phase says which (CODEBUILD.md 3.8).
        compare("status", there: original.status, here: status.rawValue) { $0 == "TIMED_OUT" ? "FAILED" : $0 }
        let there = original.failedPhase
        let here = result.phases.first { $0.status.map { $0 != .succeeded && $0 != .inProgress } ?? false }
        var statuses: [String: String] = [:], place = here?.phase.rawValue
        for phase in result.phases { statuses[phase.phase.rawValue] = phase.status?.rawValue }
        // An image is pulled before the phases of the log, of which no build here has one.
        let isPull = here?.context.statusCode == Self.pullCode && there?.context.statusCode == Self.pullCode
        if isPull, let here, let there {
            statuses[here.phase.rawValue] = nil
            statuses[there.name] = here.status?.rawValue
            place = there.name
        }
        compare("failed phase", there: there?.name, here: place)
        if let there, let here, there.name == place {
            let said = CommandMessage(there.context.message), ours = CommandMessage(here.context.message)
            if let said, let ours {
                if !said.means(ours.text) { compare("command", there: said.text, here: ours.text) }
                if let status = said.exitStatus, let own = ours.exitStatus {
                    compare("exit status", there: "\(status)", here: "\(own)")
                }
            }
            compare("status code", there: there.context.statusCode, here: here.context.statusCode)
            if said == nil || ours == nil, !isPull, !here.context.message.hasPrefix(PhaseContext.oursPrefix) {
                compare("message", there: there.context.message, here: here.context.message, by: Self.withoutChance)
            }
        }
        let skipped = Set(result.skippedPhases.map(\.rawValue))
        for phase in BuildPhase.allCases.map(\.rawValue)
        where !Self.unknownHere.contains(phase) && !skipped.contains(phase) {
            let other = original.phases.first { $0.name == phase }?.status
            // What is not told of the beginning went well.
            let isEarly = phase == BuildPhase.provisioning.rawValue
            compare(
                phase, there: other ?? (isEarly ? "SUCCEEDED" : "not run"),
                here: statuses[phase] ?? (isEarly ? "SUCCEEDED" : "not run"))
        }
        differences = found
    }

    /// A message without what differs in any two builds: source folders, ids, ends of lines.
    static func withoutChance(_ message: String) -> String {
        let prefix = ContainerLayout.sourcePrefix
        var text = "", rest = Substring(message)
        while let found = rest.firstRange(of: prefix) {
            text += rest[..<found.lowerBound] + "‹source›"
            rest = rest[found.upperBound...].drop(while: \.isNumber)
        }
        text += rest
        text = text.replacing(#/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/#, with: "‹id›")
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The comparison for people, in few lines.
    public var lines: [String] {
        guard let failure else {
            return isSame
                ? ["ends as \(id) did in CodeBuild"]
                : ["ends differently from \(id), which did not fail in CodeBuild"] + differenceLines
        }
        if isSame { return ["the same failure as \(id) in CodeBuild", "  \(failure)"] }
        let succeeds = differences.contains { $0.field == "status" && $0.here == "SUCCEEDED" }
        return [
            succeeds
                ? "does not fail here; \(id) failed in CodeBuild" : "fails differently from \(id) in CodeBuild",
            "  there: \(failure)",
        ] + differenceLines
    }

    private var differenceLines: [String] {
        differences.map { difference in
            func shown(_ text: String) -> String {
                let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
                return line.isEmpty ? "none" : line.count > 100 ? "\(line.prefix(100))…" : line
            }
            return "  \(difference.field): \(shown(difference.there)) there, \(shown(difference.here)) here"
        }
    }

    /// The seconds of the parts, in one line; `nil` where none is known.
    public var timeLine: String? {
        let parts = [("source", times.source), ("image and container", times.start), ("to the failure", times.failure)]
            .compactMap { name, milliseconds in
                milliseconds.map { "\(name) \($0 / 1000).\($0 / 100 % 10) s" }
            }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
