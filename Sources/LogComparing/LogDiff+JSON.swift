public import BuildPlanning
internal import SpecParsing

extension LogDiff {
    /// The version of the JSON form; raised when a reader of an older one would misread it.
    public static let jsonVersion = 2

    /// The differences as one object, in the order of the build:
    /// `{"version":2,"isSame":…,"one":…,"other":…,"causes":[…],"differences":[{"phase":…,"command":…,"kind":…,…}]}`.
    public func json(_ sides: ComparedSides) -> JSONText {
        .object([
            ("version", .number(Self.jsonVersion)), ("isSame", .bool(differences.isEmpty)),
            ("one", sides.json(.one)), ("other", sides.json(.other)),
            ("cutOff", .array(cutOff.map { .string($0.rawValue) })),
            (
                "compared",
                .object([
                    ("phases", .number(compared.phases)), ("commands", .number(compared.commands)),
                    ("lines", .number(compared.lines)),
                ])
            ),
            (
                "learned",
                learnedFrom.isEmpty
                    ? nil
                    : .object([
                        ("builds", .array(learnedFrom.map { .string($0) })), ("linesLeftOut", .number(leftOut)),
                    ])
            ),
            ("causes", .array(causes.map(\.json))), ("differences", .array(differences.map(\.json))),
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
        func add(_ kind: String, one: JSONText? = nil, other: JSONText? = nil, side: LogDiff.Side? = nil) {
            members += [
                ("kind", .string(kind)), ("side", side.map { .string($0.rawValue) }), ("one", one), ("other", other),
            ]
        }
        switch kind {
        case .output(let change):
            add("output", one: change.one.json, other: change.other.json)
            members += change.position
        case .agentLines(let change): add("agentLines", one: change.one.json, other: change.other.json)
        case .exitStatus(let one, let other): add("exitStatus", one: .number(one), other: .number(other))
        case .otherCommand(let other):
            add("otherCommand", one: command.map { .string($0.text) }, other: .string(other.text))
        case .commandOnly(let side): add("commandOnly", side: side)
        case .state(let one, let other): add("state", one: .string(one), other: .string(other))
        case .context(let one, let other): add("context", one: .string(one), other: .string(other))
        case .phaseOnly(let side): add("phaseOnly", side: side)
        }
        return .object(members)
    }
}

extension LogDiff.Change {
    /// The position of the change. Line numbers count from 1 in the output of the command.
    fileprivate var position: [(String, JSONText?)] {
        [
            ("oneLine", .number(oneNumber)), ("otherLine", .number(otherNumber)), ("before", before.json),
            ("after", after.json),
        ]
    }
}

extension [String] {
    fileprivate var json: JSONText { .array(map { .string($0) }) }
}
