internal import ArgumentParser
internal import Files
internal import SpecParsing

struct HelpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help",
        abstract: "Explain a command or a topic.",
        discussion: """
              buildspec help run --all      all flags of a command
              buildspec help topics         the topics there are
              buildspec help secrets        a topic
              buildspec help --man man1     manual pages, into the folder man1
            """)

    @Argument(help: ArgumentHelp("A command, a topic, or `topics`.", valueName: "topic"))
    var words: [String] = []

    @Flag(help: "Say all there is to say about a command.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Write the manual pages of all commands into this folder.", discussion: "Like buildspec-run.1, for roff.",
            valueName: "dir"))
    var man: String?

    func validate() throws {
        guard man == nil || words.isEmpty else { throw ValidationError("--man writes the pages of all commands") }
    }

    func run() async throws {
        await FrontDoor.enter { [words, all, man] machine in
            let tree = try CommandTree.ofProgram()
            if let man {
                let folder = machine.places.absolute(man)
                try Folder.make(folder)
                for command in tree.all {
                    let page = ManualPage(command: command)
                    try Folder.replace("\(folder)/\(page.fileName)", with: Array(page.text.utf8), mode: 0o644)
                }
                return .succeeded
            }
            let lines = try Self.page(of: words, isFull: all, in: tree)
            try machine.terminal.write(Array((lines.joined(separator: "\n") + "\n").utf8))
            return .succeeded
        }
    }

    /// The lines about a command or a topic.
    ///
    /// - Throws: ``Failure`` when there is neither.
    static func page(of words: [String], isFull: Bool, in tree: CommandTree) throws -> [String] {
        if words == ["topics"] { return HelpTopic.list }
        let (command, count) = tree.find(words)
        if count == words.count { return isFull ? HelpPage(command: command).full : HelpPage(command: command).short }
        if count == 0, words.count == 1, let topic = HelpTopic.named(words[0]) { return topic.lines }
        let unknown = words[count]
        let names = command.shownSubcommands.map(\.name) + (count == 0 ? HelpTopic.all.map(\.name) + ["topics"] : [])
        let place = (command.path.dropFirst() + [""]).joined(separator: " ")
        throw Failure(
            .usage, "`\(unknown)` is neither a command\(count > 0 ? " of `\(command.name)`" : "") nor a topic",
            help: nearName(to: unknown, among: names).map { "did you mean `buildspec help \(place)\($0)`?" }
                ?? "`buildspec help topics` lists the topics, `buildspec --help` the commands")
    }
}
