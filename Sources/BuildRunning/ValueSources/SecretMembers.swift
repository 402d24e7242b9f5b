/// Picks a key out of a secret's JSON text.
///
/// Numbers keep their source text (`1.10` stays `1.10`), and so does everything that is no string. [unknown, CODEBUILD.md
/// 5.4: what the service makes of a value that is no string]
struct SecretMembers {
    private let bytes: [UInt8]
    private var place = 0

    enum Answer: Equatable { case value(String), noSuchKey, noObject }

    /// Picks the value of a key: that of its last member, as JSON readers do.
    static func pick(_ key: String, from text: String) -> Answer {
        var reader = SecretMembers(bytes: Array(text.utf8))
        return reader.pick(key)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func pick(_ key: String) -> Answer {
        guard take("{") else { return .noObject }
        var answer = Answer.noSuchKey
        if take("}") { return atEnd ? answer : .noObject }
        repeat {
            guard let name = string(), take(":") else { return .noObject }
            skipBlanks()
            let start = place
            if let text = string() {
                if name == key { answer = .value(text) }
            } else {
                guard skipValue(depth: 0) else { return .noObject }
                if name == key { answer = .value(String(decoding: bytes[start..<place], as: UTF8.self)) }
            }
        } while take(",")
        return take("}") && atEnd ? answer : .noObject
    }

    private var atEnd: Bool {
        mutating get {
            skipBlanks()
            return place == bytes.count
        }
    }

    private mutating func skipBlanks() {
        while place < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[place]) { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    /// Steps over a value that is no string.
    private mutating func skipValue(depth: Int) -> Bool {
        // Deeper than any secret, and not so deep that the stack overflows.
        guard depth < 200 else { return false }
        if take("{") {
            if take("}") { return true }
            repeat {
                guard string() != nil, take(":"), skipValue(depth: depth + 1) else { return false }
            } while take(",")
            return take("}")
        }
        if take("[") {
            if take("]") { return true }
            repeat { guard skipValue(depth: depth + 1) else { return false } } while take(",")
            return take("]")
        }
        if string() != nil { return true }
        skipBlanks()
        let start = place
        while place < bytes.count, bytes[place].isPartOfWord { place += 1 }
        return place > start
    }

    /// Reads a string. The place stays as it is where none begins.
    private mutating func string() -> String? {
        skipBlanks()
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { return nil }
        var position = place + 1, text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                place = position
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = escaped(at: &position) else { return nil }
                text += escaped
            default: text.append(byte)
            }
        }
        return nil
    }

    private func escaped(at position: inout Int) -> [UInt8]? {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(at: &position) else { return nil }
            var units = [unit]
            if UTF16.isLeadSurrogate(unit), bytes[position...].starts(with: Array("\\u".utf8)) {
                position += 2
                guard let second = codeUnit(at: &position) else { return nil }
                units.append(second)
            }
            return Array(String(decoding: units, as: UTF16.self).utf8)
        default: return nil
        }
    }

    private func codeUnit(at position: inout Int) -> UInt16? {
        guard position + 4 <= bytes.count else { return nil }
        defer { position += 4 }
        let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
        return digits.first == "+" ? nil : UInt16(digits, radix: 16)
    }
}

extension UInt8 {
    /// Whether a number, `true`, `false` or `null` may contain the byte.
    fileprivate var isPartOfWord: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."): true
        default: false
        }
    }
}
