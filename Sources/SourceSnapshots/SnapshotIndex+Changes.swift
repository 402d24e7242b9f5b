internal import ChildProcesses
internal import Files

/// What changed since the index was written, found by one call of git where nothing unusual has happened.
extension SnapshotIndex {
    /// A text that differs for another content of the index's file.
    var mark: String { Folder.status(path).map(Folder.mark) ?? "" }

    /// What differs between the index and the files below the folder.
    struct Changes {
        /// Relative to the folder.
        var paths: [[UInt8]] = []
        /// Whether the paths are all. Else only ``nestedRepositories()`` and ``add(leavingOut:)`` can tell: there is a new folder,
        /// which may be a repository, a submodule that was changed, a conflict.
        var isComplete = true
        /// Whether a `.gitignore` is among them.
        var concernsIgnored = false
    }

    /// Finds what differs, by `git status`.
    ///
    /// It keeps what it has seen of untracked folders in the private index, so that those whose times are the same are not read again.
    func changes() async throws -> Changes {
        let outcome = try await git.run(
            [
                "status", "--porcelain=v2", "-z", "--untracked-files=normal", "--ignore-submodules=dirty",
                "--no-renames",
                "--", ".",
            ], settings: ["core.untrackedCache=true"] + addingSettings,
            // The index that is locked for it is ours.
            environment: ["GIT_OPTIONAL_LOCKS": "1"])
        guard outcome.status.isSuccess else { return Changes(isComplete: false) }
        let prefix = Array(repository.prefix.utf8), ignoring = Array(".gitignore".utf8)
        var changes = Changes()
        for line in outcome.output.split(separator: 0) {
            let change = Self.change(line)
            guard case .path(let whole, let isGone) = change, whole.starts(with: prefix) else {
                if change != .none { changes.isComplete = false }
                continue
            }
            let path = Array(whole.dropFirst(prefix.count))
            guard !isExcluded(path[...]) else { continue }
            // The folder itself is told of where nothing in it is tracked. A folder in the place of a file is not told of.
            if path.isEmpty || path.last == UInt8(ascii: "/") || isGone && isThere(path) {
                changes.isComplete = false
            } else {
                changes.paths.append(path)
                if path.split(separator: UInt8(ascii: "/")).last?.elementsEqual(ignoring) == true {
                    changes.concernsIgnored = true
                }
            }
        }
        return changes
    }

    private func isThere(_ path: [UInt8]) -> Bool {
        var info = stat()
        return (Array(git.folder.utf8) + [UInt8(ascii: "/")] + path + [0]).withUnsafeBytes {
            lstat($0.bindMemory(to: CChar.self).baseAddress!, &info)
        } == 0
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
    private enum Change: Equatable {
        case none
        case path(ArraySlice<UInt8>, isGone: Bool)
        /// It is told in another way, or is a submodule.
        case unusual
    }

    /// Reads `1 XY SUB MH MI MW HH HI PATH` and `? PATH`.
    private static func change(_ line: ArraySlice<UInt8>) -> Change {
        switch line.first {
        case UInt8(ascii: "?"): return .path(line.dropFirst(2), isGone: false)
        case UInt8(ascii: "1"):
            let fields = line.split(separator: 0x20, maxSplits: 8, omittingEmptySubsequences: false)
            guard fields.count == 9, fields[1].count == 2, let kind = fields[1].last else { return .unusual }
            if kind == UInt8(ascii: ".") { return .none }
            guard fields[2].first == UInt8(ascii: "N"), "MTD".utf8.contains(kind) else { return .unusual }
            return .path(fields[8], isGone: kind == UInt8(ascii: "D"))
        default: return .unusual
        }
    }
}
