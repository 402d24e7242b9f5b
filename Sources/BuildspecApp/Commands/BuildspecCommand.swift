public import ArgumentParser
internal import Files
internal import SpecParsing

/// The version `--version` prints and the log's first line names.
let programVersion = "0.1.0"

/// The front door.
public struct BuildspecCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "buildspec",
        abstract: "Runs AWS CodeBuild buildspecs on your own machine.",
        discussion: """
              buildspec                     the buildspec.yml of this folder
              buildspec run -i python:3.12 -e PROFILE=ci .
              buildspec logs --grep ERROR   of the newest build
            """,
        version: programVersion,
        subcommands: subcommands,
        // ArgumentParser reads the default command's options several times, even where another command is named.
        defaultSubcommand: namesSubcommand ? nil : RunCommand.self)

    private static let subcommands: [any ParsableCommand.Type] =
        [
            RunCommand.self, ValidateCommand.self, PlanCommand.self, BuildsCommand.self, ShowCommand.self,
            LogsCommand.self, ViewCommand.self, StatsCommand.self, ShellCommand.self, ResumeCommand.self,
            CleanCommand.self, DoctorCommand.self, HookCommand.self,
            CacheCommand.self, ImagesCommand.self,
            SchemaCommand.self, CompletionCommand.self, HelpCommand.self, LFSFilterCommand.self, ProxyCommand.self,
            KeepSpareCommand.self, MakeCacheImageCommand.self,
            CompleteCommand.self,
        ] + systemCommands

    /// Whether the process's first argument is the name of a subcommand.
    private static var namesSubcommand: Bool {
        guard let first = CommandLine.arguments.dropFirst().first else { return false }
        return subcommands.contains { $0._commandName == first }
    }

    /// What to say of a first argument that is nearly the name of a subcommand, and of no file or folder.
    private static func mistake(in word: String) -> Failure? {
        guard !namesSubcommand, !word.hasPrefix("-"), !word.contains("/"), Files.kind(of: word) == nil else {
            return nil
        }
        let names = subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
        return nearName(to: word, among: names).map {
            Failure(
                .usage, "`\(word)` is no command, and there is no file or folder of that name",
                help: "did you mean `buildspec \($0)`?")
        }
    }

    /// Whether words are the whole name of a command that does nothing without a subcommand.
    private static func isGroup(_ words: [String]) -> Bool {
        guard words.count == 1, let command = subcommands.first(where: { $0._commandName == words[0] }) else {
            return false
        }
        return !command.configuration.subcommands.isEmpty && command.configuration.defaultSubcommand == nil
    }

    /// What to say of a second word that is nearly the name of a subcommand of the first.
    private static func mistakeBelow(_ words: [String]) -> Failure? {
        guard words.count > 1, isGroup([words[0]]), !words[1].hasPrefix("-"),
            let command = subcommands.first(where: { $0._commandName == words[0] })
        else { return nil }
        let names = command.configuration.subcommands.map { $0._commandName }
        guard !names.contains(words[1]) else { return nil }
        let near = nearName(to: words[1], among: names).map { "did you mean `buildspec \(words[0]) \($0)`?" }
        return Failure(
            .usage, "`\(words[1])` is no command of `buildspec \(words[0])`",
            help: near ?? "`buildspec \(words[0])` has \(names.joined(separator: ", "))")
    }

    /// What only one system has.
    private static var systemCommands: [any ParsableCommand.Type] {
        #if os(Linux)
            [MakeSocketsCommand.self]
        #else
            []
        #endif
    }

    public init() {}

    /// Reads the process's arguments, does what they say, and ends the process with the right exit status.
    public static func main() async {
        Signals.stand()
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let request = HelpRequest(arguments, isGroup: isGroup) {
            await FrontDoor.enter { machine in
                try machine.terminal.write(Array((try request.page.joined(separator: "\n") + "\n").utf8))
                return .succeeded
            }
        }
        if let failure = arguments.first.flatMap(mistake) ?? mistakeBelow(arguments) {
            await FrontDoor.enter { _ in throw failure }
        }
        await main(arguments.first == "validate" ? NameList.folded(arguments) : arguments)
    }
}
