/// A pattern as a machine that is in many places at once (Thompson's construction): no backtracking, no bad patterns.
///
/// It reads characters, not bytes: a UTF-8 character is one; a byte that belongs to none is one of its own.
struct GlobProgram: Sendable {
    fileprivate enum Step: Sendable {
        /// This character.
        case character(UInt32)
        /// Any character but a slash.
        case anyInName
        /// Any character.
        case any
        case oneOf(Int)
        /// Go on in both places.
        case fork(Int, Int)
        case jump(Int)
        case accept
    }

    /// A character class.
    fileprivate struct Characters: Sendable {
        var ranges: [ClosedRange<UInt32>] = []
        var isNegated = false

        func contains(_ character: UInt32) -> Bool {
            character != GlobProgram.slash && ranges.contains { $0.contains(character) } != isNegated
        }
    }

    fileprivate static let slash = UInt32(UInt8(ascii: "/"))

    private let steps: [Step]
    private let classes: [Characters]
    /// Whether anything in it stands for more than itself.
    let hasWildcard: Bool
    /// The one text it matches, when nothing does.
    let literal: String?

    init(_ text: GlobText) {
        var compiler = GlobCompiler(text.scalars)
        compiler.compile()
        steps = compiler.steps
        classes = compiler.classes
        hasWildcard = compiler.hasWildcard
        literal = hasWildcard ? nil : Self.literal(steps)
    }

    private static func literal(_ steps: [Step]) -> String {
        var text = String.UnicodeScalarView()
        for case .character(let value) in steps { text.append(Unicode.Scalar(value) ?? "\u{FFFD}") }
        return String(text)
    }

    func matches(_ path: [UInt8]) -> Bool {
        var current = Places(count: steps.count), next = Places(count: steps.count)
        add(0, to: &current)
        var rest = path[...]
        while !rest.isEmpty {
            if current.list.isEmpty { return false }
            let character = Self.nextCharacter(&rest)
            for place in current.list where accepts(steps[place], character) { add(place + 1, to: &next) }
            swap(&current, &next)
            next.clear()
        }
        return current.list.contains { if case .accept = steps[$0] { true } else { false } }
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

    /// Takes in a place and all that can be reached from it without reading.
    private func add(_ place: Int, to places: inout Places) {
        var pending = [place]
        while let place = pending.popLast() {
            guard places.insert(place) else { continue }
            switch steps[place] {
            case .fork(let one, let other): pending += [other, one]
            case .jump(let target): pending.append(target)
            case .character, .anyInName, .any, .oneOf, .accept: break
            }
        }
    }

    private static func nextCharacter(_ rest: inout ArraySlice<UInt8>) -> UInt32 {
        if let (scalar, count) = decodeScalar(rest) {
            rest = rest.dropFirst(count)
            return scalar.value
        }
        // Behind the last character of Unicode.
        return 0x11_0000 + UInt32(rest.removeFirst())
    }

    /// A set of places that remembers their order.
    private struct Places {
        private(set) var list: [Int] = []
        private var isIn: [Bool]

        init(count: Int) { isIn = Array(repeating: false, count: count) }

        mutating func insert(_ place: Int) -> Bool {
            if isIn[place] { return false }
            isIn[place] = true
            list.append(place)
            return true
        }

        mutating func clear() {
            for place in list { isIn[place] = false }
            list.removeAll(keepingCapacity: true)
        }
    }
}

/// From a pattern's text to the steps of its machine.
private struct GlobCompiler {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    /// Where each `{` that is closed ends. Deeper nesting than anybody's stands for itself.
    private var closers: [Int: Int] = [:]
    private static let deepest = 64
    /// No `]` that could close a class comes from here on.
    private let bracketsEnd: Int

    var steps: [GlobProgram.Step] = []
    var classes: [GlobProgram.Characters] = []
    var hasWildcard = false

    init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
        var end = 0, isEscaped = false
        for (index, scalar) in scalars.enumerated() {
            if scalar == "]" && !isEscaped { end = index + 1 }
            isEscaped = scalar == "\\" && !isEscaped
        }
        bracketsEnd = end
    }

    mutating func compile() {
        findClosers()
        compileSequence(until: scalars.count, inBraces: false, atNameStart: true)
        steps.append(.accept)
    }

    /// Pairs the braces, past escapes and classes.
    private mutating func findClosers() {
        var open: [Int] = []
        var place = 0
        while place < scalars.count {
            switch scalars[place] {
            case "\\": place += 1
            case "[": place = characterClass(at: place)?.end ?? place
            case "{": open.append(place)
            case "}":
                if let start = open.popLast(), open.count < Self.deepest { closers[start] = place }
            default: break
            }
            place += 1
        }
    }

    /// Compiles up to `end`, or in braces up to the next comma of these braces.
    private mutating func compileSequence(until end: Int, inBraces: Bool, atNameStart: Bool) {
        var atNameStart = atNameStart
        while index < end {
            let scalar = scalars[index]
            if inBraces && scalar == "," { return }
            let wasAtNameStart = atNameStart
            atNameStart = scalar == "/"
            switch scalar {
            case "\\" where index + 1 < end:
                steps.append(.character(scalars[index + 1].value))
                index += 2
            case "?":
                hasWildcard = true
                steps.append(.anyInName)
                index += 1
            case "*": atNameStart = compileStars(until: end, atNameStart: wasAtNameStart)
            case "[":
                if let (characters, last) = characterClass(at: index) {
                    hasWildcard = true
                    steps.append(.oneOf(classes.count))
                    classes.append(characters)
                    index = last + 1
                } else {
                    appendLiteral()
                }
            case "{":
                if let closer = closers[index] {
                    compileBraces(until: closer, atNameStart: wasAtNameStart)
                } else {
                    appendLiteral()
                }
            default: appendLiteral()
            }
        }
    }

    private mutating func appendLiteral() {
        steps.append(.character(scalars[index].value))
        index += 1
    }

    /// - Returns: whether a name starts behind the stars.
    private mutating func compileStars(until end: Int, atNameStart: Bool) -> Bool {
        hasWildcard = true
        let start = index
        while index < end, scalars[index] == "*" { index += 1 }
        guard index - start > 1 else {
            appendLoop(.anyInName)
            return false
        }
        guard atNameStart, index < end, scalars[index] == "/" else {
            appendLoop(.any)
            return false
        }
        // `**/` at the start of a name: nothing, or anything that ends in a slash.
        let fork = steps.count
        steps.append(.accept)
        appendLoop(.any)
        appendLiteral()
        steps[fork] = .fork(fork + 1, steps.count)
        return true
    }

    private mutating func appendLoop(_ step: GlobProgram.Step) {
        let start = steps.count
        steps += [.fork(start + 1, start + 3), step, .jump(start)]
    }

    private mutating func compileBraces(until closer: Int, atNameStart: Bool) {
        hasWildcard = true
        var exits: [Int] = []
        repeat {
            index += 1
            let fork = steps.count
            steps.append(.accept)
            compileSequence(until: closer, inBraces: true, atNameStart: atNameStart)
            exits.append(steps.count)
            steps.append(.accept)
            let isLast = index >= closer
            steps[fork] = isLast ? .jump(fork + 1) : .fork(fork + 1, steps.count)
        } while index < closer
        for exit in exits { steps[exit] = .jump(steps.count) }
        index = closer + 1
    }

    /// The class that begins here and where its `]` is.
    ///
    /// - Returns: `nil` when it is not closed.
    private func characterClass(at start: Int) -> (characters: GlobProgram.Characters, end: Int)? {
        var characters = GlobProgram.Characters()
        var place = start + 1
        if place < bracketsEnd, scalars[place] == "!" || scalars[place] == "^" {
            characters.isNegated = true
            place += 1
        }
        let first = place
        while place < bracketsEnd {
            if scalars[place] == "]" && place > first { return (characters, place) }
            let low = unescaped(&place)
            var high = low
            if place + 1 < bracketsEnd, scalars[place] == "-", scalars[place + 1] != "]" {
                place += 1
                high = unescaped(&place)
            }
            // A range that runs backwards holds nothing.
            if low <= high { characters.ranges.append(low...high) }
        }
        return nil
    }

    private func unescaped(_ place: inout Int) -> UInt32 {
        if scalars[place] == "\\", place + 1 < scalars.count { place += 1 }
        defer { place += 1 }
        return scalars[place].value
    }
}
