/// The comments of a file that silence warnings: `# buildspec:ignore CODE, CODE`.
///
/// Such a comment applies to its own line or, on a line of its own, to the next line that is neither a comment nor
/// blank. libyaml drops comments, so they are searched in the source, including block scalars, whose lines are shell
/// text.
struct IgnoreComments: Sendable {
    private var codesByLine: [Int: Set<String>] = [:]
    /// The warnings about the ignore comments themselves.
    private(set) var findings: [Diagnostic] = []
    /// The last comment on a line of its own: the bytes from which it applies, and the 1-based line it applies to.
    private var target: (comments: Range<Int>, line: Int) = (0..<0, 0)

    /// The maximum number of warnings about the ignore comments of one file.
    private static let findingLimit = 50

    init() {}

    init(in document: SpecDocument) {
        let source = document.source
        var quoted: [Range<Int>]?
        source.utf8.withUnsafeBufferPointer { bytes in
            var offset = 0
            while let word = bytes.firstRange(of: "buildspec:ignore", from: offset) {
                offset = word.upperBound
                guard word.upperBound == bytes.count || bytes[word.upperBound].isBlank,
                    let hash = Self.hash(before: word.lowerBound, in: bytes)
                else { continue }
                quoted = quoted ?? document.quotedBytes
                guard !Self.isInside(quoted ?? [], hash) else { continue }
                add(Comment(hash: hash, wordEnd: word.upperBound, bytes: bytes), source)
            }
        }
    }

    /// Removes the warnings that a comment silences. Errors cannot be silenced.
    func filtered(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        guard !codesByLine.isEmpty else { return diagnostics }
        return diagnostics.filter { diagnostic in
            diagnostic.severity == .error
                || codesByLine[diagnostic.location.line]?.contains(diagnostic.code) != true
        }
    }

    /// Whether a comment silences warnings of a code at a place.
    func silences(_ code: FindingCode, at place: FindingPlace) -> Bool {
        !codesByLine.isEmpty && codesByLine[place.location.line]?.contains(code.rawValue) == true
    }

    /// Whether an offset lies in one of the ranges, which are sorted.
    ///
    /// - Parameter ranges: the ranges in ascending order.
    private static func isInside(_ ranges: [Range<Int>], _ offset: Int) -> Bool {
        var low = 0, high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(offset)
    }

    private struct Comment {
        let hash: Int
        let wordEnd: Int
        let bytes: UnsafeBufferPointer<UInt8>
    }

    /// The offset of the `#` of the comment that begins with `word`; `nil` when there is no such comment.
    private static func hash(before word: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var offset = word
        while offset > 0, bytes[offset - 1] == " " || bytes[offset - 1] == "\t" { offset -= 1 }
        guard offset > 0, bytes[offset - 1] == "#" else { return nil }
        let hash = offset - 1
        return hash == 0 || bytes[hash - 1].isBlank ? hash : nil
    }

    private mutating func add(_ comment: Comment, _ source: SourceText) {
        let bytes = comment.bytes, line = lineMeant(comment, source)
        var offset = comment.wordEnd, isNextDue = true, hasCode = false
        while isNextDue {
            while offset < bytes.count, bytes[offset] == " " || bytes[offset] == "\t" { offset += 1 }
            let start = offset
            while offset < bytes.count, Self.isCodeByte(bytes[offset]) { offset += 1 }
            guard offset > start else { break }
            hasCode = true
            let code = String(decoding: bytes[start..<offset], as: UTF8.self)
            if FindingCode(rawValue: code) == nil, findings.count < Self.findingLimit {
                noteUnknown(code, at: start..<offset, in: source)
            }
            codesByLine[line, default: []].insert(code)
            isNextDue = offset < bytes.count && bytes[offset] == ","
            offset += 1
        }
        guard !hasCode, findings.count < Self.findingLimit else { return }
        note(
            "`buildspec:ignore` names no code: it silences nothing", at: comment.hash..<comment.wordEnd, in: source,
            help: "write the code that stands in brackets behind the finding")
    }

    private static func isCodeByte(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == "-" || byte == "_"
    }

    private mutating func noteUnknown(_ code: String, at range: Range<Int>, in source: SourceText) {
        let near = nearName(to: code, among: FindingCode.allCases.map(\.rawValue))
        note(
            "`buildspec:ignore` names \(quoted(code)), which is no code of a finding", at: range, in: source,
            help: near.map { "did you mean `\($0)`?" } ?? "write the code that stands in brackets behind the finding")
    }

    private mutating func note(_ message: String, at range: Range<Int>, in source: SourceText, help: String) {
        findings.append(
            Diagnostic(
                severity: .warning, code: FindingCode.unknownIgnore.rawValue, message: message,
                location: source.location(ofByte: range.lowerBound), length: source.length(ofBytes: range), help: help))
    }

    /// The 1-based line that a comment applies to.
    private mutating func lineMeant(_ comment: Comment, _ source: SourceText) -> Int {
        let bytes = comment.bytes, line = source.line(ofByte: comment.hash)
        var start = comment.hash
        while start > 0, bytes[start - 1] == " " || bytes[start - 1] == "\t" { start -= 1 }
        guard start == 0 || bytes[start - 1] == "\n" || bytes[start - 1] == "\r" else { return line + 1 }
        if target.comments.contains(comment.hash) { return target.line }
        var offset = comment.hash
        while offset < bytes.count {
            while offset < bytes.count, bytes[offset] != "\n", bytes[offset] != "\r" { offset += 1 }
            while offset < bytes.count, bytes[offset].isBlank { offset += 1 }
            if offset < bytes.count, bytes[offset] != "#" { break }
        }
        let meant = offset < bytes.count ? source.line(ofByte: offset) + 1 : line + 1
        target = (comment.hash..<offset, meant)
        return meant
    }
}

extension SpecDocument {
    /// The byte ranges of quoted scalars, in which a `#` begins no comment.
    fileprivate var quotedBytes: [Range<Int>] {
        quotedScalars.map { source.byteOffset(ofScalar: $0.lowerBound)..<source.byteOffset(ofScalar: $0.upperBound) }
    }
}
