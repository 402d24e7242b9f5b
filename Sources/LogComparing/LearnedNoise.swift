/// What differed between two builds that succeeded, by their commands, and so is no difference between other builds.
public struct LearnedNoise: Sendable {
    /// The UUIDs of the two builds that it was learned from.
    public let builds: [String]
    /// Whether nothing is known to differ in what the two builds were made of.
    public let haveSameInputs: Bool
    private var commands: [Key: LearnedCommand] = [:]

    /// A command of a build: its phase, its text, and its number among equal ones of the phase.
    private struct Key: Hashable {
        let phase: String
        let text: String
        let number: Int
    }

    /// Learns from two builds that succeeded.
    ///
    /// - Parameters:
    ///   - builds: the UUIDs of the builds.
    ///   - haveSameInputs: whether nothing is known to differ in their sources, images and variables. Of builds whose
    ///     inputs differ only the order of lines is learned, and values that no edit of a source makes.
    public init(_ one: BuildLog, _ other: BuildLog, builds: [String], haveSameInputs: Bool) {
        self.builds = builds
        self.haveSameInputs = haveSameInputs
        let lines = LineComparison(one, other)
        for phase in one.phases {
            guard let match = other.phases.first(where: { $0.name == phase.name }) else { continue }
            var numbers: [String: Int] = [:]
            let keys = phase.commands.map { command in
                let text = lines.oneRules.key(of: command.text) ?? command.text
                numbers[text, default: 0] += 1
                return Key(phase: phase.name, text: text, number: numbers[text] ?? 0)
            }
            for pair in lines.pairs(phase.commands.map(\.text), match.commands.map(\.text)) {
                let own = phase.commands[pair.one], another = match.commands[pair.other]
                // A command that fails is not learned from, even where the build goes on.
                guard own.exitStatus == 0, another.exitStatus == 0, own.output != another.output else { continue }
                let learned = LearnedCommand(
                    own.output.compactMap { lines.oneRules.key(of: $0) },
                    another.output.compactMap { lines.otherRules.key(of: $0) }, learnsAll: haveSameInputs)
                if !learned.isEmpty { commands[keys[pair.one]] = learned }
            }
        }
    }

    /// What is known of a command of a phase.
    ///
    /// - Parameter number: the 0-based place of the command among the commands of the phase.
    func command(_ number: Int, of phase: BuildLog.Phase, by rules: ComparisonRules) -> LearnedCommand? {
        guard !commands.isEmpty else { return nil }
        let text = rules.key(of: phase.commands[number].text) ?? phase.commands[number].text
        let earlier = phase.commands[...number].count { (rules.key(of: $0.text) ?? $0.text) == text }
        return commands[Key(phase: phase.name, text: text, number: earlier)]
    }
}

/// What differed in the output of one command between two builds that succeeded.
struct LearnedCommand: Sendable, Equatable {
    /// The words that differ, by what the lines have beside words with digits.
    private var masks: [[UInt8]: MaskRule] = [:]
    /// Whole lines that stood for one another, with one of them in place of both.
    private var alternatives: [String: String] = [:]
    /// Lines that only one of the builds printed.
    private var optional: Set<String> = []
    /// Lines that one of the builds printed more often.
    private var repeated: Set<String> = []
    /// Whether the builds printed the same lines in another order.
    private(set) var isUnordered = false

    /// The words that differ in lines of one form.
    private struct MaskRule: Sendable, Equatable {
        /// The words that differ in every line of the form, by their places among the words with digits.
        var everywhere: [Int: WordKinds] = [:]
        /// The words that differ in the first, second… line of the form.
        var byNumber: [Int: [Int: WordKinds]] = [:]
    }

    var isEmpty: Bool {
        masks.isEmpty && alternatives.isEmpty && optional.isEmpty && repeated.isEmpty && !isUnordered
    }

    // MARK: Learning

    /// - Parameters:
    ///   - one: the lines of one build, by ``ComparisonRules/key(of:)``, without those that are ignored.
    ///   - other: those of the other build.
    ///   - learnsAll: whether the builds had the same inputs.
    init(_ one: [String], _ other: [String], learnsAll: Bool) {
        let pairing = OutputPairing(one, other)
        isUnordered = pairing.isUnordered
        learnWords(pairing, learnsAll: learnsAll)
        guard learnsAll else { return }
        let fixed = Set(pairing.fixed.map { one[$0.one] })
        for pair in pairing.alike where !fixed.contains(one[pair.one]) && !fixed.contains(other[pair.other]) {
            // Two lines that each stand for a third are left to be seen.
            guard alternatives[one[pair.one]] == nil, alternatives[other[pair.other]] == nil else { continue }
            alternatives[one[pair.one]] = one[pair.one]
            alternatives[other[pair.other]] = one[pair.one]
        }
        for line in pairing.single.one.map({ one[$0] }) + pairing.single.other.map({ other[$0] }) {
            if fixed.contains(line) { repeated.insert(line) } else { optional.insert(line) }
        }
    }

    private mutating func learnWords(_ pairing: OutputPairing, learnsAll: Bool) {
        let numbers = (one: Self.numbers(pairing.one), other: Self.numbers(pairing.other))
        let counts = (one: Self.counts(pairing.one), other: Self.counts(pairing.other))
        var found: [[UInt8]: [(number: Int?, words: [Int: WordKinds])]] = [:]
        for pair in pairing.masked {
            let own = pairing.one[pair.one], another = pairing.other[pair.other]
            var words: [Int: WordKinds] = [:]
            for (place, (word, match)) in zip(own.words, another.words).enumerated() where word != match {
                guard learnsAll || (WordKinds.isChance(word) && WordKinds.isChance(match)) else { continue }
                words[place] = WordKinds(word).union(WordKinds(match))
            }
            let isSameNumber = numbers.one[pair.one] == numbers.other[pair.other]
            found[own.mask, default: []].append((isSameNumber ? numbers.one[pair.one] : nil, words))
        }
        for (mask, lines) in found {
            var rule = MaskRule()
            if lines.count == counts.one[mask], lines.count == counts.other[mask], let first = lines.first {
                for place in first.words.keys where lines.allSatisfy({ $0.words[place] != nil }) {
                    rule.everywhere[place] = lines.reduce(into: WordKinds()) { $0.formUnion($1.words[place] ?? []) }
                }
            }
            for case (let number?, let words) in lines where !words.isEmpty { rule.byNumber[number] = words }
            if !rule.everywhere.isEmpty || !rule.byNumber.isEmpty { masks[mask] = rule }
        }
    }

    /// The number of each line among those of its form.
    private static func numbers(_ lines: [MaskedLine]) -> [Int] {
        var seen: [[UInt8]: Int] = [:]
        return lines.map { line in
            seen[line.mask, default: 0] += 1
            return (seen[line.mask] ?? 0) - 1
        }
    }

    private static func counts(_ lines: [MaskedLine]) -> [[UInt8]: Int] {
        lines.reduce(into: [:]) { $0[$1.mask, default: 0] += 1 }
    }

    // MARK: Using what was learned

    /// The lines of another build, by their keys, without what was learned.
    ///
    /// - Returns: `nil` in the place of a line that does not count.
    func applied(to keys: [String?]) -> [String?] {
        var seenForms: [[UInt8]: Int] = [:], seenLines: Set<String> = []
        return keys.map { key in
            guard let key else { return nil }
            if optional.contains(key) { return nil }
            if repeated.contains(key), !seenLines.insert(key).inserted { return nil }
            if let alternative = alternatives[key] { return alternative }
            guard !masks.isEmpty else { return key }
            let line = MaskedLine(key)
            guard let rule = masks[line.mask] else { return key }
            let number = seenForms[line.mask, default: 0]
            seenForms[line.mask] = number + 1
            // Where lines change their order, the second of a form is not the second again.
            let words = isUnordered ? rule.everywhere : rule.everywhere.merging(rule.byNumber[number] ?? [:]) { $1 }
            return line.text { place, word in words[place]?.contains(WordKinds(word)) ?? false }
        }
    }
}

/// The kinds of characters in a word.
struct WordKinds: OptionSet, Sendable {
    let rawValue: UInt8
    static let digit = WordKinds(rawValue: 1)
    static let lower = WordKinds(rawValue: 2)
    static let upper = WordKinds(rawValue: 4)
    static let further = WordKinds(rawValue: 8)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ word: ArraySlice<UInt8>) {
        self = word.reduce(into: []) { kinds, byte in
            switch byte {
            case 0x30...0x39: kinds.insert(.digit)
            case 0x61...0x7a: kinds.insert(.lower)
            case 0x41...0x5a: kinds.insert(.upper)
            default: kinds.insert(.further)
            }
        }
    }

    /// Whether a word looks as if chance had made it: a long number, or letters and digits mixed. A count or a version
    /// may be the work of an edit.
    static func isChance(_ word: ArraySlice<UInt8>) -> Bool {
        let kinds = WordKinds(word)
        if kinds == .digit { return word.count >= 5 }
        let changes = zip(word, word.dropFirst()).count { $0.isDigit != $1.isDigit }
        return word.count >= 6 && changes >= 2
    }
}

/// A line as its words with digits and all that stands between them.
struct MaskedLine: Sendable {
    /// The line with a mark in the place of each word that has a digit.
    let mask: [UInt8]
    /// The words with digits, in order.
    let words: [ArraySlice<UInt8>]

    private static let mark: UInt8 = 0x01

    init(_ line: String) {
        let bytes = Array(line.utf8)
        var mask: [UInt8] = [], words: [ArraySlice<UInt8>] = [], place = 0
        while place < bytes.count {
            let start = place
            var hasDigit = false
            while place < bytes.count, bytes[place].isWord || bytes[place] >= 0x80 {
                hasDigit = hasDigit || bytes[place].isDigit
                place += 1
            }
            if hasDigit {
                words.append(bytes[start..<place])
                mask.append(Self.mark)
            } else if place > start {
                mask += bytes[start..<place]
            } else {
                mask.append(bytes[place])
                place += 1
            }
        }
        self.mask = mask
        self.words = words
    }

    /// The line with a mark in the place of each word that is left out.
    func text(leavingOut isLeftOut: (Int, ArraySlice<UInt8>) -> Bool) -> String {
        var text: [UInt8] = [], next = 0
        for byte in mask {
            guard byte == Self.mark, next < words.count else {
                text.append(byte)
                continue
            }
            text += isLeftOut(next, words[next]) ? Array("‹learned›".utf8) : Array(words[next])
            next += 1
        }
        return String(decoding: text, as: UTF8.self)
    }
}
