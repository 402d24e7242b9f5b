@testable import Files

/// The meaning of a pattern by trying every way: sets of places in the path, one piece of the pattern after the other.
struct ReferenceGlob {
    private indirect enum Piece {
        case character(UInt32)
        /// `?`
        case anyInName
        /// `*`
        case name
        /// `**`
        case anything
        /// `**/` at the start of a name.
        case folders
        case oneOf([ClosedRange<UInt32>], isNegated: Bool)
        case alternatives([[Piece]])
    }

    private static let slash: UInt32 = 0x2f
    private var pieces: [Piece] = []

    /// - Returns: `nil` for patterns nested deeper than the matcher reads, or too long to be tried.
    init?(_ pattern: String) {
        let scalars = GlobText(pattern).scalars
        guard scalars.count <= 200, scalars.count(where: { $0 == "{" }) < 64 else { return nil }
        var parser = Parser(scalars)
        pieces = parser.pieces(until: scalars.count, isInBraces: false, atNameStart: true)
    }

    func matches(_ path: [UInt8]) -> Bool {
        let characters = Self.characters(path)
        return Self.ends(of: pieces[...], in: characters, from: [0]).contains(characters.count)
    }

    private static func ends(of pieces: ArraySlice<Piece>, in path: [UInt32], from starts: Set<Int>) -> Set<Int> {
        pieces.reduce(starts) { starts, piece in
            starts.reduce(into: []) { $0.formUnion(ends(of: piece, in: path, from: $1)) }
        }
    }

    private static func ends(of piece: Piece, in path: [UInt32], from start: Int) -> Set<Int> {
        let rest = path[start...], slash = rest.firstIndex(of: slash) ?? path.count
        switch piece {
        case .character(let wanted): return rest.first == wanted ? [start + 1] : []
        case .anyInName: return start < slash ? [start + 1] : []
        case .name: return Set(start...slash)
        case .anything: return Set(start...path.count)
        case .folders: return Set([start] + rest.indices.filter { path[$0] == Self.slash }.map { $0 + 1 })
        case .oneOf(let ranges, let isNegated):
            guard start < slash else { return [] }
            return ranges.contains { $0.contains(path[start]) } != isNegated ? [start + 1] : []
        case .alternatives(let all):
            return all.reduce(into: []) { $0.formUnion(ends(of: $1[...], in: path, from: [start])) }
        }
    }

    /// A byte that belongs to no character is one of its own, unlike any of Unicode's.
    private static func characters(_ path: [UInt8]) -> [UInt32] {
        var result: [UInt32] = [], place = 0
        while place < path.count {
            let width = (1...4).first { width in
                place + width <= path.count
                    && String(validating: path[place..<place + width], as: UTF8.self)?.unicodeScalars.count == 1
            }
            if let width {
                result += path[place..<place + width].withUnsafeBytes { _ in
                    String(decoding: path[place..<place + width], as: UTF8.self).unicodeScalars.map(\.value)
                }
            } else {
                result.append(0x20_0000 + UInt32(path[place]))
            }
            place += width ?? 1
        }
        return result
    }

    private struct Parser {
        private let scalars: [Unicode.Scalar]
        private var place = 0

        init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

        mutating func pieces(until end: Int, isInBraces: Bool, atNameStart: Bool) -> [Piece] {
            var pieces: [Piece] = [], atNameStart = atNameStart
            while place < end, !(isInBraces && scalars[place] == ",") {
                let start = place
                if scalars[start] == "\\", start + 1 < end {
                    pieces.append(.character(scalars[start + 1].value))
                    place += 2
                } else if scalars[start] == "?" {
                    pieces.append(.anyInName)
                    place += 1
                } else if scalars[start] == "*" {
                    place = scalars[start..<end].firstIndex { $0 != "*" } ?? end
                    if place - start > 1, atNameStart, place < end, scalars[place] == "/" {
                        pieces.append(.folders)
                        place += 1
                        continue  // Still at the start of a name.
                    }
                    pieces.append(place - start > 1 ? .anything : .name)
                } else if scalars[start] == "[", let (piece, next) = characterClass(start) {
                    pieces.append(piece)
                    place = next
                } else if scalars[start] == "{", let closer = closer(of: start) {
                    pieces.append(alternatives(until: closer, atNameStart: atNameStart))
                } else {
                    pieces.append(.character(scalars[start].value))
                    place += 1
                }
                atNameStart = scalars[start] == "/"
            }
            return pieces
        }

        private mutating func alternatives(until closer: Int, atNameStart: Bool) -> Piece {
            var all: [[Piece]] = []
            repeat {
                place += 1
                all.append(pieces(until: closer, isInBraces: true, atNameStart: atNameStart))
            } while place < closer
            place = closer + 1
            return .alternatives(all)
        }

        /// Where the brace that opens at `start` is closed: past escapes, classes and braces within.
        private func closer(of start: Int) -> Int? {
            var place = start + 1
            while place < scalars.count {
                switch scalars[place] {
                case "}": return place
                case "\\": place += 2
                case "[": place = characterClass(place)?.next ?? place + 1
                case "{": place = closer(of: place).map { $0 + 1 } ?? scalars.count
                default: place += 1
                }
            }
            return nil
        }

        private func characterClass(_ start: Int) -> (piece: Piece, next: Int)? {
            var place = start + 1, ranges: [ClosedRange<UInt32>] = []
            let isNegated = place < scalars.count && (scalars[place] == "!" || scalars[place] == "^")
            if isNegated { place += 1 }
            let first = place
            while place < scalars.count {
                if scalars[place] == "]", place > first { return (.oneOf(ranges, isNegated: isNegated), place + 1) }
                guard let low = member(&place) else { return nil }
                var high = low
                if place + 1 < scalars.count, scalars[place] == "-", scalars[place + 1] != "]" {
                    place += 1
                    guard let end = member(&place) else { return nil }
                    high = end
                }
                if low <= high { ranges.append(low...high) }
            }
            return nil
        }

        private func member(_ place: inout Int) -> UInt32? {
            if scalars[place] == "\\", place + 1 < scalars.count { place += 1 }
            guard place < scalars.count else { return nil }
            defer { place += 1 }
            return scalars[place].value
        }
    }
}
