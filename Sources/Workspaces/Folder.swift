internal import Archives
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What the snapshots do to files of their own by path: these folders are ours alone, nobody redirects a name in them.
enum Folder {
    static func make(_ path: String) throws { try explaining("make `\(path)`") { try makeAll(path) } }

    /// A folder for all to read, whatever this process's umask is.
    static func makePublic(_ path: String) throws {
        try make(path)
        chmod(path, 0o755)
    }

    private static func makeAll(_ path: String) throws {
        if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw Errno(rawValue: errno)
        }
        try makeAll(String(path[..<slash]))
        if mkdir(path, 0o777) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
    }

    /// Removes whatever is at a path, with all below it. Nothing there is fine.
    static func remove(_ path: String) throws {
        guard let slash = path.lastIndex(of: "/"), exists(path) else { return }
        try explaining("remove `\(path)`") {
            try DirectoryHandle(opening: FilePath(String(path[..<slash])))
                .removeTree(Array(path[path.index(after: slash)...].utf8))
        }
    }

    static func exists(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0
    }

    /// - Returns: `nil` when there is no such folder.
    static func names(_ path: String) throws -> [String] {
        guard exists(path) else { return [] }
        return try SourceTree.entries(of: Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    static func status(_ path: String) -> FileStatus? {
        var info = stat()
        return stat(path, &info) == 0 ? FileStatus(info) : nil
    }

    /// - Throws: ``WorkspaceError`` that names the file.
    static func read(_ path: String) throws -> [UInt8] {
        try explaining("read `\(path)`", .cannotRead) {
            let file = OwnedDescriptor(try DirectoryHandle.check { open(path, O_RDONLY | O_CLOEXEC) })
            return try bytes(of: file)
        }
    }

    private static func bytes(of file: OwnedDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(try FileStatus.of(file.rawValue).size))
        try file.readToEnd(stop: nil) { bytes += $0 }
        return bytes
    }

    static func write(_ path: String, _ bytes: [UInt8]) throws {
        try explaining("write `\(path)`") {
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            try OwnedDescriptor(try DirectoryHandle.check { open(path, flags, 0o666) }).writeAll(bytes)
        }
    }

    /// Copies a file with its time: git's check for files changed within a second of its index lives by that time.
    ///
    /// - Returns: what tells this state of the file from every other; `nil` when there is no such file.
    static func copyWithTime(_ path: String, to copy: String) throws -> String? {
        try explaining("copy `\(path)` to `\(copy)`") {
            let file: OwnedDescriptor
            do {
                file = OwnedDescriptor(try DirectoryHandle.check { open(path, O_RDONLY | O_CLOEXEC) })
            } catch Errno.noSuchFileOrDirectory { return nil }
            let status = try FileStatus.of(file.rawValue)
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            let target = OwnedDescriptor(try DirectoryHandle.check { open(copy, flags, 0o666) })
            try target.writeAll(try bytes(of: file))
            let parts = status.modified.components
            try target.setMode(
                0o644,
                modified: .init(seconds: parts.seconds, nanoseconds: Int(parts.attoseconds / 1_000_000_000)))
            return mark(status)
        }
    }

    /// What tells a state of a file from every other, git replacing its files by rename.
    static func mark(_ status: FileStatus) -> String {
        "\(status.inode) \(status.size) \(status.modified.wholeNanoseconds) \(status.changed.wholeNanoseconds)"
    }
}
