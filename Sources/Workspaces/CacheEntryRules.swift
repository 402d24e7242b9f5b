internal import Archives

/// Decides which entries may be in a cache, for saving and restoring alike. No file is touched here.
///
/// Paths are the cache's own (``PathMap``). The rules: CODEBUILD.md 7 (nothing outside the declared paths), DESIGN 5
/// (nothing hostile), and that nothing is ever written through a link of the archive's own making.
struct CacheEntryRules {
    enum Verdict: Equatable {
        case take(ArchiveEntry)
        case leaveOut(SkippedEntry.Reason)
        /// A folder above the declared paths: nothing of the cache's, and nothing worth a word.
        case passOver
    }

    private let roots: [[UInt8]]
    /// Everything that could be the target of a hard link.
    private var files: Set<[UInt8]> = []
    private var links: Set<[UInt8]> = []

    /// - Parameter roots: the declared paths' base directories, as paths of the cache.
    init(roots: [[UInt8]]) { self.roots = roots }

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
                let target = rename(path)
                guard isInside(target) else { return .leaveOut(.linkTargetOutside) }
                if links.contains(target) {
                    links.insert(entry.path)
                } else if files.contains(target) {
                    files.insert(entry.path)
                } else {
                    return .leaveOut(.linkTargetMissing)
                }
                entry.kind = .hardLink(target: target)
            }
        }
        return .take(entry)
    }

    private func leadsThroughLink(_ path: [UInt8]) -> Bool {
        !links.isEmpty
            && (links.contains(path) || RelativePath.ancestors(of: path).contains { links.contains($0) })
    }

    private func isInside(_ path: [UInt8]) -> Bool {
        !path.isEmpty && roots.contains { RelativePath.isBelowOrEqual(path, $0) }
    }
}
