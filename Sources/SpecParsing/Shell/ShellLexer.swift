/// Splits a shell script into its simple commands, in one pass over its bytes.
///
/// It knows the quoting, the compound commands and the here-documents of POSIX shells and of bash, but does not check
/// the grammar. A text nested deeper than ``depthLimit`` is not read further.
struct ShellLexer {
    /// Reads a whole script into `text`, which is emptied first and keeps its memory.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, into text: inout ShellText) {
        text.removeAll()
        var lexer = ShellLexer(bytes: bytes, text: text)
        text = ShellText()
        lexer.script(until: .end, context: [])
        if !lexer.hereDocuments.isEmpty { lexer.text.endsCleanly = false }
        text = lexer.text
    }

    /// The maximum nesting of substitutions.
    private static let depthLimit = 40

    /// The end of a script: the end of the text, or of the substitution it is in.
    enum Closer { case end, parenthesis, backtick }

    /// An open compound command.
    struct Frame {
        enum Kind { case brace, parenthesis, condition, loop, choice }
        let kind: Kind
        /// Whether the patterns of a `case` come next, up to `)`.
        var isAtPattern = false
    }

    struct HereDocument {
        let word: ShellText.Word
        let stripsTabs: Bool
    }

    let bytes: UnsafeBufferPointer<UInt8>
    var text: ShellText
    var at = 0
    var hereDocuments: [HereDocument] = []
    var depth = 0

    private init(bytes: UnsafeBufferPointer<UInt8>, text: ShellText) {
        self.bytes = bytes
        self.text = text
    }

    func byte(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    func isWord(_ word: ShellText.Word, _ string: StaticString) -> Bool { bytes.holds(string, word.range) }

    // MARK: A script

    /// The state of a script while it is read.
    struct Reading {
        let closer: Closer
        let context: ShellText.Context
        var frames: [Frame] = []
        /// The number of frames that are `( … )`.
        var subshells = 0
        /// The number of frames around the function body being read; `nil` outside of every function.
        var functionFrames: Int?
        var isFunctionNext = false
        var command: ShellText.Command?
        /// The words of the command, without those of its substitutions.
        var words: ContiguousArray<ShellText.Word> = []
        var statement: ShellText.Statement?
        var lastEnd = 0
        var isAfterAlternative = false
        /// Whether the words are in the header of a `for` or `case`, and so are not a command.
        var isInHeader = false
        /// Whether the next word is the variable of a loop.
        var isLoopVariableNext = false

        var isAtPattern: Bool { frames.last?.isAtPattern ?? false }

        mutating func expectPattern(_ isAtPattern: Bool) { frames[frames.count - 1].isAtPattern = isAtPattern }
    }

    mutating func script(until closer: Closer, context: ShellText.Context) {
        guard goDeeper() else { return }
        defer { depth -= 1 }
        var reading = Reading(closer: closer, context: context)
        while at < bytes.count {
            let start = at
            switch bytes[at] {
            case " ", "\t", "\r": at += 1
            case "\\" where byte(at + 1) == "\n": at += 2
            case "#": skipComment()
            case "\n":
                at += 1
                endStatement(&reading)
                skipHereDocuments()
            case ";": semicolon(&reading)
            case "&": ampersand(&reading)
            case "|": bar(&reading)
            case "(": openParenthesis(&reading)
            case ")":
                if closeParenthesis(&reading) { return }
            case "`" where closer == .backtick:
                finish(&reading)
                at += 1
                return
            case "<", ">":
                if byte(at + 1) == "(" { word(&reading) } else { redirection(&reading) }
            default: word(&reading)
            }
            if at == start { at += 1 }
        }
        finish(&reading)
        if closer != .end { text.endsCleanly = false }
    }

    private mutating func finish(_ reading: inout Reading) {
        endStatement(&reading)
        if !reading.frames.isEmpty { text.endsCleanly = false }
    }

    /// Enters a level of nesting, and returns whether the limit allows it. The caller leaves the level itself.
    mutating func goDeeper() -> Bool {
        guard depth < Self.depthLimit else {
            giveUp()
            return false
        }
        depth += 1
        return true
    }

    mutating func giveUp() {
        text.endsCleanly = false
        at = bytes.count
    }

    private mutating func skipComment() {
        while at < bytes.count, bytes[at] != "\n" { at += 1 }
    }

    // MARK: Separators

    mutating func endCommand(_ reading: inout Reading) {
        reading.isInHeader = false
        guard var command = reading.command else { return }
        command.range = command.range.lowerBound..<max(command.range.lowerBound, reading.lastEnd)
        command.words = text.words.count..<text.words.count + reading.words.count
        text.words.append(contentsOf: reading.words)
        text.commands.append(command)
        dropCommand(&reading)
    }

    func dropCommand(_ reading: inout Reading) {
        reading.command = nil
        reading.words.removeAll(keepingCapacity: true)
    }

    private mutating func endStatement(_ reading: inout Reading, isBackground: Bool = false) {
        endCommand(&reading)
        reading.isAfterAlternative = false
        guard reading.frames.isEmpty, var statement = reading.statement else { return }
        statement.commands = statement.commands.lowerBound..<text.commands.count
        statement.range = statement.range.lowerBound..<max(statement.range.lowerBound, reading.lastEnd)
        statement.isBackground = isBackground
        if depth == 1 { text.statements.append(statement) }
        reading.statement = nil
    }

    mutating func beginStatement(_ reading: inout Reading, at start: Int) {
        guard reading.statement == nil else { return }
        reading.statement = ShellText.Statement(
            commands: text.commands.count..<text.commands.count, range: start..<start)
    }

    private mutating func semicolon(_ reading: inout Reading) {
        at += 1
        let isDouble = byte(at) == ";" || byte(at) == "&"
        guard isDouble, reading.frames.last?.kind == .choice else { return endStatement(&reading) }
        while byte(at) == ";" || byte(at) == "&" { at += 1 }
        endStatement(&reading)
        reading.expectPattern(true)
    }

    private mutating func ampersand(_ reading: inout Reading) {
        if byte(at + 1) == "&" {
            at += 2
            endCommand(&reading)
            reading.isAfterAlternative = false
        } else if byte(at + 1) == ">" {
            redirection(&reading)
        } else {
            at += 1
            endStatement(&reading, isBackground: true)
        }
    }

    private mutating func bar(_ reading: inout Reading) {
        if reading.isAtPattern {
            at += 1
        } else if byte(at + 1) == "|" {
            at += 2
            reading.command?.isAlternative = true
            endCommand(&reading)
            reading.isAfterAlternative = true
            if reading.frames.isEmpty { reading.statement?.hasAlternative = true }
        } else {
            if byte(at + 1) == "&" {
                text.constructs.append(.init(kind: .bothPipe, range: at..<at + 2))
                at += 1
            }
            at += 1
            endCommand(&reading)
        }
    }

    private mutating func openParenthesis(_ reading: inout Reading) {
        if reading.isAtPattern {
            at += 1
            return
        }
        if let command = reading.command {
            defineFunction(command, &reading)
        } else if byte(at + 1) == "(" {
            arithmeticCommand(&reading)
        } else {
            open(.parenthesis, &reading, at: at)
            at += 1
        }
    }

    /// Reads `name ()`: the word taken for a command is the name of a function.
    private mutating func defineFunction(_ command: ShellText.Command, _ reading: inout Reading) {
        var behind = at + 1
        while byte(behind) == " " { behind += 1 }
        guard byte(behind) == ")", let name = reading.words.last, reading.words.count - command.assignments == 1 else {
            text.endsCleanly = false
            at += 1
            return
        }
        at = behind + 1
        note(function: name, reading)
        dropCommand(&reading)
        reading.isFunctionNext = true
        reading.lastEnd = at
    }

    private mutating func closeParenthesis(_ reading: inout Reading) -> Bool {
        at += 1
        if reading.isAtPattern {
            reading.expectPattern(false)
            dropCommand(&reading)
        } else if reading.frames.last?.kind == .parenthesis {
            endCommand(&reading)
            close(.parenthesis, &reading)
        } else {
            if reading.closer == .parenthesis {
                finish(&reading)
                return true
            }
            text.endsCleanly = false
            endCommand(&reading)
        }
        return false
    }
}
