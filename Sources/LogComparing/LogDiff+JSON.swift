public import BuildPlanning
internal import SpecParsing

extension LogDiff {
    /// The differences as one object, in the order of the build:
    /// `{"version":1,"isSame":…,"differences":[{"phase":…,"command":…,"kind":…,…}]}`.
    public var json: JSONText {
        .object([
            ("version", .number(1)), ("isSame", .bool(differences.isEmpty)),
            ("isCloudCutOff", .bool(isCloudCutOff)),
            (
                "compared",
                .object([
                    ("phases", .number(compared.phases)), ("commands", .number(compared.commands)),
                    ("lines", .number(compared.lines)),
                ])
            ),
            ("differences", .array(differences.map(\.json))),
        ])
    }
}

extension LogDiff.Difference {
    fileprivate var json: JSONText {
        var members: [(String, JSONText?)] = [
            ("phase", .string(phase)), ("command", command.map { .string($0.text) }),
            ("number", command.map { .number($0.number) }),
            ("place", command?.location.map { .string("\($0)") }),
        ]
        func add(_ kind: String, local: JSONText? = nil, cloud: JSONText? = nil) {
            members += [("kind", .string(kind)), ("local", local), ("cloud", cloud)]
        }
        switch kind {
        case .output(let change):
            add("output", local: change.local.json, cloud: change.cloud.json)
            members += change.position
        case .agentLines(let change):
            add("agentLines", local: change.local.json, cloud: change.cloud.json)
        case .exitStatus(let local, let cloud):
            add("exitStatus", local: .number(local), cloud: .number(cloud))
        case .otherCommand(let cloud):
            add("otherCommand", local: command.map { .string($0.text) }, cloud: .string(cloud.text))
        case .commandOnly(let side): add("commandOnly\(side.suffix)")
        case .state(let local, let cloud): add("state", local: .string(local), cloud: .string(cloud))
        case .context(let local, let cloud): add("context", local: .string(local), cloud: .string(cloud))
        case .phaseOnly(let side): add("phaseOnly\(side.suffix)")
        }
        return .object(members)
    }
}

extension LogDiff.Change {
    /// The position of the change. Line numbers count from 1 in the output of the command.
    fileprivate var position: [(String, JSONText?)] {
        [
            ("localLine", .number(localNumber)), ("cloudLine", .number(cloudNumber)), ("before", before.json),
            ("after", after.json),
        ]
    }
}

extension LogDiff.Side {
    fileprivate var suffix: String { self == .local ? "Local" : "Cloud" }
}

extension [String] {
    fileprivate var json: JSONText { .array(map { .string($0) }) }
}
