/// Writes what a terminal would show into a page: colours become classes, all other control characters are shown.
struct TerminalText {
    private var isBold = false, isFaint = false, isItalic = false, isUnderlined = false, isReversed = false
    /// Of the sixteen colours of a terminal.
    private var foreground: Int?, background: Int?

    private var classes: String {
        var names: [String] = []
        if isBold { names.append("b") }
        if isFaint { names.append("d") }
        if isItalic { names.append("i") }
        if isUnderlined { names.append("u") }
        if isReversed { names.append("v") }
        if let foreground { names.append("f\(foreground)") }
        if let background { names.append("g\(background)") }
        return names.joined(separator: " ")
    }

    /// Writes bytes in the style that the ones before have set.
    mutating func write(_ bytes: [UInt8], to page: inout Markup) {
        var start = 0, place = 0
        while place < bytes.count {
            if bytes[place] == 0x1b, let end = Self.endOfStyle(in: bytes, at: place) {
                flush(bytes[start..<place], to: &page)
                set(bytes[(place + 2)..<end])
                (place, start) = (end + 1, end + 1)
            } else if bytes[place] == 0x0d {
                flush(bytes[start..<place], to: &page)
                let isLineEnd = place + 1 < bytes.count && bytes[place + 1] == 0x0a
                // What a terminal would write over gets a line of its own.
                if !isLineEnd { page.text("\r\n") }
                place += 1
                start = place
            } else {
                place += 1
            }
        }
        flush(bytes[start...], to: &page)
    }

    private func flush(_ bytes: ArraySlice<UInt8>, to page: inout Markup) {
        guard !bytes.isEmpty else { return }
        let classes = classes
        if classes.isEmpty { page.text(bytes) } else { page.element("span", ["class": classes]) { $0.text(bytes) } }
    }

    /// The place of the `m` that ends the sequence of a style (SGR); `nil` where none begins.
    private static func endOfStyle(in bytes: [UInt8], at place: Int) -> Int? {
        guard place + 1 < bytes.count, bytes[place + 1] == 0x5b else { return nil }
        let end = bytes[(place + 2)...].prefix(64).firstIndex { !(0x30...0x3b).contains($0) }
        return end.flatMap { bytes[$0] == 0x6d ? $0 : nil }
    }

    private mutating func set(_ parameters: ArraySlice<UInt8>) {
        var codes = parameters.split(omittingEmptySubsequences: false) { $0 == 0x3b || $0 == 0x3a }
            .map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }[...]
        while let code = codes.popFirst() {
            switch code {
            case 0: self = TerminalText()
            case 1: isBold = true
            case 2: isFaint = true
            case 3: isItalic = true
            case 4: isUnderlined = true
            case 7: isReversed = true
            case 22: (isBold, isFaint) = (false, false)
            case 23: isItalic = false
            case 24: isUnderlined = false
            case 27: isReversed = false
            case 30...37: foreground = code - 30
            case 90...97: foreground = code - 82
            case 40...47: background = code - 40
            case 100...107: background = code - 92
            case 38: foreground = Self.color(&codes)
            case 39: foreground = nil
            case 48: background = Self.color(&codes)
            case 49: background = nil
            default: break
            }
        }
    }

    /// The nearest of the sixteen colours to one of 256 or of 16 million.
    private static func color(_ codes: inout ArraySlice<Int>) -> Int? {
        func nearest(_ parts: [Int]) -> Int {
            let isBright = (parts.max() ?? 0) > 200
            return zip(parts, [1, 2, 4]).reduce(isBright ? 8 : 0) { $0 + ($1.0 > 127 ? $1.1 : 0) }
        }
        switch codes.popFirst() {
        case 5:
            switch codes.popFirst() {
            case let code? where (0..<16).contains(code): return code
            case let code? where (16..<232).contains(code):
                let place = code - 16
                return nearest([place / 36, place / 6 % 6, place % 6].map { $0 * 51 })
            case let code? where (232..<256).contains(code): return code < 244 ? 8 : 7
            default: return nil
            }
        case 2:
            let parts = Array(codes.prefix(3))
            codes = codes.dropFirst(3)
            return parts.count == 3 ? nearest(parts) : nil
        default: return nil
        }
    }
}
