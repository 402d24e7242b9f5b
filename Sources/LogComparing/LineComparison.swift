/// Compares the lines of two builds, each by the rules of its own build.
struct LineComparison {
    let localRules: ComparisonRules
    let cloudRules: ComparisonRules

    func areEqual(_ local: String, _ cloud: String) -> Bool {
        local == cloud || localRules.key(of: local) == cloudRules.key(of: cloud)
    }

    /// The pairs of texts that correspond to each other, in order.
    func pairs(_ local: [String], _ cloud: [String]) -> [(one: Int, other: Int)] {
        var numbers = Numbers()
        let own = local.map { numbers.number(of: localRules.key(of: $0) ?? $0) }
        let other = cloud.map { numbers.number(of: cloudRules.key(of: $0) ?? $0) }
        return alignment(own[...], other[...])
    }

    /// The differences of two outputs, and the number of their equal lines.
    func changes(_ local: [String], _ cloud: [String]) -> (changes: [LogDiff.Change], equalCount: Int) {
        // Most outputs are equal, so equal lines at both ends are skipped first.
        let head = zip(local, cloud).prefix { $0 == $1 }.count
        let tail = zip(local[head...].reversed(), cloud[head...].reversed()).prefix { $0 == $1 }.count
        guard head + tail < max(local.count, cloud.count) else { return ([], head + tail) }
        var numbers = Numbers()
        let own = ComparedOutput(local, in: head..<(local.count - tail), by: localRules, numberedBy: &numbers)
        let other = ComparedOutput(cloud, in: head..<(cloud.count - tail), by: cloudRules, numberedBy: &numbers)
        let pairs = alignment(own.counted.map(\.number)[...], other.counted.map(\.number)[...])
        var changes: [LogDiff.Change] = [], next = (own: 0, other: 0)
        for pair in pairs + [(one: own.counted.count, other: other.counted.count)] {
            if pair.one > next.own || pair.other > next.other {
                changes.append(
                    change(local: own, at: next.own..<pair.one, cloud: other, at: next.other..<pair.other))
            }
            next = (pair.one + 1, pair.other + 1)
        }
        return (changes, head + tail + pairs.count)
    }

    /// The output of one build, with its lines that are compared.
    private struct ComparedOutput {
        let lines: [String]
        /// The compared lines: the index of each in the output, and a number that equal lines share.
        let counted: [(place: Int, number: Int)]
        /// The index after the last line to compare.
        let end: Int

        init(
            _ lines: [String], in range: Range<Int>, by rules: ComparisonRules, numberedBy numbers: inout Numbers
        ) {
            self.lines = lines
            end = range.upperBound
            counted = range.compactMap { place in
                rules.key(of: lines[place]).map { (place: place, number: numbers.number(of: $0)) }
            }
        }

        /// The index of the first line of a range, or of the next compared line when the range is empty.
        func start(of range: Range<Int>) -> Int {
            range.lowerBound < counted.count ? counted[range.lowerBound].place : end
        }

        func texts(of range: Range<Int>) -> [String] { range.map { lines[counted[$0].place] } }
    }

    private func change(
        local: ComparedOutput, at localRange: Range<Int>, cloud: ComparedOutput, at cloudRange: Range<Int>
    ) -> LogDiff.Change {
        let start = local.start(of: localRange)
        let end = localRange.isEmpty ? start : local.counted[localRange.upperBound - 1].place + 1
        return LogDiff.Change(
            local: local.texts(of: localRange), cloud: cloud.texts(of: cloudRange),
            before: Array(local.lines[..<start].suffix(LogDiff.contextLength)),
            after: Array(local.lines[end...].prefix(LogDiff.contextLength)),
            localNumber: start + 1, cloudNumber: cloud.start(of: cloudRange) + 1)
    }

    /// Gives equal texts equal numbers, so that each text is compared letter by letter only once.
    private struct Numbers {
        private var known: [String: Int] = [:]

        mutating func number(of text: String) -> Int {
            if let number = known[text] { return number }
            known[text] = known.count
            return known.count - 1
        }
    }
}
