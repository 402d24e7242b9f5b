/// Reads simple commands and compound commands.
extension ShellLexer {
    // MARK: Compound commands

    mutating func open(_ kind: Frame.Kind, _ reading: inout Reading, at start: Int) {
        beginStatement(&reading, at: start)
        reading.statement?.isCompound = true
        if reading.isFunctionNext, reading.functionFrames == nil { reading.functionFrames = reading.frames.count }
        reading.isFunctionNext = false
        reading.frames.append(Frame(kind: kind))
        if kind == .parenthesis { reading.subshells += 1 }
        dropCommand(&reading)
    }

    mutating func close(_ kind: Frame.Kind, _ reading: inout Reading) {
        let frame = reading.frames.popLast()
        if frame?.kind != kind { text.endsCleanly = false }
        if frame?.kind == .parenthesis { reading.subshells -= 1 }
        if reading.functionFrames == reading.frames.count { reading.functionFrames = nil }
        reading.lastEnd = at
    }

    private func context(_ reading: Reading) -> ShellText.Context {
        var context = reading.context
        if !reading.frames.isEmpty { context.insert(.compound) }
        if reading.functionFrames != nil { context.insert(.function) }
        if reading.subshells > 0 { context.insert(.subshell) }
        return context
    }

    mutating func redirection(_ reading: inout Reading) {
        beginStatement(&reading, at: at)
        redirect(until: reading.closer)
        reading.lastEnd = at
    }

    // MARK: Words of commands

    mutating func word(_ reading: inout Reading) {
        let start = at
        if reading.isAtPattern {
            if isWord(readWord(until: reading.closer), "esac") { close(.choice, &reading) }
            return
        }
        let isFirst = reading.command.map { reading.words.count == $0.assignments } ?? true
        let word = readWord(until: reading.closer)
        guard at > start else { return }
        beginStatement(&reading, at: start)
        if bytes[at - 1].isDigit, byte(at) == "<" || byte(at) == ">", isNumber(word) { return }
        if reading.command == nil, !reading.isInHeader, reservedWord(word, &reading) { return }
        if reading.isInHeader, reading.frames.last?.kind == .choice, isWord(word, "in") {
            reading.isInHeader = false
            reading.expectPattern(true)
            return
        }
        reading.lastEnd = at
        if reading.isLoopVariableNext {
            reading.isLoopVariableNext = false
            text.loopVariables.append(word)
        }
        guard !reading.isInHeader else { return }
        if reading.isFunctionNext { reading.isFunctionNext = false }
        add(word, &reading)
        if isFirst, isWord(word, "[[") { conditional(&reading) }
    }

    private mutating func add(_ word: ShellText.Word, _ reading: inout Reading) {
        let isAssignment = reading.words.count == reading.command?.assignments ?? 0 && isAssignment(word)
        if isAssignment { noteAssignment(word) }
        reading.words.append(word)
        if reading.command == nil {
            reading.command = ShellText.Command(
                words: 0..<0, assignments: 0, context: context(reading), isAlternative: reading.isAfterAlternative,
                range: word.range)
        }
        if isAssignment { reading.command?.assignments += 1 }
    }

    /// Reads a reserved word, and returns whether the word is one.
    private mutating func reservedWord(_ word: ShellText.Word, _ reading: inout Reading) -> Bool {
        let length = word.end - word.start
        guard length <= 8 else { return false }
        let start = word.start
        switch bytes[start] {
        case "!" where length == 1:
            if reading.frames.isEmpty { reading.statement?.isNegated = true }
        case "{" where length == 1: open(.brace, &reading, at: start)
        case "}" where length == 1: close(.brace, &reading)
        case "i" where isWord(word, "if"): open(.condition, &reading, at: start)
        case "w" where isWord(word, "while"), "u" where isWord(word, "until"): open(.loop, &reading, at: start)
        case "f" where isWord(word, "for"), "s" where isWord(word, "select"):
            open(.loop, &reading, at: start)
            reading.isInHeader = true
            reading.isLoopVariableNext = true
            forArithmetic(&reading)
        case "c" where isWord(word, "case"):
            open(.choice, &reading, at: start)
            reading.isInHeader = true
        case "t" where isWord(word, "then"), "e" where isWord(word, "else") || isWord(word, "elif"),
            "d" where isWord(word, "do"):
            if reading.frames.isEmpty { text.endsCleanly = false }
        case "f" where isWord(word, "fi"): close(.condition, &reading)
        case "d" where isWord(word, "done"): close(.loop, &reading)
        case "e" where isWord(word, "esac"): close(.choice, &reading)
        case "f" where isWord(word, "function"): functionKeyword(word, &reading)
        default: return false
        }
        reading.lastEnd = at
        return true
    }

    private mutating func functionKeyword(_ word: ShellText.Word, _ reading: inout Reading) {
        while byte(at) == " " || byte(at) == "\t" { at += 1 }
        let name = readWord(until: reading.closer)
        text.constructs.append(.init(kind: .functionKeyword, range: word.start..<max(word.end, name.end)))
        note(function: name, reading)
        while byte(at) == " " { at += 1 }
        if byte(at) == "(", byte(at + 1) == ")" { at += 2 }
        reading.isFunctionNext = true
    }

    mutating func note(function name: ShellText.Word, _ reading: Reading) {
        guard depth == 1, reading.frames.isEmpty else { return }
        text.functions.append(.init(name: name, statement: text.statements.count))
    }

    /// Reads a `[[ … ]]` to its end. Inside, `<`, `&&`, `(` and the like are operators of the test.
    private mutating func conditional(_ reading: inout Reading) {
        while at < bytes.count {
            switch bytes[at] {
            case " ", "\t", "\n", "\r", "(", ")", "<", ">", "&", "|", ";": at += 1
            case "\\" where byte(at + 1) == "\n": at += 2
            default:
                let start = at
                let word = readWord(until: reading.closer)
                guard at > start else { return }
                reading.lastEnd = at
                if isWord(word, "]]") { return }
            }
        }
        text.endsCleanly = false
    }

    // MARK: Arithmetic

    mutating func arithmeticCommand(_ reading: inout Reading) {
        let start = at
        guard let end = arithmeticEnd(from: at + 2) else {
            open(.parenthesis, &reading, at: at)
            at += 1
            return
        }
        beginStatement(&reading, at: start)
        text.constructs.append(.init(kind: .arithmeticCommand, range: start..<start + 2))
        text.arithmetic.append(start + 2..<end - 2)
        at = end
        reading.lastEnd = at
    }

    private mutating func forArithmetic(_ reading: inout Reading) {
        var start = at
        while byte(start) == " " { start += 1 }
        guard byte(start) == "(", byte(start + 1) == "(", let end = arithmeticEnd(from: start + 2) else { return }
        text.constructs.append(.init(kind: .arithmeticCommand, range: start..<start + 2))
        text.arithmetic.append(start + 2..<end - 2)
        reading.isLoopVariableNext = false
        at = end
    }

    /// The offset after the `))` of the arithmetic that begins at `start`; `nil` when it is not arithmetic.
    func arithmeticEnd(from start: Int) -> Int? {
        var offset = start, open = 0
        // Limits the search, so that a text with many unclosed `((` does not take long.
        while offset < min(bytes.count, start + 4096) {
            switch bytes[offset] {
            case "(": open += 1
            case ")" where open > 0: open -= 1
            case ")": return byte(offset + 1) == ")" ? offset + 2 : nil
            case "'", "\"", "\n": return nil
            default: break
            }
            offset += 1
        }
        return nil
    }
}
