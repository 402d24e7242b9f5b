internal import Files

/// The changes of a source since a moment, found by the times and names of its files alone.
public struct SourceChanges: Sendable, Equatable {
    /// The changed files and links, relative to the source.
    public let changed: [[UInt8]]
    /// The paths of files that are gone.
    public let deleted: [[UInt8]]
    /// The paths of all files and links.
    public let all: [[UInt8]]

    public var isEmpty: Bool { changed.isEmpty && deleted.isEmpty }

    /// - Parameters:
    ///   - nanoseconds: since 1970. A file that changed later in any way, or got its name later, has changed.
    ///   - before: the files there were, as an earlier ``all`` has them.
    /// - Throws: ``SourceError`` when a folder cannot be read.
    public init(of tree: SourceTree, since nanoseconds: Int64, before: [[UInt8]]) throws {
        var all: [[UInt8]] = [], changed: [[UInt8]] = []
        for step in tree.steps {
            let folder = step.folder == [0x2e] ? [] : step.folder
            let names = step.names == [[0x2e]] ? try SourceTree.entries(of: Array(tree.root.utf8)) : step.names
            for name in names {
                try Self.visit(folder.isEmpty ? name : folder + [0x2f] + name, root: tree.root) { path, info in
                    all.append(path)
                    if info.changed.wholeNanoseconds >= nanoseconds { changed.append(path) }
                }
            }
        }
        let there = Set(all)
        self.all = all
        self.changed = changed
        deleted = before.filter { !there.contains($0) }
    }

    private static func visit(_ path: [UInt8], root: String, _ file: ([UInt8], stat) -> Void) throws {
        let full = Array(root.utf8) + [0x2f] + path
        var info = stat()
        guard lstat(full.map { CChar(bitPattern: $0) } + [0], &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFDIR else { return file(path, info) }
        // The build has a repository of its own, and may have changed it.
        guard path != Array(".git".utf8) else { return }
        for name in try SourceTree.entries(of: full) { try visit(path + [0x2f] + name, root: root, file) }
    }
}
