internal import Files

/// Texts that are looked for in bytes, all of them at once: at one place the longest one counts.
///
/// Most places that no text begins at are told by their first three bytes alone. At another place the texts, which lie in
/// byte order, are narrowed byte by byte to those that go on as the bytes do, so that thousands of texts cost hardly more
/// than one.
struct SecretTable: Sendable {
    /// The length in bytes that every text has at least.
    static let minimumLength = 3

    /// How the bytes from one place on compare with the texts.
    enum Match: Equatable { case yes(length: Int), no, perhaps }

    /// All texts in byte order, one behind the other.
    private let bytes: [UInt8]
    /// The place that each text begins at, and the end of the last one.
    private let places: [Int]
    /// For each byte the number of the first text that begins with it or with a later one; 257 entries.
    private let firstTexts: [Int]
    /// A bit for each mixture of three bytes that a text, or an AWS access key id, begins with.
    private let starts: [UInt64]
    private let isFirst: [Bool]
    /// The few bytes that texts begin with, each eight times in a number; empty where they are many.
    private let firstWords: [UInt64]

    /// So many first bytes are looked for at once, eight places at a time.
    private static let fewFirsts = 3
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// - Parameter texts: of at least ``minimumLength`` bytes each.
    init(_ texts: Set<[UInt8]>) {
        let sorted = texts.sorted { $0.lexicographicallyPrecedes($1) }
        var places = [0], starts = [UInt64](repeating: 0, count: 1 << 12)
        var isFirst = [Bool](repeating: false, count: 256)
        for text in sorted { places.append((places.last ?? 0) + text.count) }
        for start in sorted + AccessKeyID.prefixes {
            let mixture = Self.mixture(start[0], start[1], with: start[2])
            starts[mixture >> 6] |= 1 << UInt64(mixture & 63)
            isFirst[Int(start[0])] = true
        }
        var firstTexts = [Int](repeating: sorted.count, count: 257), byte = 256
        for (number, text) in sorted.enumerated().reversed() {
            while byte > text[0] {
                byte -= 1
                firstTexts[byte] = byte > text[0] ? firstTexts[byte + 1] : number
            }
            firstTexts[byte] = number
        }
        while byte > 0 {
            byte -= 1
            firstTexts[byte] = firstTexts[byte + 1]
        }
        bytes = Array(sorted.joined())
        self.places = places
        self.firstTexts = firstTexts
        self.starts = starts
        self.isFirst = isFirst
        let firsts = isFirst.indices.filter { isFirst[$0] }
        firstWords = firsts.count > Self.fewFirsts ? [] : firsts.map { Self.ones &* UInt64($0) }
    }

    /// A number of 18 bits, which is another one for most other bytes.
    private static func mixture(_ first: UInt8, _ second: UInt8, with third: UInt8) -> Int {
        (Int(first) << 10 ^ Int(second) << 5 ^ Int(third)) & (1 << 18 - 1)
    }

    /// The next place where a text could begin.
    func candidate(in stream: [UInt8], from start: Int) -> Int? {
        stream.withUnsafeBufferPointer { candidate(in: $0, from: start) }
    }

    /// The next place where a text could begin.
    func candidate(in stream: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        isFirst.withUnsafeBufferPointer { isFirst in
            starts.withUnsafeBufferPointer { starts in
                var place = start
                while true {
                    place = skipped(in: stream, from: place)
                    guard place + 2 < stream.count else { break }
                    if isFirst[Int(stream[place])] {
                        let mixture = Self.mixture(stream[place], stream[place + 1], with: stream[place + 2])
                        if starts[mixture >> 6] >> UInt64(mixture & 63) & 1 != 0 { return place }
                    }
                    place += 1
                }
                // What too few bytes follow is compared as it is.
                while place < stream.count {
                    if isFirst[Int(stream[place])] { return place }
                    place += 1
                }
                return nil
            }
        }
    }

    /// The next place that may have one of a few first bytes, or too few bytes behind it to be looked at so quickly.
    private func skipped(in stream: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard !firstWords.isEmpty else { return start }
        if firstWords.count == 1, start < stream.count, let base = stream.baseAddress {
            // One byte alone the C library looks for, which knows the widest words of the processor.
            guard let found = memchr(base + start, Int32(firstWords[0] & 0xff), stream.count - start) else {
                return stream.count
            }
            return UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
        let bytes = UnsafeRawBufferPointer(stream), high = Self.ones << 7
        return firstWords.withUnsafeBufferPointer { firsts in
            var place = start
            while place + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                var marks: UInt64 = 0
                for first in firsts {
                    // The lowest bit that is set marks a byte that is zero.
                    let other = word ^ first
                    marks |= (other &- Self.ones) & ~other & high
                }
                if marks != 0 { return place + marks.trailingZeroBitCount / 8 }
                place += 8
            }
            return place
        }
    }

    /// Looks which text the bytes from a place on are.
    ///
    /// - Parameter isLast: whether no byte will follow; else a text that may be coming makes a shorter one wait.
    func match(in stream: [UInt8], at start: Int, isLast: Bool) -> Match {
        let byte = Int(stream[start])
        var texts = firstTexts[byte]..<firstTexts[byte + 1], length = 1, longest = 0
        return stream.withUnsafeBufferPointer { stream in
            bytes.withUnsafeBufferPointer { bytes in
                places.withUnsafeBufferPointer { places in
                    while let first = texts.first {
                        // The shortest of those that begin alike lies first.
                        if places[first + 1] - places[first] == length {
                            longest = length
                            texts = first + 1..<texts.upperBound
                            continue
                        }
                        guard start + length < stream.count else {
                            if isLast { break }
                            return .perhaps
                        }
                        let next = stream[start + length]
                        func bound(_ isBefore: (UInt8) -> Bool) -> Int {
                            var low = texts.lowerBound, high = texts.upperBound
                            while low < high {
                                let middle = (low + high) / 2
                                if isBefore(bytes[places[middle] + length]) {
                                    low = middle + 1
                                } else {
                                    high = middle
                                }
                            }
                            return low
                        }
                        texts = bound { $0 < next }..<bound { $0 <= next }
                        length += 1
                    }
                    return longest > 0 ? .yes(length: longest) : .no
                }
            }
        }
    }
}

/// The ids of AWS access keys, which are told by their form: they are hidden whoever they belong to, as in the service
/// (CODEBUILD-2026 F.1).
enum AccessKeyID {
    /// The beginnings of a user's and of a role's ids.
    static let prefixes = ["AKIA", "ASIA"].map { Array($0.utf8) }
    static let length = 20

    /// Looks whether the bytes from a place on are an id.
    ///
    /// - Parameters:
    ///   - previous: the byte before the place; an id is a word of its own.
    ///   - isLast: whether no byte will follow.
    static func match(
        in stream: [UInt8], at start: Int, after previous: UInt8?, isLast: Bool
    ) -> SecretTable.Match {
        guard previous.map(isWordByte) != true, stream[start] == UInt8(ascii: "A") else { return .no }
        let end = min(start + length, stream.count)
        guard prefixes.contains(where: { stream[start..<end].starts(with: $0.prefix(end - start)) }),
            stream[start..<end].dropFirst(4).allSatisfy(isIDByte)
        else { return .no }
        guard end == start + length, end < stream.count else {
            guard isLast else { return .perhaps }
            return end == start + length ? .yes(length: length) : .no
        }
        return isWordByte(stream[end]) ? .no : .yes(length: length)
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isIDByte(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
