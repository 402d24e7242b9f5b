@testable import Files

/// Patterns of files: the input is a pattern, a NUL, and paths with NULs between.
enum GlobTarget {
    static func check(_ bytes: [UInt8]) {
        let fields = bytes.fields()
        let glob = Glob(fields[0].text)
        let reference = ReferenceGlob(glob.pattern)
        for field in fields.dropFirst().prefix(8) {
            let path = normal(field)
            guard !path.isEmpty, path != [RelativePath.slash] else { continue }
            let isMatch = glob.matches(path)
            require(
                !isMatch || path.starts(with: glob.literalPrefix.utf8), "what matches begins with the literal prefix")
            if let reference, path.count <= 200 {
                require(isMatch == reference.matches(path), "\(glob.pattern) and \(path.text): not \(isMatch)")
            }
        }
        let prefix = Array(glob.literalPrefix.utf8)
        if !glob.hasWildcard, !prefix.isEmpty {
            require(glob.matches(prefix), "a pattern without wildcards matches what it spells: \(glob.pattern)")
        }
        if glob.isWholeTree, prefix != [RelativePath.slash], !prefix.isEmpty {
            require(!glob.matches(prefix), "a tree's top is not below it")
            require(glob.matches(prefix + [RelativePath.slash, 0xff]), "what is below a tree's top matches")
        }
        let respelled = Glob(glob.pattern.hasPrefix("/") ? "/." + glob.pattern : ".//" + glob.pattern)
        if !glob.pattern.isEmpty {
            require(respelled.literalPrefix == glob.literalPrefix, "`./` in front does not count: \(glob.pattern)")
        }
    }

    /// Names joined by single slashes, as paths are handed to a pattern.
    private static func normal(_ path: [UInt8]) -> [UInt8] {
        let names = path.split(separator: RelativePath.slash)
        return (path.first == RelativePath.slash ? [RelativePath.slash] : [])
            + Array(names.joined(separator: [RelativePath.slash]))
    }
}
