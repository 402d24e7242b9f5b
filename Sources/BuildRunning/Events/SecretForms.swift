internal import BuildPlanning

/// The forms that programs give a secret on its way: base64 (RFC 4648), and the escapes of URLs (RFC 3986).
enum SecretForms {
    /// Texts of fewer bytes are no sign of a secret, when only a part of it is in them.
    private static let shortestPart = 6
    /// The lengths of lines that base64(1) and openssl(1) make.
    private static let lineLengths = [76, 64]

    /// The forms of a text other than the text itself.
    static func all(of text: [UInt8]) -> Set<[UInt8]> {
        Set(base64(text) + escaped(text)).subtracting([text])
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

    /// The text with escapes, by the rules of several programs: all but unreserved characters; as `encodeURIComponent` has it;
    /// as Python's `quote` has it; and as a form is sent.
    private static func escaped(_ text: [UInt8]) -> [[UInt8]] {
        let ways: [(plain: String, blank: String)] = [("", "%20"), ("!'()*", "%20"), ("/", "%20"), ("*", "+")]
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
        default: "-._~".utf8.contains(byte)
        }
    }
}
