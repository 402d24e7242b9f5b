extension SpecNode {
    /// The bytes of the source in which a part of a scalar's text is written; `nil` when they cannot be determined.
    ///
    /// The text has no quotes and indentation, its lines are folded and its escapes resolved, so text and source are
    /// walked in parallel. Blanks at the beginning of a line may be found a little too far to the left.
    ///
    /// - Parameter range: a range of bytes of ``text``.
    /// - Returns: the range of bytes of the source.
    func sourceBytes(ofText range: Range<Int>) -> Range<Int>? {
        guard kind == .scalar else { return nil }
        let source = document.source, scalars = self.range
        let written = source.byteOffset(ofScalar: scalars.lowerBound)..<source.byteOffset(ofScalar: scalars.upperBound)
        return source.utf8.withUnsafeBufferPointer { bytes in
            withText { text in
                var walk = ScalarWalk(source: bytes, at: written.lowerBound, end: written.upperBound, style: style)
                guard range.upperBound <= text.count, let start = walk.advance(to: range.lowerBound, in: text) else {
                    return nil
                }
                guard range.count > 0 else { return start..<start }
                guard walk.advance(to: range.upperBound - 1, in: text) != nil else { return start..<start + 1 }
                return start..<max(start + 1, walk.endOfNext(in: text))
            }
        }
    }
}

/// Walks through a scalar's text and its source in parallel.
private struct ScalarWalk {
    let source: UnsafeBufferPointer<UInt8>
    /// The offset in the source from which the next byte of the text is searched.
    var at: Int
    let end: Int
    let isDoubleQuoted: Bool
    let isSingleQuoted: Bool
    /// The offset of the next byte in the text.
    private var position = 0

    init(source: UnsafeBufferPointer<UInt8>, at start: Int, end: Int, style: SpecNode.Style) {
        self.source = source
        self.end = end
        at = start
        // Tags and anchors precede the scalar itself.
        if style != .plain {
            while at < end, source[at] == "!" || source[at] == "&" {
                while at < end, !source[at].isBlank { at += 1 }
                while at < end, source[at].isBlank { at += 1 }
            }
        }
        let first = at < end ? source[at] : 0
        isDoubleQuoted = style == .quoted && first == "\""
        isSingleQuoted = style == .quoted && first == "'"
        if style == .quoted { at += 1 }
        if style == .block {
            while at < end, source[at] != "\n", source[at] != "\r" { at += 1 }
            at += at + 1 < end && source[at] == "\r" && source[at + 1] == "\n" ? 2 : 1
        }
    }

    /// The source offset of the text's byte `offset`, which must not precede the one asked for before.
    mutating func advance(to offset: Int, in text: UnsafeBufferPointer<UInt8>) -> Int? {
        while position < offset {
            guard find(text[position]) != nil else { return nil }
            position += consume(text)
        }
        return offset < text.count ? find(text[offset]) : at
    }

    /// The source offset after the next byte of the text.
    mutating func endOfNext(in text: UnsafeBufferPointer<UInt8>) -> Int {
        position += consume(text)
        return at
    }

    private func byte(_ offset: Int) -> UInt8 { offset < end ? source[offset] : 0 }

    /// Moves to the source of `byte`, skipping indentation and folded line ends.
    private mutating func find(_ byte: UInt8) -> Int? {
        while at < end {
            let written = source[at]
            if written == byte || isDoubleQuoted && written == "\\" && !isLineContinuation { return at }
            if byte == " ", written == "\n" || written == "\r" { return at }
            guard written.isBlank || isLineContinuation else { return nil }
            at += written == "\\" ? 2 : 1
        }
        return nil
    }

    private var isLineContinuation: Bool {
        isDoubleQuoted && byte(at) == "\\" && (byte(at + 1) == "\n" || byte(at + 1) == "\r")
    }

    /// Moves past the source of the byte that was found.
    ///
    /// - Returns: the number of bytes of the text that it stands for.
    private mutating func consume(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        if isDoubleQuoted, byte(at) == "\\" {
            switch byte(at + 1) {
            case "x": at += 4
            case "u": at += 6
            case "U": at += 10
            default: at += 2
            }
            var length = 1
            while position + length < text.count, text[position + length] & 0xc0 == 0x80 { length += 1 }
            return length
        }
        if text[position] == " ", byte(at) == "\n" || byte(at) == "\r" {
            while at < end, source[at].isBlank { at += 1 }
            return 1
        }
        at += isSingleQuoted && byte(at) == "'" ? 2 : 1
        return 1
    }
}
