/// Names for temporary things, of which no two are alike: not in one process, not in two, not on two machines that share
/// a folder.
public enum UniqueName {
    /// Makes a name of letters, digits and a hyphen that begins with this process's id, for the sake of whoever finds it.
    ///
    /// The id alone would not do: a process may run several builds, and a later process may be given the same id.
    public static func make() -> String { "\(getpid())-\(random(byteCount: 8))" }

    /// Makes a name by chance alone: two hexadecimal digits for each byte.
    public static func random(byteCount: Int) -> String {
        hexadecimal((0..<byteCount).map { _ in UInt8.random(in: .min ... .max) })
    }
}
