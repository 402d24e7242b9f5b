/// Splits the text of an instruction into words, and expands the variables in them.
enum DockerWord {
    /// Splits at blanks outside of quotes, and keeps the quotes.
    static func split(_ text: String) -> [String] {
        var words: [String] = [], word = "", quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil }
                word.append(character)
            } else if character.isWhitespace {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                if character == "\"" || character == "'" { quote = character }
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    /// Removes quotes and expands variables: `$NAME`, `${NAME}`, `${NAME:-text}`, `${NAME-text}`, and these with `+`.
    ///
    /// - Returns: `nil` when the text depends on a variable without a value, or on another kind of expansion.
    static func expanded(
        _ text: String, escape: Character, depth: Int = 0, _ value: (String) -> String?
    ) -> String? {
        guard depth < 10 else { return nil }
        var rest = text[...], result = "", isQuoted = false
        while let character = rest.popFirst() {
            switch character {
            case "'" where !isQuoted:
                guard let end = rest.firstIndex(of: "'") else { return nil }
                result += rest[..<end]
                rest = rest[rest.index(after: end)...]
            case "\"": isQuoted.toggle()
            case escape: if let next = rest.popFirst() { result.append(next) }
            case "$":
                guard let part = variable(&rest, escape: escape, depth: depth, value) else { return nil }
                result += part
            default: result.append(character)
            }
        }
        return isQuoted ? nil : result
    }

    /// Expands a variable whose `$` has been read.
    private static func variable(
        _ rest: inout Substring, escape: Character, depth: Int, _ value: (String) -> String?
    ) -> String? {
        guard rest.first == "{" else {
            let name = rest.prefix(while: isNamePart)
            rest = rest.dropFirst(name.count)
            return name.isEmpty ? nil : value(String(name))
        }
        guard let end = closing(rest) else { return nil }
        let inside = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        let name = inside.prefix(while: isNamePart), found = value(String(name))
        var rule = inside.dropFirst(name.count)
        guard !rule.isEmpty else { return found }
        // With a colon, an empty value counts as unset.
        let isThere = rule.first == ":" ? found.map { !$0.isEmpty } ?? false : found != nil
        if rule.first == ":" { rule.removeFirst() }
        switch rule.popFirst() {
        case "-": return isThere ? found : expanded(String(rule), escape: escape, depth: depth + 1, value)
        case "+": return isThere ? expanded(String(rule), escape: escape, depth: depth + 1, value) : ""
        default: return nil
        }
    }

    /// The index of the brace that closes the one at the start of the text.
    private static func closing(_ text: Substring) -> Substring.Index? {
        var open = 0
        for index in text.indices {
            if text[index] == "{" { open += 1 }
            if text[index] == "}" {
                open -= 1
                if open == 0 { return index }
            }
        }
        return nil
    }

    private static func isNamePart(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }
}
