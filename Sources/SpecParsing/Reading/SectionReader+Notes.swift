/// Notes findings about keys and shapes.
extension SectionReader {
    mutating func noteWrongType(_ node: SpecNode, expected: String, at path: SpecPath, help: String? = nil) {
        let subject = path == .root ? "the file" : path.quoted
        findings.error(
            .wrongType, at: FindingPlace(node, path), "\(subject) is \(node.kindName), expected \(expected)",
            help: help ?? Self.help(for: node, expecting: expected, at: path))
    }

    mutating func noteNullItem(_ item: SpecNode, at path: SpecPath) {
        findings.warning(.nullItem, at: FindingPlace(item, path), "\(path.quoted) is empty: it is skipped")
    }

    /// Checks the name of an environment variable (DESIGN 8.9).
    mutating func checkName(
        _ name: String, for use: KeyTable.VariableUse, at key: SpecNode, path: @autoclosure () -> SpecPath
    ) {
        guard use != .versions, !isShellIdentifier(name) else { return }
        let path = path()
        if name.isEmpty || name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") }) {
            findings.error(
                .invalidName, at: FindingPlace(key, path), "\(quoted(name)) cannot be the name of a variable")
        } else if use != .values {
            findings.error(
                .invalidName, at: FindingPlace(key, path),
                "\(quoted(name)) cannot be the name of a secret: no shell can use it",
                help: "use letters, digits and `_`")
        } else {
            findings.warning(
                .invalidName, at: FindingPlace(key, path),
                "no shell can use a variable named \(quoted(name)), only other programs",
                help: "use letters, digits and `_`")
        }
    }

    /// Checks the reference of a secret or parameter (CODEBUILD.md 5.4).
    mutating func checkReference(
        _ node: SpecNode, for use: KeyTable.VariableUse, at path: @autoclosure () -> SpecPath
    ) {
        do throws(ReferenceProblem) {
            switch use {
            case .parameters: _ = try ParameterReference(node.text)
            case .secrets: _ = try SecretReference(node.text)
            case .values, .versions: break
            }
        } catch {
            let path = path()
            findings.error(
                .invalidReference, at: FindingPlace(node, path), "\(path.quoted) \(error.message)", help: error.help)
        }
    }

    private func isShellIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    mutating func noteUnknown(_ entry: SpecEntry, _ table: KeyTable, at path: SpecPath) {
        let help = helpForUnknown(entry, table, at: path), name = quoted(entry.name), inner = path.key(entry.name)
        switch table.unknown {
        case .warned:
            findings.warning(
                .unknownKey, at: FindingPlace(entry.key, inner), "unknown key \(name) \(path.place)", help: help())
        case .refused:
            findings.error(
                .unknownKey, at: FindingPlace(entry.key, inner), "unknown key \(name) \(path.place)", help: help())
        case .refusedAsPhase:
            findings.error(
                .unknownPhase, at: FindingPlace(entry.key, inner),
                "unknown phase \(name) \(path.place), expected \(Self.choice(table.keys.map(\.name)))",
                codebuild: ServiceMessage.invalidPhaseName(entry.name), help: help())
        }
    }

    private func helpForUnknown(_ entry: SpecEntry, _ table: KeyTable, at path: SpecPath) -> () -> String? {
        { [rootTable] in
            let name = entry.name
            if let key = table.keys.first(where: { $0.name == name }), let version = key.version {
                return "\(quoted(name)) is a key of version \(version.rawValue) only"
            }
            let places = rootTable.places(ofKey: name)
            let names = table.keys.map(\.name)
            let meant = table.keys.first { $0.misnomers.contains(name) }?.name ?? nearName(to: name, among: names)
            if let meant { return "did you mean `\(meant)`?" }
            if path.text == "x-buildspec" {
                return
                    "only some flags of `run` can stand here, without their dashes: `buildspec help settings` names them"
            }
            guard let place = places.first else { return nil }
            return "`\(name)` belongs \(Self.directions(to: place, among: places, of: entry, from: path))"
        }
    }

    /// Describes where a misplaced key belongs, and how to move it there.
    private static func directions(
        to place: SpecPath, among places: [SpecPath], of entry: SpecEntry, from path: SpecPath
    ) -> String {
        if place == .root {
            let column = entry.key.document.root?.location.column ?? 1
            return "at the top level: dedent it to column \(column), out of \(path.quoted)"
        }
        let phases = SpecPath.root.key("phases")
        if PhaseName.allCases.allSatisfy({ places.contains(phases.key($0.rawValue)) }) {
            return path == phases
                ? "in a phase: indent it, to stand below the name of one" : "in a phase, beside its `commands`"
        }
        if let inner = path.firstStep(below: place) {
            return "\(place.place): dedent it, to stand beside \(quoted(inner))"
        }
        if let inner = place.firstStep(below: path) {
            return "\(place.place): indent it, to stand below \(quoted(inner))"
        }
        return place.place
    }

    /// Joins names as "`a`, `b` or `c`".
    static func choice(_ names: [String]) -> String { list(names, last: "or") }

    /// Joins names as "`a`, `b` and `c`".
    static func list(_ names: [String], last word: String = "and") -> String {
        let names = names.map { "`\($0)`" }
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " \(word) " + last
    }
}

extension SpecNode {
    /// The value's source text in quotes, so that YAML reads all of it as one text; `nil` when it is long or has
    /// several lines.
    var quotedAsWritten: String? {
        let range = contentRange
        guard !range.isEmpty, range.count <= 200 else { return nil }
        let text = document.source.text(ofScalars: range)
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return nil }
        if !text.contains("'") { return "'\(text)'" }
        if !text.contains("\""), !text.contains("\\") { return "\"\(text)\"" }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
