/// Shows and stores file names, which are bytes, as text without loss.
///
/// Printable UTF-8 stands for itself. A backslash, a control character (a newline!) or a byte that is not UTF-8 becomes
/// `\xHH`, byte by byte.
public enum PathText {
    public static func text(_ path: [UInt8]) -> String {
        var result = ""
        var rest = path[...]
        while let first = rest.first {
            if let (scalar, count) = decodeScalar(rest), !needsEscape(scalar) {
                result.unicodeScalars.append(scalar)
                rest = rest.dropFirst(count)
            } else {
                result += "\\x" + hexadecimal([first])
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// - Returns: `nil` for a text that ``text(_:)`` never makes.
    public static func path(_ text: String) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard rest.popFirst() == UInt8(ascii: "x"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            result.append(value)
            rest = rest.dropFirst(2)
        }
        return self.text(result).utf8.elementsEqual(text.utf8) ? result : nil
    }

    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\\" || scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
            || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}

/// The bytes as hexadecimal digits in lower case, two for each byte.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// The first character of UTF-8 text and its length in bytes.
///
/// - Returns: `nil` when the bytes do not begin with one.
@inline(__always)
public func decodeScalar(_ bytes: some Collection<UInt8>) -> (scalar: Unicode.Scalar, count: Int)? {
    guard let first = bytes.first else { return nil }
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return (scalar, UTF8.width(scalar))
}
