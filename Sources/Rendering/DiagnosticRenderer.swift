public import SpecParsing

/// Shows findings as text: our message, the line of the file, CodeBuild's message, and a suggestion.
///
/// ```
/// buildspec.yml:12:5: warning: unknown key `comands` in `phases.build` [unknown-key]
/// 12 |     comands:
///    |     ^^^^^^^
/// help: did you mean `commands`?
/// ```
public struct DiagnosticRenderer: Sendable {
    private let color: Bool

    /// Makes a renderer.
    ///
    /// - Parameter color: whether to mark the parts with ANSI colours.
    public init(color: Bool) { self.color = color }

    /// Shows one finding as lines of text, each with a line end.
    ///
    /// The result is safe for a terminal: control characters and bytes that are not UTF-8 are shown as escapes. Long
    /// lines are cut around the place, and the line of a secret is not shown.
    ///
    /// - Parameter source: the bytes of the file the finding is about.
    public func text(_ diagnostic: Diagnostic, source: [UInt8]) -> String {
        text([diagnostic], source: source)
    }

    /// Shows several findings. Fast when they are in the order of the file.
    public func text(_ diagnostics: [Diagnostic], source: [UInt8]) -> String {
        let text = convertedToUTF8(source)
        var cursor = SourceCursor(), result = ""
        for diagnostic in diagnostics {
            cursor.move(toLine: diagnostic.location.line, column: diagnostic.location.column, in: text)
            result += header(diagnostic)
            if !diagnostic.isSensitive {
                result += excerpt(diagnostic, SourceExcerpt(of: text, at: cursor, length: diagnostic.length))
            }
            if let message = diagnostic.codebuildMessage {
                result += "\(paint("codebuild:", .bold)) \(escaped(message))\n"
            }
            if let help = diagnostic.help { result += "\(paint("help:", .bold)) \(escaped(help))\n" }
        }
        return result
    }

    /// Shows a finding without its line, for a file whose text must not be shown.
    public func textWithoutSource(_ diagnostic: Diagnostic) -> String {
        header(diagnostic) + (diagnostic.help.map { "\(paint("help:", .bold)) \(escaped($0))\n" } ?? "")
    }

    private func header(_ diagnostic: Diagnostic) -> String {
        let place = escaped(diagnostic.location.description)
        let severity = paint("\(diagnostic.severity.rawValue):", paint(of: diagnostic))
        return "\(paint(place + ":", .bold)) \(severity) \(escaped(diagnostic.message)) [\(diagnostic.code)]\n"
    }

    private func excerpt(_ diagnostic: Diagnostic, _ excerpt: SourceExcerpt) -> String {
        let number = String(diagnostic.location.line), gutter = String(repeating: " ", count: number.count)
        let carets = String(repeating: "^", count: excerpt.caretWidth)
        let blanks = String(repeating: " ", count: excerpt.widthBefore)
        return """
            \(number) | \(excerpt.line)
            \(gutter) | \(blanks)\(paint(carets, paint(of: diagnostic)))

            """
    }

    // MARK: Colour

    private enum Paint: String {
        case bold = "1"
        case red = "31"
        case yellow = "33"
    }

    private func paint(of diagnostic: Diagnostic) -> Paint {
        switch diagnostic.severity {
        case .error: .red
        case .warning: .yellow
        case .note: .bold
        }
    }

    private func paint(_ text: String, _ paint: Paint) -> String {
        color ? "\u{1b}[\(paint.rawValue)m\(text)\u{1b}[0m" : text
    }
}

/// A place in a text that moves forward from finding to finding.
private struct SourceCursor {
    /// The 1-based line and column of the place; columns count scalars.
    private var line = 1
    private var column = 1
    /// The byte offset at which the line begins.
    private(set) var lineStart = 0
    private(set) var offset = 0
    private var isAtStart = true

    mutating func move(toLine line: Int, column: Int, in text: [UInt8]) {
        if isAtStart || (line, column) < (self.line, self.column) {
            self = SourceCursor()
            isAtStart = false
            lineStart = text.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
            offset = lineStart
        }
        text.withUnsafeBufferPointer { text in
            while self.line < line, offset < text.count {
                let isEnd = text[offset].isLineEnd && !text.isPairStart(at: offset)
                offset += 1
                guard isEnd else { continue }
                self.line += 1
                self.column = 1
                lineStart = offset
            }
            while self.line == line, self.column < column, offset < text.count, !text[offset].isLineEnd {
                offset += 1
                while offset < text.count, text[offset] & 0xc0 == 0x80 { offset += 1 }
                self.column += 1
            }
        }
    }
}

/// The part of a line around a place, safe to show, with the position of the carets.
private struct SourceExcerpt {
    /// The maximum number of terminal cells of a line, and of those before the place.
    private static let width = 110
    private static let widthBefore = 70

    private(set) var line = ""
    /// The number of terminal cells before the carets.
    private(set) var widthBefore = 0
    private(set) var caretWidth = 1

    init(of text: [UInt8], at cursor: SourceCursor, length: Int) {
        text.withUnsafeBufferPointer { text in
            // Each shown character has at least one byte, so this many bytes are enough.
            let isCut = cursor.offset - cursor.lineStart > Self.widthBefore
            var start = isCut ? cursor.offset - Self.widthBefore : cursor.lineStart
            while start < cursor.offset, start > cursor.lineStart, text[start] & 0xc0 == 0x80 { start += 1 }
            if isCut { line = "…" }
            var pieces = ShownText(text, from: start, to: cursor.offset)
            while let piece = pieces.nextRun(upTo: .max) ?? pieces.next() {
                line += piece.text; widthBefore += piece.width
            }
            widthBefore += isCut ? 1 : 0
            addRest(of: text, from: cursor.offset, length: length)
        }
    }

    private mutating func addRest(of text: UnsafeBufferPointer<UInt8>, from start: Int, length: Int) {
        var width = 0, carets = 0, count = 0
        var pieces = ShownText(text, from: start, to: text.count)
        while let piece = pieces.nextRun(upTo: Self.width - widthBefore - width) ?? pieces.next() {
            guard widthBefore + width + piece.width <= Self.width else {
                line += "…"
                break
            }
            line += piece.text
            // Of a run the first characters, one cell each, may be the last ones that are meant.
            if count < length { carets = width + min(piece.width, piece.count == 1 ? piece.width : length - count) }
            width += piece.width
            count += piece.count
        }
        caretWidth = max(1, carets)
    }
}

/// The characters of one line, each in a form that is safe to show, with its width in cells.
private struct ShownText {
    private let text: UnsafeBufferPointer<UInt8>
    private var offset: Int
    private let end: Int

    init(_ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) {
        self.text = text
        offset = start
        self.end = end
    }

    /// The printable characters of ASCII that come next, all at once; `nil` where there is none or no room for one.
    mutating func nextRun(upTo limit: Int) -> (text: String, width: Int, count: Int)? {
        let start = offset
        while offset < end, offset - start < limit, 0x20...0x7e ~= text[offset] { offset += 1 }
        guard offset > start else { return nil }
        return (String(decoding: text[start..<offset], as: UTF8.self), offset - start, offset - start)
    }

    mutating func next() -> (text: String, width: Int, count: Int)? {
        guard offset < end, !text[offset].isLineEnd else { return nil }
        var after = offset + 1
        while after < end, after - offset < 4, text[after] & 0xc0 == 0x80 { after += 1 }
        let bytes = text[offset..<after]
        guard let character = String(validating: bytes, as: UTF8.self), let scalar = character.unicodeScalars.first
        else {
            let byte = text[offset]
            offset += 1
            return ("\\x" + hex(UInt32(byte)), 4, 1)
        }
        offset = after
        if scalar == "\t" { return ("    ", 4, 1) }
        guard !scalar.needsEscape else { return (scalar.escape, scalar.escape.count, 1) }
        return (character, scalar.cellWidth, 1)
    }
}

/// A text with its control characters escaped, safe for one line of a terminal.
private func escaped(_ text: String) -> String {
    // Unicode's tables are slow to ask, and of ASCII only the control characters are special.
    guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7f }) else { return text }
    guard text.unicodeScalars.contains(where: \.needsEscape) else { return text }
    return text.unicodeScalars.map { $0.needsEscape ? $0.escape : String($0) }.joined()
}

private func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return digits.count < 2 ? "0" + digits : digits
}

extension Unicode.Scalar {
    /// Whether showing the scalar could move the cursor, colour the terminal or change the direction of the text.
    fileprivate var needsEscape: Bool {
        if value < 0x7f { return value < 0x20 }
        return switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
        case .format: value != 0x200d  // joins emoji
        default: false
        }
    }

    fileprivate var escape: String {
        switch self {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: value < 0x80 ? "\\x" + hex(value) : "\\u{\(hex(value))}"
        }
    }

    /// The width in terminal cells: 0 for combining marks, 2 for East Asian wide characters and emoji.
    fileprivate var cellWidth: Int {
        if value < 0x300 { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if properties.isEmojiPresentation { return 2 }
        switch value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }
}

extension UInt8 {
    fileprivate var isLineEnd: Bool { self == 0x0a || self == 0x0d }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether a CR is followed by an LF, so that the line ends at the LF.
    fileprivate func isPairStart(at offset: Int) -> Bool {
        self[offset] == 0x0d && offset + 1 < count && self[offset + 1] == 0x0a
    }
}
