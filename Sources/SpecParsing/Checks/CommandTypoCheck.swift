/// Finds commands that a shell reads in another way than they look.
extension ShellView {
    /// The findings about single commands, in the order of the script.
    func commandTypos() -> [(code: FindingCode, note: Note)] {
        var found: [(code: FindingCode, note: Note)] = []
        for command in text.commands {
            if let note = testWithoutBlank(command) { found.append((.testWithoutBlank, note)) }
            if let note = blankInAssignment(command) { found.append((.blankInAssignment, note)) }
            if let note = execDropsState(command) { found.append((.execDropsState, note)) }
            if let note = ampersandInURL(command) { found.append((.urlAmpersand, note)) }
        }
        return found
    }

    // MARK: [ without blanks

    /// `["$X" = a ]` runs a program of that name, and `[ "$X" = a]` has no end.
    private func testWithoutBlank(_ command: ShellText.Command) -> Note? {
        guard let name = name(command), bytes[name.start] == "[" else { return nil }
        if isWord(name, "[") {
            guard let last = arguments(command).last, !isWord(last, "]"), bytes[last.end - 1] == "]" else { return nil }
            return Note(
                range: last.range, message: "the test has no end: \(quoted(string(last.range))) is one word",
                help: "write a blank before `]`")
        }
        let open = name.start + 1 < name.end && bytes[name.start + 1] == "[" ? 2 : 1
        let next = name.start + open
        guard next < name.end, bytes[next] == "\"" || bytes[next] == "$" || bytes[next] == "'" || bytes[next] == "!"
        else { return nil }
        return Note(
            range: name.range,
            message: "\(quoted(string(firstLine(name.range)))) is one word, and no program has that name",
            help: "write a blank behind `\(open == 2 ? "[[" : "[")`")
    }

    // MARK: Blanks in assignments

    /// `X= $(cmd)` runs what the command prints, and `X = a` runs a program `X`.
    private func blankInAssignment(_ command: ShellText.Command) -> Note? {
        let words = text.words[command.words]
        if let name = name(command) {
            if command.assignments == 0, let sign = arguments(command).first, isWord(sign, "="),
                arguments(command).count > 1, isVariableName(name)
            {
                return assignmentNote(name.start..<sign.end, "it runs a program \(quoted(string(name.range)))")
            }
            if command.assignments > 0, command.words.count == command.assignments + 1, isValue(name),
                let last = words.dropLast().last, isEmptyAssignment(last)
            {
                return assignmentNote(last.start..<name.end, "it runs what stands behind the blank as a command")
            }
            guard isWord(name, "export") else { return nil }
            let arguments = Array(arguments(command))
            for (one, next) in zip(arguments, arguments.dropFirst()) where isEmptyAssignment(one) && isValue(next) {
                return assignmentNote(one.start..<next.end, "the variable stays empty")
            }
        }
        return nil
    }

    private func assignmentNote(_ range: Range<Int>, _ what: String) -> Note {
        let range = firstLine(range)
        return Note(
            range: range, message: "\(quoted(string(range))) has a blank beside `=`: \(what)",
            help: "write the name, `=` and the value without blanks between them")
    }

    private func isEmptyAssignment(_ word: ShellText.Word) -> Bool {
        bytes[word.end - 1] == "=" && variableName(word).map { $0.utf8.count == word.end - word.start - 1 } ?? false
    }

    private func isVariableName(_ word: ShellText.Word) -> Bool {
        bytes[word.start].isUpperLetter && bytes[word.range].allSatisfy { $0.isUpperLetter || $0.isDigit || $0 == "_" }
    }

    /// Whether a word looks like the value of a variable: a text in quotes, or the output of a command.
    private func isValue(_ word: ShellText.Word) -> Bool {
        switch bytes[word.start] {
        case "\"", "'", "`": true
        case "$": word.start + 1 < word.end && bytes[word.start + 1] == "("
        default: false
        }
    }

    // MARK: exec

    private static let shells: [StaticString] = ["bash", "sh", "zsh", "dash", "/bin/bash", "/bin/sh", "su", "$SHELL"]

    /// `exec bash` replaces the shell that would keep the command's variables and folder (CODEBUILD.md 3.3).
    private func execDropsState(_ command: ShellText.Command) -> Note? {
        guard isNamed(command, "exec"), command.context.isDisjoint(with: [.subshell, .substitution, .function]),
            let program = arguments(command).first(where: { bytes[$0.start] != "-" }),
            Self.shells.contains(where: { isWord(program, $0) }) || isWord(program, "\"$SHELL\"")
        else { return nil }
        let range = command.range.lowerBound..<program.end
        return Note(
            range: range,
            message: "\(quoted(string(firstLine(range)))) replaces the shell that keeps variables and folder for the "
                + "next command, and nothing behind it is run",
            help: "call the program without `exec`")
    }

    // MARK: URLs

    /// `curl https://host/?a=1&b=2` runs `curl` in the background with half of the address.
    private func ampersandInURL(_ command: ShellText.Command) -> Note? {
        for word in text.words[command.words] {
            guard word.end + 1 < bytes.count, bytes[word.end] == "&", bytes[word.end + 1].isNameStart,
                !bytes[word.range].contains(where: { $0 == "\"" || $0 == "'" }), string(word.range).contains("://"),
                bytes[word.range].contains(where: { $0 == "?" })
            else { continue }
            var end = word.end
            while end < bytes.count, !bytes[end].isBlank, bytes[end] != ";", bytes[end] != "|" { end += 1 }
            return Note(
                range: word.start..<end,
                message:
                    "the address ends at `&`: the shell runs the command in the background, and the rest as another",
                help: "put the address in quotes")
        }
        return nil
    }

    // MARK: #!

    /// A `#!` at the beginning of a block chooses no shell: it is a comment.
    ///
    /// - Parameter isUsed: whether the shell of this name runs the command anyway.
    func shebang(isUsed: (String) -> Bool) -> Note? {
        guard bytes.count > 2, bytes[0] == "#", bytes[1] == "!" else { return nil }
        let range = firstLine(0..<bytes.count)
        let words = string(range).dropFirst(2).split(separator: " ")
        guard let first = words.first else { return nil }
        let isEnv = first.hasSuffix("/env"), rest = isEnv ? words.dropFirst(2) : words.dropFirst()
        let name = (isEnv ? words.dropFirst().first : first)?.split(separator: "/").last.map(String.init) ?? ""
        guard !rest.isEmpty || !isUsed(name) else { return nil }
        return Note(
            range: range, message: "\(quoted(string(range))) has no effect: a command is not run as a file",
            help: isUsed(name)
                ? "write its options as a command: `set \(rest.joined(separator: " "))`"
                : ["bash", "zsh"].contains(name)
                    ? "set `env.shell: bash`, or put the text into a file and run that"
                    : "put the text into a file and run that")
    }
}
