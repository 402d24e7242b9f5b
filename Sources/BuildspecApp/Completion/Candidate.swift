/// A word that a command line may go on with.
struct Candidate: Equatable, Sendable {
    let word: String
    /// What it means, in a few words; may be empty.
    let note: String

    init(_ word: String, _ note: String = "") {
        self.word = word
        self.note = note
    }

    /// Whether it can be written in a line: a name with a line end or another control character is left out.
    var isPlain: Bool { !word.isEmpty && !word.unicodeScalars.contains { Self.isControl($0) || $0 == "\u{FFFD}" } }

    /// The same with `prefix` in front of the word.
    func following(_ prefix: String) -> Candidate { Candidate(prefix + word, note) }

    /// The word, a tab and the note, as zsh and fish are told.
    var line: String {
        let text = String(String.UnicodeScalarView(note.unicodeScalars.map { Self.isControl($0) ? " " : $0 }))
        return text.isEmpty ? word : "\(word)\t\(text.prefix(Self.noteLength))"
    }

    private static let noteLength = 70

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }
}
