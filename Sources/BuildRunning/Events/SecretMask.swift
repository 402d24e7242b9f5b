internal import SpecParsing

/// The forms of a secret that are hidden in a build's log.
public enum MaskRule: String, Sendable, Codable, CaseIterable {
    /// The value, its lines, and both in base64, with the escapes of URLs, JSON and XML, and as shells quote them
    /// (``SecretForms``).
    case all
    /// The value to the letter, as the service does it (CODEBUILD-2026 F.1).
    case exact
}

/// Replaces secrets by `***` in a stream of bytes, in all forms of a ``MaskRule``, and ids of AWS access keys.
///
/// Only what may be the beginning of a secret is held back, and any chunking of the stream gives the same bytes. Of
/// several secrets that begin at one place the longest counts. A secret of several lines is hidden whole and line by
/// line, without the blanks around a line. Values and lines of fewer than ``minimumLength`` bytes are not hidden: they
/// would take every `1` out of the log and hide nothing.
struct SecretMask: Sendable {
    /// The length in bytes from which on a text is hidden.
    static let minimumLength = SecretTable.minimumLength
    static let replacement = Array("***".utf8)

    private let rule: MaskRule
    /// The values, and what of them is hidden by itself.
    private var plain: Set<[UInt8]> = []
    private var table = SecretTable([])
    /// The number of held bytes that may be shown while nothing more comes: too few to give a secret away.
    private var idleLimit = 0
    /// What may be the beginning of a secret, of which the first ``shownCount`` bytes have been shown already.
    private var held: [UInt8] = []
    private var shownCount = 0
    /// The byte before ``held``; `nil` at the beginning of a stream.
    private var previous: UInt8?

    init(_ secrets: some Sequence<SecretText>, rule: MaskRule = .all) {
        self.rule = rule
        add(secrets)
    }

    /// Hides further secrets from here on.
    mutating func add(_ secrets: some Sequence<SecretText>) {
        for secret in secrets { plain.formUnion(Self.parts(of: Array(secret.revealed().utf8), rule)) }
        idleLimit = min(3, (plain.map(\.count).min() ?? AccessKeyID.length) / 4)
        table = SecretTable(
            rule == .exact ? plain : plain.reduce(into: plain) { $0.formUnion(SecretForms.all(of: $1)) })
    }

    /// Whether a value is too short to be hidden, and not empty.
    static func isTooShort(_ secret: SecretText) -> Bool {
        let bytes = Array(secret.revealed().utf8)
        return !bytes.isEmpty && parts(of: bytes, .all).isEmpty
    }

    /// The texts to hide for a secret: the secret without line ends around it, and its lines.
    private static func parts(of secret: [UInt8], _ rule: MaskRule) -> [[UInt8]] {
        let lines = secret.split(separator: 0x0a)
        let whole = secret.trimmed { $0 == 0x0a || $0 == 0x0d }
        // A line may be printed with another indentation than the secret has.
        let own = lines.count > 1 && rule == .all ? lines.map { Array($0).trimmed { $0 <= 0x20 } } : []
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
    mutating func finish() -> [UInt8] {
        defer { previous = nil }
        return held.isEmpty ? [] : scan(held, isLast: true)
    }

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
        var text = text
        mask(&text)
        return text
    }

    /// Masks a text that may be absent, in its place.
    func mask(_ text: inout String?) {
        if var found = text.take() {
            mask(&found)
            text = found
        }
    }

    /// Masks a text that is no part of the stream, in its place. One that no secret can be in is only looked at.
    func mask(_ text: inout String) {
        guard text.withUTF8({ table.candidate(in: $0, from: 0) }) != nil else { return }
        var mask = self
        mask.held = []
        mask.shownCount = 0
        mask.previous = nil
        let bytes = Array(text.utf8)
        let shown = mask.scan(bytes, isLast: true)
        if shown != bytes { text = String(decoding: shown, as: UTF8.self) }
    }

    private mutating func scan(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
        var output: [UInt8] = []
        var place = 0, textStart = shownCount
        func show(upTo end: Int) { if end > textStart { output += bytes[textStart..<end] } }
        held = []
        shownCount = 0
        while let found = table.candidate(in: bytes, from: place) {
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
                if found > 0 { previous = bytes[found - 1] }
                return output
            }
        }
        if let last = bytes.last { previous = last }
        if output.isEmpty, textStart == 0 { return bytes }
        show(upTo: bytes.count)
        return output
    }

    /// Looks which secret the bytes from a place on are: of a text and an id the longer one.
    private func match(in bytes: [UInt8], at start: Int, isLast: Bool) -> SecretTable.Match {
        let text = table.match(in: bytes, at: start, isLast: isLast)
        let id = AccessKeyID.match(
            in: bytes, at: start, after: start > 0 ? bytes[start - 1] : previous, isLast: isLast)
        switch (text, id) {
        case (.perhaps, _), (_, .perhaps): return .perhaps
        case (.yes(let length), .yes(let other)): return .yes(length: max(length, other))
        case (.no, let match), (let match, .no): return match
        }
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
