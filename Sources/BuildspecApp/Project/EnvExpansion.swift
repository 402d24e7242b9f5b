/// Replaces the variables in a value of `--env-file` (compose-spec, "Interpolation"): `$NAME`, `${NAME}`, `${NAME:-default}`,
/// `${NAME-default}`, `${NAME:?message}`, `${NAME?message}`, `${NAME:+other}`, `${NAME+other}`; `$$` is a dollar sign.
struct EnvExpansion {
    let text: EnvText
    /// The variables of this machine, which come first.
    let environment: [String: String]
    /// The variables of the files so far.
    let values: [String: String]
    /// The names of those that this machine's environment gave.
    private(set) var taken: [String] = []
    private(set) var notes: [String] = []

    init(text: EnvText, environment: [String: String], values: [String: String]) {
        self.text = text
        self.environment = environment
        self.values = values
    }

    typealias Unit = EnvText.Unit

    /// - Throws: ``Failure`` with the place of a variable that has to be set and is not, or of one that is written wrong.
    mutating func expanded(_ units: ArraySlice<Unit>) throws -> [Unit] {
        var result: [Unit] = [], rest = units
        while let unit = rest.first {
            rest = rest.dropFirst()
            guard unit.is("$"), let next = rest.first else {
                result.append(unit)
                continue
            }
            if next.is("$") {
                result.append(next)
                rest = rest.dropFirst()
            } else if next.is("{") {
                let end = try self.end(of: rest, at: unit)
                result += try braced(rest[rest.index(after: rest.startIndex)..<end], at: unit)
                rest = rest[(end + 1)...]
            } else {
                let name = rest.prefix(Self.nameLength(rest))
                guard !name.isEmpty else {
                    result.append(unit)
                    continue
                }
                rest = rest.dropFirst(name.count)
                result += value(of: name, at: unit) ?? unset(name, at: unit)
            }
        }
        return result
    }

    // MARK: Braces

    /// The place of the brace that ends the one at the beginning.
    private func end(of units: ArraySlice<Unit>, at dollar: Unit) throws -> Int {
        var depth = 0
        for (index, unit) in zip(units.indices, units) {
            if unit.is("{") { depth += 1 }
            if unit.is("}") { depth -= 1 }
            if depth == 0 { return index }
        }
        throw text.failure(
            dollar.place, "`${` has no `}`", help: "a dollar sign is written `$$`, or between single quotes")
    }

    /// - Parameter units: what stands between the braces.
    private mutating func braced(_ units: ArraySlice<Unit>, at dollar: Unit) throws -> [Unit] {
        let name = units.prefix(Self.nameLength(units))
        var rest = units.dropFirst(name.count)
        let isStrict = rest.first?.is(":") == true
        if isStrict { rest = rest.dropFirst() }
        let operation = rest.first.map { unit in "-?+".unicodeScalars.first { unit.is($0) } } ?? nil
        guard !name.isEmpty, operation != nil || rest.isEmpty && !isStrict else {
            throw text.failure(
                dollar.place,
                "`${\(text.string(Array(units)))}` is no variable, expected `${NAME}` or `${NAME:-default}`",
                help: "a dollar sign is written `$$`, or between single quotes")
        }
        let value = value(of: name, at: dollar), isThere = value.map { !isStrict || !$0.isEmpty } ?? false
        let other = rest.dropFirst()
        switch operation {
        case "-": return isThere ? value ?? [] : try expanded(other)
        case "+": return isThere ? try expanded(other) : value ?? []
        case "?":
            guard !isThere else { return value ?? [] }
            let message = text.string(try expanded(other)), name = text.string(Array(name))
            throw text.failure(
                dollar.place,
                "`$\(name)` is \(value == nil ? "not set" : "empty")\(message.isEmpty ? "" : ": \(message)")",
                help: "set it in the file or in your environment")
        default: return value ?? unset(name, at: dollar)
        }
    }

    // MARK: Variables

    private mutating func value(of name: ArraySlice<Unit>, at dollar: Unit) -> [Unit]? {
        let name = text.string(Array(name))
        let value = environment[name]
        if value != nil { taken.append(name) }
        return (value ?? values[name])?.utf8.map { Unit(byte: $0, place: dollar.place, isEscaped: true) }
    }

    private mutating func unset(_ name: ArraySlice<Unit>, at dollar: Unit) -> [Unit] {
        notes.append(
            "warning: \(text.location(dollar.place)): `$\(text.string(Array(name)))` is not set, neither earlier in the files "
                + "nor in your environment: it becomes empty")
        return []
    }

    /// The number of units at the beginning that are a name.
    private static func nameLength(_ units: ArraySlice<Unit>) -> Int {
        guard let first = units.first, isPartOfName(first), !(0x30...0x39).contains(first.byte) else { return 0 }
        return units.prefix(while: isPartOfName).count
    }

    private static func isPartOfName(_ unit: Unit) -> Bool {
        guard !unit.isEscaped else { return false }
        switch unit.byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            return true
        default: return false
        }
    }
}
