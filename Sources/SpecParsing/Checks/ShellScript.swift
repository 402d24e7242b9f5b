/// A command of the buildspec, for a shell to look at, and the way back from its lines to the file.
public struct ShellScript: Sendable {
    private let command: SpecCommand
    public let shell: ScriptShell
    /// Whether all quotes, brackets and here-documents are closed as far as can be told, so that the text can be read
    /// together with others.
    public let endsCleanly: Bool

    /// Whether it is for `sh` and has what bash alone understands.
    public let hasBashisms: Bool

    init(_ command: SpecCommand, shell: ScriptShell, endsCleanly: Bool, hasBashisms: Bool) {
        self.command = command
        self.shell = shell
        self.endsCleanly = endsCleanly
        self.hasBashisms = hasBashisms
    }

    /// To the letter.
    public var text: String { command.node.text }

    /// Whether a template engine has still to go over the text, so that no shell can be asked about it yet.
    public var isTemplate: Bool {
        command.node.withText { $0.contains("{{") || $0.contains("<%") || $0.contains("%{") }
    }

    /// The finding for what a shell said about the text.
    ///
    /// - Parameters:
    ///   - words: the shell's own, without the name and the line in front of them.
    ///   - line: of the text, 1-based; one behind the last is taken for the last.
    ///   - program: the shell that was asked: `sh`, `bash`.
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

    /// What stands on a line, without the blanks around it.
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
