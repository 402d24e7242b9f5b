extension LogDiff {
    /// The differences as text for people: the first with the lines around it, each further one in a line.
    public func text(usesColor: Bool) -> String {
        var lines: [String] = []
        if let first = differences.first {
            lines += Self.page(first, usesColor)
            let further = Self.summary(differences.dropFirst())
            if !further.isEmpty { lines += ["", "further differences:"] + further.map { "  \($0)" } }
        } else {
            lines.append(
                "no difference in \(counted(compared.phases, "phase")), \(counted(compared.commands, "command")), "
                    + counted(compared.lines, "line") + " of output")
        }
        if isCloudCutOff {
            lines.append(
                "note: the cloud's log does not begin at its beginning; "
                    + "`aws logs get-log-events --start-from-head` gets all of it")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: The first difference

    private static func page(_ difference: Difference, _ usesColor: Bool) -> [String] {
        let head = "first difference: \(place(difference))"
        let location = difference.command?.location.map { "  \($0)" }
        switch difference.kind {
        case .output(let change):
            let numbers =
                change.localNumber == change.cloudNumber
                ? "line \(change.localNumber) of its output"
                : "line \(change.localNumber) of its output here, line \(change.cloudNumber) in the cloud"
            return [head, "\(location.map { "\($0): " } ?? "  ")\(numbers)"] + body(change, usesColor)
        case .agentLines(let change):
            return [head, "  the agent's own lines"] + body(change, usesColor)
        case .otherCommand(let cloud):
            return [head] + [location].compactMap { $0 }
                + marked(
                    command(difference).split(whereSeparator: \.isNewline).map(String.init), with: "-",
                    usesColor: usesColor)
                + marked(
                    cloud.text.split(whereSeparator: \.isNewline).map(String.init), with: "+", usesColor: usesColor)
                + legend
        case .exitStatus, .commandOnly, .state, .context, .phaseOnly:
            return [head, "\(location.map { "\($0): " } ?? "  ")\(words(difference.kind))"]
        }
    }

    private static func body(_ change: Change, _ usesColor: Bool) -> [String] {
        change.before.map { "    \($0)" } + marked(change.local, with: "-", usesColor: usesColor)
            + marked(change.cloud, with: "+", usesColor: usesColor) + change.after.map { "    \($0)" } + legend
    }

    private static let legend = ["  (- here, + in the cloud)"]

    /// One side of a change. A long one is cut, since its beginning shows where to look.
    private static func marked(_ lines: [String], with mark: String, usesColor: Bool) -> [String] {
        let limit = 20
        let shown = lines.prefix(limit).map { line in
            usesColor ? "  \u{1b}[\(mark == "-" ? 31 : 32)m\(mark) \(line)\u{1b}[0m" : "  \(mark) \(line)"
        }
        return lines.count > limit ? shown + ["  \(mark) … and \(lines.count - limit) lines more"] : shown
    }

    // MARK: The further ones

    /// Summarises differences in one line each; those in the output of one command share a line.
    private static func summary(_ differences: ArraySlice<Difference>) -> [String] {
        var lines: [String] = [], rest = differences
        while let next = rest.first {
            rest.removeFirst()
            guard case .output(let change) = next.kind else {
                lines.append("\(place(next)): \(words(next.kind))")
                continue
            }
            var count = (places: 1, lines: max(change.local.count, change.cloud.count))
            while let other = rest.first, other.phase == next.phase, other.command == next.command,
                case .output(let change) = other.kind
            {
                count = (count.places + 1, count.lines + max(change.local.count, change.cloud.count))
                rest.removeFirst()
            }
            lines.append(
                "\(place(next)): \(counted(count.lines, "line")) of its output"
                    + (count.places > 1 ? ", in \(count.places) places" : ""))
        }
        let limit = 40
        guard lines.count > limit else { return lines }
        return lines.prefix(limit) + ["… and \(lines.count - limit) more"]
    }

    private static func words(_ kind: Kind) -> String {
        switch kind {
        case .output(let change): "\(counted(max(change.local.count, change.cloud.count), "line")) of its output"
        case .exitStatus(let local, let cloud): "exit status \(local) here, \(cloud) in the cloud"
        case .otherCommand(let cloud): "the cloud ran `\(firstLine(cloud.text))` in its place"
        case .commandOnly(.local): "run here only"
        case .commandOnly(.cloud): "run in the cloud only"
        case .agentLines(let change):
            "the agent says `\((change.local + ["nothing"])[0])` here, `\((change.cloud + ["nothing"])[0])` in the cloud"
        case .state(let local, let cloud): "\(local) here, \(cloud) in the cloud"
        case .context(let local, let cloud): "`\(local)` here, `\(cloud)` in the cloud"
        case .phaseOnly(.local): "reached here only"
        case .phaseOnly(.cloud): "reached in the cloud only"
        }
    }

    private static func place(_ difference: Difference) -> String {
        guard let command = difference.command else { return difference.phase }
        return "\(difference.phase), command \(command.number): \(firstLine(command.text))"
    }

    private static func command(_ difference: Difference) -> String { difference.command?.text ?? "" }

    private static func firstLine(_ text: String) -> String {
        let first = text.prefix { !$0.isNewline }
        return first.count < text.count ? "\(first) …" : text
    }
}

private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
