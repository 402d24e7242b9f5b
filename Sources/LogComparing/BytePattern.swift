/// A small pattern over bytes, fast enough to search every line of a long log.
///
/// It does not backtrack: a run is greedy, and the first matching alternative is taken. The standard library's `Regex`
/// needs half a millisecond for a line.
struct BytePattern: Sendable {
    private indirect enum Part: Sendable {
        case text([UInt8])
        /// A text in lower case that matches letters of either case.
        case foldedText([UInt8])
        case run(@Sendable (UInt8) -> Bool, ClosedRange<Int>)
        case maybe(BytePattern)
        case either([BytePattern])
        case then(BytePattern, BytePattern)
        /// The end of a word: no letter, digit or `_` follows.
        case wordEnd
        /// Everything up to and including a text.
        case upTo([UInt8])
    }

    private let part: Part

    static func text(_ text: String) -> Self { Self(part: .text(Array(text.utf8))) }
    static func folded(_ text: String) -> Self { Self(part: .foldedText(Array(text.utf8))) }
    static func upTo(_ text: String) -> Self { Self(part: .upTo(Array(text.utf8))) }
    static func maybe(_ pattern: Self) -> Self { Self(part: .maybe(pattern)) }
    static func either(_ patterns: Self...) -> Self { Self(part: .either(patterns)) }
    static func either(_ texts: [String]) -> Self { Self(part: .either(texts.map { .text($0) })) }
    static let wordEnd = Self(part: .wordEnd)

    static func run(_ count: ClosedRange<Int> = 1...Int.max, of isMember: @escaping @Sendable (UInt8) -> Bool) -> Self {
        Self(part: .run(isMember, count))
    }

    /// Matches one of the bytes of a text.
    static func any(of members: String) -> Self {
        let members = Array(members.utf8)
        return run(1...1) { members.contains($0) }
    }

    static func digits(_ count: ClosedRange<Int> = 1...Int.max) -> Self { run(count, of: \.isDigit) }
    static func digits(_ count: Int) -> Self { digits(count...count) }

    static func + (one: Self, other: Self) -> Self { Self(part: .then(one, other)) }

    /// Whether a match can begin with a byte. Used to sort patterns before searching.
    func canBegin(with byte: UInt8) -> Bool {
        switch part {
        case .text(let text): text.first == byte
        case .foldedText(let text): text.first == byte | 0x20
        case .run(let isMember, _): isMember(byte)
        case .maybe(let pattern): pattern.canBegin(with: byte)
        case .either(let patterns): patterns.contains { $0.canBegin(with: byte) }
        case .then(let one, let other): one.canBegin(with: byte) || (one.canBeEmpty && other.canBegin(with: byte))
        case .wordEnd, .upTo: true
        }
    }

    private var canBeEmpty: Bool {
        switch part {
        case .text(let text), .foldedText(let text): text.isEmpty
        case .run(_, let count): count.lowerBound == 0
        case .maybe, .wordEnd: true
        case .either(let patterns): patterns.contains(where: \.canBeEmpty)
        case .then(let one, let other): one.canBeEmpty && other.canBeEmpty
        case .upTo: false
        }
    }

    /// The end of a match that begins at `place`; `nil` when there is none.
    func end(in bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Int? {
        switch part {
        case .text(let text): return Self.isText(text, in: bytes, at: place) ? place + text.count : nil
        case .foldedText(let text):
            guard place + text.count <= bytes.count else { return nil }
            for (offset, expected) in text.enumerated() {
                let byte = bytes[place + offset]
                guard byte == expected || (byte.isLetter && byte | 0x20 == expected) else { return nil }
            }
            return place + text.count
        case .run(let isMember, let count):
            var end = place
            while end < bytes.count, end - place < count.upperBound, isMember(bytes[end]) { end += 1 }
            return end - place >= count.lowerBound ? end : nil
        case .maybe(let pattern): return pattern.end(in: bytes, at: place) ?? place
        case .either(let patterns):
            for pattern in patterns {
                if let end = pattern.end(in: bytes, at: place) { return end }
            }
            return nil
        case .then(let one, let other):
            return one.end(in: bytes, at: place).flatMap { other.end(in: bytes, at: $0) }
        case .wordEnd: return place < bytes.count && bytes[place].isWord ? nil : place
        case .upTo(let text):
            var start = place
            while start + text.count <= bytes.count {
                if Self.isText(text, in: bytes, at: start) { return start + text.count }
                start += 1
            }
            return nil
        }
    }

    private static func isText(_ text: [UInt8], in bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
        guard place + text.count <= bytes.count else { return false }
        var offset = 0
        while offset < text.count {
            guard bytes[place + offset] == text[offset] else { return false }
            offset += 1
        }
        return true
    }
}

extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetter: Bool { (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) }
    var isWord: Bool { isDigit || isLetter || self == UInt8(ascii: "_") }
    var isHexDigit: Bool { isDigit || (0x41...0x46).contains(self) || (0x61...0x66).contains(self) }
}
