/// Warns about values that CodeBuild accepts but that probably do not do what their writer meant.
///
/// Each check is a file beside this one. All of them prefer missing a mistake to a false alarm.
struct ContentChecks {
    let top: Section
    let version: BuildSpec.Version
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

    init(_ top: Section, version: BuildSpec.Version, findings: Findings) {
        self.top = top
        self.version = version
        self.findings = findings
    }

    mutating func run() {
        checkVariables()
        checkVersions()
        checkPatterns()
        checkCommands()
    }

    /// Notes a warning, once for each place.
    mutating func warn(_ code: FindingCode, at place: FindingPlace, _ message: String, help: String) {
        let start = place.node.range.lowerBound
        guard noted.insert(Noted(code: code, start: start, part: place.part)).inserted else { return }
        findings.warning(code, at: place, message, help: help)
    }

    // MARK: Commands

    private mutating func checkCommands() {
        let commands = SpecCommand.all(of: top)
        guard let shell = ScriptShell.of(top, commands) else { return }
        var text = ShellText()
        for (place, command) in commands.enumerated() {
            let kind = command.node.withText(PlainScript.kind)
            guard kind != .programs else { continue }
            let hasBashisms = command.node.withText { bytes in
                ShellLexer.read(bytes, into: &text)
                return check(command, at: place, in: commands, as: ShellView(text: text, bytes: bytes), for: shell)
            }
            guard kind == .other else { continue }
            scripts.append(
                ShellScript(command, shell: shell, endsCleanly: text.endsCleanly, hasBashisms: hasBashisms))
        }
    }

    /// Checks one command for bashisms, masked failures and lost state.
    ///
    /// - Returns: whether the command is for `sh` and uses features of bash.
    private mutating func check(
        _ command: SpecCommand, at place: Int, in commands: [SpecCommand], as script: ShellView,
        for shell: ScriptShell
    ) -> Bool {
        let bashisms = shell == .sh ? script.bashisms() : []
        note(.bashism, bashisms, of: command)
        if let masked = script.maskedFailure() { note(.maskedFailure, [masked], of: command) }
        note(.lostShellState, script.lostState(in: shell), of: command)
        if version == .v02 { checkExit(command, at: place, in: commands, as: script) }
        return !bashisms.isEmpty
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
