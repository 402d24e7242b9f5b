internal import ChildProcesses
internal import Files

/// What changed since the index was written, found by one call of git where nothing unusual has happened.
extension SnapshotIndex {
    /// A text that differs for another content of the index's file.
    var mark: String { Folder.status(path).map(Folder.mark) ?? "" }

    /// Finds the files below the folder that differ from the index, by `git status`.
    ///
    /// It keeps what it has seen of untracked folders in the private index, so that those whose times are the same are not read again.
    ///
    /// - Returns: paths relative to the folder; `nil` where only ``nestedRepositories()`` and ``add(leavingOut:)`` can tell: a new
    ///   folder, which may be a repository, a submodule that was changed, conflicts.
    func changes() async throws -> [[UInt8]]? {
        let outcome = try await git.run(
            [
                "status", "--porcelain=v2", "-z", "--untracked-files=normal", "--ignore-submodules=dirty",
                "--no-renames",
                "--", ".",
            ], settings: ["core.untrackedCache=true"] + addingSettings,
            // The index that is locked for it is ours.
            environment: ["GIT_OPTIONAL_LOCKS": "1"])
        guard outcome.status.isSuccess else { return nil }
        let prefix = Array(repository.prefix.utf8)
        var paths: [[UInt8]] = []
        for line in outcome.output.split(separator: 0) {
            guard let change = Self.change(line) else { return nil }
            guard case .path(let whole) = change else { continue }
            guard whole.starts(with: prefix) else { return nil }
            let path = whole.dropFirst(prefix.count)
            guard !isExcluded(path) else { continue }
            guard path.last != UInt8(ascii: "/") else { return nil }
            paths.append(Array(path))
        }
        return paths
    }

    /// Takes files into the index as they are now, or out of it where they are gone.
    ///
    /// - Returns: whether git could; the reason why not ``add(leavingOut:)`` tells.
    func update(_ paths: [[UInt8]]) async throws -> Bool {
        guard !paths.isEmpty else { return true }
        return try await git.run(
            ["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], settings: addingSettings,
            input: Array(paths.map { $0 + [0] }.joined())
        ).status.isSuccess
    }

    /// What a line of `git status` says of the working tree.
    private enum Change {
        case none
        case path(ArraySlice<UInt8>)
    }

    /// Reads `1 XY SUB MH MI MW HH HI PATH` and `? PATH`.
    ///
    /// - Returns: `nil` for what is told in another way, and for submodules.
    private static func change(_ line: ArraySlice<UInt8>) -> Change? {
        switch line.first {
        case UInt8(ascii: "?"): return .path(line.dropFirst(2))
        case UInt8(ascii: "1"):
            let fields = line.split(separator: 0x20, maxSplits: 8, omittingEmptySubsequences: false)
            guard fields.count == 9, fields[1].count == 2, let kind = fields[1].last else { return nil }
            if kind == UInt8(ascii: ".") { return Change.none }
            guard fields[2].first == UInt8(ascii: "N"), "MTD".utf8.contains(kind) else { return nil }
            return .path(fields[8])
        default: return nil
        }
    }
}
