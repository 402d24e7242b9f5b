/// What bash understands and dash, the `sh` of Debian and Ubuntu images, does not (CODEBUILD.md 3.4).
extension ShellView {
    /// The first of each kind.
    func bashisms() -> [Note] {
        var notes: [Note] = [], kinds: Set<ShellText.Construct.Kind> = []
        for construct in text.constructs where kinds.insert(construct.kind).inserted {
            notes.append(note(construct))
        }
        var names: Set<String> = []
        for command in text.commands {
            guard let note = bashism(command), names.insert(note.message).inserted else { continue }
            notes.append(note)
        }
        return notes
    }

    private static func note(_ range: Range<Int>, _ what: String, _ instead: String) -> Note {
        Note(
            range: range,
            message: "\(what) is bash's own: it does not work on images whose `sh` is dash (Ubuntu, Debian)",
            help: "set `env.shell: bash`, or \(instead)")
    }

    private func bashism(_ command: ShellText.Command) -> Note? {
        guard let name = name(command), name.end - name.start <= 8 else { return nil }
        func note(_ what: String, _ instead: String) -> Note { Self.note(name.range, what, instead) }
        switch bytes[name.start] {
        case "[" where isWord(name, "[["): return note("`[[`", "write the test with `[`, or with `case`")
        case "[" where isWord(name, "["), "t" where isWord(name, "test"):
            return arguments(command).first { isWord($0, "==") }.map {
                Self.note($0.range, "`==` in `[ ]`", "write `=`")
            }
        case "s" where isWord(name, "source"):
            guard !arguments(command).isEmpty else { return nil }
            return note("`source`", "write `.` and a path with a slash: `. ./FILE`")
        case "s" where isWord(name, "set"):
            guard setsOption(command, letter: 0, name: "pipefail"),
                let word = arguments(command).first(where: { isWord($0, "pipefail") })
            else { return nil }
            return Self.note(word.range, "`set -o pipefail`", "let each part of the pipe be a command of its own")
        case "s" where isWord(name, "shopt"): return note("`shopt`", "do without it")
        case "p" where isWord(name, "pushd"), "p" where isWord(name, "popd"):
            return note(quoted(string(name.range)), "write `cd DIR`, and `cd -` for the way back")
        case "d" where isWord(name, "declare"), "t" where isWord(name, "typeset"):
            return note(quoted(string(name.range)), "assign the variable alone")
        case "l" where isWord(name, "local"):
            guard hasOption(command, "a", "A") else { return nil }
            return note("an array", "use a list of words, `set -- a b`, and `\"$@\"`")
        case "e" where isWord(name, "export"):
            return hasOption(command, "f", "f") ? note("`export -f`", "put the function into a script file") : nil
        default: return nil
        }
    }

    private func hasOption(_ command: ShellText.Command, _ one: Unicode.Scalar, _ other: Unicode.Scalar) -> Bool {
        guard let word = arguments(command).first, bytes[word.start] == "-" else { return false }
        return bytes[word.range].contains { $0 == one || $0 == other }
    }

    private func note(_ construct: ShellText.Construct) -> Note {
        let range = firstLine(construct.range), shown = quoted(string(range))
        switch construct.kind {
        case .append: return Self.note(range, "`+=`", "write `NAME=\"$NAME…\"`")
        case .arrayAssignment, .arraySubscript:
            return Self.note(range, "an array", "use a list of words, `set -- a b`, and `\"$@\"`")
        case .ansiQuote: return Self.note(range, "`$'…'`", "use `printf`")
        case .arithmeticCommand: return Self.note(range, "`((`", "write `$(( … ))` or `[ A -lt B ]`")
        case .bothPipe: return Self.note(range, "`|&`", "write `2>&1 |`")
        case .bothRedirection:
            return Self.note(range, quoted(string(range)), "write `\(string(range).dropFirst()) FILE 2>&1`")
        case .caseChange: return Self.note(range, shown, "use `tr '[:upper:]' '[:lower:]'`")
        case .functionKeyword: return Self.note(range, "`function`", "write `NAME() {`")
        case .hereString: return Self.note(range, "`<<<`", "write `printf '%s\\n' TEXT |` in front")
        case .indirection: return Self.note(range, shown, "use `eval`")
        case .processSubstitution: return Self.note(range, "`\(string(range).prefix(2))…)`", "use a pipe or a file")
        case .replacement: return Self.note(range, shown, "use `sed`")
        case .substring: return Self.note(range, shown, "use `cut` or `${NAME#PREFIX}`")
        }
    }
}
