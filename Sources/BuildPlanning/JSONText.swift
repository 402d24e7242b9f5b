/// JSON as it is written: members in the order given, text escaped, bytes straight to a buffer.
public enum JSONText: Sendable, Equatable {
    case object([(String, JSONText?)])
    case array([JSONText])
    case string(String)
    case number(Int)
    case decimal(Double)
    case bool(Bool)

    public static func == (one: Self, other: Self) -> Bool { one.bytes == other.bytes }

    /// The text, on one line. A member without a value is left out.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            var separator: [UInt8] = []
            for case (let name, let value?) in members {
                bytes += separator
                Self.write(name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                value.write(to: &bytes)
                separator = [UInt8(ascii: ",")]
            }
            bytes.append(UInt8(ascii: "}"))
        case .array(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                item.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .string(let text): Self.write(text, to: &bytes)
        case .number(let number): bytes += String(number).utf8
        case .decimal(let number): bytes += String(number).utf8
        case .bool(let flag): bytes += (flag ? "true" : "false").utf8
        }
    }

    static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { escape($0, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes text run by run: what is not escaped is copied as it is.
    private static func escape(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        var start = 0
        while true {
            let end = nextEscaped(in: text, from: start)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<end]))
            guard end < text.count else { return }
            bytes.append(UInt8(ascii: "\\"))
            switch text[end] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(text[end])
            case 0x0a: bytes.append(UInt8(ascii: "n"))
            case 0x0d: bytes.append(UInt8(ascii: "r"))
            case 0x09: bytes.append(UInt8(ascii: "t"))
            default:
                bytes += "u00".utf8
                bytes += [text[end] >> 4, text[end] & 15].map { $0 < 10 ? 0x30 + $0 : 0x61 + $0 - 10 }
            }
            start = end + 1
        }
    }

    /// The place of the next byte that is escaped, or the end.
    private static func nextEscaped(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var place = start
        let raw = UnsafeRawBufferPointer(text)
        // Eight bytes at a time. Of each number the lowest bit that is set marks a byte.
        let ones: UInt64 = 0x0101_0101_0101_0101, high = ones << 7
        func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
        while place + 8 <= text.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let controls = (word &- ones &* 0x20) & ~word
            let marks =
                (controls | zeros(word ^ ones &* 0x22) | zeros(word ^ ones &* 0x5c) | zeros(word ^ ones &* 0x7f))
                & high
            guard marks == 0 else { return place + marks.trailingZeroBitCount / 8 }
            place += 8
        }
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20, 0x7f: return place
            default: place += 1
            }
        }
        return place
    }
}

extension [UInt8] {
    /// The bytes in base 64 (RFC 4648, section 4), padded.
    public var base64: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((count + 2) / 3 * 4)
        for start in stride(from: 0, to: count, by: 3) {
            let group = self[start..<Swift.min(start + 3, count)]
            let bits = group.reduce(0 as UInt32) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let isPadding = place > group.count
                text.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
