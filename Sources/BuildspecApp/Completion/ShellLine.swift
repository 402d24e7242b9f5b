/// A command line up to the cursor, as bash reads it. Nothing in it is expanded.
///
/// bash itself hands over words that it has cut at `:` and `=`, and takes back only what follows the last cut.
struct ShellLine {
    /// The words before the one at the cursor, without their quotes; the first is the program.
    private(set) var words: [String] = []
    /// The word at the cursor, without its quotes.
    private(set) var current = ""
    /// What of ``current`` bash leaves as it is.
    private(set) var head = ""
    /// The quote that is open at the cursor.
    private(set) var quote: Character?
    /// Whether the word at the cursor cannot be completed: it has quotes that are closed, ends in a lone backslash, or is a file that
    /// the shell itself opens.
    private(set) var isBeyondUs = false

    /// - Parameters:
    ///   - line: the command line up to the cursor.
    ///   - breaks: what cuts words, `COMP_WORDBREAKS`.
    init(_ line: String, breaks: String) {
        var hasWord = false, isTarget = false, letters = Array(line)[...]
        func end(_ line: inout ShellLine) {
            if hasWord, !isTarget { line.words.append(line.current) }
            if hasWord { isTarget = false }
            (line.current, line.head, line.isBeyondUs, hasWord) = ("", "", false, false)
        }
        while let letter = letters.popFirst() {
            if letter == quote {
                quote = nil
                isBeyondUs = true
            } else if letter == "\\", quote != "'" {
                guard let next = letters.first else {
                    isBeyondUs = true
                    break
                }
                hasWord = true
                // Between double quotes it is a letter like others in front of most.
                if quote == nil || "$`\"\\".contains(next) { letters.removeFirst() } else { current.append(letter) }
                if quote == nil || "$`\"\\".contains(next) { current.append(next) }
            } else if quote != nil {
                current.append(letter)
            } else if letter == "'" || letter == "\"" {
                quote = letter
                hasWord = true
                head = current
            } else if letter == " " || letter == "\t" || letter == "\n" {
                end(&self)
            } else if "|;&()".contains(letter) {
                end(&self)
                words = []
            } else if "<>".contains(letter) {
                end(&self)
                isTarget = true
            } else {
                current.append(letter)
                hasWord = true
                if breaks.contains(letter) { head = current }
            }
        }
        if isTarget { isBeyondUs = true }
    }

    /// What bash is to put in place of the end of the word: a candidate without ``head``, quoted so that nothing in it is expanded.
    ///
    /// - Returns: `nil` where it cannot be written.
    func reply(_ candidate: String) -> String? {
        guard !isBeyondUs, candidate.utf8.starts(with: head.utf8) else { return nil }
        let rest = String(decoding: candidate.utf8.dropFirst(head.utf8.count), as: UTF8.self)
        switch quote {
        case "'": return rest.contains("'") ? nil : rest
        // An exclamation mark calls the history there, and nothing takes that away.
        case .some: return rest.contains("!") ? nil : Self.escaped(rest) { "$`\"\\".contains($0) }
        case nil:
            let tilde = head.isEmpty && rest.hasPrefix("~/") ? "~" : ""
            var text = Self.escaped(String(rest.dropFirst(tilde.count))) { !Self.isSafe($0) }
            if head.isEmpty, text.hasPrefix("#") || tilde.isEmpty && text.hasPrefix("~") { text = "\\" + text }
            return tilde + text
        }
    }

    private static func escaped(_ text: String, _ isSpecial: (Unicode.Scalar) -> Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isSpecial(scalar) { escaped.append("\\") }
            escaped.append(scalar)
        }
        return String(escaped)
    }

    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isASCII || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || "_@%+=:,./-#~".unicodeScalars.contains(scalar)
    }
}

extension String {
    fileprivate func contains(_ scalar: Unicode.Scalar) -> Bool { unicodeScalars.contains(scalar) }
}
