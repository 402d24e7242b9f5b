/// Bytes of text compared with ASCII characters as they are written: `case "a":`, `byte == "\n"`.
func ~= (character: Unicode.Scalar, byte: UInt8) -> Bool { UInt32(byte) == character.value }

func == (byte: UInt8, character: Unicode.Scalar) -> Bool { UInt32(byte) == character.value }

func != (byte: UInt8, character: Unicode.Scalar) -> Bool { UInt32(byte) != character.value }

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isUpperLetter: Bool { self >= 0x41 && self <= 0x5a }
    var isLowerLetter: Bool { self >= 0x61 && self <= 0x7a }
    var isLetter: Bool { isUpperLetter || isLowerLetter }
    /// What the name of a shell variable begins with.
    var isNameStart: Bool { isLetter || self == "_" }
    var isNamePart: Bool { isNameStart || isDigit }
    var isBlank: Bool { self == " " || self == "\t" || self == "\n" || self == "\r" }
}

extension Collection<UInt8> {
    /// Whether the bytes are this text.
    func equals(_ string: StaticString) -> Bool {
        count == string.utf8CodeUnitCount
            && elementsEqual(UnsafeBufferPointer(start: string.utf8Start, count: string.utf8CodeUnitCount))
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether this text stands in `range`.
    func holds(_ string: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count == string.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where self[range.lowerBound + offset] != string.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Whether this text stands anywhere.
    func contains(_ string: StaticString) -> Bool { firstRange(of: string, from: 0) != nil }

    /// Where this text stands first, at `start` or behind it.
    func firstRange(of string: StaticString, from start: Int) -> Range<Int>? {
        let length = string.utf8CodeUnitCount, first = string.utf8Start[0]
        var offset = start
        while offset + length <= count {
            if self[offset] == first, holds(string, offset..<offset + length) { return offset..<offset + length }
            offset += 1
        }
        return nil
    }
}
