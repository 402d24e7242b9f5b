import SpecParsing

@testable import BuildRunning

/// What a build prints: marks are found and secrets hidden in the same way however the stream is cut into chunks.
///
/// The input: a byte that decides about the cuts, up to four secrets with NULs behind them, and the stream.
enum StreamTarget {
    private static let nonce = "n1"

    static func check(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let fields = bytes.dropFirst().split(separator: 0, maxSplits: Int(first & 3), omittingEmptySubsequences: false)
            .map { Array($0) }
        let stream = fields[fields.count - 1], secrets = fields.dropLast()
        let chunks = cut(stream, seed: first)
        checkMarks(stream, chunks)
        checkMask(stream, chunks, secrets.map(\.text))
    }

    private static func cut(_ stream: [UInt8], seed: UInt8) -> [[UInt8]] {
        var chunks: [[UInt8]] = [], rest = stream[...], state = UInt32(seed) &* 2_654_435_761 | 1
        while !rest.isEmpty {
            state = state &* 1_664_525 &+ 1_013_904_223
            let chunk = rest.prefix(1 + Int(state >> 24) % 7)
            chunks.append(Array(chunk))
            rest = rest.dropFirst(chunk.count)
        }
        return chunks
    }

    // MARK: Marks

    private static func checkMarks(_ stream: [UInt8], _ chunks: [[UInt8]]) {
        let whole = marks([stream]), cut = marks(chunks)
        require(whole.text == cut.text && whole.marks == cut.marks, "any chunking finds the same marks")
    }

    /// The output, and the marks with how much output was before each.
    private static func marks(_ chunks: [[UInt8]]) -> (text: [UInt8], marks: [[Int]]) {
        var scanner = MarkScanner(nonce: nonce), text: [UInt8] = [], marks: [[Int]] = []
        for chunk in chunks {
            for piece in scanner.feed(chunk) {
                switch piece {
                case .bytes(let bytes): text += bytes
                case .mark(let order, let status): marks.append([text.count, order, status])
                }
            }
        }
        return (text + scanner.finish(), marks)
    }

    // MARK: Secrets

    private static func checkMask(_ stream: [UInt8], _ chunks: [[UInt8]], _ secrets: [String]) {
        let mask = SecretMask(secrets.map { SecretText($0) })
        let whole = masked([stream], mask), cut = masked(chunks, mask)
        require(whole == cut, "any chunking hides the same")
        for secret in secrets where !SecretMask.isTooShort(SecretText(secret)) && !secret.utf8.contains(0x2a) {
            // A secret may appear anew where another was taken out, but only across the stars.
            let bytes = Array(secret.utf8).trimmed
            require(!contains(whole, bytes), "a secret is not shown: \(secret)")
        }
        var pausing = mask
        for chunk in chunks { _ = pausing.feed(chunk) + pausing.pause() }
        _ = pausing.finish()
        let text = stream.text
        require(mask.masked(text).utf8.elementsEqual(masked([Array(text.utf8)], mask)), "a text is masked as a stream")
    }

    private static func masked(_ chunks: [[UInt8]], _ mask: SecretMask) -> [UInt8] {
        var mask = mask
        return chunks.reduce(into: []) { $0 += mask.feed($1) } + mask.finish()
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        text.count >= part.count && !part.isEmpty
            && (0...text.count - part.count).contains { text[$0...].starts(with: part) }
    }
}

extension [UInt8] {
    /// Without line ends around it: they are not part of what is hidden.
    fileprivate var trimmed: [UInt8] {
        let isEnd: (UInt8) -> Bool = { $0 == 0x0a || $0 == 0x0d }
        return Array(drop(while: isEnd).reversed().drop(while: isEnd).reversed())
    }
}
