internal import Files
internal import Archives

/// Decides which entries may be in a cache, for saving and restoring alike. No file is touched here.
///
/// Paths are the cache's own (``PathMap``). The rules: CODEBUILD.md 7 (nothing outside the declared paths), DESIGN 5
/// (nothing hostile), and that nothing is ever written through a link of the archive's own making.
struct CacheEntryRules {
    enum Verdict: Equatable {
        case take(ArchiveEntry)
        case leaveOut(SkippedEntry.Reason)
        /// Nothing of the cache's, and nothing worth a word.
        case passOver
        /// A folder that is taken only when something in it is.
        case holdBack(ArchiveEntry)
    }

    private let roots: [[UInt8]]
    private let selection: CacheSelection?
    /// Names of files that are not selected, under which the archive has the content of files that are.
    private let storedAs: [[UInt8]: [UInt8]]
    /// Everything that could be the target of a hard link.
    private var files: Set<[UInt8]> = []
    private var links: Set<[UInt8]> = []
    /// Files that are not selected.
    private var passed: Set<[UInt8]> = []

    /// Selected hard links whose content came under a name that is not: that name, and the first that is.
    private(set) var orphans: [[UInt8]: [UInt8]] = [:]
    /// Patterns that matched folders without taking them, as they were written.
    private(set) var shallowPatterns: Set<String> = []

    /// - Parameters:
    ///   - roots: the declared paths' base directories, as paths of the cache.
    ///   - selection: what is taken of them; `nil` for all.
    ///   - storedAs: what ``orphans`` were found to be when the same archive was read before.
    init(roots: [[UInt8]], selection: CacheSelection? = nil, storedAs: [[UInt8]: [UInt8]] = [:]) {
        self.roots = roots
        self.selection = selection.flatMap { $0.isTreesOnly ? nil : $0 }
        self.storedAs = storedAs
    }

    /// - Parameter rename: from the archive's names to the cache's; for a restore it changes nothing.
    mutating func judge(_ entry: ArchiveEntry, rename: ([UInt8]) -> [UInt8] = { $0 }) -> Verdict {
        var entry = entry
        switch RelativePath.normalized(entry.path) {
        case .failure(let flaw): return .leaveOut(SkippedEntry.Reason(flaw))
        case .success(let path): entry.path = rename(path)
        }
        guard isInside(entry.path) else {
            let isAbove = entry.kind == .directory && roots.contains { RelativePath.isBelowOrEqual($0, entry.path) }
            return isAbove ? .passOver : .leaveOut(.outsideDeclaredPaths)
        }
        if leadsThroughLink(entry.path) { return .leaveOut(.throughLink) }
        if let verdict = unselected(&entry) { return verdict }
        switch entry.kind {
        case .other(let name): return .leaveOut(.special(name))
        case .directory: break
        case .file: files.insert(entry.path)
        case .symbolicLink:
            links.insert(entry.path)
            files.remove(entry.path)
        case .hardLink(let target):
            switch RelativePath.normalized(target) {
            case .failure: return .leaveOut(.linkTargetOutside)
            case .success(let path):
                let name = rename(path), target = storedAs[name] ?? name
                if target == entry.path { return .passOver }
                guard isInside(target) else { return .leaveOut(.linkTargetOutside) }
                if links.contains(target) {
                    links.insert(entry.path)
                } else if files.contains(target) {
                    files.insert(entry.path)
                } else if passed.contains(target) {
                    if orphans[target] == nil { orphans[target] = entry.path }
                    return .passOver
                } else {
                    return .leaveOut(.linkTargetMissing)
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
            guard let name = storedAs[entry.path] else {
                passed.insert(entry.path)
                return .passOver
            }
            entry.path = name
            return nil
        case .directory, .hardLink, .other: return .passOver
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
