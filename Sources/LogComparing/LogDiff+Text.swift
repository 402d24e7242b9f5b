extension LogDiff {
    /// The differences as text for people: the first with the lines around it, each further one in a line.
    public func text(_ sides: ComparedSides, usesColor: Bool) -> String {
        let page = DiffPage(sides: sides, usesColor: usesColor)
        var lines = page.causes(causes, areEffective: !differences.isEmpty)
        if let first = differences.first {
            lines += page.first(first)
            let further = page.summary(differences.dropFirst())
            if !further.isEmpty { lines += ["", "further differences:"] + further.map { "  \($0)" } }
            lines += page.laterCauses(causes)
        } else {
            lines.append(
                "no difference in \(counted(compared.phases, "phase")), \(counted(compared.commands, "command")), "
                    + counted(compared.lines, "line") + " of output")
        }
        if leftOut > 0 {
            lines.append(
                "left out: \(counted(leftOut, "line")) whose like differs between builds that succeeded, "
                    + learnedFrom.map { String($0.prefix(8)) }.joined(separator: " and ")
                    + " (--no-learning compares all)")
        }
        for side in cutOff {
            lines.append(
                "note: the log \(sides.place(side)) does not begin at its beginning; "
                    + "`aws logs get-log-events --start-from-head` gets all of it")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// The words for differences, in the names of the two sides.
struct DiffPage {
    let sides: ComparedSides
    let usesColor: Bool

    // MARK: Causes

    /// The causes that were there before the first difference, the likeliest first.
    ///
    /// - Parameter areEffective: whether the logs differ at all.
    func causes(_ causes: [Cause], areEffective: Bool) -> [String] {
        let early = causes.filter { $0.rating != .follows }
        let limit = 10
        var lines = early.prefix(limit).flatMap { cause in
            let head =
                !areEffective
                ? "different, without effect on the log" : cause.rating == .explains ? "likely cause" : "possible cause"
            return ["\(head): \(cause.words(sides))"] + [cause.whereabouts].compactMap { $0.map { "  \($0)" } }
        }
        if early.count > limit { lines.append("… and \(early.count - limit) more of these") }
        return lines.isEmpty ? [] : lines + [""]
    }

    /// The causes that show only behind the first difference.
    func laterCauses(_ causes: [Cause]) -> [String] {
        let late = causes.filter { $0.rating == .follows }
        return late.isEmpty
            ? []
            : ["", "shown later:"]
                + late.prefix(10).map { cause in
                    "  \(cause.words(sides))" + (cause.whereabouts.map { ", \($0)" } ?? "")
                }
    }

    // MARK: The first difference

    func first(_ difference: LogDiff.Difference) -> [String] {
        let head = "first difference: \(Self.place(difference))"
        let location = difference.command?.location.map { "  \($0)" }
        switch difference.kind {
        case .output(let change):
            let numbers =
                change.oneNumber == change.otherNumber
                ? "line \(change.oneNumber) of its output"
                : "line \(change.oneNumber) of its output \(sides.place(.one)), "
                    + "line \(change.otherNumber) \(sides.place(.other))"
            return [head, "\(location.map { "\($0): " } ?? "  ")\(numbers)"] + body(change)
        case .agentLines(let change): return [head, "  the agent's own lines"] + body(change)
        case .otherCommand(let other):
            return [head] + [location].compactMap { $0 }
                + marked(Self.lines(of: difference.command?.text ?? ""), with: "-")
                + marked(Self.lines(of: other.text), with: "+") + [legend]
        case .exitStatus, .commandOnly, .state, .context, .phaseOnly:
            return [head, "\(location.map { "\($0): " } ?? "  ")\(words(difference.kind))"]
        }
    }

    private static func lines(of text: String) -> [String] { text.split(whereSeparator: \.isNewline).map(String.init) }

    private func body(_ change: LogDiff.Change) -> [String] {
        change.before.map { "    \($0)" } + marked(change.one, with: "-") + marked(change.other, with: "+")
            + change.after.map { "    \($0)" } + [legend]
    }

    private var legend: String { "  (- \(sides.place(.one)), + \(sides.place(.other)))" }

    /// One side of a change. A long one is cut, since its beginning shows where to look.
    private func marked(_ lines: [String], with mark: String) -> [String] {
        let limit = 20
        let shown = lines.prefix(limit).map { line in
            usesColor ? "  \u{1b}[\(mark == "-" ? 31 : 32)m\(mark) \(line)\u{1b}[0m" : "  \(mark) \(line)"
        }
        return lines.count > limit ? shown + ["  \(mark) … and \(lines.count - limit) lines more"] : shown
    }

    // MARK: The further ones

    /// Summarises differences in one line each; those in the output of one command share a line.
    func summary(_ differences: ArraySlice<LogDiff.Difference>) -> [String] {
        var lines: [String] = [], rest = differences
        while let next = rest.first {
            rest.removeFirst()
            guard case .output(let change) = next.kind else {
                lines.append("\(Self.place(next)): \(words(next.kind))")
                continue
            }
            var count = (places: 1, lines: change.count)
            while let other = rest.first, other.phase == next.phase, other.command == next.command,
                case .output(let change) = other.kind
            {
                count = (count.places + 1, count.lines + change.count)
                rest.removeFirst()
            }
            lines.append(
                "\(Self.place(next)): \(counted(count.lines, "line")) of its output"
                    + (count.places > 1 ? ", in \(count.places) places" : ""))
        }
        let limit = 40
        guard lines.count > limit else { return lines }
        return lines.prefix(limit) + ["… and \(lines.count - limit) more"]
    }

    private func words(_ kind: LogDiff.Kind) -> String {
        switch kind {
        case .output(let change): "\(counted(change.count, "line")) of its output"
        case .exitStatus(let one, let other): "exit status " + sides.each("\(one)", "\(other)")
        case .otherCommand(let other): "`\(Self.firstLine(other.text))` ran in its place \(sides.place(.other))"
        case .commandOnly(let side): "run \(sides.place(side)) only"
        case .agentLines(let change):
            "the agent says "
                + sides.each("`\((change.one + ["nothing"])[0])`", "`\((change.other + ["nothing"])[0])`")
        case .state(let one, let other): sides.each(one, other)
        case .context(let one, let other): sides.each("`\(one)`", "`\(other)`")
        case .phaseOnly(let side): "reached \(sides.place(side)) only"
        }
    }

    static func place(_ difference: LogDiff.Difference) -> String {
        guard let command = difference.command else { return difference.phase }
        return "\(difference.phase), command \(command.number): \(firstLine(command.text))"
    }

    static func firstLine(_ text: String) -> String {
        let first = text.prefix { !$0.isNewline }
        return first.count < text.count ? "\(first) …" : text
    }
}

extension LogDiff.Change {
    /// The number of lines that differ.
    var count: Int { max(one.count, other.count) }
}

func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
