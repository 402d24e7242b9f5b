/// Finds blocks of several commands in which only the last exit status counts (CODEBUILD.md 3.3).
extension ShellView {
    /// The first statement whose failure would go unnoticed; `nil` when there is none.
    func maskedFailure() -> Note? {
        guard text.statements.count > 1, !handlesStatus else { return nil }
        for statement in text.statements.dropLast() {
            let own = ownCommands(statement)
            if own.contains(where: { setsOption($0, letter: UInt8(ascii: "e"), name: "errexit") }) { return nil }
            guard endsLine(statement), isAtRisk(statement), own.contains(where: canFail) else { continue }
            let range = firstLine(statement.range)
            return Note(
                range: range,
                message: "a failure of \(quoted(string(range))) goes unnoticed: "
                    + "only the status of the last command in this block counts",
                help:
                    "begin the block with `set -e`, join its commands with `&&`, or write them as entries of their own")
        }
        return nil
    }

    /// Whether the script handles the exit status of its commands itself.
    private var handlesStatus: Bool {
        bytes.contains("$?") || bytes.contains("PIPESTATUS") || text.commands.contains { isNamed($0, "trap") }
    }

    private func endsLine(_ statement: ShellText.Statement) -> Bool {
        var offset = statement.range.upperBound
        while offset < bytes.count, bytes[offset] == " " || bytes[offset] == "\t" || bytes[offset] == ";" {
            offset += 1
        }
        return offset == bytes.count || bytes[offset] == "\n" || bytes[offset] == "#" || bytes[offset] == "\r"
    }

    private func isAtRisk(_ statement: ShellText.Statement) -> Bool {
        !statement.isCompound && !statement.isNegated && !statement.hasAlternative && !statement.isBackground
    }

    private func canFail(_ command: ShellText.Command) -> Bool {
        guard let name = name(command) else { return false }
        if arguments(command).contains(where: { isWord($0, "--version") || isWord($0, "-version") }) { return false }
        return !Self.harmless.contains { isWord(name, $0) }
    }

    /// Programs whose failure is rare or harmless, and programs that only query something.
    private static let harmless: [StaticString] = [
        "echo", "printf", ":", "true", "false", "[", "[[", "test", "export", "unset", "set", "shopt", "alias", "umask",
        "readonly", "local", "declare", "typeset", "sleep", "wait", "date", "pwd", "whoami", "id", "env", "printenv",
        "ls", "cat", "which", "type", "hash", "uname", "hostname", "touch", "mkdir", "rm", "exit", "kill", "pkill",
        "nohup", "chmod", "df", "du", "tree", "history", "ulimit",
    ]
}
