internal import SpecParsing

/// Replaces secrets by `***` in a stream of bytes, by exact value (CODEBUILD.md 3.8) and by the value in base64 and with the
/// escapes of URLs (``SecretForms``).
///
/// Only what may be the beginning of a secret is held back, and any chunking of the stream gives the same bytes. Of
/// several secrets that begin at one place the longest counts. A secret of several lines is hidden whole and line by
/// line, without the blanks around a line. Values and lines of fewer than ``minimumLength`` bytes are not hidden: they
/// would take every `1` out of the log and hide nothing.
struct SecretMask: Sendable {
    /// The length in bytes from which on a text is hidden.
    static let minimumLength = 3
    static let replacement = Array("***".utf8)

    /// The texts to hide, by their first byte, the longest first.
    private var patterns: [[[UInt8]]] = Array(repeating: [], count: 256)
    /// A bit for every pair of bytes that a pattern begins with. Most places that are no secret are found by this alone.
    private var pairs = [UInt64](repeating: 0, count: 1024)
    private var isFirst = [Bool](repeating: false, count: 256)
    /// The number of held bytes that may be shown while nothing more comes: too few to give a secret away.
    private let idleLimit: Int
    /// What may be the beginning of a secret, of which the first ``shownCount`` bytes have been shown already.
    private var held: [UInt8] = []
    private var shownCount = 0

    /// - Returns: `nil` when there is nothing to hide.
    init?(_ secrets: some Sequence<SecretText>) {
        let plain = Set(secrets.flatMap { Self.parts(of: Array($0.revealed().utf8)) })
        guard let shortest = plain.map(\.count).min() else { return nil }
        let texts = plain.reduce(into: plain) { $0.formUnion(SecretForms.all(of: $1)) }
        idleLimit = min(3, shortest / 4)
        for text in texts.sorted(by: { $0.count > $1.count }) {
            patterns[Int(text[0])].append(text)
            isFirst[Int(text[0])] = true
            let pair = Int(text[0]) << 8 | Int(text[1])
            pairs[pair >> 6] |= 1 << UInt64(pair & 63)
        }
    }

    /// Whether a value is too short to be hidden, and not empty.
    static func isTooShort(_ secret: SecretText) -> Bool {
        let bytes = Array(secret.revealed().utf8)
        return !bytes.isEmpty && parts(of: bytes).isEmpty
    }

    /// The texts to hide for a secret: the secret without line ends around it, and its lines.
    private static func parts(of secret: [UInt8]) -> [[UInt8]] {
        let lines = secret.split(separator: 0x0a)
        let whole = secret.trimmed { $0 == 0x0a || $0 == 0x0d }
        // A line may be printed with another indentation than the secret has.
        let own = lines.count > 1 ? lines.map { Array($0).trimmed { $0 <= 0x20 } } : []
        return ([whole] + own).filter { $0.count >= minimumLength }
    }

    /// Whether bytes are held back that have not been shown.
    var isHolding: Bool { held.count > shownCount }

    /// Adds bytes of the stream.
    ///
    /// - Returns: what can be shown of the bytes so far.
    mutating func feed(_ chunk: [UInt8]) -> [UInt8] { scan(held.isEmpty ? chunk : held + chunk, isLast: false) }

    /// Ends the stream.
    ///
    /// - Returns: what was held back.
    mutating func finish() -> [UInt8] { held.isEmpty ? [] : scan(held, isLast: true) }

    /// Shows the held bytes while their rest does not come, such as the last letters of a prompt.
    ///
    /// When the rest comes after all, it is hidden as if nothing had been shown.
    ///
    /// - Returns: what may be shown of them.
    mutating func pause() -> [UInt8] {
        guard isHolding, held.count <= idleLimit else { return [] }
        defer { shownCount = held.count }
        return Array(held[shownCount...])
    }

    /// Masks a text that is no part of the stream.
    func masked(_ text: String) -> String {
        var mask = self
        mask.held = []
        mask.shownCount = 0
        let bytes = Array(text.utf8)
        let shown = mask.scan(bytes, isLast: true)
        return shown == bytes ? text : String(decoding: shown, as: UTF8.self)
    }

    private enum Match { case yes(length: Int), no, perhaps }

    private mutating func scan(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
        var output: [UInt8] = []
        var place = 0, textStart = shownCount
        func show(upTo end: Int) { if end > textStart { output += bytes[textStart..<end] } }
        held = []
        shownCount = 0
        while let found = candidate(in: bytes, from: place) {
            switch match(in: bytes, at: found, isLast: isLast) {
            case .no: place = found + 1
            case .yes(let length):
                show(upTo: found)
                output += Self.replacement
                place = found + length
                textStart = place
            case .perhaps:
                show(upTo: found)
                held = Array(bytes[found...])
                shownCount = max(0, textStart - found)
                return output
            }
        }
        if output.isEmpty, textStart == 0 { return bytes }
        show(upTo: bytes.count)
        return output
    }

    /// The next place where a pattern could begin.
    private func candidate(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            isFirst.withUnsafeBufferPointer { isFirst in
                pairs.withUnsafeBufferPointer { pairs in
                    let last = bytes.count - 1
                    var place = start
                    while place < last {
                        if isFirst[Int(bytes[place])] {
                            let pair = Int(bytes[place]) << 8 | Int(bytes[place + 1])
                            if pairs[pair >> 6] >> UInt64(pair & 63) & 1 != 0 { return place }
                        }
                        place += 1
                    }
                    return place == last && isFirst[Int(bytes[last])] ? last : nil
                }
            }
        }
    }

    private func match(in bytes: [UInt8], at start: Int, isLast: Bool) -> Match {
        let rest = bytes.count - start
        for pattern in patterns[Int(bytes[start])] {
            let length = min(rest, pattern.count)
            let isEqual = pattern.withUnsafeBytes { pattern in
                bytes.withUnsafeBytes { bytes in
                    bytes[start..<start + length].elementsEqual(pattern[..<length])
                }
            }
            guard isEqual else { continue }
            if length == pattern.count { return .yes(length: length) }
            // A longer secret may be coming: a shorter one at this place has to wait.
            if !isLast { return .perhaps }
        }
        return .no
    }
}

extension [UInt8] {
    fileprivate func trimmed(_ isDropped: (UInt8) -> Bool) -> [UInt8] {
        guard let first = firstIndex(where: { !isDropped($0) }), let last = lastIndex(where: { !isDropped($0) }) else {
            return []
        }
        return Array(self[first...last])
    }
}
