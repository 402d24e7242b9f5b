/// The forms in which a text can be read again by a shell, by Python, and in XML; none has the quotes around it.
extension SecretForms {
    // MARK: Shells

    /// The text as shells and their helpers write it: `set -x`, `export -p`, `declare -p`, `printf %q`, `shlex.quote`.
    static func inShell(_ text: [UInt8]) -> [[UInt8]] {
        let ways: [(comma: Bool, tilde: Bool)] = [(false, false), (false, true), (true, false), (true, true)]
        return inSingleQuotes(text)
            + [inDoubleQuotes(text), inDollarQuotes(text, asOctal: false), inDollarQuotes(text, asOctal: true)]
            + ways.map { withBackslashes(text, comma: $0.comma, tilde: $0.tilde) }
    }

    /// Single quotes have to end for one to stand in the text: `it'\''s` in bash, `it'"'"'s` in Python; dash puts all that stand
    /// together between one pair, and closes nothing that it has not opened.
    private static func inSingleQuotes(_ text: [UInt8]) -> [[UInt8]] {
        let quote = UInt8(ascii: "'")
        func replacing(_ form: String) -> [UInt8] { text.flatMap { $0 == quote ? Array(form.utf8) : [$0] } }
        var dash: [UInt8] = [], rest = text[...]
        while !rest.isEmpty {
            let plain = rest.prefix { $0 != quote }
            dash += [quote] + plain + [quote]
            rest = rest.dropFirst(plain.count)
            let quotes = rest.prefix { $0 == quote }
            if !quotes.isEmpty { dash += [UInt8(ascii: "\"")] + quotes + [UInt8(ascii: "\"")] }
            rest = rest.dropFirst(quotes.count)
        }
        if dash.first == quote { dash.removeFirst() }
        if dash.last == quote { dash.removeLast() }
        return [replacing(#"'\''"#), replacing(#"'"'"'"#), dash]
    }

    private static func inDoubleQuotes(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { "\"$`\\".utf8.contains($0) ? [backslash, $0] : [$0] }
    }

    /// As bash writes what cannot be printed: `$'one\ntwo'`.
    ///
    /// - Parameter asOctal: whether what is not ASCII is octal, as where the locale knows no such letters.
    private static func inDollarQuotes(_ text: [UInt8], asOctal: Bool) -> [UInt8] {
        let names: [UInt8: String] = [
            7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "E", 0x27: "'", 0x5c: "\\",
        ]
        return text.flatMap { byte -> [UInt8] in
            if let name = names[byte] { return [backslash] + Array(name.utf8) }
            guard byte < 0x20 || byte == 0x7f || asOctal && byte >= 0x80 else { return [byte] }
            return [backslash] + [6, 3, 0].map { UInt8(ascii: "0") + (byte >> UInt8($0) & 7) }
        }
    }

    /// As `printf %q` of bash writes what can be printed; versions differ in commas and tildes.
    private static func withBackslashes(_ text: [UInt8], comma: Bool, tilde: Bool) -> [UInt8] {
        let special = Array(" !\"$&'()*;<>?[\\]^`{|}".utf8)
        var form: [UInt8] = [], previous: UInt8?
        for byte in text {
            let isHome = byte == UInt8(ascii: "~") && tilde && previous.map { ":=".utf8.contains($0) } != false
            let isComment = byte == UInt8(ascii: "#") && previous == nil
            if special.contains(byte) || comma && byte == UInt8(ascii: ",") || isHome || isComment {
                form.append(backslash)
            }
            form.append(byte)
            previous = byte
        }
        return form
    }

    private static let backslash = UInt8(ascii: "\\")

    // MARK: Python

    /// The text as `repr` writes it, of a text and of bytes.
    static func inPython(_ text: [UInt8]) -> [[UInt8]] {
        let escapesQuotes = text.contains(UInt8(ascii: "'")) && text.contains(UInt8(ascii: "\""))
        let digits = Array("0123456789abcdef".utf8)
        return [false, true].map { ofBytes in
            text.flatMap { byte -> [UInt8] in
                switch byte {
                case backslash: return [backslash, backslash]
                case 9: return [backslash, UInt8(ascii: "t")]
                case 10: return [backslash, UInt8(ascii: "n")]
                case 13: return [backslash, UInt8(ascii: "r")]
                case UInt8(ascii: "'") where escapesQuotes: return [backslash, byte]
                case 0x20..<0x7f: return [byte]
                case 0x80... where !ofBytes: return [byte]
                default: return [backslash, UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
        }
    }

    // MARK: XML

    /// The text as programs write it in XML and HTML: all escape `&`, `<` and `>`, and each has its way with quotes and line ends.
    static func inXML(_ text: [UInt8]) -> [[UInt8]] {
        let quotes: [(double: String, single: String)] = [
            ("\"", "'"), ("&quot;", "'"), ("&quot;", "&#39;"), ("&quot;", "&#x27;"), ("&quot;", "&apos;"),
            ("&quot;", "&#039;"), ("&#34;", "&#39;"),
        ]
        let ways = quotes.map { ($0, inAttribute: false) } + quotes.prefix(2).map { ($0, inAttribute: true) }
        return ways.map { quotes, inAttribute in
            text.flatMap { byte -> [UInt8] in
                switch byte {
                case UInt8(ascii: "&"): return Array("&amp;".utf8)
                case UInt8(ascii: "<"): return Array("&lt;".utf8)
                case UInt8(ascii: ">"): return Array("&gt;".utf8)
                case UInt8(ascii: "\""): return Array(quotes.double.utf8)
                case UInt8(ascii: "'"): return Array(quotes.single.utf8)
                case 9 where inAttribute, 10 where inAttribute, 13 where inAttribute: return Array("&#\(byte);".utf8)
                default: return [byte]
                }
            }
        }
    }
}
