internal import ArgumentParser
internal import Files

struct CompletionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print the script that completes words in your shell.",
        discussion: """
              source <(buildspec completion bash)       in ~/.bashrc
              source <(buildspec completion zsh)        in ~/.zshrc, after compinit
              buildspec completion fish | source        in ~/.config/fish/config.fish

            The Tab key then completes commands, flags and their values: builds of this folder's project, batches, phases, images of \
            your engine, projects that the source has, branches, files. The script asks `buildspec` for them at each Tab. What \
            cannot be found out within 0.3 seconds is left out; BUILDSPEC_COMPLETION_LIMIT=MILLISECONDS waits longer. The Debian \
            package and the formula install the scripts by themselves.
            """)

    @Argument(help: "The shell: bash, zsh or fish.")
    var shell: CompletionShell

    func run() async throws {
        await FrontDoor.enter { [shell] machine in
            try machine.terminal.write(Array(shell.script.utf8))
            return .succeeded
        }
    }
}

/// What the scripts ask at each Tab: it prints a candidate a line, for zsh and fish with a tab and a note. It is silent about whatever
/// goes wrong.
struct CompleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "complete", shouldDisplay: false)

    @Argument var shell: CompletionShell

    /// For bash: what breaks words, and the line up to the cursor. For the others: the words behind the program's name, the one at the
    /// cursor last.
    @Argument(parsing: .postTerminator) var words: [String] = []

    func run() async throws {
        await FrontDoor.enter { [shell, words] machine in
            let limit = Duration.milliseconds(machine.places.variable("completion-limit").flatMap { Int($0) } ?? 300)
            // A folder of a network that does not answer holds the read, not the user.
            let alarm = Task.detached {
                try await Task.sleep(for: limit + .milliseconds(200))
                _exit(0)
            }
            defer { alarm.cancel() }
            let values = MachineValues(machine: machine, limit: limit, hasNotes: shell != .bash)
            let completion = Completion(tree: try CommandTree.ofProgram()) { await values.values(of: $0, for: $1) }
            let lines: [String]
            if shell == .bash {
                let line = ShellLine(words.count > 1 ? words[1] : "", breaks: words.first ?? "")
                guard !line.isBeyondUs, !line.words.isEmpty else { return .succeeded }
                lines = await completion.candidates(after: Array(line.words.dropFirst()), for: line.current)
                    .compactMap { line.reply($0.word) }
            } else {
                lines = await completion.candidates(after: Array(words.dropLast()), for: words.last ?? "").map(\.line)
            }
            try machine.terminal.write(Array(lines.map { $0 + "\n" }.joined().utf8))
            return .succeeded
        }
    }
}
