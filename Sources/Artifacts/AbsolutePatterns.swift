internal import Files

extension ArtifactPatterns {
    /// Separates the absolute patterns that lie outside of every base directory.
    ///
    /// [inferred] CodeBuild matches such a pattern where it says, and stores each file by its path without the leading `/`:
    /// public buildspecs in production name `/tmp/…` and `/root/…` in `files` and use what comes of it. Everything that
    /// follows from this is decided here: the patterns count as ones of the base directory `/`, and exclusions reach their
    /// files only when they are absolute, too.
    ///
    /// - Parameter bases: the absolute paths of the base directories.
    /// - Returns: the patterns for the base directories, and those for `/`; `nil` when there are none.
    public func separated(bases: [String]) -> (inside: ArtifactPatterns, outside: ArtifactPatterns?) {
        let isOutside = { (pattern: String) in
            pattern.hasPrefix("/") && bases.allSatisfy { Selecting.relativePattern(pattern, base: $0) == nil }
        }
        var inside = self, outside = self
        inside.files = files.filter { !isOutside($0) }
        outside.files = files.filter(isOutside)
        outside.excludePaths = excludePaths.filter { $0.hasPrefix("/") }
        return (inside, outside.files.isEmpty ? nil : outside)
    }

    /// A place of the container that has to be looked at to know what absolute patterns match.
    public enum Place: Sendable, Hashable {
        /// The pattern names a single path.
        case path(String)
        /// The pattern has wildcards, and its matches lie below this folder.
        case folder(String)
    }

    /// The places that the absolute patterns of ``files`` lead to.
    ///
    /// A wildcard at the top would mean the whole container, and the kernel's own folders have no end: such patterns match
    /// nothing.
    public var places: [Place] {
        var places: [Place] = []
        for pattern in files where pattern.hasPrefix("/") {
            guard let relative = Selecting.relativePattern(pattern, base: "/") else { continue }
            let parts = relative.split(separator: "/")
            let fixed = parts.prefix { !Glob(String($0)).hasWildcard }
            guard let first = fixed.first, !["proc", "sys", "dev"].contains(first) else { continue }
            let path = "/" + fixed.joined(separator: "/")
            let place: Place = fixed.count == parts.count ? .path(path) : .folder(path)
            if !places.contains(place) { places.append(place) }
        }
        return places
    }
}
