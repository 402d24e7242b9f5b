internal import Files

/// The bounds of a source: what a repository names, by settings, links or file names, counts only within them.
///
/// A user may name any path by a flag or a variable; a repository may not, since it may be a stranger's
/// (Documentation/security.md).
struct SourceBounds: Sendable {
    /// The source's root, an absolute path.
    let root: String
    /// Whether the folder is gone after the build, with all that is written into it: that of an unpacked archive.
    var isFleeting = false

    /// Follows a path from the root as the system would, link by link.
    ///
    /// What is not there yet is taken as it is written. git's own folder is outside: a file in it can be a program that git
    /// runs.
    /// - Parameter path: relative to the root, or absolute.
    /// - Returns: the absolute path without links; `nil` when it leads outside, or through a link that leads nowhere.
    func resolve(_ path: String) -> String? {
        guard let top = Self.realPath(root) else { return nil }
        var here = top, isThere = true
        let relative = path.hasPrefix("/") ? Self.relative(path, to: root) ?? Self.relative(path, to: top) : path
        guard let relative else { return nil }
        for step in relative.split(separator: "/") where step != "." {
            guard step != ".." else {
                guard isThere, here != top, let slash = here.lastIndex(of: "/") else { return nil }
                here = String(here[..<slash])
                continue
            }
            here += "/\(step)"
            guard isThere, let status = FileStatus.at(here, followsLinks: false) else {
                isThere = false
                continue
            }
            guard status.kind == .symbolicLink else { continue }
            guard let target = Self.realPath(here), target == top || target.hasPrefix(top + "/") else { return nil }
            here = target
        }
        let steps = here.dropFirst(top.count).split(separator: "/")
        return steps.contains { $0.lowercased() == ".git" } ? nil : here
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func relative(_ path: String, to folder: String) -> String? {
        path == folder ? "." : path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : nil
    }
}
