internal import BuildPlanning

/// Replaces `$NAME` and `${NAME}` in a path of the buildspec by the variables' values; an unset one is empty.
/// [inferred, CODEBUILD.md 6.1]
///
/// It compares bytes, not characters: a `}` with an accent behind it closes a name, too.
public func expandVariables(in text: String, _ variables: [String: String]) -> String {
    expandVariables(in: text) { variables[$0] }
}

/// The names of the variables that ``expandVariables(in:_:)`` replaces in a path, each once, in their order.
public func variableNames(in text: String) -> [String] {
    var names: [String] = []
    _ = expandVariables(in: text) { name in
        if !names.contains(name) { names.append(name) }
        return nil
    }
    return names
}

private func expandVariables(in text: String, _ value: (String) -> String?) -> String {
    var result = "", rest = Substring(text).utf8
    while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
        result += Substring(rest[..<dollar])
        rest = rest[dollar...].dropFirst()
        if rest.first == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")) {
            result += value(String(Substring(rest[..<end].dropFirst()))) ?? ""
            rest = rest[end...].dropFirst()
        } else {
            let name = Substring(rest.prefix { $0.isPartOfName })
            if name.isEmpty || name.first?.isNumber == true {
                result += "$"
            } else {
                result += value(String(name)) ?? ""
                rest = rest[name.endIndex...]
            }
        }
    }
    return result + Substring(rest)
}

/// The names that a text of `export -p` gives values to. Lines within a value may look like more of them.
func exportedNames(in text: [UInt8]) -> [String] {
    text.split(separator: 0x0a).compactMap { line in
        // dash and busybox: `export NAME='value'`; bash: `declare -x NAME="value"`, with more letters behind `-`.
        let words = line.prefix { $0 != UInt8(ascii: "=") }.split(separator: 0x20)
        guard let name = words.last, words.count == (words.first == Array("export".utf8)[...] ? 2 : 3) else {
            return nil
        }
        return String(decoding: name, as: UTF8.self)
    }.filter(\.isShellIdentifier)
}

extension UInt8 {
    fileprivate var isPartOfName: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// Removes `.`, `..` and doubled slashes from a path. Links are not looked at.
func normalizedPath(_ path: String) -> String {
    let isAbsolute = path.utf8.first == UInt8(ascii: "/")
    var parts: [Substring] = []
    for part in path.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init) where part != "." {
        if part == "..", let last = parts.last, last != ".." {
            parts.removeLast()
        } else if part != ".." || !isAbsolute {
            parts.append(part)
        }
    }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
}
