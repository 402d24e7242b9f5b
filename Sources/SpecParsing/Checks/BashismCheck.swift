/// Finds words of bash that fail in dash, the `sh` of Debian and Ubuntu images (CODEBUILD.md 3.4).
extension ShellView {
    /// A feature of bash in a script.
    struct Bashism {
        /// The feature, for which a file has one warning: "`[[`".
        let kind: String
        let note: Note
    }

    /// Finds every use of a bash feature in the script, in order.
    func bashisms() -> [Bashism] {
        (text.constructs.map(bashism) + text.commands.compactMap(bashism)).sorted {
            $0.note.range.lowerBound < $1.note.range.lowerBound
        }
    }

    /// - Parameter kind: the feature, where `what` shows one use of it.
    private static func bashism(
        _ what: String, kind: String? = nil, at range: Range<Int>, instead: String
    ) -> Bashism {
        Bashism(
            kind: kind ?? what,
            note: Note(
                range: range,
                message: "\(what) is bash's own: it does not work on images whose `sh` is dash (Ubuntu, Debian)",
                help: "set `env.shell: bash`, or \(instead)"))
    }

    private func bashism(_ command: ShellText.Command) -> Bashism? {
        guard let name = name(command), name.end - name.start <= 8 else { return nil }
        func note(_ what: String, instead: String) -> Bashism { Self.bashism(what, at: name.range, instead: instead) }
        switch bytes[name.start] {
        case "[" where isWord(name, "[["): return note("`[[`", instead: "write the test with `[`, or with `case`")
        case "[" where isWord(name, "["), "t" where isWord(name, "test"):
            return arguments(command).first { isWord($0, "==") }.map {
                Self.bashism("`==` in `[ ]`", at: $0.range, instead: "write `=`")
            }
        case "s" where isWord(name, "source"):
            guard !arguments(command).isEmpty else { return nil }
            return note("`source`", instead: "write `.` and a path with a slash: `. ./FILE`")
        case "s" where isWord(name, "set"):
            guard setsOption(command, letter: 0, name: "pipefail"),
                let word = arguments(command).first(where: { isWord($0, "pipefail") })
            else { return nil }
            return Self.bashism(
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

    private func bashism(_ construct: ShellText.Construct) -> Bashism {
        let range = firstLine(construct.range), shown = quoted(string(range))
        switch construct.kind {
        case .append: return Self.bashism("`+=`", at: range, instead: "write `NAME=\"$NAME…\"`")
        case .arrayAssignment, .arraySubscript:
            return Self.bashism("an array", at: range, instead: "use a list of words, `set -- a b`, and `\"$@\"`")
        case .ansiQuote: return Self.bashism("`$'…'`", at: range, instead: "use `printf`")
        case .arithmeticCommand: return Self.bashism("`((`", at: range, instead: "write `$(( … ))` or `[ A -lt B ]`")
        case .bothPipe: return Self.bashism("`|&`", at: range, instead: "write `2>&1 |`")
        case .bothRedirection:
            return Self.bashism(
                shown, at: range, instead: "write `\(string(range).dropFirst()) FILE 2>&1`")
        case .caseChange:
            return Self.bashism(
                shown, kind: "\(construct.kind)", at: range, instead: "use `tr '[:upper:]' '[:lower:]'`")
        case .functionKeyword: return Self.bashism("`function`", at: range, instead: "write `NAME() {`")
        case .hereString: return Self.bashism("`<<<`", at: range, instead: "write `printf '%s\\n' TEXT |` in front")
        case .indirection: return Self.bashism(shown, kind: "\(construct.kind)", at: range, instead: "use `eval`")
        case .processSubstitution:
            return Self.bashism("`\(string(range).prefix(2))…)`", at: range, instead: "use a pipe or a file")
        case .replacement: return Self.bashism(shown, kind: "\(construct.kind)", at: range, instead: "use `sed`")
        case .substring:
            return Self.bashism(shown, kind: "\(construct.kind)", at: range, instead: "use `cut` or `${NAME#PREFIX}`")
        }
    }
}
