internal import Files
internal import ChildProcesses

extension SnapshotStore {
    /// The result of filling an index.
    struct FilledIndex: Sendable {
        /// The ``SourceSnapshot/staged`` tree; `nil` when it is the tree of the index.
        var staged: String?
        var head: SourceHead?
        var warnings: [String] = []
    }

    /// Fills a private index with what is asked for.
    static func fill(_ index: SnapshotIndex, with kind: SourceKind) async throws -> FilledIndex {
        switch kind {
        case .folder, .worktree: try await worktree(index)
        case .index: try staged(index)
        case .revision(let name): try await revision(name, index)
        }
    }

    private static func worktree(_ index: SnapshotIndex) async throws -> FilledIndex {
        var staged = try await seed(index)
        var changes = try await index.changes()
        if changes.concernsIgnored {
            // What was added before may be ignored now.
            try Folder.remove("\(index.path).seed")
            staged = try await seed(index)
            changes = try await index.changes()
        }
        if changes.isComplete, try await index.update(changes.paths) { return FilledIndex(staged: staged) }
        let nested = try await index.nestedRepositories()
        try await index.add(leavingOut: nested)
        return FilledIndex(
            staged: staged,
            warnings: nested.map { path in
                "`\(String(decoding: path, as: UTF8.self))` is a repository of its own and no submodule: left out"
            })
    }

    /// Begins with the user's own index, so that unchanged files need not be read. Our additions to it are kept as long as the
    /// user's index stays the same.
    ///
    /// - Returns: the tree of the user's index, or `nil` when it cannot be written (a merge with conflicts).
    private static func seed(_ index: SnapshotIndex) async throws -> String? {
        let markFile = "\(index.path).seed", user = index.repository.index
        if let status = Folder.status(user), Folder.exists(index.path), Folder.exists(markFile) {
            let lines = String(decoding: try Folder.read(markFile), as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false)
            if lines.count == 2, lines[0] == Folder.mark(status) { return lines[1].isEmpty ? nil : String(lines[1]) }
        }
        try Folder.remove(markFile)
        guard let mark = try Folder.copyWithTime(user, to: index.path) else {
            // A repository in which nothing was ever added.
            try Folder.remove(index.path)
            return try await index.writeTree()
        }
        let staged = try await index.writeTree()
        try Folder.write(markFile, Array("\(mark)\n\(staged ?? "")".utf8))
        return staged
    }

    private static func staged(_ index: SnapshotIndex) throws -> FilledIndex {
        if try Folder.copyWithTime(index.repository.index, to: index.path) == nil { try Folder.remove(index.path) }
        return FilledIndex()
    }

    private static func revision(_ name: String, _ index: SnapshotIndex) async throws -> FilledIndex {
        let git = index.repository.git
        let doing = "take `git:\(name)` of `\(git.folder)`"
        func resolve(_ name: String, _ suffix: String) async throws -> String? {
            let outcome = try await git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", name + suffix])
            return outcome.status.isSuccess ? outcome.text : nil
        }
        let version = VersionName(name)
        var commit: String?, known: String?
        for name in version.names where known == nil {
            commit = try await resolve(name, "^{commit}")
            if commit != nil { known = name }
        }
        if let meant = version.commit { commit = try await resolve(meant, "^{commit}") }
        var tree = commit
        if tree == nil, version.commit == nil { tree = try await resolve(name, "^{tree}") }
        guard let tree else {
            let isPullRequest = name.hasPrefix("pr/")
            throw SourceError(
                .noRevision, doing: doing, reason: "the repository has no commit of that name",
                help: isPullRequest
                    ? "`git fetch origin refs/pull/\(name.dropFirst(3))/head:refs/pull/\(name.dropFirst(3))/head` gets it from GitHub"
                    : "`git log --oneline --all` lists those it has; `git fetch` gets more")
        }
        let named = try await git.run([
            "rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", known ?? name,
        ]).text
        try Folder.remove(index.path)
        _ = try await index.git.call(["read-tree", tree], doing: doing)
        let origin = try await git.run(["config", "--get", "remote.origin.url"])
        return FilledIndex(
            head: SourceHead(
                commit: commit, reference: named.hasPrefix("refs/") ? named : nil,
                origin: origin.status.isSuccess ? GitFacts.withoutPassword(origin.text) : nil))
    }

    /// Names the content by trees, and lists the submodules below the folder.
    static func trees(
        _ index: SnapshotIndex, _ filled: FilledIndex
    ) async throws -> (tree: String, checkout: String, submodules: [SnapshotIndex.Entry]) {
        let prefix = index.repository.prefix
        // What was found out about this index, or this tree, last time still holds.
        let noteFile = "\(index.path).trees"
        var note = try TreeNote(file: noteFile)
        if note?.exclusions != index.exclusionMark { note = nil }
        if let note, !note.mark.isEmpty, note.mark == index.mark {
            return (note.tree, try await index.checkout(of: note.tree), note.submodules)
        }
        let first = try await index.writeTree(prefix: prefix)
        if var note, let first, note.tree == first {
            note.mark = index.mark
            try note.write(to: noteFile)
            return (first, try await index.checkout(of: first), note.submodules)
        }
        let (links, hasExcluded) = try await index.specialEntries()
        if hasExcluded { try await index.removeExcluded() }
        guard let tree = hasExcluded ? try await index.writeTree(prefix: prefix) : first else {
            try await explain(index)
        }
        // What was taken out of the index is added to it again next time.
        let mark = hasExcluded ? "" : index.mark
        try TreeNote(tree: tree, exclusions: index.exclusionMark, mark: mark, submodules: links).write(to: noteFile)
        return (tree, try await index.checkout(of: tree), links)
    }

    /// Throws the reason why no tree can be written.
    private static func explain(_ index: SnapshotIndex) async throws -> Never {
        let unmerged = try await index.git.run(["ls-files", "--unmerged", "-z"])
        let doing = "take a snapshot of `\(index.git.folder)`"
        guard unmerged.output.isEmpty else {
            throw SourceError(
                .refused, doing: doing, reason: "a merge is not finished: the index holds conflicts",
                help: "`git add` the files once they are mended, or name a commit with --source git:REV")
        }
        let prefix = index.repository.prefix
        throw SourceError(
            .refused, doing: doing,
            prefix.isEmpty
                ? try await index.git.run(["write-tree"])
                : try await index.git.run(["write-tree", "--prefix=\(prefix)"]))
    }
}

/// A note on a tree: its submodules, the exclusions it was made with, and the index that it was written from.
private struct TreeNote {
    let tree: String
    let exclusions: [UInt8]
    /// The ``SnapshotIndex/mark`` of an index that holds the tree; empty when none does.
    var mark: String
    let submodules: [SnapshotIndex.Entry]

    init(tree: String, exclusions: [UInt8], mark: String, submodules: [SnapshotIndex.Entry]) {
        self.tree = tree
        self.exclusions = exclusions
        self.mark = mark
        self.submodules = submodules
    }

    /// - Returns: `nil` when there is none.
    init?(file: String) throws {
        guard Folder.exists(file) else { return nil }
        let parts = try Folder.read(file).split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count >= 4, parts.count % 2 == 0, parts.last?.isEmpty == true else { return nil }
        tree = String(decoding: parts[0], as: UTF8.self)
        exclusions = Array(parts[1])
        mark = String(decoding: parts[2], as: UTF8.self)
        submodules = stride(from: 3, to: parts.count - 1, by: 2).map {
            .init(id: String(decoding: parts[$0], as: UTF8.self), path: Array(parts[$0 + 1]))
        }
    }

    func write(to file: String) throws {
        let parts =
            [Array(tree.utf8), exclusions, Array(mark.utf8)] + submodules.flatMap { [Array($0.id.utf8), $0.path] }
        try Folder.write(file, Array(parts.map { $0 + [0] }.joined()))
    }
}

extension SnapshotIndex {
    /// The tree of a subfolder put at its place below the top, with the `.gitattributes` of the folders above it: they
    /// have a say in how its files are checked out.
    func checkout(of tree: String) async throws -> String {
        var names = repository.prefix.split(separator: "/").map(String.init), result = tree
        while let name = names.popLast() {
            let above = names.map { $0 + "/" }.joined()
            let attributes = try await git.call(
                ["ls-files", "--stage", "-z", "--", ":(top,literal)\(above).gitattributes"],
                doing: "read `\(above).gitattributes`")
            var entries = Array("040000 tree \(result)\t\(name)\0".utf8)
            if let entry = attributes.split(separator: 0).first, let id = entry.split(separator: 0x20).dropFirst().first
            {
                entries = Array("100644 blob \(String(decoding: id, as: UTF8.self))\t.gitattributes\0".utf8) + entries
            }
            let made = try await git.call(["mktree", "-z", "--missing"], doing: "make a tree", input: entries)
            result = String(decoding: made.prefix { $0 != 0x0a }, as: UTF8.self)
        }
        return result
    }
}
