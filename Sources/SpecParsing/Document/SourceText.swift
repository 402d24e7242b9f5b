/// The text of a file, with tables that convert byte offsets and scalar indices to lines and columns.
///
/// libyaml counts Unicode scalars from the start of the text, without a byte-order mark, and takes NEL, LS and PS for
/// line ends, which editors do not. So places are kept as scalar indices, and converted to lines here.
struct SourceText: Sendable {
    let file: String
    /// The text as UTF-8; a file in UTF-16 is converted. Bytes that are not UTF-8 stay as they are.
    let utf8: [UInt8]
    /// The byte offsets at which lines begin.
    private let lineBytes: ContiguousArray<UInt32>
    /// The scalar indices at which lines begin; empty when the text is ASCII, where they follow from ``lineBytes``.
    private let lineScalars: ContiguousArray<UInt32>
    /// The byte offset of every 4096th scalar, so that long lines can be searched quickly; empty when the text is
    /// ASCII.
    private let milestones: ContiguousArray<UInt32>
    private static let milestoneDistance = 4096
    let scalarCount: Int
    private let markLength: Int

    /// Scans the bytes of a file.
    ///
    /// - Parameter bytes: less than 4 GiB of UTF-8, or of UTF-16 with a byte-order mark.
    init(_ bytes: [UInt8], file: String) {
        self.file = file
        utf8 = Self.utf8(bytes)
        markLength = utf8.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        (lineBytes, lineScalars, scalarCount) = utf8.withUnsafeBufferPointer { [markLength] in
            Self.lines(of: $0, from: markLength)
        }
        milestones = lineScalars.isEmpty ? [] : Self.milestones(of: utf8[markLength...])
    }

    /// A range of the text's scalars, with the text itself.
    subscript(scalars: Range<Int>) -> SourceRange { SourceRange(source: self, scalars: scalars) }

    /// The place of a scalar. An index after the last line end gives the end of the last line.
    func location(ofScalar index: Int) -> SourceLocation {
        let (line, column) = place(ofScalar: index)
        return SourceLocation(file: file, line: line + 1, column: column + 1)
    }

    /// The number of columns that `range` covers on its first line, without trailing blanks.
    func length(ofScalars range: Range<Int>) -> Int {
        let (line, column) = place(ofScalar: range.lowerBound)
        let start = scalarStart(ofLine: line) + column
        let end = contentEnd(ofLine: line)
        guard range.upperBound > end else { return max(1, range.upperBound - start) }
        var lastByte = byteEnd(ofLine: line) - 1, length = end - start
        while length > 1, utf8[lastByte] == UInt8(ascii: " ") || utf8[lastByte] == UInt8(ascii: "\t") {
            lastByte -= 1
            length -= 1
        }
        return max(1, length)
    }

    /// The text of a range of scalars, as it stands in the file.
    func text(ofScalars range: Range<Int>) -> String {
        let start = byteOffset(ofScalar: range.lowerBound), end = byteOffset(ofScalar: range.upperBound)
        return String(decoding: utf8[start..<max(start, end)], as: UTF8.self)
    }

    /// The scalar at an index; `nil` after the end of the text.
    func scalar(at index: Int) -> Unicode.Scalar? {
        text(ofScalars: index..<index + 1).unicodeScalars.first
    }

    /// The index of the scalar that contains the byte at `offset` of ``utf8``.
    func scalarIndex(ofByte offset: Int) -> Int {
        let end = min(offset + 1, utf8.count)
        guard end > markLength else { return 0 }
        return max(0, Self.scalarCount(utf8[markLength..<end]) - 1)
    }

    // MARK: By bytes

    /// The offset in ``utf8`` at which a scalar begins.
    func byteOffset(ofScalar index: Int) -> Int {
        let line = lastLine(startingAtOrBefore: index)
        var offset = Int(lineBytes[line]), left = index - scalarStart(ofLine: line)
        if lineScalars.isEmpty { return min(offset + max(0, left), utf8.count) }
        let milestone = min(index / Self.milestoneDistance, milestones.count - 1)
        if milestone >= 0, milestones[milestone] > offset {
            offset = Int(milestones[milestone])
            left = index - milestone * Self.milestoneDistance
        }
        while left > 0, offset < utf8.count {
            offset += 1
            while offset < utf8.count, utf8[offset].isContinuation { offset += 1 }
            left -= 1
        }
        return offset
    }

    /// The place of the scalar that begins at `offset` of ``utf8``.
    func location(ofByte offset: Int) -> SourceLocation {
        location(ofScalar: scalarIndex(atByte: offset))
    }

    /// The number of columns that `range` of ``utf8`` covers on its first line.
    func length(ofBytes range: Range<Int>) -> Int {
        length(ofScalars: scalarIndex(atByte: range.lowerBound)..<scalarIndex(atByte: range.upperBound))
    }

    private func scalarIndex(atByte offset: Int) -> Int {
        guard !lineScalars.isEmpty else { return max(0, offset - markLength) }
        let line = line(ofByte: offset), start = Int(lineBytes[line])
        return scalarStart(ofLine: line) + Self.scalarCount(utf8[start..<max(start, min(offset, utf8.count))])
    }

    /// The 0-based line of a byte. A line end belongs to the line it ends.
    func line(ofByte offset: Int) -> Int {
        var low = 0, high = lineBytes.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(lineBytes[middle]) <= offset { low = middle } else { high = middle }
        }
        return low
    }

    // MARK: Lines, 0-based

    private func place(ofScalar index: Int) -> (line: Int, column: Int) {
        var line = lastLine(startingAtOrBefore: index)
        if line > 0, index >= scalarCount, scalarStart(ofLine: line) == scalarCount { line -= 1 }
        return (line, max(0, min(index, contentEnd(ofLine: line)) - scalarStart(ofLine: line)))
    }

    private func lastLine(startingAtOrBefore index: Int) -> Int {
        var low = 0, high = lineBytes.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if scalarStart(ofLine: middle) <= index { low = middle } else { high = middle }
        }
        return low
    }

    private func scalarStart(ofLine line: Int) -> Int {
        lineScalars.isEmpty ? Int(lineBytes[line]) - markLength : Int(lineScalars[line])
    }

    private func contentEnd(ofLine line: Int) -> Int {
        guard line + 1 < lineBytes.count else { return scalarCount }
        return scalarStart(ofLine: line + 1) - (Int(lineBytes[line + 1]) - byteEnd(ofLine: line))
    }

    /// The byte offset at which a line's text ends, before its line end.
    private func byteEnd(ofLine line: Int) -> Int {
        guard line + 1 < lineBytes.count else { return utf8.count }
        let next = Int(lineBytes[line + 1])
        let isPair = next - 2 >= lineBytes[line] && utf8[next - 1] == 0x0a && utf8[next - 2] == 0x0d
        return next - (isPair ? 2 : 1)
    }

    // MARK: Scanning the bytes once

    private static func lines(
        of bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> (bytes: ContiguousArray<UInt32>, scalars: ContiguousArray<UInt32>, count: Int) {
        var lineBytes: ContiguousArray<UInt32> = [UInt32(start)], lineScalars: ContiguousArray<UInt32> = []
        lineBytes.reserveCapacity(bytes.count / 32 + 1)
        var scalars = 0, index = start, isASCII = true
        while index < bytes.count {
            let plain = plainLength(of: bytes, from: index)
            index += plain
            scalars += plain
            guard index < bytes.count else { break }
            let byte = bytes[index]
            index += 1
            if byte >= 0x80, isASCII {
                isASCII = false
                lineScalars.reserveCapacity(lineBytes.capacity)
                for line in lineBytes { lineScalars.append(line - UInt32(start)) }
            }
            if !byte.isContinuation { scalars += 1 }
            guard byte == 0x0a || byte == 0x0d && (index == bytes.count || bytes[index] != 0x0a) else { continue }
            lineBytes.append(UInt32(index))
            if !isASCII { lineScalars.append(UInt32(scalars)) }
        }
        return (lineBytes, lineScalars, scalars)
    }

    /// The number of bytes from `start` that are ASCII and end no line. Looks at eight bytes at a time, so it may count
    /// too few.
    private static func plainLength(of bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101, high = ones << 7
        /// Sets the high bit of each zero byte; bits after the first one may be wrong.
        func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & high }
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = word & high | zeros(word ^ ones &* 0x0a) | zeros(word ^ ones &* 0x0d)
            guard found == 0 else { return index - start + found.trailingZeroBitCount / 8 }
            index += 8
        }
        return index - start
    }

    private static func milestones(of bytes: ArraySlice<UInt8>) -> ContiguousArray<UInt32> {
        var milestones: ContiguousArray<UInt32> = [], left = 0
        for index in bytes.indices where !bytes[index].isContinuation {
            if left == 0 {
                milestones.append(UInt32(index))
                left = milestoneDistance
            }
            left -= 1
        }
        return milestones
    }

    private static func scalarCount(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.count { !$0.isContinuation }
    }

    /// Whether the file begins with a UTF-16 byte-order mark. libyaml takes files without one for UTF-8.
    static func isUTF16(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
    }

    /// Converts a text that begins with a UTF-16 byte-order mark to UTF-8, with U+FFFD for unpaired surrogates.
    static func utf8(_ bytes: [UInt8]) -> [UInt8] {
        guard isUTF16(bytes) else { return bytes }
        let isLittle = bytes[0] == 0xff
        let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index -> UInt16 in
            let first = UInt16(bytes[index]), second = UInt16(bytes[index + 1])
            return isLittle ? second << 8 | first : first << 8 | second
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }
}

/// A range of a text's scalars.
struct SourceRange {
    let source: SourceText
    let scalars: Range<Int>
}

extension UInt8 {
    /// Whether the byte continues a scalar of UTF-8.
    fileprivate var isContinuation: Bool { self & 0xc0 == 0x80 }
}
