internal import BuildPlanning

/// The forms that programs give a secret on its way: base64 (RFC 4648), the escapes of URLs (RFC 3986), those of texts in JSON
/// (RFC 8259), and what shells, Python and XML make of quotes.
enum SecretForms {
    /// Texts of fewer bytes are no sign of a secret, when only a part of it is in them.
    private static let shortestPart = 6
    /// The lengths of lines that base64(1) and openssl(1) make.
    private static let lineLengths = [76, 64]

    /// The forms of a text other than the text itself.
    static func all(of text: [UInt8]) -> Set<[UInt8]> {
        Set(base64(text) + escaped(text) + inJSON(text) + inShell(text) + inPython(text) + inXML(text)).subtracting([
            text
        ])
    }

    // MARK: Base64

    /// The text in base64, alone or within something longer: three texts come of the three places that it can have in a group of
    /// three bytes. At the end, with a line end or without, the last digit and the padding belong to it, too.
    private static func base64(_ text: [UInt8]) -> [[UInt8]] {
        var forms: [[UInt8]] = []
        for offset in 0..<3 {
            let front = [UInt8](repeating: 0, count: offset), start = (offset * 8 + 5) / 6
            // What follows has a share in the digits behind these.
            let end = (offset + text.count) * 8 / 6
            let isWhole = offset == 0
            forms += [Array(encoded(front + text)[start..<end])].filter { $0.count >= shortestPart }
            forms += [text, text + [0x0a]].map { Array(encoded(front + $0)[start...]) }
                .filter { isWhole || $0.count >= shortestPart + 2 }
        }
        let whole = [encoded(text), encoded(text + [0x0a])]
        for length in lineLengths {
            for form in whole where form.count > length {
                forms += stride(from: 0, to: form.count, by: length)
                    .map { Array(form[$0..<min($0 + length, form.count)]) }.filter { $0.count >= shortestPart }
            }
        }
        return forms + forms.map(urlSafe)
    }

    private static func encoded(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.base64.utf8) }

    /// The same in the alphabet for URLs and file names, which has no padding in most uses.
    private static func urlSafe(_ form: [UInt8]) -> [UInt8] {
        form.filter { $0 != UInt8(ascii: "=") }.map { digit in
            digit == UInt8(ascii: "+") ? UInt8(ascii: "-") : digit == UInt8(ascii: "/") ? UInt8(ascii: "_") : digit
        }
    }

    // MARK: URLs

    /// The text with escapes, by the rules of several programs: all but unreserved characters; as `encodeURIComponent` and
    /// `encodeURI` have it; as Python's `quote` has it; and as a form is sent, with `~` or without.
    private static func escaped(_ text: [UInt8]) -> [[UInt8]] {
        let ways: [(plain: String, blank: String)] = [
            ("~", "%20"), ("~!'()*", "%20"), ("~!'()*;,/?:@&=+$#", "%20"), ("~/", "%20"), ("~*", "+"), ("*", "+"),
        ]
        return ways.flatMap { way in
            ["0123456789ABCDEF", "0123456789abcdef"].map { digits in
                escaped(text, leaving: Array(way.plain.utf8), blank: Array(way.blank.utf8), Array(digits.utf8))
            }
        }
    }

    private static func escaped(
        _ text: [UInt8], leaving plain: [UInt8], blank: [UInt8], _ digits: [UInt8]
    ) -> [UInt8] {
        text.flatMap { byte -> [UInt8] in
            if byte == 0x20 { return blank }
            if isUnreserved(byte) || plain.contains(byte) { return [byte] }
            return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._".utf8.contains(byte)
        }
    }

    // MARK: JSON

    /// How a program writes a text in JSON: what every program escapes, and what only some do.
    private struct JSONWay {
        /// Characters that get a `\u` escape beside those that must.
        var escaped = ""
        var escapesSlash = false
        /// Whether all that is not ASCII gets a `\u` escape.
        var isASCII = false
        var digits = Array("0123456789abcdef".utf8)
    }

    private static let upperDigits = Array("0123456789ABCDEF".utf8)
    private static let jsonWays = [
        // JavaScript and Ruby; jq; Python; Java; Go; PHP, with `JSON_UNESCAPED_UNICODE` and without; Gson; .NET.
        JSONWay(), JSONWay(escaped: "\u{7f}"), JSONWay(isASCII: true), JSONWay(isASCII: true, digits: upperDigits),
        JSONWay(escaped: "<>&\u{2028}\u{2029}"), JSONWay(escapesSlash: true),
        JSONWay(escapesSlash: true, isASCII: true), JSONWay(escaped: "<>&='\u{2028}\u{2029}"),
        JSONWay(escaped: "\"<>&'+`\u{7f}", isASCII: true, digits: upperDigits),
    ]

    /// The text as it stands in a JSON text, without the quotes around it. A text that is not UTF-8 stands in none.
    private static func inJSON(_ text: [UInt8]) -> [[UInt8]] {
        guard let text = String(validating: text, as: UTF8.self) else { return [] }
        return jsonWays.map { way in text.unicodeScalars.flatMap { escaped($0, way) } }
    }

    private static func escaped(_ scalar: Unicode.Scalar, _ way: JSONWay) -> [UInt8] {
        if !way.escaped.unicodeScalars.contains(scalar) {
            switch scalar {
            case "\"", "\\": return [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
            case "\n": return Array("\\n".utf8)
            case "\r": return Array("\\r".utf8)
            case "\t": return Array("\\t".utf8)
            case "\u{8}": return Array("\\b".utf8)
            case "\u{c}": return Array("\\f".utf8)
            case "/" where way.escapesSlash: return Array("\\/".utf8)
            case "\u{0}"..."\u{1f}": break
            case _ where scalar.isASCII || !way.isASCII: return Array(String(scalar).utf8)
            default: break
            }
        }
        return String(scalar).utf16.flatMap { unit in
            Array("\\u".utf8) + [12, 8, 4, 0].map { way.digits[Int(unit >> UInt16($0) & 15)] }
        }
    }
}
