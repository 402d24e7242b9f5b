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
                        literal(word, in: bytes, variables)
                    }, isInSubshell: command.context.contains(.subshell))
            }
        }
    }

    /// A word as the command gets it; `nil` where only the shell can expand it.
    static func literal(
        _ word: ShellText.Word, in bytes: UnsafeBufferPointer<UInt8>, _ variables: [String: String] = [:]
    ) -> String? {
        let text = String(decoding: bytes[word.range], as: UTF8.self)
        var isWhatItSays = true, isAfterDollar = false
        for byte in bytes[word.range] {
            switch byte {
            // Only the shell can expand substitutions and patterns.
            case "`", "*", "?", "[": return nil
            case "(" where isAfterDollar: return nil
            case "$", "'", "\"", "\\": isWhatItSays = false
            default: break
            }
            isAfterDollar = byte == "$"
        }
        return isWhatItSays ? text : DockerWord.expanded(text, escape: "\\") { variables[$0] }
    }
}
