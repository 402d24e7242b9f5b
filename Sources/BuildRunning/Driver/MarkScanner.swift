internal import Files

/// Finds the driver's marks in a stream that is otherwise the build's own.
///
/// A mark is `RS nonce SP order SP status LF`, anywhere; both are decimal numbers. Only what may be the beginning of a mark is held
/// back, so that output shows as it happens; no line feed is added or lost. Any chunking of the stream gives the same pieces.
struct MarkScanner {
    enum Piece: Equatable {
        case bytes([UInt8])
        case mark(order: Int, status: Int)
    }

    private static let separator: UInt8 = 0x1e
    private let head: [UInt8]
    /// A possible mark whose end has not come yet.
    private var held: [UInt8] = []

    init(nonce: String) { head = [Self.separator] + Array(nonce.utf8) + [0x20] }

    mutating func feed(_ chunk: [UInt8]) -> [Piece] {
        if held.isEmpty, !Self.mayHoldMark(chunk) { return chunk.isEmpty ? [] : [.bytes(chunk)] }
        var pieces: [Piece] = []
        let bytes = held + chunk
        held = []
        var textStart = 0, place = 0
        while let found = bytes[place...].firstIndex(of: Self.separator) {
            switch mark(in: bytes, at: found) {
            case .no: place = found + 1
            case .yes(let order, let status, let end):
                if found > textStart { pieces.append(.bytes(Array(bytes[textStart..<found]))) }
                pieces.append(.mark(order: order, status: status))
                textStart = end
                place = end
            case .perhaps:
                if found > textStart { pieces.append(.bytes(Array(bytes[textStart..<found]))) }
                held = Array(bytes[found...])
                return pieces
            }
        }
        if bytes.count > textStart { pieces.append(.bytes(Array(bytes[textStart...]))) }
        return pieces
    }

    private static func mayHoldMark(_ chunk: [UInt8]) -> Bool {
        chunk.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            return memchr(start, Int32(separator), bytes.count) != nil
        }
    }

    /// Returns what was held back when the stream ended: it was no mark.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }

    private enum Match { case yes(order: Int, status: Int, end: Int), no, perhaps }

    private func mark(in bytes: [UInt8], at start: Int) -> Match {
        var place = start
        for expected in head {
            guard place < bytes.count else { return .perhaps }
            guard bytes[place] == expected else { return .no }
            place += 1
        }
        let order = number(in: bytes, at: &place)
        guard place < bytes.count else { return .perhaps }
        guard let order, bytes[place] == 0x20 else { return .no }
        place += 1
        let status = number(in: bytes, at: &place)
        guard place < bytes.count else { return .perhaps }
        guard let status, bytes[place] == 0x0a else { return .no }
        return .yes(order: order, status: status, end: place + 1)
    }

    /// Reads a number of at most ten digits; returns `nil` when there is no digit.
    private func number(in bytes: [UInt8], at place: inout Int) -> Int? {
        let start = place
        var number = 0
        while place < bytes.count, place < start + 10, (0x30...0x39).contains(bytes[place]) {
            number = number * 10 + Int(bytes[place] - 0x30)
            place += 1
        }
        return place > start ? number : nil
    }
}

/// The number of bytes at the end of a chunk that begin a UTF-8 character whose rest has not come yet: 0 to 3.
func incompleteCharacterLength(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
        let byte = bytes[bytes.count - back]
        if byte & 0xc0 == 0x80 { continue }
        let length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
        return length > back ? back : 0
    }
    return 0
}
