internal import Crypto

/// What a job and the machine that runs the batch know, and nobody else. It is never sent: both sides prove that they have it.
struct JobToken: Sendable {
    let text: String

    /// Makes a new one, of 256 bits.
    init() { text = Self.random() }

    init(_ text: String) { self.text = text }

    /// 256 bits that nobody can foresee, in hexadecimal digits.
    static func random() -> String { hexadecimal((0..<32).map { _ in UInt8.random(in: .min ... .max) }) }

    /// The proof that whoever says these words knows the token, as `mark` of swarm-job.sh makes it.
    func mark(_ words: String...) -> String {
        let text = ([text] + words + [text]).joined(separator: " ")
        return Self.hexadecimal(Array(SHA256.hash(data: Array(text.utf8))))
    }

    /// Whether two proofs are the same; it takes the same time wherever they differ.
    static func areEqual(_ one: String, _ other: String) -> Bool {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
