/// The way from the top of the file to a value, in the user's words: `phases.build.commands[1]`.
struct SpecPath: Sendable, Equatable {
    /// Empty for the file as a whole.
    let text: String

    static let root = SpecPath(text: "")

    /// The step to a key of the table, whose name needs no escape.
    func key(_ key: KeyTable.Key) -> SpecPath {
        SpecPath(text: text.isEmpty ? key.name : text + "." + key.name)
    }

    func key(_ name: String) -> SpecPath {
        let isPlain = !name.isEmpty && name.utf8.count <= 80 && name.utf8.allSatisfy { $0.isPlainInPath }
        let step = isPlain ? name : "[\(shown(name))]"
        return SpecPath(text: text.isEmpty || !isPlain ? text + step : "\(text).\(step)")
    }

    /// - Parameter index: 0-based, as CodeBuild counts commands.
    func item(_ index: Int) -> SpecPath { SpecPath(text: "\(text)[\(index)]") }

    /// Whether it leads to `batch` or into it.
    var isInBatch: Bool { text == "batch" || text.hasPrefix("batch.") || text.hasPrefix("batch[") }

    /// The key that leads on from `place` to here; `nil` when `place` is not on the way, or not left by a plain key.
    func firstStep(below place: SpecPath) -> String? {
        let before = place.text.isEmpty ? "" : place.text + "."
        guard text.utf8.count > before.utf8.count, text.hasPrefix(before) else { return nil }
        let step = text.dropFirst(before.count).prefix { $0 != "." && $0 != "[" }
        return step.isEmpty ? nil : String(step)
    }

    /// In backticks.
    var quoted: String { "`\(text)`" }

    /// "in `phases.build`", or "at the top level".
    var place: String { text.isEmpty ? "at the top level" : "in \(quoted)" }
}

/// A text of the user's, fit to stand in a message: in backticks, control characters escaped, cut when it is long.
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
    /// Letters, digits, `-`, `_`, and what ARNs have: `:` and `/`.
    fileprivate var isPlainInPath: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"): true
        default: false
        }
    }
}
