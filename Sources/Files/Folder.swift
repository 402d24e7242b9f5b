/// Files and folders by path, in folders that are this user's alone: nobody redirects a name there. What is made is for this user
/// alone, too, whatever this process's umask is, unless a mode is named.
public enum Folder {
    /// Makes a folder, and those above it that are missing.
    ///
    /// - Parameter mode: of each folder that is made; this process's umask takes its part away.
    public static func make(_ path: String, mode: UInt32 = 0o700) throws {
        try explaining("make `\(path)`") { try makeAll(path, mode) }
    }

    /// Makes a folder that everybody may read, whatever this process's umask is; those above it that are missing are for this user
    /// alone.
    public static func makePublic(_ path: String) throws {
        try make(path)
        chmod(path, 0o755)
    }

    /// Takes all rights of other users away from a folder of this user. There may be none.
    ///
    /// - Throws: ``FileError`` where the system refuses.
    public static func close(_ path: String) throws {
        try explaining("keep other users out of `\(path)`") {
            guard let status = status(path), status.kind == .directory, status.mode & 0o077 != 0 else { return }
            try DirectoryHandle.check { chmod(path, mode_t(status.mode & 0o700)) }
        }
    }

    private static func makeAll(_ path: String, _ mode: UInt32) throws {
        if mkdir(path, mode_t(mode)) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let above = above(path) else { throw Errno(rawValue: errno) }
        try makeAll(above, mode)
        if mkdir(path, mode_t(mode)) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
    }

    private static func above(_ path: String) -> String? {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return nil }
        return String(path[..<slash])
    }

    /// Removes the file or folder at a path with everything below it. A missing one is no error.
    public static func remove(_ path: String) throws {
        guard let slash = path.lastIndex(of: "/"), exists(path) else { return }
        try explaining("remove `\(path)`") {
            try DirectoryHandle(opening: FilePath(String(path[..<slash])))
                .removeTree(Array(path[path.index(after: slash)...].utf8))
        }
    }

    public static func exists(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0
    }

    /// The names in a folder, in byte order, without `.` and `..`.
    ///
    /// - Throws: ``FileError`` when the folder cannot be read.
    public static func entries(of path: [UInt8]) throws -> [[UInt8]] {
        guard let directory = opendir(path.map { CChar(bitPattern: $0) } + [0]) else {
            throw FileError(.cannotRead, doing: "read the folder `\(PathText.text(path))`", Errno(rawValue: errno))
        }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in Array(bytes.prefix { $0 != 0 }) }
            if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The bytes that this user may still write to the disk of a folder, which need not be there yet; `nil` when that is not known.
    public static func freeBytes(at path: String) -> Int64? {
        var info = statvfs(), place = path
        while statvfs(place, &info) != 0 {
            guard errno == ENOENT, let above = above(place) else { return nil }
            place = above
        }
        return Int64(
            clamping: UInt64(info.f_bavail).multipliedReportingOverflow(by: UInt64(info.f_frsize)).partialValue)
    }

    /// The names in a folder, in byte order; none when there is no such folder.
    public static func names(_ path: String) throws -> [String] {
        do { return try entries(of: Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) } } catch let error
            as FileError where [.noSuchFileOrDirectory, .notDirectory].contains(error.cause as? Errno)
        { return [] }
    }

    /// What a symbolic link at a path leads to, as it is written; `nil` where there is none.
    public static func linkTarget(_ path: String) -> String? {
        var target = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &target, target.count)
        return count < 0 ? nil : String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public static func status(_ path: String) -> FileStatus? {
        var info = stat()
        return stat(path, &info) == 0 ? FileStatus(info) : nil
    }

    /// Opens a file for reading.
    ///
    /// - Returns: `nil` when there is none.
    /// - Throws: ``FileError``
    public static func open(_ path: String) throws -> OwnedDescriptor? {
        try explaining("read `\(path)`", as: .cannotRead) {
            do {
                return OwnedDescriptor(
                    try DirectoryHandle.check { SystemCall.open(path, flags: O_RDONLY | O_CLOEXEC) })
            } catch let error as Errno where error == .noSuchFileOrDirectory || error == .notDirectory { return nil }
        }
    }

    /// - Throws: ``FileError`` that names the file.
    public static func read(_ path: String) throws -> [UInt8] {
        try explaining("read `\(path)`", as: .cannotRead) {
            let file = OwnedDescriptor(try DirectoryHandle.check { SystemCall.open(path, flags: O_RDONLY | O_CLOEXEC) })
            return try bytes(of: file)
        }
    }

    private static func bytes(of file: OwnedDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(try FileStatus.of(file.rawValue).size))
        try file.readToEnd(stop: nil) { bytes += $0 }
        return bytes
    }

    /// Opens a file for writing at its end, and makes it where there is none.
    ///
    /// - Throws: ``FileError``
    public static func append(_ path: String) throws -> OwnedDescriptor {
        try explaining("write `\(path)`") {
            let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
            return OwnedDescriptor(
                try DirectoryHandle.check { SystemCall.open(path, flags: flags, mode: 0o600) })
        }
    }

    public static func write(_ path: String, _ bytes: [UInt8]) throws {
        try explaining("write `\(path)`") {
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            try OwnedDescriptor(try DirectoryHandle.check { SystemCall.open(path, flags: flags, mode: 0o666) })
                .writeAll(bytes)
        }
    }

    /// Moves a file over whatever is there, and makes the folder above first when it is missing.
    ///
    /// - Parameter mode: of folders that are made.
    public static func move(_ path: String, to target: String, mode: UInt32 = 0o700) throws {
        try explaining("write `\(target)`") {
            do { try DirectoryHandle.check { rename(path, target) } } catch let error as Errno {
                guard error == .noSuchFileOrDirectory, let folder = above(target) else { throw error }
                try makeAll(folder, mode)
                try DirectoryHandle.check { rename(path, target) }
            }
        }
    }

    /// Writes a file whole or not at all.
    ///
    /// - Parameter keepsOld: whether a file that is there stays as it is.
    public static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600, keepsOld: Bool = false
    ) throws {
        try explaining("write `\(path)`") {
            let draft = "\(path).\(UniqueName.make()).tmp", flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
            let file = OwnedDescriptor(
                try DirectoryHandle.check { SystemCall.open(draft, flags: flags, mode: mode) })
            do {
                try file.writeAll(bytes)
                if keepsOld {
                    do { try DirectoryHandle.check { link(draft, path) } } catch Errno.fileExists {}
                    unlink(draft)
                } else {
                    try DirectoryHandle.check { rename(draft, path) }
                }
            } catch {
                unlink(draft)
                throw error
            }
        }
    }

    /// Copies a file with its time, on which git's check for files changed within a second of its index depends.
    ///
    /// - Returns: the ``mark(_:)`` of the file; `nil` when there is no such file.
    public static func copyWithTime(_ path: String, to copy: String) throws -> String? {
        try explaining("copy `\(path)` to `\(copy)`") {
            let file: OwnedDescriptor
            do {
                file = OwnedDescriptor(try DirectoryHandle.check { SystemCall.open(path, flags: O_RDONLY | O_CLOEXEC) })
            } catch Errno.noSuchFileOrDirectory { return nil }
            let status = try FileStatus.of(file.rawValue)
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            let target = OwnedDescriptor(try DirectoryHandle.check { SystemCall.open(copy, flags: flags, mode: 0o666) })
            try target.writeAll(try bytes(of: file))
            try target.setMode(0o644, modified: status.modified)
            return mark(status)
        }
    }

    /// A text that differs for every state of a file, provided that the file is replaced by renaming, as git does it.
    public static func mark(_ status: FileStatus) -> String {
        "\(status.inode) \(status.size) \(status.modified.wholeNanoseconds) \(status.changed.wholeNanoseconds)"
    }
}
