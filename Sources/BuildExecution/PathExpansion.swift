/// Puts variables into a path of the buildspec: `$NAME` and `${NAME}`; an unset one is empty. [inferred, CODEBUILD.md 6.1]
func expandVariables(in text: String, _ variables: [String: String]) -> String {
    var result = "", rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
        result += rest[..<dollar]
        rest = rest[rest.index(after: dollar)...]
        if rest.first == "{", let end = rest.firstIndex(of: "}") {
            result += variables[String(rest[rest.index(after: rest.startIndex)..<end])] ?? ""
            rest = rest[rest.index(after: end)...]
        } else {
            let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            if name.isEmpty || name.first?.isNumber == true {
                result += "$"
            } else {
                result += variables[String(name)] ?? ""
                rest = rest[name.endIndex...]
            }
        }
    }
    return result + rest
}

/// A path without `.`, `..` and doubled slashes, as far as that goes without looking at links.
func normalizedPath(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
        if part == "..", let last = parts.last, last != ".." {
            parts.removeLast()
        } else if part != ".." || !path.hasPrefix("/") {
            parts.append(part)
        }
    }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
}
