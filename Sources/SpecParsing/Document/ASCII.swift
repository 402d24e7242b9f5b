/// Compares bytes with ASCII characters, as in `case "a":` and `byte == "\n"`.
func ~= (character: Unicode.Scalar, byte: UInt8) -> Bool { UInt32(byte) == character.value }

func == (byte: UInt8, character: Unicode.Scalar) -> Bool { UInt32(byte) == character.value }

func != (byte: UInt8, character: Unicode.Scalar) -> Bool { UInt32(byte) != character.value }

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isUpperLetter: Bool { self >= 0x41 && self <= 0x5a }
    var isLowerLetter: Bool { self >= 0x61 && self <= 0x7a }
    var isLetter: Bool { isUpperLetter || isLowerLetter }
    /// Whether the name of a shell variable can begin with this byte.
    var isNameStart: Bool { isLetter || self == "_" }
    var isNamePart: Bool { isNameStart || isDigit }
    var isBlank: Bool { self == " " || self == "\t" || self == "\n" || self == "\r" }
}

extension Collection<UInt8> {
    /// Whether the bytes are the UTF-8 form of this text.
    func equals(_ string: StaticString) -> Bool {
        count == string.utf8CodeUnitCount
            && elementsEqual(UnsafeBufferPointer(start: string.utf8Start, count: string.utf8CodeUnitCount))
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether the bytes in `range` are the UTF-8 form of this text.
    func holds(_ string: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count == string.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where self[range.lowerBound + offset] != string.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Whether the bytes contain this text.
    func contains(_ string: StaticString) -> Bool { firstRange(of: string, from: 0) != nil }

    /// The first occurrence of this text at or after `start`.
    func firstRange(of string: StaticString, from start: Int) -> Range<Int>? {
        let length = string.utf8CodeUnitCount, first = string.utf8Start[0]
        var offset = start
        while true {
            offset = place(of: first, from: offset)
            guard offset + length <= count else { return nil }
            if holds(string, offset..<offset + length) { return offset..<offset + length }
            offset += 1
        }
    }

    /// The next place of a byte, or the end; eight bytes are looked at at once.
    private func place(of byte: UInt8, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101, wanted = ones &* UInt64(byte), raw = UnsafeRawBufferPointer(self)
        var offset = start
        while offset + 8 <= count {
            let other = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ wanted
            // The lowest bit that is set marks a byte that is zero.
            let marks = (other &- ones) & ~other & ones << 7
            if marks != 0 { return offset + marks.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < count, self[offset] != byte { offset += 1 }
        return offset
    }
}
