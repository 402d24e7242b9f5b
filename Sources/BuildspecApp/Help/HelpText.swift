/// Lays words out in lines of 80 columns, whatever the terminal's width.
enum HelpText {
    static let width = 80

    /// Breaks each line of a text at blanks. What follows a break stands as far in as its line does, or as `hanging` says.
    static func wrapped(_ text: String, indent: Int = 0, hanging: Int? = nil) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
            let own = line.prefix { $0 == " " }.count
            let first = String(repeating: " ", count: indent + own)
            guard first.count + line.count - own > width else {
                return [line.isEmpty ? "" : first + line.dropFirst(own)]
            }
            let rest = String(repeating: " ", count: hanging ?? first.count)
            var lines: [String] = [], current = first, isEmpty = true
            for word in line.dropFirst(own).split(separator: " ", omittingEmptySubsequences: false) {
                if !isEmpty, current.count + 1 + word.count > width {
                    lines.append(trimmed(current))
                    (current, isEmpty) = (rest, true)
                }
                current += (isEmpty ? "" : " ") + String(word)
                isEmpty = false
            }
            return lines + [trimmed(current)]
        }
    }

    private static func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// A list of labels with words beside them; a long label has its words in the next line.
    static func list(_ items: [(label: String, words: String)], column: Int) -> [String] {
        items.flatMap { item -> [String] in
            let label = "  \(item.label)"
            guard !item.words.isEmpty else { return [label] }
            let lines = wrapped(item.words, indent: column)
            guard label.count + 2 <= column else { return [label] + lines }
            return [label + lines[0].dropFirst(label.count)] + lines.dropFirst()
        }
    }
}
