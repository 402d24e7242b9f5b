/// The lines of two outputs of one command, each with the line of the other that it corresponds to.
struct OutputPairing {
    typealias Pair = (one: Int, other: Int)

    let one: [MaskedLine]
    let other: [MaskedLine]
    /// The lines that are equal.
    private(set) var fixed: [Pair]
    /// The lines that are equal but for words with digits.
    private(set) var masked: [Pair] = []
    /// The lines between the same equal ones whose words stand in the same places.
    private(set) var alike: [Pair] = []
    /// The lines without a counterpart.
    private(set) var single: (one: [Int], other: [Int])
    /// Whether corresponding lines stand in another order.
    private(set) var isUnordered = false

    init(_ one: [String], _ other: [String]) {
        self.one = one.map(MaskedLine.init)
        self.other = other.map(MaskedLine.init)
        var numbers = LineComparison.Numbers()
        let own = one.map { numbers.number(of: $0) }, others = other.map { numbers.number(of: $0) }
        fixed = alignment(own[...], others[...])
        let gaps = (one: Self.gaps(fixed.map(\.one), one.count), other: Self.gaps(fixed.map(\.other), other.count))
        single = (
            one: one.indices.filter { gaps.one[$0] != nil }, other: other.indices.filter { gaps.other[$0] != nil }
        )
        let moved = pairSingles { $0 ? own[$1] : others[$1] }
        fixed += moved
        let lines = (one: self.one, other: self.other)
        let near = pairSingles {
            InGap(gap: ($0 ? gaps.one : gaps.other)[$1], form: ($0 ? lines.one : lines.other)[$1].mask)
        }
        let far = pairSingles { ($0 ? lines.one : lines.other)[$1].mask }
        masked = near + far
        for pairs in [moved, near, far] where Self.cross(pairs, gaps) { isUnordered = true }
        let texts = (one: one, other: other)
        alike = pairSingles {
            InGap(gap: ($0 ? gaps.one : gaps.other)[$1], form: Self.form(($0 ? texts.one : texts.other)[$1]))
        }
    }

    /// The form of a line in a gap between two equal lines.
    private struct InGap: Hashable {
        let gap: Int?
        let form: [UInt8]
    }

    /// The number of the gap that each line stands in; `nil` for a line that is matched.
    private static func gaps(_ matched: [Int], _ count: Int) -> [Int?] {
        var gaps: [Int?] = [], gap = 0
        for place in 0..<count {
            if gap < matched.count, matched[gap] == place {
                gaps.append(nil)
                gap += 1
            } else {
                gaps.append(gap)
            }
        }
        return gaps
    }

    /// Pairs lines without a counterpart that have the same key, in order.
    ///
    /// - Parameter key: the key of a line; its first argument says whether the line is of the one output.
    private mutating func pairSingles<Key: Hashable>(by key: (Bool, Int) -> Key) -> [Pair] {
        var waiting: [Key: [Int]] = [:]
        for place in single.other.reversed() { waiting[key(false, place), default: []].append(place) }
        var pairs: [Pair] = []
        for place in single.one {
            guard let match = waiting[key(true, place)]?.popLast() else { continue }
            pairs.append((place, match))
        }
        let matched = (one: Set(pairs.map(\.one)), other: Set(pairs.map(\.other)))
        single.one.removeAll { matched.one.contains($0) }
        single.other.removeAll { matched.other.contains($0) }
        return pairs
    }

    /// Whether pairs cross one another or an equal line.
    private static func cross(_ pairs: [Pair], _ gaps: (one: [Int?], other: [Int?])) -> Bool {
        pairs.contains { gaps.one[$0.one] != gaps.other[$0.other] }
            || zip(pairs, pairs.dropFirst()).contains { $0.other > $1.other }
    }

    /// A line without its words.
    private static func form(_ line: String) -> [UInt8] {
        var form: [UInt8] = []
        for byte in line.utf8 where !(byte.isWord || byte >= 0x80) || form.last != 0x01 {
            form.append(byte.isWord || byte >= 0x80 ? 0x01 : byte)
        }
        return form
    }
}
