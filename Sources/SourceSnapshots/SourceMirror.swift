internal import Archives
internal import ChildProcesses
internal import Files

/// A checkout of a snapshot in the cache, which git updates from one snapshot to the next.
///
/// While somebody uses it nothing in it changes: its files are the lower layer of a build's source. There are two kinds of
/// users, each with a mark of its own:
/// - A container has a file in `users/`, named after it. The file counts whether its process lives or not, for the
///   container may live on; it goes when the container is known to be gone (``forget(_:)``).
/// - A process that only reads the files has a locked file in `readers/`. It counts as long as it is locked, that is while
///   its process lives.
struct SourceMirror: Sendable {
    let folder: String

    var files: String { "\(folder)/files" }
    private var users: String { "\(folder)/users" }
    private var readers: String { "\(folder)/readers" }
    private var note: String { "\(folder)/content" }

    /// The content of the mirror; `nil` when it is not known, because the mirror is new or an update was interrupted.
    func content() throws -> MirrorContent? {
        Folder.exists(note) ? MirrorContent(text: String(decoding: try Folder.read(note), as: UTF8.self)) : nil
    }

    /// Whether a container or a reading process uses the mirror. Marks of readers that are dead are removed.
    ///
    /// The caller holds the store's lock.
    var isInUse: Bool { (try? Folder.names(users).isEmpty && liveReaders().isEmpty) != true }

    // MARK: Users

    /// Marks the mirror as used by a container.
    ///
    /// - Throws: ``FileError`` when the mark cannot be written, or a build of this name is using the mirror.
    func mark(_ container: String) throws -> MirrorUse { try mark(container, in: users) }

    /// Marks the mirror as read by this process.
    func markReading() throws -> MirrorUse { try mark(UniqueName.make(), in: readers) }

    private func mark(_ name: String, in marks: String) throws -> MirrorUse {
        try Folder.make(marks)
        let path = "\(marks)/\(name)"
        return try explaining("write `\(path)`") {
            guard let lock = try Self.lock(name, in: marks) else {
                throw FileError(.conflict, doing: "write `\(path)`", reason: "another build has this name")
            }
            return MirrorUse(path: path, lock: lock)
        }
    }

    private static func lock(_ name: String, in marks: String) throws -> FileLock? {
        try FileLock.tryAcquire(
            Array(name.utf8), in: DirectoryHandle(opening: FilePath(marks)), .exclusive, purpose: "using the source")
    }

    private func liveReaders() throws -> [String] {
        try Folder.names(readers).filter { name in
            guard let dead = try Self.lock(name, in: readers) else { return true }
            unlink("\(readers)/\(name)")
            dead.release()
            return false
        }
    }

    /// Removes the mark of a container that is gone.
    func forget(_ container: String) { unlink("\(users)/\(container)") }

    // MARK: Updating

    /// Updates the files to a snapshot, whatever they are now.
    ///
    /// - Returns: warnings about files that are missing, in a sentence each.
    func update(to snapshot: SourceSnapshot, lfsFilter: [String]) async throws -> [String] {
        let wanted = MirrorContent(snapshot)
        if let old = try content(), old.paths == wanted.paths {
            try Folder.remove(note)
            do {
                return try await checkOut(snapshot, wanted, from: old, lfsFilter: lfsFilter)
            } catch let error as SourceError {
                // Somebody has been at our files; a new beginning needs nothing of them.
                _ = error
            }
        }
        try clear()
        return try await checkOut(snapshot, wanted, from: nil, lfsFilter: lfsFilter)
    }

    private func clear() throws {
        try Folder.remove(note)
        for name in try Folder.names(folder) where name != "users" && name != "readers" {
            try Folder.remove("\(folder)/\(name)")
        }
    }

    private func checkOut(
        _ snapshot: SourceSnapshot, _ wanted: MirrorContent, from old: MirrorContent?, lfsFilter: [String]
    ) async throws -> [String] {
        let missing = "\(folder)/missing"
        try Folder.write(missing, [])
        try Folder.makePublic(files)
        for (number, (path, part)) in snapshot.parts.enumerated() {
            let target = path.isEmpty ? files : "\(files)/\(path)"
            try Folder.makePublic(target)
            try await checkOut(
                part, number, to: target, from: old?.trees[number],
                lfs: LFSFilter(part.repository, objects: part.objects, program: lfsFilter).settings(missing: missing))
        }
        let pointers = try Folder.read(missing).split(separator: 0x0a).count
        // With something missing the content is not what the snapshot's name promises: the next build tries again.
        guard pointers == 0 else {
            return [
                "\(pointers) Git LFS file\(pointers == 1 ? " is" : "s are") not in this repository: the build gets the pointer"
            ]
        }
        try Folder.write(note, Array(wanted.text.utf8))
        return []
    }

    private func checkOut(
        _ part: SourceSnapshot, _ number: Int, to target: String, from old: String?, lfs: [String]
    ) async throws {
        guard old != part.checkout else { return }
        let repository = part.repository, index = "\(folder)/index-\(number)"
        try Folder.remove("\(index).lock")
        var variables = SnapshotIndex.variables(repository, index: index, objects: part.objects)
        variables["GIT_DIR"] = repository.gitDirectory
        variables["GIT_WORK_TREE"] = target
        let trees = old.map { ["-m", "-u", $0, part.checkout] } ?? ["-m", "-u", part.checkout]
        let outcome = try await repository.git.with(variables).run(
            ["read-tree"] + trees, settings: Self.settings + lfs)
        guard outcome.status.isSuccess else {
            throw SourceError(.refused, doing: "check out the source of `\(repository.git.folder)`", outcome)
        }
    }

    /// The settings of CodeBuild's machine, whatever this one is: Linux, a whole checkout, line ends as they are in git.
    private static let settings = [
        "core.sparseCheckout=false", "index.sparse=false", "core.autocrlf=false", "core.eol=lf", "core.symlinks=true",
        "core.fileMode=true", "checkout.workers=0", "core.checkStat=default",
    ]

    /// The path of the index of one part of the checked out files.
    func index(_ number: Int) -> String { "\(folder)/index-\(number)" }
}

/// The content of a mirror: the snapshot's identity, and the tree of each part, the source itself first.
struct MirrorContent: Sendable, Equatable {
    let identity: String
    let paths: [String]
    let trees: [String]

    init(_ snapshot: SourceSnapshot) {
        let parts = snapshot.parts
        // Two sources of equal content at different places of a repository lie at different places of the mirror.
        identity = "\(snapshot.identity) \(snapshot.repository.prefix)"
        paths = parts.map(\.path)
        trees = parts.map(\.snapshot.checkout)
    }

    init?(text: String) {
        let lines = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 3, lines.count % 2 == 1 else { return nil }
        identity = lines[0]
        paths = stride(from: 1, to: lines.count, by: 2).map { lines[$0] }
        trees = stride(from: 2, to: lines.count, by: 2).map { lines[$0] }
    }

    var text: String { ([identity] + zip(paths, trees).flatMap { [$0, $1] }).joined(separator: "\0") }
}

extension SourceSnapshot {
    /// The snapshot and its submodules, each after the one it lies in.
    var parts: [(path: String, snapshot: SourceSnapshot)] {
        [("", self)] + allSubmodules.map { ($0.path, $0.snapshot) }
    }
}

/// A mark that a container uses a mirror, or that a process reads it.
final class MirrorUse: Sendable {
    private let path: String
    private let lock: FileLock

    init(path: String, lock: FileLock) {
        self.path = path
        self.lock = lock
    }

    /// - Parameter isKept: the container goes on without us.
    func release(isKept: Bool) {
        if !isKept { unlink(path) }
        lock.release()
    }
}
