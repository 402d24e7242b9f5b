/// Replaces `$NAME` and `${NAME}` in a path of the buildspec by the variables' values; an unset one is empty.
/// [inferred, CODEBUILD.md 6.1]
///
/// It compares bytes, not characters: a `}` with an accent behind it closes a name, too.
func expandVariables(in text: String, _ variables: [String: String]) -> String {
    var result = "", rest = Substring(text).utf8
    while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
        result += Substring(rest[..<dollar])
        rest = rest[dollar...].dropFirst()
        if rest.first == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")) {
            result += variables[String(Substring(rest[..<end].dropFirst()))] ?? ""
            rest = rest[end...].dropFirst()
        } else {
            let name = Substring(rest.prefix { $0.isPartOfName })
            if name.isEmpty || name.first?.isNumber == true {
                result += "$"
            } else {
                result += variables[String(name)] ?? ""
                rest = rest[name.endIndex...]
            }
        }
    }
    return result + Substring(rest)
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
