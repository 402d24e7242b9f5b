/// What a JSON text consists of, in its order.
enum JSONEvent {
    case beginObject, endObject, beginArray, endArray
    case key(String)
    /// A string, up to the limit of texts.
    case string(String)
    case number(Double, isWhole: Bool)
    case bool(Bool)
    case null
}

/// Reads JSON that comes in pieces, in memory that does not grow with the file.
///
/// Documentation/decisions/reports.md tells why there is a reader of our own.
final class JSONStream {
    typealias Give = (JSONEvent) throws -> Void

    private enum Expected { case value, valueOrEnd, keyOrEnd, key, colon, commaOrEnd, nothing }
    private enum Token { case none, string, escape, unicode, number, word }

    private let give: Give
    private var expected = Expected.value
    private var token = Token.none
    /// Whether each open container is an object.
    private var containers: [Bool] = []
    private var isKey = false
    private var text = KeptText()
    private var word: [UInt8] = []
    private var surrogate: UInt32?
    private var line = 1
    private var count = 0

    init(give: @escaping Give) { self.give = give }

    func feed(_ bytes: UnsafeRawBufferPointer) throws {
        var index = 0
        if count < 3 { index = try skipMark(bytes) }
        count += bytes.count
        while index < bytes.count {
            switch token {
            case .string: index = try readString(bytes, index)
            case .escape:
                try readEscape(bytes[index])
                index += 1
            case .unicode:
                try readUnicode(bytes[index])
                index += 1
            case .number, .word:
                if Self.isPartOfWord(bytes[index]) {
                    word.append(bytes[index])
                    guard word.count <= 64 else { throw wrong("a number or word is too long") }
                    index += 1
                } else {
                    try endWord()
                }
            case .none:
                try begin(bytes[index])
                index += 1
            }
        }
    }

    func finish() throws {
        guard count > 0 else { throw ReportProblem.empty }
        if token == .number || token == .word { try endWord() }
        guard token == .none, expected == .nothing else { throw ReportProblem.truncated("line \(line)") }
    }

    /// Skips a byte order mark. Other encodings than UTF-8 are no JSON.
    private func skipMark(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        guard count == 0, let first = bytes.first else { return 0 }
        if first == 0xfe || first == 0xff || first == 0 {
            throw ReportProblem(.malformed, "its encoding is not UTF-8")
        }
        return bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    }

    private func wrong(_ words: String) -> ReportProblem {
        ReportProblem(.malformed, "the JSON is wrong at line \(line): \(words)")
    }

    // MARK: between tokens

    private func begin(_ byte: UInt8) throws {
        switch byte {
        case 0x0a: line += 1
        case 0x20, 0x09, 0x0d: break
        case UInt8(ascii: "{"):
            try beginContainer(isObject: true)
        case UInt8(ascii: "["):
            try beginContainer(isObject: false)
        case UInt8(ascii: "}"):
            guard containers.last == true, expected == .keyOrEnd || expected == .commaOrEnd else {
                throw wrong("unexpected `}`")
            }
            try endContainer(.endObject)
        case UInt8(ascii: "]"):
            guard containers.last == false, expected == .valueOrEnd || expected == .commaOrEnd else {
                throw wrong("unexpected `]`")
            }
            try endContainer(.endArray)
        case UInt8(ascii: ","):
            guard expected == .commaOrEnd, let isObject = containers.last else { throw wrong("unexpected `,`") }
            expected = isObject ? .key : .value
        case UInt8(ascii: ":"):
            guard expected == .colon else { throw wrong("unexpected `:`") }
            expected = .value
        case UInt8(ascii: "\""):
            isKey = expected == .key || expected == .keyOrEnd
            if !isKey { try expectValue() }
            text.clear()
            token = .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try expectValue()
            word = [byte]
            token = .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            try expectValue()
            word = [byte]
            token = .word
        default:
            throw wrong("unexpected \(byte < 0x7f && byte > 0x20 ? "`\(Character(UnicodeScalar(byte)))`" : "byte")")
        }
    }

    private func expectValue() throws {
        switch expected {
        case .value, .valueOrEnd: return
        case .nothing: throw wrong("there is something behind the end")
        case .key, .keyOrEnd: throw wrong("a name is expected")
        case .colon: throw wrong("`:` is expected")
        case .commaOrEnd: throw wrong("`,` is expected")
        }
    }

    private func beginContainer(isObject: Bool) throws {
        try expectValue()
        guard containers.count < ReadingLimits.depth else {
            throw ReportProblem(.tooLarge, "values are nested more than \(ReadingLimits.depth) deep, at line \(line)")
        }
        containers.append(isObject)
        expected = isObject ? .keyOrEnd : .valueOrEnd
        try give(isObject ? .beginObject : .beginArray)
    }

    private func endContainer(_ event: JSONEvent) throws {
        containers.removeLast()
        valueEnded()
        try give(event)
    }

    private func valueEnded() { expected = containers.isEmpty ? .nothing : .commaOrEnd }

    // MARK: inside tokens

    private static func isPartOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private func endWord() throws {
        let word = String(decoding: self.word, as: UTF8.self), isNumber = token == .number
        token = .none
        valueEnded()
        guard !isNumber else {
            guard let number = Double(word), number.isFinite else { throw wrong("`\(word)` is no number") }
            return try give(.number(number, isWhole: !word.contains(".")))
        }
        switch word {
        case "true": try give(.bool(true))
        case "false": try give(.bool(false))
        case "null": try give(.null)
        default: throw wrong("`\(word)` is no value")
        }
    }

    private func readString(_ bytes: UnsafeRawBufferPointer, _ start: Int) throws -> Int {
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20
        {
            end += 1
        }
        if end > start {
            flushSurrogate()
            text.add(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
        guard end < bytes.count else { return end }
        switch bytes[end] {
        case UInt8(ascii: "\\"): token = .escape
        case UInt8(ascii: "\""):
            flushSurrogate()
            try endString()
        default: throw wrong("a string goes over the end of the line, or has a control character")
        }
        return end + 1
    }

    private func endString() throws {
        token = .none
        // A text that was cut may end in the middle of a character.
        guard text.isCut || String(validating: text.bytes, as: UTF8.self) != nil else {
            throw ReportProblem(.malformed, "its encoding is not UTF-8, at line \(line)")
        }
        let string = String(decoding: text.bytes, as: UTF8.self)
        if isKey {
            expected = .colon
            try give(.key(string))
        } else {
            valueEnded()
            try give(.string(string))
        }
    }

    private func readEscape(_ byte: UInt8) throws {
        token = .string
        if byte == UInt8(ascii: "u") {
            word = []
            token = .unicode
            return
        }
        flushSurrogate()
        switch byte {
        case UInt8(ascii: "n"): text.add("\n")
        case UInt8(ascii: "t"): text.add("\t")
        case UInt8(ascii: "r"): text.add("\r")
        case UInt8(ascii: "b"): text.add("\u{8}")
        case UInt8(ascii: "f"): text.add("\u{c}")
        case UInt8(ascii: "\""): text.add("\"")
        case UInt8(ascii: "\\"): text.add("\\")
        case UInt8(ascii: "/"): text.add("/")
        default: throw wrong("there is no such escape")
        }
    }

    private func readUnicode(_ byte: UInt8) throws {
        word.append(byte)
        guard word.count == 4 else { return }
        token = .string
        let digits = String(decoding: word, as: UTF8.self)
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let unit = UInt32(digits, radix: 16)
        else { throw wrong("`\\u\(digits)` is no character") }
        switch unit {
        case 0xd800..<0xdc00:
            flushSurrogate()
            surrogate = unit
        case 0xdc00..<0xe000:
            guard let high = surrogate else { return text.add("\u{fffd}") }
            surrogate = nil
            let scalar = 0x10000 + (high - 0xd800) << 10 + (unit - 0xdc00)
            text.add(UnicodeScalar(scalar).map { String(Character($0)) } ?? "\u{fffd}")
        default:
            flushSurrogate()
            text.add(UnicodeScalar(unit).map { String(Character($0)) } ?? "\u{fffd}")
        }
    }

    /// The first half of a character whose second half has not come.
    private func flushSurrogate() {
        guard surrogate != nil else { return }
        surrogate = nil
        text.add("\u{fffd}")
    }
}

/// Where in a JSON text an event stands.
struct JSONPlace {
    /// For each open container the name of the value in it, or the empty name in an array.
    private(set) var names: [String] = []
    private(set) var areArrays: [Bool] = []

    var depth: Int { names.count }

    /// Goes along with an event. What ends has to be looked at before, what begins behind it.
    mutating func follow(_ event: JSONEvent) {
        switch event {
        case .beginObject: open(isArray: false)
        case .beginArray: open(isArray: true)
        case .endObject, .endArray:
            _ = names.popLast()
            _ = areArrays.popLast()
        case .key(let name): if !names.isEmpty { names[names.count - 1] = name }
        default: break
        }
    }

    private mutating func open(isArray: Bool) {
        names.append("")
        areArrays.append(isArray)
    }
}
