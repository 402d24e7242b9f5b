/// A command of the buildspec that a shell can check, and that maps the shell's line numbers to the file.
public struct ShellScript: Sendable {
    private let command: SpecCommand
    public let shell: ScriptShell
    /// Whether all quotes, brackets and here-documents seem closed, so that a shell can read the text together with
    /// others.
    public let endsCleanly: Bool

    /// Whether the command is for `sh` and uses features of bash.
    public let hasBashisms: Bool

    init(_ command: SpecCommand, shell: ScriptShell, endsCleanly: Bool, hasBashisms: Bool) {
        self.command = command
        self.shell = shell
        self.endsCleanly = endsCleanly
        self.hasBashisms = hasBashisms
    }

    /// The exact text of the command.
    public var text: String { command.node.text }

    /// Whether the text contains template expressions, so that no shell can check it yet.
    public var isTemplate: Bool {
        command.node.withText { $0.contains("{{") || $0.contains("<%") || $0.contains("%{") }
    }

    /// Makes the finding for a shell's complaint about the text.
    ///
    /// - Parameters:
    ///   - words: the shell's message, without its name and the line.
    ///   - line: the 1-based line of the text. One after the last counts as the last.
    ///   - program: the shell that read the text: `sh`, `bash`.
    public func syntaxFinding(_ words: String, line: Int, program: String) -> Diagnostic {
        var findings = Findings()
        findings.warning(
            .shellSyntax,
            at: FindingPlace(
                command.node, command.path, part: command.node.withText { Self.range(ofLine: line, in: $0) }),
            "`\(program)` cannot read \(command.path.quoted): \(words)",
            help: "close every quote, `(`, `if`, `do` and `{`: as it is, the command fails with status 2")
        return findings.sorted[0]
    }

    /// The bytes of a line, without leading and trailing blanks.
    private static func range(ofLine line: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var start = 0, left = line - 1
        var last = 0..<0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != "\n" { end += 1 }
            var range = start..<end
            while !range.isEmpty, bytes[range.lowerBound].isBlank { range = range.lowerBound + 1..<range.upperBound }
            while !range.isEmpty, bytes[range.upperBound - 1].isBlank {
                range = range.lowerBound..<range.upperBound - 1
            }
            if !range.isEmpty { last = range }
            if left <= 0 { return range.isEmpty ? last : range }
            left -= 1
            start = end + 1
        }
        return last
    }
}
