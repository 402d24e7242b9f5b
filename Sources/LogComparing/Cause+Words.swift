internal import BuildPlanning

extension Cause {
    /// The cause as a clause: `runtime java is corretto17 here, corretto21 in the cloud`.
    func words(_ sides: ComparedSides) -> String {
        switch subject {
        case .source: return "the source is " + values(sides)
        case .image: return "the image is " + values(sides)
        case .computeSize: return "the compute size is " + values(sides)
        case .runtime(let name): return "runtime \(name) is " + values(sides)
        case .tool(let name): return "\(name) is " + values(sides)
        case .secret:
            let side: LogDiff.Side = one == nil ? .other : .one
            return "a parameter or secret cannot be had \(sides.place(side)): \(one ?? other ?? "")"
        case .variable(let name):
            if one == nil || other == nil {
                return "variable \(name) is set \(sides.place(one == nil ? .other : .one)) only"
            }
            if isSecret { return "variable \(name) has another value \(sides.place(.other))" }
            return "variable \(name) is " + sides.each("`\(Self.short(one))`", "`\(Self.short(other))`")
        }
    }

    private func values(_ sides: ComparedSides) -> String {
        sides.each(Self.withoutLongHashes(Self.short(one)), Self.withoutLongHashes(Self.short(other)))
    }

    /// A text whose hashes are cut to a length that tells them apart.
    private static func withoutLongHashes(_ text: String) -> String {
        text.replacing(#/([0-9a-f]{12})[0-9a-f]{20,}/#) { String($0.1) }
    }

    /// A value in one line of ordinary length.
    private static func short(_ value: String?) -> String {
        let line = (value ?? "").prefix { !$0.isNewline }
        let limit = 100
        return line.count > limit || line.count < (value ?? "").count ? "\(line.prefix(limit))…" : String(line)
    }

    /// The sides that have a value.
    private var sides: [LogDiff.Side] { (one == nil ? [] : [.one]) + (other == nil ? [] : [.other]) }

    /// The place where the cause shows, for what was printed.
    var whereabouts: String? {
        guard case .tool = subject, let phase = place.phaseName else { return nil }
        return "printed in \(phase), command \(place.command)"
    }

    var json: JSONText {
        let (kind, name): (String, String?) =
            switch subject {
            case .source: ("source", nil)
            case .image: ("image", nil)
            case .computeSize: ("computeSize", nil)
            case .variable(let name): ("variable", name)
            case .secret: ("secret", nil)
            case .runtime(let name): ("runtime", name)
            case .tool(let name): ("tool", name)
            }
        return .object([
            ("kind", .string(kind)), ("name", name.map { .string($0) }), ("rating", .string("\(rating)")),
            // What may be secret has no values, but sides.
            ("isSecret", isSecret ? .bool(true) : nil), ("sides", .array(sides.map { .string($0.rawValue) })),
            ("one", isSecret ? nil : one.map { .string($0) }), ("other", isSecret ? nil : other.map { .string($0) }),
            ("phase", place.phaseName.map { .string($0) }),
            ("number", place.command > 0 ? .number(place.command) : nil),
        ])
    }
}
