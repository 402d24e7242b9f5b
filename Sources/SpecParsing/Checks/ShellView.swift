/// A parsed script together with its bytes, as the checks of commands need it.
struct ShellView {
    let text: ShellText
    let bytes: UnsafeBufferPointer<UInt8>

    /// A warning that a check gives about a script.
    struct Note {
        /// The bytes of the script that the warning is about.
        let range: Range<Int>
        let message: String
        let help: String
    }

    func isWord(_ word: ShellText.Word, _ string: StaticString) -> Bool { bytes.holds(string, word.range) }

    func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The name of the program, builtin or function that a command runs; `nil` when it consists of assignments.
    func name(_ command: ShellText.Command) -> ShellText.Word? {
        command.assignments < command.words.count
            ? text.words[command.words.lowerBound + command.assignments] : nil
    }

    func isNamed(_ command: ShellText.Command, _ string: StaticString) -> Bool {
        name(command).map { isWord($0, string) } ?? false
    }

    /// Whether the command's name is one of these.
    func isNamed(_ command: ShellText.Command, among names: [StaticString]) -> Bool {
        name(command).map { name in names.contains { isWord(name, $0) } } ?? false
    }

    /// The words after the command's name.
    func arguments(_ command: ShellText.Command) -> ArraySlice<ShellText.Word> {
        let first = command.words.lowerBound + command.assignments + 1
        return first < command.words.upperBound ? text.words[first..<command.words.upperBound] : []
    }

    /// The commands of a statement, without those of its substitutions.
    func ownCommands(_ statement: ShellText.Statement) -> some Sequence<ShellText.Command> {
        text.commands[statement.commands].lazy.filter { !$0.context.contains(.substitution) }
    }

    /// Whether a `set` command turns an option on, by its letter or by its long name.
    func setsOption(_ command: ShellText.Command, letter: UInt8, name: StaticString) -> Bool {
        guard isNamed(command, "set") else { return false }
        var isNameNext = false
        for word in arguments(command) {
            if isNameNext, isWord(word, name) { return true }
            isNameNext = false
            guard bytes[word.start] == "-" else { continue }
            let letters = bytes[word.start + 1..<word.end]
            if letters.first == UInt8(ascii: "-") { return false }
            if letters.contains(letter) { return true }
            isNameNext = letters.last == UInt8(ascii: "o")
        }
        return false
    }

    /// The first line of a range, without trailing blanks.
    func firstLine(_ range: Range<Int>) -> Range<Int> {
        var end = range.lowerBound
        while end < range.upperBound, bytes[end] != "\n" { end += 1 }
        while end > range.lowerBound, bytes[end - 1].isBlank || bytes[end - 1] == "\\" { end -= 1 }
        return range.lowerBound..<end
    }
}
