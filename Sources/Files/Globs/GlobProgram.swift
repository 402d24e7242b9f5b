/// A pattern as a machine that is in many places at once (Thompson's construction): no backtracking, no bad patterns.
///
/// It reads characters, not bytes: a UTF-8 character is one; a byte that belongs to none is one of its own.
public struct GlobProgram: Sendable {
    public enum Step: Sendable {
        /// Reads this character.
        case character(UInt32)
        /// Reads any character but a slash.
        case anyInName
        /// Reads any character.
        case any
        case oneOf(Int)
        /// Continues in both places.
        case fork(Int, Int)
        case jump(Int)
        case accept
    }

    /// A character class.
    public struct Characters: Sendable {
        public var ranges: [ClosedRange<UInt32>] = []
        public var isNegated = false

        public func contains(_ character: UInt32) -> Bool {
            character != GlobProgram.slash && ranges.contains { $0.contains(character) } != isNegated
        }
    }

    public static let slash = UInt32(UInt8(ascii: "/"))

    private let steps: [Step]
    private let classes: [Characters]
    /// For a program of at most 64 steps: where each step leads without reading, as a set of bits.
    private let reach: [UInt64]
    /// Whether any part of the pattern stands for more than itself.
    public let hasWildcard: Bool
    /// The one text that the pattern matches, when it has no wildcard.
    public let literal: String?

    public init(_ text: GlobText) {
        var compiler = GlobCompiler(text.scalars)
        compiler.compile()
        steps = compiler.steps
        classes = compiler.classes
        hasWildcard = compiler.hasWildcard
        literal = hasWildcard ? nil : Self.literal(steps)
        reach = steps.count <= UInt64.bitWidth ? Self.reach(steps) : []
    }

    private static func literal(_ steps: [Step]) -> String {
        var text = String.UnicodeScalarView()
        for case .character(let value) in steps { text.append(Unicode.Scalar(value) ?? "\u{FFFD}") }
        return String(text)
    }

    private static func reach(_ steps: [Step]) -> [UInt64] {
        steps.indices.map { start in
            var places = Places(count: steps.count)
            places.add(start, steps)
            return places.list.reduce(0) { $0 | 1 << UInt64($1) }
        }
    }

    public func matches(_ path: [UInt8]) -> Bool {
        path.withUnsafeBufferPointer { reach.isEmpty ? matchesByList($0) : matchesByBits($0) }
    }

    /// Matches with all places in one word, and touches no memory but the path.
    private func matchesByBits(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        var current = reach[0]
        var index = 0
        while index < path.count {
            if current == 0 { return false }
            let character = Self.nextCharacter(path, &index)
            var next: UInt64 = 0
            while current != 0 {
                let place = current.trailingZeroBitCount
                current &= current - 1
                if accepts(steps[place], character) { next |= reach[place + 1] }
            }
            current = next
        }
        // The last step is the only one that accepts.
        return current & 1 << UInt64(steps.count - 1) != 0
    }

    private func matchesByList(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        var current = Places(count: steps.count), next = Places(count: steps.count)
        current.add(0, steps)
        var index = 0
        while index < path.count {
            if current.list.isEmpty { return false }
            let character = Self.nextCharacter(path, &index)
            for place in current.list where accepts(steps[place], character) { next.add(place + 1, steps) }
            swap(&current, &next)
            next.clear()
        }
        return current.list.contains(steps.count - 1)
    }

    private func accepts(_ step: Step, _ character: UInt32) -> Bool {
        switch step {
        case .character(let wanted): wanted == character
        case .anyInName: character != Self.slash
        case .any: true
        case .oneOf(let index): classes[index].contains(character)
        case .fork, .jump, .accept: false
        }
    }

    private static func nextCharacter(_ path: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> UInt32 {
        let byte = path[index]
        if byte >= 0x80, let (scalar, count) = decodeScalar(path[index...]) {
            index += count
            return scalar.value
        }
        index += 1
        // A byte that is no character comes behind the last one of Unicode.
        return byte < 0x80 ? UInt32(byte) : 0x11_0000 + UInt32(byte)
    }

    /// A set of places.
    private struct Places {
        private(set) var list: [Int] = []
        private var isIn: [Bool]
        private var pending: [Int] = []

        init(count: Int) { isIn = Array(repeating: false, count: count) }

        /// Adds a place and all places that can be reached from it without reading.
        mutating func add(_ place: Int, _ steps: [Step]) {
            pending.append(place)
            while let place = pending.popLast() {
                if isIn[place] { continue }
                isIn[place] = true
                list.append(place)
                switch steps[place] {
                case .fork(let one, let other):
                    pending.append(other)
                    pending.append(one)
                case .jump(let target): pending.append(target)
                case .character, .anyInName, .any, .oneOf, .accept: break
                }
            }
        }

        mutating func clear() {
            for place in list { isIn[place] = false }
            list.removeAll(keepingCapacity: true)
        }
    }
}
