/// The path from the root of the file to a value, as in `phases.build.commands[1]`.
struct SpecPath: Sendable, Equatable {
    /// The text of the path; empty for the file as a whole.
    let text: String

    static let root = SpecPath(text: "")

    /// Appends a key of a table, whose name needs no escaping.
    func key(_ key: KeyTable.Key) -> SpecPath {
        SpecPath(text: text.isEmpty ? key.name : text + "." + key.name)
    }

    func key(_ name: String) -> SpecPath {
        let isPlain = !name.isEmpty && name.utf8.count <= 80 && name.utf8.allSatisfy { $0.isPlainInPath }
        let step = isPlain ? name : "[\(shown(name))]"
        return SpecPath(text: text.isEmpty || !isPlain ? text + step : "\(text).\(step)")
    }

    /// Appends the index of a list's entry.
    ///
    /// - Parameter index: the 0-based index, as CodeBuild counts commands.
    func item(_ index: Int) -> SpecPath { SpecPath(text: "\(text)[\(index)]") }

    /// Whether the path leads to `batch` or to a value inside it.
    var isInBatch: Bool { text == "batch" || text.hasPrefix("batch.") || text.hasPrefix("batch[") }

    /// The first key of this path below `place`; `nil` when the path does not continue `place` with a plain key.
    func firstStep(below place: SpecPath) -> String? {
        let before = place.text.isEmpty ? "" : place.text + "."
        guard text.utf8.count > before.utf8.count, text.hasPrefix(before) else { return nil }
        let step = text.dropFirst(before.count).prefix { $0 != "." && $0 != "[" }
        return step.isEmpty ? nil : String(step)
    }

    /// The path in backticks.
    var quoted: String { "`\(text)`" }

    /// The place for a message: "in `phases.build`" or "at the top level".
    var place: String { text.isEmpty ? "at the top level" : "in \(quoted)" }
}

/// Quotes a text of the user for a message: in backticks, with control characters escaped, and cut when it is long.
func quoted(_ text: String) -> String { "`\(shown(text))`" }

private func shown(_ text: String) -> String {
    let limit = 80
    var result = "", count = 0
    for scalar in text.unicodeScalars {
        guard count < limit else { return result + "…" }
        count += 1
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            result += scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

extension UInt8 {
    /// Whether the byte is a letter, a digit, `-`, `_`, or one of `:` and `/`, which ARNs contain.
    fileprivate var isPlainInPath: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"): true
        default: false
        }
    }
}
