import Testing

@testable import BuildspecApp

/// What `--help` prints of every command there is.
@Suite struct HelpTests {
    private static let commands = (try? CommandTree.ofProgram().all) ?? []
    private static let names = commands.map { $0.path.joined(separator: " ") }

    private func command(_ name: String) throws -> CommandTree {
        try #require(Self.commands.first { $0.path.joined(separator: " ") == name })
    }

    @Test func `the commands are known`() { #expect(Self.names.count > 25) }

    @Test(arguments: names)
    func `a page has at most 40 lines and 80 columns, and begins with an example`(_ name: String) throws {
        let command = try command(name)
        let page = HelpPage(command: command)
        #expect(page.short.count <= HelpPage.limit)
        for line in page.short + page.full { #expect(line.count <= HelpText.width, "\(line)") }
        #expect(page.short.first == "Examples:")
        #expect(page.short[1].contains("buildspec"))
    }

    @Test(arguments: names)
    func `each flag stands in the page, and is declared in one group`(_ name: String) throws {
        let command = try command(name), page = HelpPage(command: command)
        let words = Set(page.short.flatMap { $0.split { " ,".contains($0) }.map(String.init) })
        for flag in command.flags where flag.kind != .positional {
            #expect(words.contains(flag.name), "\(flag.name)")
            #expect(command.flags.count { $0.name == flag.name } == 1)
        }
    }

    @Test(arguments: names)
    func `the examples of a command can be read`(_ name: String) throws {
        let examples = try command(name).examples.filter { $0.hasPrefix("  buildspec") }
        for example in examples { try Self.parse(example) }
    }

    @Test(arguments: HelpTopic.all.map(\.name))
    func `a topic is narrow, and its examples can be read`(_ name: String) throws {
        let topic = try #require(HelpTopic.named(name))
        for line in topic.lines {
            #expect(line.count <= HelpText.width, "\(line)")
            if line.hasPrefix("  buildspec ") { try Self.parse(line) }
        }
    }

    /// Reads an example as the program would read it: what follows two blanks is a word about it.
    private static func parse(_ example: String) throws {
        let line = example.drop { $0 == " " }
        let call = line.firstRange(of: "  ").map { line[..<$0.lowerBound] } ?? line
        let shell = call.split { "|>".contains($0) }.first ?? call
        let words = shell.split(separator: " ").map { $0.trimming("'\"") }
        let arguments = Array(words.dropFirst())
        #expect(throws: Never.self, "\(example)") { _ = try BuildspecCommand.parseAsRoot(joined(arguments)) }
    }

    /// Puts `'ls -l'`, whose quotes are gone, together again.
    private static func joined(_ words: [String]) -> [String] {
        guard let index = words.firstIndex(of: "--command") else { return words }
        return Array(words[...index]) + [words[(index + 1)...].joined(separator: "+")]
    }

    @Test(arguments: [("runn", "help run"), ("secret", "help secrets"), ("topic", "help topics")])
    func `a near name is told`(_ word: String, _ meant: String) throws {
        let tree = try CommandTree.ofProgram()
        let failure = try #require(throws: Failure.self) {
            try HelpCommand.page(of: [word], isFull: false, in: tree)
        }
        #expect(failure.status == .usage)
        #expect(failure.help == "did you mean `buildspec \(meant)`?")
    }

    @Test(arguments: names)
    func `a manual page has its parts, and no line is a request by chance`(_ name: String) throws {
        let page = ManualPage(command: try command(name))
        let lines = page.text.split(separator: "\n")
        #expect(lines.contains(".SH NAME") && lines.contains(".SH SYNOPSIS") && lines.contains(".SH SEE ALSO"))
        let requests = [".TH", ".SH", ".SS", ".TP", ".PP", ".B ", ".BR", ".nf", ".fi", ".nh", ".ad", ".sp"]
        for line in lines where line.hasPrefix(".") { #expect(requests.contains { line.hasPrefix($0) }, "\(line)") }
    }
}

extension Substring {
    fileprivate func trimming(_ letters: String) -> String {
        String(String(drop { letters.contains($0) }).reversed().drop { letters.contains($0) }.reversed())
    }
}
