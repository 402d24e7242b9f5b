/// A simple command of a shell script and its words after the assignments, as far as they are known before it runs.
struct SimpleCommand {
    /// The words without quotes and with variables expanded; `nil` for a word that only the shell can expand.
    let words: [String?]
    /// Whether the command runs in a process of its own.
    let isInSubshell: Bool

    /// Finds all simple commands of a script.
    ///
    /// - Parameter variables: the variables with known values.
    static func all(of script: String, variables: [String: String]) -> [SimpleCommand] {
        let bytes = Array(script.utf8)
        return bytes.withUnsafeBufferPointer { bytes in
            var text = ShellText()
            ShellLexer.read(bytes, into: &text)
            return text.commands.map { command in
                SimpleCommand(
                    words: text.words[command.words].dropFirst(command.assignments).map { word in
                        literal(String(decoding: bytes[word.range], as: UTF8.self), variables)
                    }, isInSubshell: command.context.contains(.subshell))
            }
        }
    }

    private static func literal(_ word: String, _ variables: [String: String]) -> String? {
        // Without these a word is what it says, as most are.
        guard word.utf8.contains(where: { "`$*?['\"\\".utf8.contains($0) }) else { return word }
        // Only the shell can expand substitutions and patterns.
        guard !word.contains("`"), !word.contains("$("), !word.contains(where: { "*?[".contains($0) }) else {
            return nil
        }
        return DockerWord.expanded(word, escape: "\\") { variables[$0] }
    }
}
