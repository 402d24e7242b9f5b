/// HTML being written. Names of elements and attributes are literals; every other text comes in escaped, here and nowhere else.
struct Markup {
    private(set) var bytes: [UInt8] = Array("<!DOCTYPE html>\n".utf8)

    typealias Attributes = KeyValuePairs<StaticString, String>

    /// Writes an element with what `content` writes into it.
    mutating func element(
        _ name: StaticString, _ attributes: Attributes = [:], content: (inout Markup) -> Void
    ) {
        empty(name, attributes)
        content(&self)
        write("</")
        write(name)
        write(">")
    }

    mutating func element(_ name: StaticString, _ attributes: Attributes = [:], text: String) {
        element(name, attributes) { $0.text(text) }
    }

    /// Writes an element that has neither content nor an end.
    mutating func empty(_ name: StaticString, _ attributes: Attributes = [:]) {
        write("<")
        write(name)
        for (name, value) in attributes {
            write(" ")
            write(name)
            write("=\"")
            text(value)
            write("\"")
        }
        write(">")
    }

    /// Writes the style sheet: a text of ours, that is not escaped.
    mutating func style(_ sheet: StaticString) {
        write("<style>")
        write(sheet)
        write("</style>")
    }

    /// Writes the script: a text of ours, that is not escaped.
    mutating func script(_ text: StaticString) {
        write("<script>")
        write(text)
        write("</script>")
    }

    mutating func text(_ text: String) {
        for scalar in text.unicodeScalars { append(scalar) }
    }

    /// Writes text that may be no UTF-8: what is none becomes U+FFFD.
    mutating func text(_ bytes: some Collection<UInt8>) { text(String(decoding: bytes, as: UTF8.self)) }

    private mutating func write(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes a character so that a browser shows it and does not obey it.
    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "&": write("&amp;")
        case "<": write("&lt;")
        case ">": write("&gt;")
        case "\"": write("&quot;")
        case "'": write("&#39;")
        case "\n", "\t": bytes.append(UInt8(scalar.value))
        default:
            switch scalar.value {
            case 0x20..<0x7f: bytes.append(UInt8(scalar.value))
            // The pictures of control characters.
            case 0..<0x20: bytes += String(UnicodeScalar(0x2400 + scalar.value) ?? "?").utf8
            case 0x7f: write("␡")
            // Controls, those that turn or hide writing, and line ends that are none to us.
            case 0x80..<0xa0, 0xad, 0x61c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff, 0xfff9...0xfffb,
                0xe0000...0xe007f:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                bytes += "⟨U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)⟩".utf8
            default: bytes += Array(String(scalar).utf8)
            }
        }
    }
}
