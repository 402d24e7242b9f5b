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
            Without a subcommand, `run` is meant:
              buildspec                     the buildspec.yml of this folder
              buildspec fixtures/petclinic-rest
              buildspec run -i buildspec/java17 -e PROFILE=ci .
            """,
        version: programVersion,
        subcommands: subcommands,
        // ArgumentParser reads the default command's options several times, even where another command is named.
        defaultSubcommand: namesSubcommand ? nil : RunCommand.self)

    private static let subcommands: [any ParsableCommand.Type] =
        [
            RunCommand.self, ValidateCommand.self, PlanCommand.self, BuildsCommand.self, ShowCommand.self,
            LogsCommand.self, ViewCommand.self, StatsCommand.self, ShellCommand.self, ResumeCommand.self,
            CleanCommand.self, HookCommand.self,
            CacheCommand.self, ImagesCommand.self,
            SchemaCommand.self, LFSFilterCommand.self, ProxyCommand.self,
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
        if let first = arguments.first, let failure = mistake(in: first) {
            await FrontDoor.enter { _ in throw failure }
        }
        await main(arguments.first == "validate" ? NameList.folded(arguments) : arguments)
    }
}
