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
        case .number(let number): Self.write(number, to: &bytes)
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

    /// The bytes of text that are escaped at once: with six bytes for each they lie on the stack.
    private static let piece = 160

    private static func escape(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: piece * 6 + 8) { room in
            var rest = text
            while !rest.isEmpty {
                let count = escape(UnsafeBufferPointer(rebasing: rest.prefix(piece)), into: room)
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: room[..<count]))
                rest = UnsafeBufferPointer(rebasing: rest.dropFirst(piece))
            }
        }
    }

    /// Writes text to a room that has six bytes for each of its bytes, and eight more.
    ///
    /// - Returns: the number of bytes that were written.
    private static func escape(
        _ text: UnsafeBufferPointer<UInt8>, into room: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        guard let from = text.baseAddress, let to = UnsafeMutableRawPointer(room.baseAddress) else { return 0 }
        var place = 0, count = 0
        // Eight bytes at a time, which are copied before it is known how many of them stay. Of each number the lowest bit that is
        // set marks a byte.
        let ones: UInt64 = 0x0101_0101_0101_0101, high = ones << 7
        func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
        while place + 8 <= text.count {
            let word = UnsafeRawPointer(from + place).loadUnaligned(as: UInt64.self)
            (to + count).storeBytes(of: word, as: UInt64.self)
            let ordered = UInt64(littleEndian: word)
            let controls = (ordered &- ones &* 0x20) & ~ordered
            let marks =
                (controls | zeros(ordered ^ ones &* 0x22) | zeros(ordered ^ ones &* 0x5c)
                    | zeros(ordered ^ ones &* 0x7f)) & high
            let plain = marks.trailingZeroBitCount / 8
            place += plain
            count += plain
            guard plain < 8 else { continue }
            count += escape(from[place], to: to + count)
            place += 1
        }
        while place < text.count {
            let byte = from[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20, 0x7f: count += escape(byte, to: to + count)
            default:
                (to + count).storeBytes(of: byte, as: UInt8.self)
                count += 1
            }
        }
        return count
    }

    /// - Returns: the number of bytes that were written.
    private static func escape(_ byte: UInt8, to room: UnsafeMutableRawPointer) -> Int {
        let room = room.assumingMemoryBound(to: UInt8.self)
        room[0] = UInt8(ascii: "\\")
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): room[1] = byte
        case 0x0a: room[1] = UInt8(ascii: "n")
        case 0x0d: room[1] = UInt8(ascii: "r")
        case 0x09: room[1] = UInt8(ascii: "t")
        default:
            room[1] = UInt8(ascii: "u")
            room[2] = UInt8(ascii: "0")
            room[3] = UInt8(ascii: "0")
            room[4] = digit(byte >> 4)
            room[5] = digit(byte & 15)
            return 6
        }
        return 2
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }

    /// Writes a number without a String of it.
    static func write(_ number: Int, to bytes: inout [UInt8]) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        // Nineteen digits are the most that an Int has.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { room in
            var place = 20, rest = number.magnitude
            repeat {
                place -= 1
                room[place] = 0x30 + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: room[place...]))
        }
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
