/// The help of a command: examples first, then what it does, and its flags by group. The short page has 40 lines at most; what does
/// not fit there stands in the full one.
struct HelpPage {
    let command: CommandTree

    /// How many lines the page that `--help` prints has at most.
    static let limit = 40

    /// What a page has of the flags and the words.
    private enum Detail: CaseIterable {
        /// All there is.
        case full
        /// A line for each flag, and the words.
        case words
        /// A line for each flag.
        case flags
        /// A line for each usual flag, and the names of the others.
        case usual
    }

    /// The page that `--help` prints.
    var short: [String] {
        for detail in Detail.allCases {
            let lines = lines(detail)
            if lines.count <= Self.limit { return lines }
        }
        return lines(.usual)
    }

    /// The page that tells everything.
    var full: [String] { lines(.full) }

    private func lines(_ detail: Detail) -> [String] {
        var lines = command.examples.isEmpty ? [] : ["Examples:"] + command.examples + [""]
        lines += HelpText.wrapped(command.abstract)
        if detail == .full || detail == .words, !command.words.isEmpty {
            lines += [""] + HelpText.wrapped(command.words)
        }
        lines += (detail == .usual ? [] : [""]) + usage
        let shown = command.shownSubcommands
        if !shown.isEmpty {
            for (title, commands) in CommandGroup.groups(shown) {
                lines += ["", "\(title):"] + HelpText.list(commands.map { ($0.name, $0.abstract) }, column: 14)
            }
        }
        for group in groups {
            if detail != .usual || !shown.isEmpty { lines.append("") }
            lines += ["\(group.title):"] + self.lines(of: group.flags, detail)
        }
        return lines + footer(detail)
    }

    private func footer(_ detail: Detail) -> [String] {
        let name = command.path.dropFirst().joined(separator: " ")
        if command.path.count == 1 {
            return ["", "About one: buildspec help COMMAND   Topics: buildspec help topics"]
        }
        if !command.shownSubcommands.isEmpty { return ["", "About one: buildspec help \(name) COMMAND"] }
        let isComplete = detail == .full || detail == .words && command.flags.allSatisfy(\.discussion.isEmpty)
        return isComplete ? [] : (detail == .usual ? [] : [""]) + ["All about it: buildspec help \(name) --all"]
    }

    /// The flags by group, in the order of their declaration.
    private var groups: [(title: String, flags: [CommandTree.Flag])] {
        var groups: [(title: String, flags: [CommandTree.Flag])] = []
        for flag in command.flags where flag.kind != .positional || !flag.abstract.isEmpty {
            if let index = groups.firstIndex(where: { $0.title == flag.group }) {
                groups[index].flags.append(flag)
            } else {
                groups.append((flag.group, [flag]))
            }
        }
        return groups
    }

    private var usage: [String] {
        let words =
            command.path + (command.flags.contains { $0.kind != .positional } ? ["[<flags>]"] : [])
            + (command.shownSubcommands.isEmpty
                ? [] : [command.defaultSubcommand == nil ? "<command>" : "[<command>]"])
        let positionals = command.flags.filter { $0.kind == .positional }.map { flag in
            let name = "<\(flag.valueName)>\(flag.isRepeating ? "…" : "")"
            return flag.isOptional ? "[\(name)]" : name
        }
        return HelpText.wrapped("Usage: " + (words + positionals).joined(separator: " "), hanging: 9)
    }

    private func lines(of flags: [CommandTree.Flag], _ detail: Detail) -> [String] {
        // Where no flag has a short name, nothing is left free for one.
        let hasShortNames = command.flags.contains { $0.names.count > 1 }
        let isUsual = { (flag: CommandTree.Flag) in
            detail != .usual || UsualFlags.names.contains(flag.name)
        }
        let shown = flags.filter(isUsual)
        let labels = shown.map { $0.label(indented: hasShortNames) }
        let column = min(
            30, (command.flags.filter(isUsual).map { $0.label(indented: hasShortNames).count }.max() ?? 0) + 4)
        var lines = HelpText.list(zip(labels, shown).map { ($0, $1.line) }, column: column)
        if detail == .full {
            lines = zip(labels, shown).flatMap { label, flag in
                HelpText.list([(label, flag.line)], column: column)
                    + (flag.discussion.isEmpty ? [] : HelpText.wrapped(flag.discussion, indent: column))
            }
        }
        let rest = flags.filter { !isUsual($0) && $0.kind != .positional }.map(\.name)
        if !rest.isEmpty { lines += HelpText.wrapped("also: \(rest.joined(separator: " "))", indent: 2, hanging: 8) }
        return lines
    }
}

/// The flags of `run` and `plan` that their short help explains; the others it names.
enum UsualFlags {
    static let names: Set<String> = [
        "--buildspec", "--source", "--project", "--image", "--env", "--secrets", "--offline",
        "--artifacts", "--log-format", "--keep", "--break", "--step", "--batch", "--format",
    ]
}

extension CommandTree.Flag {
    /// The names with the value, as a list shows them.
    ///
    /// - Parameter indented: whether room is left for a short name where there is none.
    func label(indented: Bool) -> String {
        guard kind != .positional else { return "<\(valueName)>" }
        let joined = names.joined(separator: ", ")
        let room = indented && names.first?.hasPrefix("--") == true ? "    " : ""
        return room + joined + (kind == .option ? " <\(valueName)>" : "")
    }

    /// What it does, in a line, with its default.
    var line: String {
        guard let defaultValue, !defaultValue.isEmpty else { return abstract }
        return "\(abstract) (default: \(defaultValue))"
    }
}

/// The groups that the first help page shows the commands in.
enum CommandGroup {
    private static let titles: [(title: String, names: [String])] = [
        ("Run a build", ["run", "plan", "validate", "shell", "resume"]),
        ("Look at builds", ["builds", "show", "logs", "view", "stats"]),
        ("Look after this machine", ["doctor", "cache", "images", "clean"]),
        ("Set up", ["hook", "schema", "completion", "help"]),
    ]

    /// The commands by group; those of no group are a group of their own, `Commands`.
    static func groups(_ commands: [CommandTree]) -> [(title: String, commands: [CommandTree])] {
        var groups: [(title: String, commands: [CommandTree])] = []
        let isRoot = commands.first?.path.count == 2
        for (title, names) in isRoot ? titles : [] {
            groups.append((title, names.compactMap { name in commands.first { $0.name == name } }))
        }
        let named = Set(groups.flatMap { $0.commands.map(\.name) })
        let others = commands.filter { !named.contains($0.name) }
        return (groups + [("Commands", others)]).filter { !$0.commands.isEmpty }
    }
}
