/// Compares the lines of two builds, each by the rules of its own build.
struct LineComparison {
    let oneRules: ComparisonRules
    let otherRules: ComparisonRules

    init(_ one: BuildLog, _ other: BuildLog) {
        oneRules = ComparisonRules(sourceDirectory: one.sourceDirectory)
        otherRules = ComparisonRules(sourceDirectory: other.sourceDirectory)
    }

    func areEqual(_ one: String, _ other: String) -> Bool {
        one == other || oneRules.key(of: one) == otherRules.key(of: other)
    }

    /// The pairs of texts that correspond to each other, in order.
    func pairs(_ one: [String], _ other: [String]) -> [(one: Int, other: Int)] {
        var numbers = Numbers()
        let own = one.map { numbers.number(of: oneRules.key(of: $0) ?? $0) }
        let others = other.map { numbers.number(of: otherRules.key(of: $0) ?? $0) }
        return alignment(own[...], others[...])
    }

    /// The differences of two outputs, and the number of their equal lines.
    ///
    /// - Parameter learned: what is known to differ between builds that succeeded.
    func changes(
        _ one: [String], _ other: [String], learned: LearnedCommand? = nil
    ) -> (changes: [LogDiff.Change], equalCount: Int) {
        // Most outputs are equal, so equal lines at both ends are skipped first. What was learned counts lines from the
        // first one.
        let head = learned == nil ? zip(one, other).prefix { $0 == $1 }.count : 0
        let tail =
            learned == nil ? zip(one[head...].reversed(), other[head...].reversed()).prefix { $0 == $1 }.count : 0
        guard head + tail < max(one.count, other.count) else { return ([], head + tail) }
        let ranges = (one: head..<(one.count - tail), other: head..<(other.count - tail))
        var keys = (one: one[ranges.one].map(oneRules.key), other: other[ranges.other].map(otherRules.key))
        if let learned { keys = (learned.applied(to: keys.one), learned.applied(to: keys.other)) }
        var numbers = Numbers()
        let own = ComparedOutput(one, in: ranges.one, keys: keys.one, numberedBy: &numbers)
        let others = ComparedOutput(other, in: ranges.other, keys: keys.other, numberedBy: &numbers)
        let pairs = alignment(own.counted.map(\.number)[...], others.counted.map(\.number)[...])
        var gaps: [Gap] = [], next = (one: 0, other: 0)
        for pair in pairs + [(one: own.counted.count, other: others.counted.count)] {
            if pair.one > next.one || pair.other > next.other {
                gaps.append(Gap(one: Array(next.one..<pair.one), other: Array(next.other..<pair.other), start: next))
            }
            next = (pair.one + 1, pair.other + 1)
        }
        let movedCount = learned?.isUnordered == true ? Self.removeMoved(from: &gaps, own, others) : 0
        let changes = gaps.filter { !$0.one.isEmpty || !$0.other.isEmpty }.map { change($0, of: own, others) }
        return (changes, head + tail + pairs.count + movedCount)
    }

    /// Lines between two equal ones, as places among the compared lines.
    private struct Gap {
        var one: [Int]
        var other: [Int]
        let start: (one: Int, other: Int)
    }

    /// Removes lines that stand elsewhere in the other output.
    ///
    /// - Returns: how many were found in both outputs.
    private static func removeMoved(from gaps: inout [Gap], _ one: ComparedOutput, _ other: ComparedOutput) -> Int {
        var waiting: [Int: Int] = [:], found: [Int: Int] = [:], count = 0
        for gap in gaps { for place in gap.other { waiting[other.counted[place].number, default: 0] += 1 } }
        for index in gaps.indices {
            gaps[index].one.removeAll { place in
                let number = one.counted[place].number
                guard let open = waiting[number], open > 0 else { return false }
                waiting[number] = open - 1
                found[number, default: 0] += 1
                count += 1
                return true
            }
        }
        for index in gaps.indices {
            gaps[index].other.removeAll { place in
                let number = other.counted[place].number
                guard let open = found[number], open > 0 else { return false }
                found[number] = open - 1
                return true
            }
        }
        return count
    }

    /// The output of one build, with its lines that are compared.
    private struct ComparedOutput {
        let lines: [String]
        /// The compared lines: the index of each in the output, and a number that equal lines share.
        let counted: [(place: Int, number: Int)]
        /// The index after the last line to compare.
        let end: Int

        /// - Parameter keys: what is compared of each line of the range; `nil` for a line that is ignored.
        init(_ lines: [String], in range: Range<Int>, keys: [String?], numberedBy numbers: inout Numbers) {
            self.lines = lines
            end = range.upperBound
            counted = zip(range, keys).compactMap { place, key in
                key.map { (place: place, number: numbers.number(of: $0)) }
            }
        }

        /// The index of the first of some compared lines, or of the compared line at `next` when there is none.
        func start(of places: [Int], next: Int) -> Int {
            let first = places.first ?? next
            return first < counted.count ? counted[first].place : end
        }

        func texts(of places: [Int]) -> [String] { places.map { lines[counted[$0].place] } }
    }

    private func change(_ gap: Gap, of one: ComparedOutput, _ other: ComparedOutput) -> LogDiff.Change {
        let start = one.start(of: gap.one, next: gap.start.one)
        let end = gap.one.last.map { one.counted[$0].place + 1 } ?? start
        return LogDiff.Change(
            one: one.texts(of: gap.one), other: other.texts(of: gap.other),
            before: Array(one.lines[..<start].suffix(LogDiff.contextLength)),
            after: Array(one.lines[end...].prefix(LogDiff.contextLength)),
            oneNumber: start + 1, otherNumber: other.start(of: gap.other, next: gap.start.other) + 1)
    }

    /// Gives equal texts equal numbers, so that each text is compared letter by letter only once.
    struct Numbers {
        private var known: [String: Int] = [:]

        mutating func number(of text: String) -> Int {
            if let number = known[text] { return number }
            known[text] = known.count
            return known.count - 1
        }
    }
}
