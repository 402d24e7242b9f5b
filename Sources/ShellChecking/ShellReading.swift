internal import Files
internal import ChildProcesses

/// Has one shell read one text without running it.
struct ShellReading {
    /// A syntax error that the shell reports.
    struct Complaint: Equatable {
        /// The 1-based line; `nil` when the shell names none.
        let line: Int?
        /// The message, without the shell's name and the line.
        let words: String
    }

    private let text: [UInt8]
    private let shell: ShellSyntax.Shell
    private let knowsExtendedPatterns: Bool

    /// Prepares the check of a text by a shell.
    ///
    /// - Parameter knowsExtendedPatterns: whether bash accepts patterns such as `!(a|b)`; ignored for `sh`.
    init(_ text: [UInt8], by shell: ShellSyntax.Shell, knowsExtendedPatterns: Bool = false) {
        self.text = text
        self.shell = shell
        self.knowsExtendedPatterns = knowsExtendedPatterns && shell == .bash
    }

    /// Runs the shell.
    ///
    /// - Returns: `nil` when the shell can read the text.
    func complaint() async throws -> Complaint? {
        // bash names the line only when it reads from a file, so the input is given by its path.
        let arguments = ["-n"] + (knowsExtendedPatterns ? ["-O", "extglob"] : []) + ["/dev/stdin"]
        // The user's shell settings must not change the result, and the messages must be in English.
        let command = Command(
            shell.rawValue, arguments,
            environment: ["LC_ALL": "C", "BASH_ENV": nil, "SHELLOPTS": nil, "POSIXLY_CORRECT": nil])
        let output = try await command.runBriefly(inputFrom: try UnnamedFile(holding: text).descriptor)
        return output.status.isSuccess ? nil : Self.complaint(in: output.errorText)
    }

    /// Parses `/dev/stdin: 3: Syntax error: …` (dash) or `/dev/stdin: line 3: syntax error …` (bash, BusyBox).
    static func complaint(in text: String) -> Complaint {
        // bash prints the offending line after the message.
        let first = text.split(separator: "\n", maxSplits: 1).first.map { $0[...] } ?? ""
        var words = first[...]
        if let end = words.firstRange(of: ": ") { words = words[end.upperBound...] }
        let number = words.hasPrefix("line ") ? words.dropFirst(5) : words
        let digits = number.prefix { ("0"..."9").contains($0) }
        guard let line = Int(digits), number.dropFirst(digits.count).hasPrefix(": ") else {
            return Complaint(line: nil, words: String(words))
        }
        return Complaint(line: line, words: String(number.dropFirst(digits.count + 2)))
    }
}

extension Substring {
    fileprivate func firstRange(of pair: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(pair) { return start..<index(start, offsetBy: pair.count) }
            start = index(after: start)
        }
        return nil
    }
}
