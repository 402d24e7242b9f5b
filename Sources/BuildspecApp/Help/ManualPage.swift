/// The manual page of a command, for roff with the macros `man`.
struct ManualPage {
    let command: CommandTree

    /// `buildspec-cache-list`.
    var name: String { command.path.joined(separator: "-") }

    var fileName: String { "\(name).1" }

    var text: String {
        var lines = [
            ".TH \(Self.escaped(name).uppercased()) 1 \"\" \"buildspec \(programVersion)\" \"buildspec\"", ".nh",
            ".ad l",
            ".SH NAME", "\(Self.escaped(name)) \\- \(Self.escaped(summary))", ".SH SYNOPSIS", ".nf",
        ]
        lines += [".B \(Self.escaped(synopsis))", ".fi"]
        if !command.examples.isEmpty { lines += [".SH EXAMPLES"] + Self.literal(command.examples) }
        lines += [".SH DESCRIPTION", Self.text(command.abstract)]
        if !command.words.isEmpty { lines += [".PP"] + Self.paragraphs(command.words) }
        let shown = command.shownSubcommands
        if !shown.isEmpty {
            lines.append(".SH COMMANDS")
            for subcommand in shown {
                lines += [
                    ".TP", ".BR \(Self.escaped("\(name)-\(subcommand.name)")) (1)", Self.text(subcommand.abstract),
                ]
            }
        }
        if !command.flags.isEmpty { lines += [".SH OPTIONS"] + flags }
        if command.path.count == 1 { lines += topics }
        lines += [".SH SEE ALSO"] + related
        return lines.joined(separator: "\n") + "\n"
    }

    private var summary: String {
        let text = command.abstract.hasSuffix(".") ? String(command.abstract.dropLast()) : command.abstract
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    private var synopsis: String {
        let words = command.flags.filter { $0.kind == .positional }.map {
            $0.isOptional ? "[\($0.valueName)]" : $0.valueName
        }
        let middle = command.shownSubcommands.isEmpty ? [] : ["[command]"]
        return (command.path + ["[flags]"] + middle + words).joined(separator: " ")
    }

    private var flags: [String] {
        var group = "", lines: [String] = []
        for flag in command.flags {
            if flag.group != group {
                group = flag.group
                if command.flags.contains(where: { $0.group != group }) { lines.append(".SS \(Self.escaped(group))") }
            }
            lines += [".TP", "\\fB\(Self.escaped(flag.label(indented: false)))\\fR", Self.text(flag.line)]
            if !flag.discussion.isEmpty { lines.append(Self.text(flag.discussion)) }
        }
        return lines
    }

    /// The topics, which have no pages of their own.
    private var topics: [String] {
        HelpTopic.all.flatMap { topic in
            [".SH \(Self.escaped(topic.name.uppercased()))"] + Self.literal(Array(topic.lines.dropFirst(2)))
        }
    }

    private var related: [String] {
        let parent = command.path.dropLast().joined(separator: "-")
        return [parent.isEmpty ? ".BR docker (1)" : ".BR \(Self.escaped(parent)) (1)"]
    }

    private static func literal(_ lines: [String]) -> [String] {
        [".nf"] + lines.map { $0.isEmpty ? ".sp" : text($0) } + [".fi"]
    }

    /// Words that are filled, and lines that begin with blanks, which stay as they are.
    private static func paragraphs(_ words: String) -> [String] {
        var lines: [String] = []
        for paragraph in words.split(separator: "\n\n").map(String.init) {
            let parts = paragraph.split(separator: "\n").map(String.init)
            if !lines.isEmpty { lines.append(".PP") }
            if parts.count > 1 { lines += literal(parts) } else { lines += parts.map(text) }
        }
        return lines
    }

    /// A line of text: no request, whatever it begins with.
    private static func text(_ line: String) -> String {
        let line = escaped(line)
        return line.hasPrefix(".") || line.hasPrefix("'") ? "\\&\(line)" : line
    }

    private static func escaped(_ text: some StringProtocol) -> String {
        text.reduce(into: "") { escaped, letter in
            switch letter {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "`": escaped += "\\(ga"
            case "'": escaped += "\\(aq"
            case "…": escaped += "\\&..."
            default: escaped.append(letter)
            }
        }
    }
}
