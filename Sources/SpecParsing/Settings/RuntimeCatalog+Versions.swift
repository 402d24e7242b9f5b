extension RuntimeCatalog.Runtime {
    /// The key that a version text means: the newest one of an alias (`latest`, `18.x`, `corretto8.x`), else the text itself.
    ///
    /// - Returns: `nil` for an alias that means none.
    public func version(meantBy text: String) -> String? {
        let keys = named.map(\.key)
        guard Self.isAlias(text), !keys.contains(text) else { return text }
        if text == "latest" { return VersionText.newest(keys) }
        let wanted = VersionText(String(text.dropLast(2)))
        return VersionText.newest(keys.filter { VersionText($0).begins(with: wanted) })
    }

    /// Whether a version stands for the newest of several: `latest`, `18.x`, `corretto8.x`.
    public static func isAlias(_ text: String) -> Bool { text == "latest" || text.hasSuffix(".x") }
}

/// A version's word and its numbers: `corretto8` is `corretto` and 8, `3.10` is 3 and 10.
struct VersionText {
    let word: Substring
    let numbers: [Int]
    /// Whether the text is the word and numbers with dots between them, and nothing else.
    let isPlain: Bool

    init(_ text: String) {
        word = text.prefix { !$0.isNumber }
        let parts = text.dropFirst(word.count).split(separator: ".", omittingEmptySubsequences: false)
        numbers = parts.map { Int($0) ?? 0 }
        isPlain = parts.allSatisfy { Int($0) != nil }
    }

    /// Whether the other one is the same version, or a coarser name of it.
    func begins(with other: VersionText) -> Bool { word == other.word && numbers.starts(with: other.numbers) }

    /// The newest of some keys. Numbers are compared, for files list the newest first or last. [inferred, CODEBUILD-2026 A.1]
    static func newest(_ keys: [String]) -> String? {
        keys.max { VersionText($0).numbers.lexicographicallyPrecedes(VersionText($1).numbers) }
    }
}
