/// Names for temporary things, of which no two are alike: not in one process, not in two, not on two machines that share
/// a folder.
public enum UniqueName {
    /// Makes a name of letters, digits and a hyphen that begins with this process's id, for the sake of whoever finds it.
    ///
    /// The id alone would not do: a process may run several builds, and a later process may be given the same id.
    public static func make() -> String { "\(getpid())-\(random(byteCount: 8))" }

    /// Whether the process that made a name is no more; `false` for a name that was not made here.
    ///
    /// Another process may have got its number, so a `false` says little; only a `true` can be built on.
    public static func isAbandoned(_ name: String) -> Bool {
        guard let process = name.split(separator: "-").first.flatMap({ pid_t($0) }), process > 0 else { return false }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    /// Makes a name by chance alone: two hexadecimal digits for each byte.
    public static func random(byteCount: Int) -> String {
        hexadecimal((0..<byteCount).map { _ in UInt8.random(in: .min ... .max) })
    }
}
