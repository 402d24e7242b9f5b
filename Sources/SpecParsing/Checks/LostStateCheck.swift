/// Finds state that is lost after a command, because every command runs in a new shell (CODEBUILD.md 3.3).
extension ShellView {
    func lostState(in shell: ScriptShell) -> [Note] {
        let functions = unusedFunctions()
        guard functions.isEmpty else { return functions }
        guard !text.statements.isEmpty, text.functions.isEmpty else { return [] }
        var first: Note?
        for statement in text.statements {
            guard !statement.isCompound, let command = onlyCommand(statement) else { return [] }
            guard let note = lost(command, in: shell) else { return [] }
            first = first ?? note
        }
        return first.map { [$0] } ?? []
    }

    /// Finds a command of version 0.1 that only changes the folder or exports variables: the next one starts in a new shell.
    func lostInOldVersion() -> [Note] {
        guard !text.statements.isEmpty, text.functions.isEmpty else { return [] }
        var first: Range<Int>?
        for statement in text.statements {
            guard !statement.isCompound, let command = onlyCommand(statement),
                isNamed(command, among: ["cd", "export"]), !arguments(command).isEmpty
            else { return [] }
            first = first ?? firstLine(command.range)
        }
        return first.map {
            [
                Note(
                    range: $0,
                    message:
                        "\(quoted(string($0))) has no effect on the next command: in version 0.1 each command runs in a "
                        + "new shell",
                    help: "write `version: 0.2`, or join this command and the next with `&&`")
            ]
        } ?? []
    }

    private func onlyCommand(_ statement: ShellText.Statement) -> ShellText.Command? {
        let own = Array(ownCommands(statement).prefix(2))
        return own.count == 1 ? own[0] : nil
    }

    private func lost(_ command: ShellText.Command, in shell: ScriptShell) -> Note? {
        guard let name = name(command) else { return lostArray(command, in: shell) }
        guard name.end - name.start <= 7 else { return nil }
        let advice: String
        if isWord(name, "set") {
            guard let option = arguments(command).first, option.end - option.start > 1, !isWord(option, "--"),
                bytes[option.start] == "-" || bytes[option.start] == "+"
            else { return nil }
            advice = "write it as the first line of every block that needs it"
        } else if isWord(name, "shopt") || isWord(name, "umask") {
            guard !arguments(command).isEmpty else { return nil }
            advice = "write it as the first line of every block that needs it"
        } else if isWord(name, "alias") {
            guard !arguments(command).isEmpty else { return nil }
            advice = "write out the command, or put it into a script file"
        } else if isWord(name, "trap") {
            guard arguments(command).count > 1 else { return nil }
            advice = "use `finally`, or put the trap and what it is for into one block"
        } else if isWord(name, "declare") || isWord(name, "typeset"), shell == .bash {
            guard arguments(command).contains(where: { bytes[$0.start] == "-" && isArrayOption($0) }) else {
                return nil
            }
            advice = "put the array and its use into one block"
        } else {
            return nil
        }
        let range = firstLine(command.range)
        return Note(
            range: range,
            message:
                "\(quoted(string(range))) has no effect: it ends with this command, and the next starts a fresh shell",
            help: advice)
    }

    private func isArrayOption(_ word: ShellText.Word) -> Bool {
        bytes[word.range].contains { $0 == "a" || $0 == "A" }
    }

    private func lostArray(_ command: ShellText.Command, in shell: ScriptShell) -> Note? {
        guard shell == .bash, text.constructs.count == 1, let array = text.constructs.first,
            array.kind == .arrayAssignment, command.words.count == 1
        else { return nil }
        return Note(
            range: firstLine(array.range),
            message: "the array \(quoted(variableName(text.words[command.words.lowerBound]) ?? "")) is gone after this "
                + "command: the next starts a fresh shell, and arrays are not passed on",
            help: "put the array and its use into one block")
    }

    /// Warns about functions that the command defines but does not use.
    private func unusedFunctions() -> [Note] {
        // A block with many functions is a library, and need not use each of them itself.
        guard text.functions.count <= 20 else { return [] }
        return text.functions.compactMap { function in
            let name = bytes[function.name.range]
            guard !name.isEmpty, occurrences(of: function.name.range) == 1 else { return nil }
            return Note(
                range: function.name.range,
                message: "the function \(quoted(string(function.name.range))) is gone after this command: "
                    + "the next starts a fresh shell",
                help: "define it in the block that uses it, or in a file that each block reads with `. ./FILE`")
        }
    }

    /// Counts how often a name occurs as a whole word or name.
    private func occurrences(of range: Range<Int>) -> Int {
        var count = 0, offset = 0
        while offset + range.count <= bytes.count {
            if bytes[offset] == bytes[range.lowerBound], !isNamePart(offset - 1), !isNamePart(offset + range.count),
                bytes[offset..<offset + range.count].elementsEqual(bytes[range])
            {
                count += 1
                offset += range.count
            } else {
                offset += 1
            }
        }
        return count
    }

    private func isNamePart(_ offset: Int) -> Bool { bytes.indices.contains(offset) && bytes[offset].isNamePart }

    /// The name before the `=` of an assignment.
    func variableName(_ word: ShellText.Word) -> String? {
        var end = word.start
        while end < word.end, bytes[end].isNamePart { end += 1 }
        return end > word.start && !bytes[word.start].isDigit ? string(word.start..<end) : nil
    }
}
