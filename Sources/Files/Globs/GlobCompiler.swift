/// Compiles the text of a pattern into the steps of its machine.
public struct GlobCompiler {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    /// The end of each `{` that is closed. Braces nested deeper than anybody writes them stand for themselves.
    private var closers: [Int: Int] = [:]
    private static let deepest = 64
    /// The place from which on no `]` can close a class.
    private let bracketsEnd: Int

    public private(set) var steps: [GlobProgram.Step] = []
    public private(set) var classes: [GlobProgram.Characters] = []
    public private(set) var hasWildcard = false

    public init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
        var end = 0, isEscaped = false
        for (index, scalar) in scalars.enumerated() {
            if scalar == "]" && !isEscaped { end = index + 1 }
            isEscaped = scalar == "\\" && !isEscaped
        }
        bracketsEnd = end
    }

    public mutating func compile() {
        findClosers()
        compileSequence(until: scalars.count, inBraces: false, atNameStart: true)
        steps.append(.accept)
    }

    /// Pairs the braces, skipping escapes and classes.
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
