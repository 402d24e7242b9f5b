/// One instruction of a Dockerfile, with continued lines joined, and without comments and here-documents.
struct DockerInstruction {
    /// The name of the instruction in upper case.
    let name: String
    /// The text after the name.
    let text: String
    /// The 1-based line of the name.
    let line: Int
    /// The character that continues a line: a backslash, or a backtick where the file says so.
    let escape: Character

    /// The instructions of a file, in order.
    static func all(in bytes: [UInt8]) -> [DockerInstruction] {
        var lines = String(decoding: bytes, as: UTF8.self).split(
            separator: #/\r?\n/#, omittingEmptySubsequences: false)[...]
        if let first = lines.first, first.hasPrefix("\u{FEFF}") { lines[lines.startIndex] = first.dropFirst() }
        let escape = escape(of: lines)
        var found: [DockerInstruction] = []
        while let start = lines.indices.first, let line = lines.popFirst() {
            guard !isSkipped(line) else { continue }
            var text = String(line)
            while let shorter = withoutContinuation(text, escape), let next = lines.popFirst() {
                // Comments and empty lines inside an instruction do not end it.
                text = isSkipped(next) ? shorter + String(escape) : shorter + next
            }
            if let shorter = withoutContinuation(text, escape) { text = shorter }
            let trimmed = text.drop(while: \.isWhitespace)
            let name = trimmed.prefix { !$0.isWhitespace }
            let instruction = DockerInstruction(
                name: name.uppercased(), text: String(trimmed.dropFirst(name.count)), line: start + 1, escape: escape)
            for document in instruction.hereDocuments { skip(document, &lines) }
            found.append(instruction)
        }
        return found
    }

    /// The escape character that the `# escape=` directive sets.
    private static func escape(of lines: ArraySlice<Substring>) -> Character {
        for line in lines {
            guard let directive = line.wholeMatch(of: #/\s*#\s*([A-Za-z]+)\s*=\s*(\S+)\s*/#) else { break }
            if directive.1.lowercased() == "escape", directive.2 == "`" { return "`" }
        }
        return "\\"
    }

    private static func isSkipped(_ line: Substring) -> Bool {
        let text = line.drop(while: \.isWhitespace)
        return text.isEmpty || text.first == "#"
    }

    /// The line without its continuation character; `nil` for a line that does not continue.
    ///
    /// - Returns: `nil` for a line that does not continue.
    private static func withoutContinuation(_ line: String, _ escape: Character) -> String? {
        var text = line[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return text.last == escape ? String(text.dropLast()) : nil
    }

    private struct HereDocument {
        let end: String
        let stripsTabs: Bool
    }

    /// The here-documents that begin in the instruction: `<<EOF`, `3<<-"EOF"`.
    private var hereDocuments: [HereDocument] {
        guard ["RUN", "COPY", "ADD"].contains(name) else { return [] }
        return text.split(whereSeparator: \.isWhitespace).compactMap { word in
            guard let match = word.wholeMatch(of: #/[0-9]*<<(-?)(["']?)([^<"']+)\2/#) else { return nil }
            return HereDocument(end: String(match.3), stripsTabs: !match.1.isEmpty)
        }
    }

    private static func skip(_ document: HereDocument, _ lines: inout ArraySlice<Substring>) {
        while let line = lines.popFirst() {
            if (document.stripsTabs ? line.drop { $0 == "\t" } : line) == document.end { return }
        }
    }
}
