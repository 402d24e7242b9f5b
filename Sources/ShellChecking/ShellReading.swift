internal import Files
internal import ChildProcesses

/// One shell reading one text, without running it.
struct ShellReading {
    /// What the shell found wrong.
    struct Complaint: Equatable {
        /// `nil` where it names none.
        let line: Int?
        /// Without the shell's name and the line.
        let words: String
    }

    private let text: [UInt8]
    private let shell: ShellSyntax.Shell
    private let knowsExtendedPatterns: Bool

    /// - Parameter knowsExtendedPatterns: `!(a|b)` and its like; for bash only.
    init(_ text: [UInt8], by shell: ShellSyntax.Shell, knowsExtendedPatterns: Bool = false) {
        self.text = text
        self.shell = shell
        self.knowsExtendedPatterns = knowsExtendedPatterns && shell == .bash
    }

    /// - Returns: `nil` when the shell can read the text.
    func complaint() async throws -> Complaint? {
        // By its path: bash names the line only for what it reads from a file.
        let arguments = ["-n"] + (knowsExtendedPatterns ? ["-O", "extglob"] : []) + ["/dev/stdin"]
        // No setting of the user's has a say in what a buildspec means, and the words are to be English.
        let command = Command(
            shell.rawValue, arguments,
            environment: ["LC_ALL": "C", "BASH_ENV": nil, "SHELLOPTS": nil, "POSIXLY_CORRECT": nil])
        let output = try command.runBriefly(inputFrom: try UnnamedFile(holding: text).descriptor)
        return output.status.isSuccess ? nil : Self.complaint(in: output.errorText)
    }

    /// Takes `/dev/stdin: 3: Syntax error: …` (dash), `/dev/stdin: line 3: syntax error …` (bash, BusyBox) apart.
    static func complaint(in text: String) -> Complaint {
        // bash says on a second line what stands on the line.
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
