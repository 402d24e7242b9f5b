/// Warns about values that CodeBuild accepts but that probably do not do what their writer meant.
///
/// Each check is a file beside this one. All of them prefer missing a mistake to a false alarm.
struct ContentChecks {
    let top: Section
    let version: BuildSpec.Version
    let facts: ProjectFacts
    /// The comments that silence warnings, for findings that stand for several places.
    let ignores: IgnoreComments
    var findings: Findings
    /// The commands that may have syntax errors only a shell can find.
    private(set) var scripts: [ShellScript] = []
    /// How many later commands may still be searched for variables that an `exit 0` loses. More than any buildspec has.
    private var exitLooks = 20_000
    /// The warnings given so far, so that a node reached through several aliases is warned about once.
    private var noted: Set<Noted> = []

    private struct Noted: Hashable {
        let code: FindingCode
        /// The index of the node's first scalar in the source.
        let start: Int
        let part: Range<Int>?
    }

    /// What is known beside the text of the file.
    struct Surroundings {
        var facts = ProjectFacts()
        var ignores = IgnoreComments()
    }

    init(_ top: Section, version: BuildSpec.Version, in surroundings: Surroundings, findings: Findings) {
        self.top = top
        self.version = version
        facts = surroundings.facts
        ignores = surroundings.ignores
        self.findings = findings
    }

    mutating func run() {
        let commands = SpecCommand.all(of: top), shell = scriptShell(commands)
        checkVariables()
        checkVersions()
        // Windows images have runtimes of their own.
        if shell != nil { checkRuntimes() }
        checkReferences()
        checkPatterns()
        checkEmptyCommands()
        if let shell { check(commands, for: shell) }
    }

    /// Notes a warning, once for each place.
    mutating func warn(_ code: FindingCode, at place: FindingPlace, _ message: String, help: String) {
        let start = place.node.range.lowerBound
        guard noted.insert(Noted(code: code, start: start, part: place.part)).inserted else { return }
        findings.warning(code, at: place, message, help: help)
    }

    // MARK: Commands

    private mutating func check(_ commands: [SpecCommand], for shell: ScriptShell) {
        checkUnsetVariables(commands)
        checkDocker(commands)
        let isDash = shell == .sh && isDash(commands)
        var text = ShellText(), bashisms: [(command: SpecCommand, found: ShellView.Bashism)] = []
        for (place, command) in commands.enumerated() {
            let kind = command.node.withText(PlainScript.kind)
            guard kind != .programs || version == .v01 else { continue }
            noteShebang(command, for: shell, isDash: isDash)
            let hasBashisms = command.node.withText { bytes in
                ShellLexer.read(bytes, into: &text)
                let script = ShellView(text: text, bytes: bytes)
                check(command, at: place, in: commands, as: script, for: shell)
                let found = shell == .sh ? script.bashisms() : []
                if isDash { bashisms += found.map { (command, $0) } }
                return !found.isEmpty
            }
            guard kind == .other else { continue }
            scripts.append(
                ShellScript(command, shell: shell, endsCleanly: text.endsCleanly, hasBashisms: hasBashisms))
        }
        note(bashisms)
    }

    /// Warns about each kind of bashism once, at its first place that no comment silences.
    private mutating func note(_ bashisms: [(command: SpecCommand, found: ShellView.Bashism)]) {
        var first: [(command: SpecCommand, found: ShellView.Bashism)] = [], counts: [String: Int] = [:]
        // A node that is reached through several aliases counts once.
        var seen: Set<Noted> = []
        for bashism in bashisms {
            let place = FindingPlace(bashism.command.node, bashism.command.path, part: bashism.found.note.range)
            let noted = Noted(code: .bashism, start: place.node.range.lowerBound, part: place.part)
            guard seen.insert(noted).inserted, !ignores.silences(.bashism, at: place) else { continue }
            counts[bashism.found.kind, default: 0] += 1
            if counts[bashism.found.kind] == 1 { first.append(bashism) }
        }
        for (command, bashism) in first {
            let note = bashism.note, more = (counts[bashism.kind] ?? 1) - 1
            warn(
                .bashism, at: FindingPlace(command.node, command.path, part: note.range),
                more > 0 ? "\(note.message), and \(more) more" : note.message, help: note.help)
        }
    }

    private mutating func noteShebang(_ command: SpecCommand, for shell: ScriptShell, isDash: Bool) {
        let found = command.node.withText { bytes in
            ShellView(text: ShellText(), bytes: bytes).shebang { name in
                // Where `sh` is bash, or may be, a line that asks for bash gets what it asks for.
                shell == .bash ? name == "bash" : ["sh", "dash", "ash"].contains(name) || name == "bash" && !isDash
            }
        }
        if let found { note(.shebang, [found], of: command) }
    }

    /// Checks one command for masked failures and lost state.
    private mutating func check(
        _ command: SpecCommand, at place: Int, in commands: [SpecCommand], as script: ShellView,
        for shell: ScriptShell
    ) {
        if let masked = script.maskedFailure() { note(.maskedFailure, [masked], of: command) }
        note(.lostShellState, script.lostState(in: shell), of: command)
        for typo in script.commandTypos() { note(typo.code, [typo.note], of: command) }
        if version == .v01, place + 1 < commands.count { note(.lostShellState, script.lostInOldVersion(), of: command) }
        if version == .v02 { checkExit(command, at: place, in: commands, as: script) }
    }

    private mutating func note(_ code: FindingCode, _ notes: [ShellView.Note], of command: SpecCommand) {
        for note in notes {
            warn(code, at: FindingPlace(command.node, command.path, part: note.range), note.message, help: note.help)
        }
    }

    private mutating func checkExit(
        _ command: SpecCommand, at place: Int, in commands: [SpecCommand], as script: ShellView
    ) {
        guard let dropped = script.droppedState() else { return }
        let later = commands[(place + 1)...].prefix(exitLooks), lost: String
        exitLooks -= later.count
        if let name = missed(dropped.variables, in: later) {
            lost = "the variable \(quoted(name)), which is used later,"
        } else if dropped.changesFolder, later.contains(where: { $0.view { $0.dependsOnFolder } }) {
            lost = "the folder that `cd` has gone to"
        } else {
            return
        }
        warn(
            .exitDropsState, at: FindingPlace(command.node, command.path, part: dropped.exit),
            "\(lost) is lost: `exit 0` ends the script before variables and folder are saved",
            help:
                "let the command run to its end, with `if … fi` around the rest, or put the test in a subshell `( … )`")
    }

    private func missed(_ names: Set<String>, in later: ArraySlice<SpecCommand>) -> String? {
        guard !names.isEmpty else { return nil }
        for command in later {
            if let name = command.node.withText({ bytes in
                ShellView(text: ShellText(), bytes: bytes).firstVariable(of: names)
            }) {
                return name
            }
        }
        return top.section("env")?.nodes("exported-variables").map(\.text).first { names.contains($0) }
    }
}

extension SpecCommand {
    fileprivate func view<Result>(_ body: (ShellView) -> Result) -> Result {
        node.withText { bytes in
            var text = ShellText()
            ShellLexer.read(bytes, into: &text)
            return body(ShellView(text: text, bytes: bytes))
        }
    }
}
