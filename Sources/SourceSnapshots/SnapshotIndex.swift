internal import ChildProcesses

/// A private index of a repository, with a private place for new objects: what would be written into the user's `.git`
/// goes there.
struct SnapshotIndex: Sendable {
    let repository: GitRepository
    /// The file.
    let path: String
    let git: Git
    private let lfs: LFSFilter
    /// The paths that are never part of a source: our own folder, and what the caller names. They are relative to the folder.
    private let excluded: [[UInt8]]

    /// - Parameters:
    ///   - objects: the folder for new objects; the repository's own are read through it.
    init(
        _ repository: GitRepository, path: String, objects: String, without excluded: [[UInt8]] = [],
        lfsFilter: [String] = []
    ) {
        self.repository = repository
        self.path = path
        self.excluded = [Array(".buildspec".utf8)] + excluded
        lfs = LFSFilter(repository, objects: objects, program: lfsFilter)
        git = repository.git.with(Self.variables(repository, index: path, objects: objects))
    }

    static func variables(_ repository: GitRepository, index: String, objects: String) -> [String: String] {
        [
            "GIT_INDEX_FILE": index, "GIT_OBJECT_DIRECTORY": objects,
            // A list with colons between; a path in double quotes may hold one itself.
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": "\"\(repository.objects.escapedForGit)\"",
        ]
    }

    /// Writes the tree of everything that the index holds, and returns its id.
    func writeTree(prefix: String = "") async throws -> String? {
        let outcome = try await git.run(
            ["write-tree", "--missing-ok"] + (prefix.isEmpty ? [] : ["--prefix=\(prefix)"]))
        return outcome.status.isSuccess ? outcome.text : nil
    }

    /// The untracked folders that are repositories of their own. They are no part of this one, and `git add` fails on them.
    func nestedRepositories() async throws -> [[UInt8]] {
        // A folder is listed instead of its files only when it is such a one.
        try await git.call(
            ["ls-files", "--others", "--exclude-standard", "-z"], doing: "list the untracked files of `\(git.folder)`"
        ).split(separator: 0).filter { $0.last == 0x2f }.map { Array($0.dropLast()) }
    }

    /// Adds every change below the folder: contents, modes, new files, deletions.
    func add(leavingOut nested: [[UInt8]]) async throws {
        var specs = [Array(".".utf8)] + excluded.flatMap(Self.exclusions)
        specs += nested.map { Array(":(exclude,literal)".utf8) + $0 }
        _ = try await git.call(
            ["add", "--all", "--sparse", "--pathspec-from-file=-", "--pathspec-file-nul"],
            doing: "take a snapshot of `\(git.folder)`", settings: addingSettings,
            input: Array(specs.joined(separator: [0])))
    }

    /// The settings of calls that read the content of files.
    var addingSettings: [String] { ["core.safecrlf=false"] + lfs.settings() }

    /// Whether a path, which may end with a slash, is excluded itself or lies below what is.
    func isExcluded(_ path: ArraySlice<UInt8>) -> Bool {
        excluded.contains { name in
            path.starts(with: name) && (path.count == name.count || path[path.startIndex + name.count] == 0x2f)
        }
    }

    /// One entry of the index below the folder.
    struct Entry: Sendable {
        let id: String
        let path: [UInt8]
    }

    /// A path and all below it, as patterns, every special character and the first one escaped: of a pattern that begins
    /// with the name itself git would complain where `.gitignore` has that name, too.
    private static func exclusions(of path: [UInt8]) -> [[UInt8]] {
        let pattern = path.enumerated().flatMap { place, byte in
            place == 0 || "*?[\\".utf8.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
        }
        let whole = Array(":(exclude,glob)".utf8) + pattern
        return [whole, whole + Array("/**".utf8)]
    }

    /// A text that differs for different exclusions.
    var exclusionMark: [UInt8] { Array(excluded.joined(separator: [0x0a])) }

    /// Finds the submodules in the index, and whether it holds anything that is excluded.
    ///
    /// Paths are relative to the folder.
    func specialEntries() async throws -> (submodules: [Entry], hasExcluded: Bool) {
        let listing = try await git.call(
            ["ls-files", "--stage", "-z"], doing: "list the files of `\(git.folder)`")
        let link = Array("160000 ".utf8)
        var submodules: [Entry] = [], hasExcluded = false
        listing.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let end = bytes[start...].firstIndex(of: 0) ?? bytes.count
                let entry = bytes[start..<end]
                start = end + 1
                // "MODE ID STAGE\tPATH"
                guard let tab = entry.firstIndex(of: 0x09) else { continue }
                let path = entry[(tab + 1)...]
                for name in excluded where path.starts(with: name) {
                    if path.count == name.count || path[path.startIndex + name.count] == 0x2f { hasExcluded = true }
                }
                guard entry.starts(with: link) else { continue }
                let id = entry[(entry.startIndex + 7)...].prefix { $0 != 0x20 }
                submodules.append(Entry(id: String(decoding: id, as: UTF8.self), path: Array(path)))
            }
        }
        return (submodules, hasExcluded)
    }

    func removeExcluded() async throws {
        let specs = excluded.map { Array(":(literal)".utf8) + $0 }
        _ = try await git.call(
            [
                "rm", "-r", "--cached", "--quiet", "--sparse", "--ignore-unmatch", "--pathspec-from-file=-",
                "--pathspec-file-nul",
            ], doing: "leave out what is no part of the source", input: Array(specs.joined(separator: [0])))
    }
}

extension String {
    /// The text as git reads it in double quotes.
    var escapedForGit: String {
        String(flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] })
    }
}
