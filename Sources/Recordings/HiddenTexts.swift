/// Texts that are stored nowhere: a build's secrets, wherever they stand in a URL.
///
/// They are replaced before a request is matched, too, so that it is found again by whoever has the same secrets.
public struct HiddenTexts: Sendable {
    /// The length in bytes from which on a text is hidden: a shorter one may be a word of many URLs.
    public static let minimumLength = 6
    private static let replacement = Array("***".utf8)

    /// The longest first.
    private let texts: [[UInt8]]

    public init(_ texts: [[UInt8]] = []) {
        self.texts = Set(texts.map(Self.trimmed)).filter { $0.count >= Self.minimumLength }
            .sorted { $0.count > $1.count }
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        Array(text.prefix((text.lastIndex { $0 > 0x20 } ?? -1) + 1))
    }

    /// A URL or a header's value with stars in place of the texts, whichever of their bytes are escaped in it.
    func hidden(in value: String) -> String {
        guard !texts.isEmpty else { return value }
        let bytes = Array(value.utf8)
        var result: [UInt8] = [], place = 0
        while place < bytes.count {
            if let end = texts.lazy.compactMap({ Self.end(of: $0, in: bytes, at: place) }).first {
                result += Self.replacement
                place = end
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// - Returns: `nil` when the text does not begin there.
    private static func end(of text: [UInt8], in bytes: [UInt8], at start: Int) -> Int? {
        var place = start
        for byte in text {
            guard place < bytes.count else { return nil }
            if bytes[place] == byte || byte == 0x20 && bytes[place] == UInt8(ascii: "+") {
                place += 1
            } else if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
                UInt8(String(decoding: bytes[(place + 1)...(place + 2)], as: UTF8.self), radix: 16) == byte
            {
                place += 3
            } else {
                return nil
            }
        }
        return place
    }
}
