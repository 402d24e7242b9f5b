/// The text of a file of `--env-file`, and its statements.
struct EnvText {
    /// A byte of a value, with the place it came from.
    struct Unit {
        let byte: UInt8
        let place: Int
        /// Whether it is the outcome of an escape, and so never begins a variable.
        var isEscaped = false

        /// Whether it is a character as it was written.
        func `is`(_ character: Unicode.Scalar) -> Bool { !isEscaped && byte == UInt8(ascii: character) }
    }

    /// One assignment.
    struct Statement {
        enum Value {
            /// A name alone: the value is that of this machine's environment.
            case inherited
            case literal([Unit])
            /// Variables in it are replaced.
            case expanded([Unit])
        }

        let name: String
        let place: Int
        let value: Value
    }

    /// The place at which the first statement may begin.
    let start: Int
    private let bytes: [UInt8]
    private let name: String
    /// The places at which lines begin.
    private let lines: [Int]

    /// - Throws: ``Failure`` when the bytes are not UTF-8.
    init(_ bytes: [UInt8], name: String) throws {
        guard !bytes.starts(with: [0xff, 0xfe]), !bytes.starts(with: [0xfe, 0xff]) else {
            throw Failure(.usage, "`\(name)` is in UTF-16, expected UTF-8", help: "save it as UTF-8")
        }
        start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        self.bytes = bytes
        self.name = name
        lines = [start] + bytes.indices.filter { bytes[$0] == 0x0a }.map { $0 + 1 }
        guard String(validating: bytes, as: UTF8.self) == nil else { return }
        for (number, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated()
        where String(validating: line, as: UTF8.self) == nil {
            throw Failure(.usage, "`\(name):\(number + 1)` is not UTF-8", help: "save the file as UTF-8")
        }
    }

    /// The place as messages have it, `ci.env:3:7`; columns count Unicode scalars.
    func location(_ place: Int) -> String {
        var low = 0, high = lines.count
        while low < high {
            let middle = (low + high) / 2
            if lines[middle] <= place { low = middle + 1 } else { high = middle }
        }
        let column = bytes[lines[low - 1]..<place].reduce(1) { $1 & 0xc0 == 0x80 ? $0 : $0 + 1 }
        return "\(name):\(low):\(column)"
    }

    func failure(_ place: Int, _ message: String, help: String? = nil) -> Failure {
        Failure(.usage, "\(location(place)): \(message)", help: help)
    }

    func string(_ units: [Unit]) -> String { String(decoding: units.map(\.byte), as: UTF8.self) }

    // MARK: Statements

    /// Reads the next statement, and moves the place behind it.
    ///
    /// - Returns: `nil` at the end.
    func statement(from place: inout Int) throws -> Statement? {
        while let byte = byte(place), byte == 0x0a || Self.isBlank(byte) || byte == UInt8(ascii: "#") {
            if byte == UInt8(ascii: "#") { place = lineEnd(place) } else { place += 1 }
        }
        guard place < bytes.count else { return nil }
        let word = Array("export".utf8)
        if bytes[place...].starts(with: word), let next = byte(place + word.count), Self.isBlank(next) {
            place += word.count
            skipBlanks(&place)
        }
        let first = place, name = try self.name(from: &place)
        guard let separator = byte(place), separator != 0x0a else {
            return Statement(name: name, place: first, value: .inherited)
        }
        place += 1
        skipBlanks(&place)
        let value: Statement.Value =
            switch byte(place) {
            case UInt8(ascii: "'"): .literal(try quoted(from: &place, of: name))
            case UInt8(ascii: "\""): .expanded(unescaped(try quoted(from: &place, of: name)))
            default: .expanded(plain(from: &place))
            }
        return Statement(name: name, place: first, value: value)
    }

    /// Reads a name up to its `=` or `:`, or to the end of the line.
    private func name(from place: inout Int) throws -> String {
        let first = place
        var end = place
        while let byte = byte(place), byte != UInt8(ascii: "="), byte != UInt8(ascii: ":"), byte != 0x0a {
            if Self.isBlank(byte) {
                place += 1
                continue
            }
            guard end == place else {
                throw failure(first, "the name has a blank in it, expected NAME=VALUE")
            }
            guard Self.isPartOfName(byte) else {
                throw failure(
                    place, "a name cannot have `\(scalar(place))` in it, expected NAME=VALUE",
                    help: "a line of several words is a comment only behind `#`")
            }
            place += 1
            end = place
        }
        guard end > first else { throw failure(first, "there is no name before `=`, expected NAME=VALUE") }
        return String(decoding: bytes[first..<end], as: UTF8.self)
    }

    /// Reads a value without quotes: to the end of the line, or to a `#` behind a blank.
    private func plain(from place: inout Int) -> [Unit] {
        let first = place, end = lineEnd(place)
        place = end
        var line = bytes[first..<end]
        for place in line.indices.dropFirst() where line[place] == UInt8(ascii: "#") && line[place - 1] == 0x20 {
            line = line[..<place]
            break
        }
        while let last = line.last, Self.isBlank(last) { line.removeLast() }
        return line.indices.map { Unit(byte: line[$0], place: $0) }
    }

    /// Reads a value between quotes, over lines if need be. A backslash before the same quote is gone; others are still there.
    private func quoted(from place: inout Int, of name: String) throws -> [Unit] {
        let first = place, quote = bytes[place]
        var units: [Unit] = []
        place += 1
        while let byte = byte(place), byte != quote {
            if byte == UInt8(ascii: "\\"), let next = self.byte(place + 1) {
                if next != quote { units.append(Unit(byte: byte, place: place)) }
                place += 1
                units.append(Unit(byte: next, place: place, isEscaped: next == quote))
            } else {
                units.append(Unit(byte: byte, place: place))
            }
            place += 1
        }
        guard byte(place) == quote else {
            let mark = String(decoding: [quote], as: UTF8.self)
            throw failure(
                first, "the value of `\(name)` begins with \(mark) and has no \(mark) at its end",
                help: "quotes inside a value are written \\\(mark); a value may go on over several lines")
        }
        place += 1
        guard let next = byte(place), next != 0x0a, next != UInt8(ascii: "#"), !Self.isBlank(next) else { return units }
        throw failure(
            place, "`\(scalar(place))` stands right behind the closing quote of `\(name)`",
            help: "put the whole value between the quotes")
    }

    // MARK: Escapes

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0c, UInt8(ascii: "n"): 0x0a,
        UInt8(ascii: "r"): 0x0d, UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0b, UInt8(ascii: "\\"): 0x5c,
        UInt8(ascii: "$"): 0x24,
    ]

    /// Carries out the escapes of a value between double quotes: those of echo(1). Others stay as they are written.
    private func unescaped(_ units: [Unit]) -> [Unit] {
        var result: [Unit] = [], index = 0
        while index < units.count {
            let unit = units[index]
            guard unit.is("\\"), index + 1 < units.count, !units[index + 1].isEscaped else {
                result.append(unit)
                index += 1
                continue
            }
            let next = units[index + 1].byte, digits = units[(index + 2)...].prefix(3).map(\.byte)
            if let byte = Self.escapes[next] {
                result.append(Unit(byte: byte, place: unit.place, isEscaped: true))
                index += 2
            } else if next == UInt8(ascii: "0"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }),
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                let bytes = String(Unicode.Scalar(code)).utf8
                result += bytes.map { Unit(byte: $0, place: unit.place, isEscaped: true) }
                index += 5
            } else {
                result += units[index...(index + 1)]
                index += 2
            }
        }
        return result
    }

    // MARK: Bytes

    private func byte(_ place: Int) -> UInt8? { place < bytes.count ? bytes[place] : nil }

    private func lineEnd(_ place: Int) -> Int { bytes[place...].firstIndex(of: 0x0a) ?? bytes.count }

    private func skipBlanks(_ place: inout Int) {
        while let byte = byte(place), Self.isBlank(byte) { place += 1 }
    }

    /// The whole character that begins at a place.
    private func scalar(_ place: Int) -> String {
        String(String(decoding: bytes[place...].prefix(4), as: UTF8.self).unicodeScalars.prefix(1))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) && byte != 0x0a }

    /// Letters, digits and `_.-[]`. What is not ASCII counts as a letter.
    private static func isPartOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        default: "_.-[]".utf8.contains(byte)
        }
    }
}
