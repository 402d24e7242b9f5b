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

    /// The changes from a tree of git to a snapshot.
    ///
    /// - Parameters:
    ///   - tree: the id of the tree.
    ///   - objects: folders with objects of the tree that the snapshot's repository may lack.
    /// - Throws: ``SourceError`` when git does not know the tree.
    public init(from tree: String, to snapshot: SourceSnapshot, objects: [String] = []) async throws {
        let folders = ([snapshot.repository.objects] + objects).map { "\"\($0.escapedForGit)\"" }
        let git = snapshot.repository.git.with([
            "GIT_OBJECT_DIRECTORY": snapshot.objects,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": folders.joined(separator: ":"),
        ])
        let doing = "compare the source with what was built"
        func paths(_ arguments: [String]) async throws -> [[UInt8]] {
            try await git.call(arguments, doing: doing).split(separator: 0).map(Array.init)
        }
        let trees = [tree, snapshot.tree]
        let diff = [
            "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-commit-id", "--ignore-submodules=all",
        ]
        changed = try await paths(diff + ["--diff-filter=d"] + trees)
        deleted = try await paths(diff + ["--diff-filter=D"] + trees)
        all = try await paths(["ls-tree", "-r", "-z", "--name-only", snapshot.tree])
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
