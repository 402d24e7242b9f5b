/// Reads words: quotes, expansions and substitutions, redirections and here-documents.
extension ShellLexer {
    /// Reads to the end of a word. The contents of substitutions are read as scripts of their own.
    mutating func readWord(until closer: Closer) -> ShellText.Word {
        let start = at
        while at < bytes.count {
            switch bytes[at] {
            case " ", "\t", "\n", "\r", ";", "&", "|", ")": return ShellText.Word(start: start, end: at)
            case "<", ">":
                guard byte(at + 1) == "(" else { return ShellText.Word(start: start, end: at) }
                let mark = at
                at += 2
                script(until: .parenthesis, context: [.subshell, .substitution])
                text.constructs.append(.init(kind: .processSubstitution, range: mark..<max(mark + 2, at)))
            case "(":
                guard skippedParenthesis(from: start) else { return ShellText.Word(start: start, end: at) }
            case "`":
                if closer == .backtick { return ShellText.Word(start: start, end: at) }
                backtick()
            case "'": singleQuotes()
            case "\"": doubleQuotes(until: closer)
            case "$": dollar(isQuoted: false, until: closer)
            case "\\": at += 2
            default: at += 1
            }
        }
        if at > bytes.count { giveUp() }
        return ShellText.Word(start: start, end: at)
    }

    /// Reads the parenthesis of `name=( … )` or of an extended pattern; returns `false` for any other one.
    private mutating func skippedParenthesis(from start: Int) -> Bool {
        guard at > start else { return false }
        let open = at, before = bytes[at - 1]
        if before == "=", isAssignment(ShellText.Word(start: start, end: at)) {
            at += 1
            skipParentheses()
            text.constructs.append(.init(kind: .arrayAssignment, range: start..<max(open + 1, at)))
            return true
        }
        guard before == "@" || before == "+" || before == "?" || before == "*" || before == "!" && at - start > 1
        else { return false }
        at += 1
        skipParentheses()
        return true
    }

    /// Reads up to the `)` that matches the `(` just read.
    private mutating func skipParentheses() {
        guard goDeeper() else { return }
        defer { depth -= 1 }
        var open = 1
        while at < bytes.count {
            switch bytes[at] {
            case "(": (at, open) = (at + 1, open + 1)
            case ")":
                (at, open) = (at + 1, open - 1)
                if open == 0 { return }
            case "#" where bytes[at - 1].isBlank:
                while at < bytes.count, bytes[at] != "\n" { at += 1 }
            default:
                let start = at
                _ = readWord(until: .parenthesis)
                if at == start { at += 1 }
            }
        }
        text.endsCleanly = false
    }

    // MARK: Quotes

    private mutating func singleQuotes() {
        at += 1
        while at < bytes.count {
            if bytes[at] == "'" {
                at += 1
                return
            }
            at += 1
        }
        text.endsCleanly = false
    }

    private mutating func doubleQuotes(until closer: Closer) {
        at += 1
        while at < bytes.count {
            switch bytes[at] {
            case "\"":
                at += 1
                return
            case "\\": at += 2
            case "$": dollar(isQuoted: true, until: closer)
            case "`":
                guard closer != .backtick else {
                    text.endsCleanly = false
                    return
                }
                backtick()
            default: at += 1
            }
        }
        giveUp()
    }

    private mutating func backtick() {
        at += 1
        script(until: .backtick, context: [.subshell, .substitution])
    }

    // MARK: Behind a dollar

    private mutating func dollar(isQuoted: Bool, until closer: Closer) {
        let start = at
        at += 1
        switch byte(at) {
        case "(":
            if byte(at + 1) == "(", let end = arithmeticEnd(from: at + 2) {
                text.arithmetic.append(at + 2..<end - 2)
                at = end
            } else {
                at += 1
                script(until: .parenthesis, context: [.subshell, .substitution])
            }
        case "{": parameter(from: start, isQuoted: isQuoted, until: closer)
        case "'" where !isQuoted:
            at += 1
            while at < bytes.count, bytes[at] != "'" { at += bytes[at] == "\\" ? 2 : 1 }
            at += 1
            if at > bytes.count { giveUp() }
            text.constructs.append(.init(kind: .ansiQuote, range: start..<at))
        case let byte where byte.isNameStart:
            let name = at
            while self.byte(at).isNamePart { at += 1 }
            text.expansions.append(
                .init(kind: .plain, name: .init(start: name, end: at), range: start..<at, isBraced: false))
        default: break
        }
    }

    /// Reads `${…}` to the closing brace, and notes operators that POSIX does not have.
    private mutating func parameter(from start: Int, isQuoted: Bool, until closer: Closer) {
        guard goDeeper() else { return }
        defer { depth -= 1 }
        at += 1
        var kind: ShellText.Construct.Kind?
        if byte(at) == "!", byte(at + 1).isNameStart {
            at += 1
            kind = .indirection
        }
        let isLength = kind == nil && byte(at) == "#" && byte(at + 1).isNameStart
        if isLength { at += 1 }
        let name = at
        while byte(at).isNamePart { at += 1 }
        let expansion = ShellText.Expansion(
            kind: isLength || kind != nil ? .guarded : useKind(), name: .init(start: name, end: at), range: start..<at,
            isBraced: true)
        // `${AWS::Region}` is no shell's: a template takes its place.
        let isTemplate = byte(at) == ":" && byte(at + 1) == ":"
        let place = byte(name).isNameStart && at > name && !isTemplate ? text.expansions.count : nil
        if place != nil { text.expansions.append(expansion) }
        if at == name, byte(at) == "@" || byte(at) == "*" { at += 1 }
        if at > name { kind = kind ?? expansionKind() }
        while at < bytes.count, bytes[at] != "}" {
            switch bytes[at] {
            case "\\": at += 2
            case "'" where !isQuoted: singleQuotes()
            case "\"": doubleQuotes(until: closer)
            case "$": dollar(isQuoted: isQuoted, until: closer)
            case "`":
                guard closer != .backtick else { return giveUp() }
                backtick()
            default: at += 1
            }
        }
        guard at < bytes.count else { return giveUp() }
        at += 1
        if let place { text.expansions[place].range = start..<at }
        if let kind { text.constructs.append(.init(kind: kind, range: start..<at)) }
    }

    /// What the operator after a parameter's name does with an unset variable.
    private func useKind() -> ShellText.Expansion.Kind {
        switch byte(byte(at) == ":" ? at + 1 : at) {
        case "-", "+": .guarded
        case "=": .assigning
        default: .plain
        }
    }

    /// The kind of the operator after a parameter's name, if POSIX does not have it.
    private func expansionKind() -> ShellText.Construct.Kind? {
        switch byte(at) {
        case "[": .arraySubscript
        case "^", ",": .caseChange
        case "/": .replacement
        case ":":
            switch byte(at + 1) {
            case "-", "=", "?", "+", "}": nil
            default: .substring
            }
        default: nil
        }
    }

    // MARK: Assignments

    func isNumber(_ word: ShellText.Word) -> Bool { bytes[word.range].allSatisfy(\.isDigit) }

    /// Whether the word is an assignment: `NAME=…`, or a form that only bash has.
    func isAssignment(_ word: ShellText.Word) -> Bool { assignmentOperator(word) != nil }

    /// The end of the name of an assignment; `nil` for any other word.
    func assignmentOperator(_ word: ShellText.Word) -> Int? {
        var offset = word.start
        guard offset < word.end, bytes[offset].isNameStart else { return nil }
        while offset < word.end, bytes[offset].isNamePart { offset += 1 }
        let end = offset
        if offset < word.end, bytes[offset] == "[" {
            while offset < word.end, bytes[offset] != "]" { offset += 1 }
            offset += 1
        }
        if offset < word.end, bytes[offset] == "+" { offset += 1 }
        return offset < word.end && bytes[offset] == "=" ? end : nil
    }

    /// Notes assignments in a form that only bash has.
    mutating func noteAssignment(_ word: ShellText.Word) {
        guard let end = assignmentOperator(word), text.constructs.last?.range.lowerBound != word.start else { return }
        if bytes[end] == "[" {
            text.constructs.append(.init(kind: .arraySubscript, range: word.range))
        } else if bytes[end] == "+" {
            text.constructs.append(.init(kind: .append, range: word.start..<end + 2))
        }
    }

    // MARK: Redirections

    mutating func redirect(until closer: Closer) {
        let start = at
        if bytes[at] == "&" {
            at += byte(at + 2) == ">" ? 3 : 2
            text.constructs.append(.init(kind: .bothRedirection, range: start..<at))
        } else if bytes[at] == "<", byte(at + 1) == "<" {
            if byte(at + 2) == "<" {
                at += 3
                text.constructs.append(.init(kind: .hereString, range: start..<at))
            } else {
                return beginHereDocument(until: closer)
            }
        } else {
            at += 1
            if byte(at) == ">" || byte(at) == "&" || byte(at) == "|" { at += 1 }
        }
        skipBlanks()
        _ = readWord(until: closer)
    }

    private mutating func skipBlanks() {
        while byte(at) == " " || byte(at) == "\t" || byte(at) == "\\" && byte(at + 1) == "\n" {
            at += byte(at) == "\\" ? 2 : 1
        }
    }

    private mutating func beginHereDocument(until closer: Closer) {
        at += 2
        let stripsTabs = byte(at) == "-"
        if stripsTabs { at += 1 }
        skipBlanks()
        hereDocuments.append(HereDocument(word: readWord(until: closer), stripsTabs: stripsTabs))
    }

    /// Skips the bodies of the here-documents that began on the previous line.
    mutating func skipHereDocuments() {
        for document in hereDocuments {
            let delimiter = bytes[document.word.range].filter { $0 != "'" && $0 != "\"" && $0 != "\\" }
            var isClosed = false
            while !isClosed, at < bytes.count {
                var start = at
                while at < bytes.count, bytes[at] != "\n" { at += 1 }
                if document.stripsTabs {
                    while start < at, bytes[start] == "\t" { start += 1 }
                }
                isClosed = bytes[start..<at].elementsEqual(delimiter)
                at = min(at + 1, bytes.count)
            }
            if !isClosed { text.endsCleanly = false }
        }
        hereDocuments.removeAll()
    }
}
