internal import ArgumentParser
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A command with its flags and subcommands, as they are declared: what help pages, manual pages and completions are made of.
struct CommandTree: Sendable {
    /// The words that call it, `["buildspec", "cache", "list"]`.
    let path: [String]
    /// What it does, in a line.
    let abstract: String
    /// Calls of it with a word on each, as lines of the help.
    let examples: [String]
    /// What there is to say beyond the first line.
    let words: String
    let isShown: Bool
    let defaultSubcommand: String?
    let flags: [Flag]
    let subcommands: [CommandTree]

    /// An argument: a flag, an option with a value, or a word without a name.
    struct Flag: Sendable {
        enum Kind: String, Decodable { case positional, option, flag }

        let kind: Kind
        /// The names as they are typed, short ones first; none for a word without a name.
        let names: [String]
        let valueName: String
        let isOptional: Bool
        let isRepeating: Bool
        /// The title of its group.
        let group: String
        let abstract: String
        let discussion: String
        let defaultValue: String?
        /// The values it may have, where these are few.
        let values: [String]

        /// The longest name; the name of the value where there is none.
        var name: String { names.last ?? valueName }
    }

    var name: String { path.last ?? "" }

    /// The commands that users are shown.
    var shownSubcommands: [CommandTree] { subcommands.filter(\.isShown) }

    /// All commands of the tree that users are shown, this one first.
    var all: [CommandTree] { [self] + shownSubcommands.flatMap(\.all) }

    func subcommand(_ name: String) -> CommandTree? { subcommands.first { $0.name == name } }

    /// The command that words lead to, and how many of them name it.
    func find(_ words: some Sequence<String>) -> (command: CommandTree, count: Int) {
        var found = self, count = 0
        for word in words {
            guard let next = found.subcommand(word) else { break }
            found = next
            count += 1
        }
        return (found, count)
    }

    /// The tree of this program's commands.
    ///
    /// - Throws: what the declarations' JSON does when it cannot be read.
    static func ofProgram() throws -> CommandTree {
        let dump = try JSONDecoder().decode(Dump.self, from: Data(BuildspecCommand._dumpHelp().utf8))
        return CommandTree(dump.command, parents: [])
    }
}

extension CommandTree {
    /// ArgumentParser's description of the commands, version 0.
    private struct Dump: Decodable { let command: DumpedCommand }

    private final class DumpedCommand: Decodable {
        let commandName: String
        let shouldDisplay: Bool?
        let abstract: String?
        let discussion: String?
        let defaultSubcommand: String?
        let subcommands: [DumpedCommand]?
        let arguments: [DumpedArgument]?
    }

    fileprivate struct DumpedArgument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }
        struct Completion: Decodable {
            struct List: Decodable { let values: [String] }
            let list: List?
        }
        let kind: Flag.Kind
        let sectionTitle: String?
        let isOptional: Bool
        let isRepeating: Bool
        let shouldDisplay: Bool
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let allValues: [String]?
        let completionKind: Completion?
        let abstract: String?
        let discussion: String?
    }

    private init(_ dump: DumpedCommand, parents: [String]) {
        path = parents + [dump.commandName]
        abstract = dump.abstract ?? ""
        isShown = dump.shouldDisplay ?? true
        defaultSubcommand = dump.defaultSubcommand
        let lines = (dump.discussion ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        examples = Array(lines.prefix { $0.hasPrefix("  ") })
        words = lines.dropFirst(examples.count).drop(while: \.isEmpty).joined(separator: "\n")
        let isRoot = parents.isEmpty
        flags = (dump.arguments ?? []).filter { argument in
            // Every command has these two; the first page tells them.
            isRoot || !["help", "version"].contains(argument.names?.last?.name ?? "")
        }.map(Flag.init)
        var subcommands: [CommandTree] = []
        // Beside our own `help` stands ArgumentParser's.
        for dump in dump.subcommands ?? [] where !subcommands.contains(where: { $0.name == dump.commandName }) {
            subcommands.append(CommandTree(dump, parents: path))
        }
        self.subcommands = subcommands
    }
}

extension CommandTree.Flag {
    fileprivate init(_ dump: CommandTree.DumpedArgument) {
        kind = dump.kind
        names = (dump.names ?? []).map { $0.kind == "long" ? "--\($0.name)" : "-\($0.name)" }.sorted {
            $0.utf8.count < $1.utf8.count
        }
        valueName = dump.valueName ?? ""
        isOptional = dump.isOptional
        isRepeating = dump.isRepeating
        group = dump.sectionTitle ?? HelpGroup.flags
        abstract = dump.abstract ?? ""
        discussion = dump.discussion ?? ""
        defaultValue = dump.defaultValue
        values = dump.allValues ?? dump.completionKind?.list?.values ?? []
    }
}
