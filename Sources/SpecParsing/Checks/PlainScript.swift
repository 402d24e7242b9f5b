/// Tells scripts that no shell can fail to read: simple commands, joined by `&&`, `||`, `|` and `;`.
///
/// Most commands of buildspecs are such, and a shell need not be asked about them. Whatever is not understood here is not
/// plain: a backslash, a substitution, a redirection, a bracket, a word that begins a compound command.
struct PlainScript {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    /// Words of the current command.
    private var words = 0
    /// Whether an operator waits for a command behind it.
    private var isOpen = false

    static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var script = PlainScript(bytes: text)
        return script.read()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func read() -> Bool {
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): place += 1
            case 0x0a:
                guard !isOpen else { return false }
                words = 0
                place += 1
            case UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: ";"):
                guard readOperator() else { return false }
            default:
                guard readWord() else { return false }
            }
        }
        return !isOpen
    }

    /// `&&`, `||`, `|` and `;`, each behind a command.
    private mutating func readOperator() -> Bool {
        guard words > 0 else { return false }
        let first = bytes[place]
        place += 1
        let isDouble = place < bytes.count && bytes[place] == first
        if isDouble { place += 1 }
        words = 0
        isOpen = first != UInt8(ascii: ";")
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
            case UInt8(ascii: "$"):
                guard isPlainVariable else { return false }
                place += 1
            case let byte where Self.isPlain(byte): place += 1
            default: return false
            }
        }
        return endWord(from: start)
    }

    private mutating func endWord(from start: Int) -> Bool {
        if words == 0, Self.beginsMore(bytes[start..<place]) { return false }
        words += 1
        isOpen = false
        return true
    }

    /// Skips a quoted text, from its opening quote behind its closing one.
    private mutating func skip(to quote: UInt8, expanding: Bool) -> Bool {
        place += 1
        while place < bytes.count {
            let byte = bytes[place]
            if byte == quote {
                place += 1
                return true
            }
            if expanding, byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "`") { return false }
            if expanding, byte == UInt8(ascii: "$"), !isPlainVariable { return false }
            place += 1
        }
        return false
    }

    /// `$NAME`, `$1`, and a `$` at the end of a word: nothing in brackets.
    private var isPlainVariable: Bool {
        guard place + 1 < bytes.count else { return true }
        let next = bytes[place + 1]
        return Self.isLetterOrDigit(next) || next == UInt8(ascii: "\"") || next == UInt8(ascii: " ") || next == 0x0a
    }

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

    /// Whether a first word means more than a program. `name()` and `{` are not plain anyway.
    private static func beginsMore(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        word.count <= 8 && reserved.contains { $0.elementsEqual(word) }
    }
}
