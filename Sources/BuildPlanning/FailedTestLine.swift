/// A line of a record's `failed-tests.jsonl`: the full name of a test that has failed.
public enum FailedTestLine {
    /// Writes the line of a name, without its end.
    public static func add(_ name: String, to text: inout JSONLine) { text.add("name", name) }

    /// The key of a name, by which it is looked for among those of other builds: so many of these are kept in memory that the
    /// names themselves would be too much.
    public static func key(of name: String) -> UInt64 {
        var text = JSONLine()
        add(name, to: &text)
        text.end()
        return text.bytes.withUnsafeBytes { key(ofLine: UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
    }

    /// The key of the name that a line has: FNV-1a over its bytes.
    public static func key(ofLine line: UnsafeRawBufferPointer) -> UInt64 {
        line.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
