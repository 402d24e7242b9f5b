/// Recognises scripts that every shell can read: simple commands joined by `&&`, `||`, `|` and `;`.
///
/// Most commands of buildspecs are plain, and need not be checked by a shell. Everything else is not plain, such as a
/// backslash, a redirection, a bracket, or a word that begins a compound command. A substitution is plain when its
/// contents are.
struct PlainScript {
    enum Kind {
        /// The script is not plain.
        case other
        case plain
        /// The script is plain and has one statement, which runs programs and changes nothing in the shell.
        case programs
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    /// The number of words of the current command.
    private var words = 0
    /// Whether an operator still needs a command after it.
    private var isOpen = false
    private var statements = 1
    private var closer: UInt8?
    private var depth = 0
    private var hasOnlyPrograms = true

    static func kind(of text: UnsafeBufferPointer<UInt8>) -> Kind {
        var script = PlainScript(bytes: text)
        guard script.read(until: nil) else { return .other }
        return script.hasOnlyPrograms && script.statements == 1 ? .programs : .plain
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Reads up to `closer`, the byte that ends a substitution, or to the end of the text.
    ///
    /// - Parameter closer: the byte that ends a substitution.
    private mutating func read(until closer: UInt8?) -> Bool {
        while place < bytes.count {
            switch bytes[place] {
            case closer: return !isOpen
            case UInt8(ascii: " "), UInt8(ascii: "\t"): place += 1
            case 0x0a:
                guard !isOpen else { return false }
                words = 0
                statements += 1
                place += 1
            case UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: ";"):
                guard readOperator() else { return false }
            default:
                guard readWord() else { return false }
            }
        }
        return closer == nil && !isOpen
    }

    /// Reads a substitution from its first byte to the byte after its closer.
    private mutating func readSubstitution(until closer: UInt8) -> Bool {
        guard depth < 8 else { return false }
        depth += 1
        let outer = (words: words, isOpen: isOpen, closer: self.closer)
        (words, isOpen, self.closer) = (0, false, closer)
        // The checks may find something in the substitution.
        hasOnlyPrograms = false
        guard read(until: closer) else { return false }
        (words, isOpen, self.closer) = outer
        depth -= 1
        place += 1
        return true
    }

    /// Reads one of `&&`, `||`, `|` and `;` after a command.
    private mutating func readOperator() -> Bool {
        guard words > 0 else { return false }
        let first = bytes[place]
        place += 1
        let isDouble = place < bytes.count && bytes[place] == first
        if isDouble { place += 1 }
        words = 0
        isOpen = first != UInt8(ascii: ";")
        if !isOpen { statements += 1 }
        return isDouble ? isOpen : first != UInt8(ascii: "&")
    }

    private mutating func readWord() -> Bool {
        let start = place
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0a, UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: ";"):
                return endWord(from: start)
            case UInt8(ascii: "'"):
                guard skip(to: UInt8(ascii: "'"), expanding: false) else { return false }
            case UInt8(ascii: "\""):
                guard skip(to: UInt8(ascii: "\""), expanding: true) else { return false }
            case closer: return endWord(from: start)
            case UInt8(ascii: "$"), UInt8(ascii: "`"):
                guard readExpansion() else { return false }
            case let byte where Self.isPlain(byte): place += 1
            default: return false
            }
        }
        return endWord(from: start)
    }

    private mutating func endWord(from start: Int) -> Bool {
        if words == 0 {
            let word = bytes[start..<place]
            if Self.beginsMore(word) { return false }
            if hasOnlyPrograms { hasOnlyPrograms = Self.isProgram(word) }
        } else if words == 1, place - start == 1, bytes[start] == UInt8(ascii: "=") {
            // `X = a`, which may be meant as an assignment.
            hasOnlyPrograms = false
        }
        words += 1
        isOpen = false
        return true
    }

    /// Skips a quoted text, including both quotes.
    private mutating func skip(to quote: UInt8, expanding: Bool) -> Bool {
        place += 1
        while place < bytes.count {
            let byte = bytes[place]
            if byte == quote {
                place += 1
                return true
            }
            if expanding, byte == UInt8(ascii: "$") || byte == UInt8(ascii: "`") {
                // Shells disagree about quotes inside a substitution inside quotes.
                guard byte == UInt8(ascii: "$"), let length = plainVariableLength else { return false }
                place += length
                continue
            } else if expanding, byte == UInt8(ascii: "\\") {
                return false
            }
            place += 1
        }
        return false
    }

    /// Reads `$NAME`, `$( … )` or backticks.
    private mutating func readExpansion() -> Bool {
        if bytes[place] == UInt8(ascii: "`") {
            guard closer != UInt8(ascii: "`") else { return false }
            place += 1
            return readSubstitution(until: UInt8(ascii: "`"))
        }
        if let length = plainVariableLength {
            place += length
            return true
        }
        guard place + 2 < bytes.count, bytes[place + 1] == UInt8(ascii: "("), bytes[place + 2] != UInt8(ascii: "(")
        else {
            return false
        }
        place += 2
        return readSubstitution(until: UInt8(ascii: ")"))
    }

    /// The length of `$NAME`, `$1`, `${NAME}`, or of a `$` at the end of a word; `nil` for other expansions.
    private var plainVariableLength: Int? {
        guard place + 1 < bytes.count else { return 1 }
        let next = bytes[place + 1]
        if next == UInt8(ascii: "{") {
            guard place + 2 < bytes.count, !Self.isDigit(bytes[place + 2]) else { return nil }
            var end = place + 2
            while end < bytes.count, Self.isLetterOrDigit(bytes[end]) { end += 1 }
            return end > place + 2 && end < bytes.count && bytes[end] == UInt8(ascii: "}") ? end + 1 - place : nil
        }
        let isPlain =
            Self.isLetterOrDigit(next) || next == UInt8(ascii: "\"") || next == UInt8(ascii: " ") || next == 0x0a
        return isPlain ? 1 : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte >= 0x80 || "-./=:,@%+~*?^".utf8.contains(byte)
    }

    private static let reserved = [
        "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in", "select",
        "function", "time", "coproc",
    ].map { Array($0.utf8) }

    /// Whether a command's first word begins a compound command. `name()` and `{` are not plain anyway.
    private static func beginsMore(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        word.count <= 8 && reserved.contains { $0.elementsEqual(word) }
    }
    /// The builtins that the checks examine.
    private static let builtins = [
        "alias", "declare", "exec", "exit", "export", "local", "popd", "pushd", "set", "shopt", "source", "test",
        "trap",
        "typeset", "umask",
    ].map { Array($0.utf8) }

    /// Whether a word is neither a builtin nor an assignment.
    private static func isProgram(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        !word.contains(UInt8(ascii: "=")) && !(word.count <= 7 && builtins.contains { $0.elementsEqual(word) })
    }
}
