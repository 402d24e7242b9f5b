internal import Files
internal import SpecParsing

/// What help a command line asks for.
struct HelpRequest {
    /// The words that name a command.
    let words: [String]
    /// Whether all there is to say is wanted.
    let isFull: Bool

    /// Reads a command line that has `--help` or `-h` among its flags, or that ends where a subcommand is due.
    ///
    /// - Parameter isGroup: whether words lead to a command that does nothing by itself.
    init?(_ arguments: [String], isGroup: ([String]) -> Bool) {
        guard arguments.first?.hasPrefix("---") != true else { return nil }
        let flags = arguments.prefix { $0 != "--" }
        isFull = flags.contains("--help-all") || flags.contains("--help-hidden")
        guard isFull || flags.contains("--help") || flags.contains("-h") || isGroup(arguments) || Self.asks(arguments)
        else { return nil }
        let words = Array(arguments.prefix { !$0.hasPrefix("-") && !Self.questions.contains($0) })
        // Without a subcommand `run` is meant, but not where nothing but help is asked for.
        self.words = words.isEmpty && flags.count > 1 ? ["run"] : words
    }

    /// Words by which other systems' programs are asked for help.
    private static let questions: Set<String> = ["?", "/?", "-?"]

    /// Whether the last word asks for help, and names no file.
    private static func asks(_ arguments: [String]) -> Bool {
        arguments.last.map { questions.contains($0) && Files.kind(of: $0) == nil } ?? false
    }

    /// The page that is asked for.
    var page: [String] {
        get throws {
            let (command, count) = try CommandTree.ofProgram().find(words)
            // A first word that names no command is a folder to build.
            let meant = count == 0 && !words.isEmpty ? command.subcommand("run") ?? command : command
            return isFull ? HelpPage(command: meant).full : HelpPage(command: meant).short
        }
    }
}
