/// Finds words of bash that fail in dash, the `sh` of Debian and Ubuntu images (CODEBUILD.md 3.4).
extension ShellView {
    /// Finds the first use of each bash feature in the script.
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

    private static func note(_ what: String, at range: Range<Int>, instead: String) -> Note {
        Note(
            range: range,
            message: "\(what) is bash's own: it does not work on images whose `sh` is dash (Ubuntu, Debian)",
            help: "set `env.shell: bash`, or \(instead)")
    }

    private func bashism(_ command: ShellText.Command) -> Note? {
        guard let name = name(command), name.end - name.start <= 8 else { return nil }
        func note(_ what: String, instead: String) -> Note { Self.note(what, at: name.range, instead: instead) }
        switch bytes[name.start] {
        case "[" where isWord(name, "[["): return note("`[[`", instead: "write the test with `[`, or with `case`")
        case "[" where isWord(name, "["), "t" where isWord(name, "test"):
            return arguments(command).first { isWord($0, "==") }.map {
                Self.note("`==` in `[ ]`", at: $0.range, instead: "write `=`")
            }
        case "s" where isWord(name, "source"):
            guard !arguments(command).isEmpty else { return nil }
            return note("`source`", instead: "write `.` and a path with a slash: `. ./FILE`")
        case "s" where isWord(name, "set"):
            guard setsOption(command, letter: 0, name: "pipefail"),
                let word = arguments(command).first(where: { isWord($0, "pipefail") })
            else { return nil }
            return Self.note(
                "`set -o pipefail`", at: word.range, instead: "let each part of the pipe be a command of its own")
        case "s" where isWord(name, "shopt"): return note("`shopt`", instead: "do without it")
        case "p" where isWord(name, "pushd"), "p" where isWord(name, "popd"):
            return note(quoted(string(name.range)), instead: "write `cd DIR`, and `cd -` for the way back")
        case "d" where isWord(name, "declare"), "t" where isWord(name, "typeset"):
            return note(quoted(string(name.range)), instead: "assign the variable alone")
        case "l" where isWord(name, "local"):
            guard hasOption(command, among: ["a", "A"]) else { return nil }
            return note("an array", instead: "use a list of words, `set -- a b`, and `\"$@\"`")
        case "e" where isWord(name, "export"):
            return hasOption(command, among: ["f"])
                ? note("`export -f`", instead: "put the function into a script file") : nil
        default: return nil
        }
    }

    /// Whether the first argument is an option with one of these letters.
    private func hasOption(_ command: ShellText.Command, among letters: [Unicode.Scalar]) -> Bool {
        guard let word = arguments(command).first, bytes[word.start] == "-" else { return false }
        return bytes[word.range].contains { byte in letters.contains { byte == $0 } }
    }

    private func note(_ construct: ShellText.Construct) -> Note {
        let range = firstLine(construct.range), shown = quoted(string(range))
        switch construct.kind {
        case .append: return Self.note("`+=`", at: range, instead: "write `NAME=\"$NAME…\"`")
        case .arrayAssignment, .arraySubscript:
            return Self.note("an array", at: range, instead: "use a list of words, `set -- a b`, and `\"$@\"`")
        case .ansiQuote: return Self.note("`$'…'`", at: range, instead: "use `printf`")
        case .arithmeticCommand: return Self.note("`((`", at: range, instead: "write `$(( … ))` or `[ A -lt B ]`")
        case .bothPipe: return Self.note("`|&`", at: range, instead: "write `2>&1 |`")
        case .bothRedirection:
            return Self.note(
                quoted(string(range)), at: range, instead: "write `\(string(range).dropFirst()) FILE 2>&1`")
        case .caseChange: return Self.note(shown, at: range, instead: "use `tr '[:upper:]' '[:lower:]'`")
        case .functionKeyword: return Self.note("`function`", at: range, instead: "write `NAME() {`")
        case .hereString: return Self.note("`<<<`", at: range, instead: "write `printf '%s\\n' TEXT |` in front")
        case .indirection: return Self.note(shown, at: range, instead: "use `eval`")
        case .processSubstitution:
            return Self.note("`\(string(range).prefix(2))…)`", at: range, instead: "use a pipe or a file")
        case .replacement: return Self.note(shown, at: range, instead: "use `sed`")
        case .substring: return Self.note(shown, at: range, instead: "use `cut` or `${NAME#PREFIX}`")
        }
    }
}
