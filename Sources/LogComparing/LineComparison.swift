/// Compares the lines of two builds, each read by the rules of its own build.
struct LineComparison {
    let localRules: ComparisonRules
    let cloudRules: ComparisonRules

    func areEqual(_ local: String, _ cloud: String) -> Bool {
        local == cloud || localRules.key(of: local) == cloudRules.key(of: cloud)
    }

    /// Which texts belong together.
    func pairs(_ local: [String], _ cloud: [String]) -> [(one: Int, other: Int)] {
        var numbers = Numbers()
        let own = local.map { numbers.number(of: localRules.key(of: $0) ?? $0) }
        let other = cloud.map { numbers.number(of: cloudRules.key(of: $0) ?? $0) }
        return alignment(own[...], other[...])
    }

    /// Where two texts differ, and how many of their lines are equal.
    func changes(_ local: [String], _ cloud: [String]) -> (changes: [LogDiff.Change], equalCount: Int) {
        // Most outputs are equal to the letter from the start to the end: these lines cost a look each.
        let head = zip(local, cloud).prefix { $0 == $1 }.count
        let tail = zip(local[head...].reversed(), cloud[head...].reversed()).prefix { $0 == $1 }.count
        guard head + tail < max(local.count, cloud.count) else { return ([], head + tail) }
        var numbers = Numbers()
        let own = keyed(local, head..<(local.count - tail), localRules, &numbers)
        let other = keyed(cloud, head..<(cloud.count - tail), cloudRules, &numbers)
        let pairs = alignment(own.map(\.number)[...], other.map(\.number)[...])
        var changes: [LogDiff.Change] = [], next = (own: 0, other: 0)
        for pair in pairs + [(one: own.count, other: other.count)] {
            if pair.one > next.own || pair.other > next.other {
                changes.append(
                    change(local, own, next.own..<pair.one, cloud, other, next.other..<pair.other, tail: tail))
            }
            next = (pair.one + 1, pair.other + 1)
        }
        return (changes, head + tail + pairs.count)
    }

    /// A line that counts, by its place in the output and a number that equal lines share.
    private typealias Keyed = (place: Int, number: Int)

    private func keyed(
        _ lines: [String], _ range: Range<Int>, _ rules: ComparisonRules, _ numbers: inout Numbers
    ) -> [Keyed] {
        range.compactMap { place in
            rules.key(of: lines[place]).map { (place: place, number: numbers.number(of: $0)) }
        }
    }

    private func change(
        _ local: [String], _ own: [Keyed], _ ownRange: Range<Int>,
        _ cloud: [String], _ other: [Keyed], _ otherRange: Range<Int>, tail: Int
    ) -> LogDiff.Change {
        // Where a side has nothing, what it lacks would stand before its next line.
        func start(_ keyed: [Keyed], _ range: Range<Int>, _ lines: [String]) -> Int {
            range.lowerBound < keyed.count ? keyed[range.lowerBound].place : lines.count - tail
        }
        let ownStart = start(own, ownRange, local), otherStart = start(other, otherRange, cloud)
        let ownEnd = ownRange.isEmpty ? ownStart : own[ownRange.upperBound - 1].place + 1
        return LogDiff.Change(
            local: ownRange.map { local[own[$0].place] }, cloud: otherRange.map { cloud[other[$0].place] },
            before: Array(local[..<ownStart].suffix(LogDiff.contextLength)),
            after: Array(local[ownEnd...].prefix(LogDiff.contextLength)),
            localNumber: ownStart + 1, cloudNumber: otherStart + 1)
    }

    /// Gives equal texts equal numbers, so that they are compared letter by letter only once.
    private struct Numbers {
        private var known: [String: Int] = [:]

        mutating func number(of text: String) -> Int {
            if let number = known[text] { return number }
            known[text] = known.count
            return known.count - 1
        }
    }
}
