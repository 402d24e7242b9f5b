extension String {
    /// The text, or its first so many scalars and a mark: a character may be of any size.
    public func cut(_ limit: Int) -> String {
        guard let end = unicodeScalars.index(startIndex, offsetBy: limit, limitedBy: endIndex), end < endIndex else {
            return self
        }
        return String(self.unicodeScalars[..<end]) + "…"
    }

    /// The text with a mark for each scalar that a terminal would obey: control characters, and those that turn the direction of
    /// writing.
    public var plain: String {
        guard unicodeScalars.contains(where: \.isObeyedByTerminals) else { return self }
        var plain = UnicodeScalarView()
        for scalar in unicodeScalars { plain.append(scalar.isObeyedByTerminals ? "\u{fffd}" : scalar) }
        return String(plain)
    }
}

extension Unicode.Scalar {
    fileprivate var isObeyedByTerminals: Bool {
        switch value {
        case 0x09: false
        case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
