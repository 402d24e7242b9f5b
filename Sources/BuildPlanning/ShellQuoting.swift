extension String {
    /// The text as one word of a POSIX shell, quoted so that nothing in it is expanded.
    public var shellQuoted: String { String(decoding: Array(utf8).shellQuoted, as: UTF8.self) }

    /// Whether the text can stand before `=` in a shell assignment.
    public var isShellIdentifier: Bool {
        guard let first = utf8.first, first == 0x5f || first.isASCIILetter else { return false }
        return utf8.allSatisfy { $0.isASCIILetter || $0 == 0x5f || (0x30...0x39).contains($0) }
    }
}

extension [UInt8] {
    /// The bytes as one word of a POSIX shell; they need not be UTF-8.
    public var shellQuoted: [UInt8] {
        var word: [UInt8] = [0x27]
        word.reserveCapacity(count + 2)
        for byte in self {
            if byte == 0x27 { word += Array("'\\''".utf8) } else { word.append(byte) }
        }
        return word + [0x27]
    }
}

extension UInt8 {
    fileprivate var isASCIILetter: Bool { (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) }
}
