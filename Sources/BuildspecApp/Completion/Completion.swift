/// Finds what a command line may go on with, by the declarations of the commands and what `values` knows of this machine.
struct Completion {
    let tree: CommandTree
    /// The values of a kind that may begin with a text; others may be among them.
    let values: (CompletedValue, String) async -> [Candidate]

    /// What may stand in place of the word at the cursor.
    ///
    /// - Parameters:
    ///   - words: those before it, without the program's name.
    ///   - current: the word, as far as it is written.
    func candidates(after words: [String], for current: String) async -> [Candidate] {
        var place = Place(command: tree)
        for (index, word) in words.enumerated() {
            place.take(word)
            // What follows is of `run`.
            if place.isTerminated, place.command.path.suffix(2) == ["hook", "run"], let run = tree.subcommand("run") {
                return await Completion(tree: run, values: values)
                    .candidates(after: Array(words[(index + 1)...]), for: current)
            }
        }
        var seen: Set<String> = []
        return await found(at: place, current).filter {
            $0.isPlain && $0.word.utf8.starts(with: current.utf8) && seen.insert($0.word).inserted
        }
    }

    private func found(at place: Place, _ current: String) async -> [Candidate] {
        if let flag = place.pending, !current.hasPrefix("--") {
            return await values(of: flag, in: place.command, current)
        }
        if !place.isTerminated, current.hasPrefix("-") {
            guard let equals = current.firstIndex(of: "=") else { return place.flagNames(short: current == "-") }
            let name = String(current[..<equals]), value = String(current[current.index(after: equals)...])
            guard let flag = place.flag(name), flag.kind == .option else { return [] }
            return await values(of: flag, in: place.command, value).map { $0.following("\(name)=") }
        }
        var found = place.subcommands
        if place.command.path.last == "help" { return await words(ofHelp: place.positionals) }
        if let flag = place.positional { found += await values(of: flag, in: place.command, current) }
        return found.isEmpty && !place.isTerminated && current.isEmpty ? place.flagNames(short: false) : found
    }

    /// The commands below those that are named, and in front of all the topics.
    private func words(ofHelp words: [String]) async -> [Candidate] {
        let (command, count) = tree.find(words)
        guard count == words.count else { return [] }
        let commands = command.shownSubcommands.map { Candidate($0.name, $0.abstract) }
        return count > 0
            ? commands : commands + HelpTopic.all.map { Candidate($0.name, $0.title) } + [Candidate("topics")]
    }

    private func values(of flag: CommandTree.Flag, in command: CommandTree, _ current: String) async -> [Candidate] {
        var found: [Candidate] = []
        for kind in CompletedValue.kinds(of: flag, in: command) { found += await values(kind, current) }
        return found
    }
}

/// Where in a command line the cursor is.
private struct Place {
    private(set) var command: CommandTree
    /// The option whose value is due.
    private(set) var pending: CommandTree.Flag?
    /// Whether `--` has been: no word behind it is a flag.
    private(set) var isTerminated = false
    private(set) var positionals: [String] = []
    private var used: Set<String> = []

    init(command: CommandTree) { self.command = command }

    /// The command that is meant where none is named.
    ///
    /// The program itself declares `run` as that of the whole only where its first word names no other command.
    private var standard: CommandTree? {
        (command.defaultSubcommand ?? (command.path.count == 1 ? "run" : nil)).flatMap(command.subcommand)
    }

    private var flags: [CommandTree.Flag] { command.flags + (standard?.flags ?? []) }

    func flag(_ name: String) -> CommandTree.Flag? { flags.first { $0.names.contains(name) } }

    mutating func take(_ word: String) {
        if pending != nil, !word.hasPrefix("--") {
            pending = nil
        } else if isTerminated || word == "-" || !word.hasPrefix("-") {
            takePositional(word)
        } else if word == "--" {
            isTerminated = true
        } else {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            pending = nil
            guard let flag = flag(String(parts[0])) else { return }
            used.insert(flag.name)
            if parts.count == 1, flag.kind == .option { pending = flag }
        }
    }

    private mutating func takePositional(_ word: String) {
        if positionals.isEmpty, let next = command.subcommand(word) {
            command = next
            return
        }
        if positionals.isEmpty, let standard { command = standard }
        positionals.append(word)
    }

    var subcommands: [Candidate] {
        positionals.isEmpty ? command.shownSubcommands.map { Candidate($0.name, $0.abstract) } : []
    }

    /// The argument without a name that is due.
    var positional: CommandTree.Flag? {
        let all = flags.filter { $0.kind == .positional }
        return positionals.count < all.count ? all[positionals.count] : all.last { $0.isRepeating }
    }

    /// The flags that may still be given.
    func flagNames(short: Bool) -> [Candidate] {
        flags.filter { $0.kind != .positional && ($0.isRepeating || !used.contains($0.name)) }.flatMap { flag in
            flag.names.filter { $0.hasPrefix("--") || short }.map { Candidate($0, flag.abstract) }
        }
    }
}
