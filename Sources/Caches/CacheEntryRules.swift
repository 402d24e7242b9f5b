internal import Files
internal import Archives

/// Decides which entries may be in a cache, for saving and restoring alike. No file is touched here.
///
/// Paths are the cache's own (``PathMap``). The rules: CODEBUILD.md 7 (nothing outside the declared paths), DESIGN 5
/// (nothing hostile), and that nothing is ever written through a link of the archive's own making.
struct CacheEntryRules {
    enum Verdict: Equatable {
        case take(ArchiveEntry)
        /// The entry is left out, and the user is told why.
        case skip(SkippedEntry.Reason)
        /// The entry is no part of the cache, and nobody is told.
        case ignore
        /// The folder is taken only when something in it is.
        case holdBack(ArchiveEntry)
    }

    private let roots: [[UInt8]]
    private let selection: CacheSelection?
    /// From the name of a file that is not selected to the selected name that its content is kept under.
    private let renames: [[UInt8]: [UInt8]]
    /// The names that can be targets of hard links.
    private var files: Set<[UInt8]> = []
    private var links: Set<[UInt8]> = []
    /// Files that are not selected.
    private var passed: Set<[UInt8]> = []

    /// From each unselected name whose content a selected hard link needs to the first such link.
    private(set) var neededRenames: [[UInt8]: [UInt8]] = [:]
    /// Patterns that matched folders without taking them, as they were written.
    private(set) var shallowPatterns: Set<String> = []

    /// - Parameters:
    ///   - roots: the declared paths' base directories, as paths of the cache.
    ///   - selection: what is taken of them; `nil` for all.
    ///   - renames: the ``neededRenames`` that were found when the same archive was read before.
    init(roots: [[UInt8]], selection: CacheSelection? = nil, renames: [[UInt8]: [UInt8]] = [:]) {
        self.roots = roots
        self.selection = selection.flatMap { $0.isTreesOnly ? nil : $0 }
        self.renames = renames
    }

    /// - Parameter rename: from the archive's names to the cache's; for a restore it changes nothing.
    mutating func judge(_ entry: ArchiveEntry, rename: ([UInt8]) -> [UInt8] = { $0 }) -> Verdict {
        var entry = entry
        switch RelativePath.normalized(entry.path) {
        case .failure(let flaw): return .skip(SkippedEntry.Reason(flaw))
        case .success(let path): entry.path = rename(path)
        }
        guard isInside(entry.path) else {
            let isAbove = entry.kind == .directory && roots.contains { RelativePath.isBelowOrEqual($0, entry.path) }
            return isAbove ? .ignore : .skip(.outsideDeclaredPaths)
        }
        if leadsThroughLink(entry.path) { return .skip(.throughLink) }
        if let verdict = unselected(&entry) { return verdict }
        switch entry.kind {
        case .other(let name): return .skip(.special(name))
        case .directory: break
        case .file: files.insert(entry.path)
        case .symbolicLink:
            links.insert(entry.path)
            files.remove(entry.path)
        case .hardLink(let target):
            switch RelativePath.normalized(target) {
            case .failure: return .skip(.linkTargetOutside)
            case .success(let path):
                let name = rename(path), target = renames[name] ?? name
                if target == entry.path { return .ignore }
                guard isInside(target) else { return .skip(.linkTargetOutside) }
                if links.contains(target) {
                    links.insert(entry.path)
                } else if files.contains(target) {
                    files.insert(entry.path)
                } else if passed.contains(target) {
                    if neededRenames[target] == nil { neededRenames[target] = entry.path }
                    return .ignore
                } else {
                    return .skip(.linkTargetMissing)
                }
                entry.kind = .hardLink(target: target)
            }
        }
        return .take(entry)
    }

    /// - Returns: `nil` for an entry that is selected; one whose content belongs to a selected name gets that.
    private mutating func unselected(_ entry: inout ArchiveEntry) -> Verdict? {
        guard let selection else { return nil }
        let isFolder = entry.kind == .directory
        let verdict = selection.judge(entry.path, isFolder: isFolder)
        if verdict == .take { return nil }
        if case .leaveFolder(let pattern) = verdict { shallowPatterns.insert(pattern) }
        if isFolder { return .holdBack(entry) }
        switch entry.kind {
        case .file, .symbolicLink:
            guard let name = renames[entry.path] else {
                passed.insert(entry.path)
                return .ignore
            }
            entry.path = name
            return nil
        case .directory, .hardLink, .other: return .ignore
        }
    }

    private func leadsThroughLink(_ path: [UInt8]) -> Bool {
        !links.isEmpty
            && (links.contains(path) || RelativePath.ancestors(of: path).contains { links.contains($0) })
    }

    private func isInside(_ path: [UInt8]) -> Bool {
        !path.isEmpty && roots.contains { RelativePath.isBelowOrEqual(path, $0) }
    }
}
