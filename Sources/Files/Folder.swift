/// What the snapshots do to files of their own by path: these folders are ours alone, nobody redirects a name in them.
public enum Folder {
    public static func make(_ path: String) throws { try explaining("make `\(path)`") { try makeAll(path) } }

    /// A folder for all to read, whatever this process's umask is.
    public static func makePublic(_ path: String) throws {
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

    /// The names in a folder, in byte order; none when there is no such folder.
    public static func names(_ path: String) throws -> [String] {
        guard exists(path) else { return [] }
        return try entries(of: Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    public static func status(_ path: String) -> FileStatus? {
        var info = stat()
        return stat(path, &info) == 0 ? FileStatus(info) : nil
    }

    /// - Throws: ``FileError`` that names the file.
    public static func read(_ path: String) throws -> [UInt8] {
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

    public static func write(_ path: String, _ bytes: [UInt8]) throws {
        try explaining("write `\(path)`") {
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            try OwnedDescriptor(try DirectoryHandle.check { open(path, flags, 0o666) }).writeAll(bytes)
        }
    }

    /// Copies a file with its time: git's check for files changed within a second of its index lives by that time.
    ///
    /// - Returns: what tells this state of the file from every other; `nil` when there is no such file.
    public static func copyWithTime(_ path: String, to copy: String) throws -> String? {
        try explaining("copy `\(path)` to `\(copy)`") {
            let file: OwnedDescriptor
            do {
                file = OwnedDescriptor(try DirectoryHandle.check { open(path, O_RDONLY | O_CLOEXEC) })
            } catch Errno.noSuchFileOrDirectory { return nil }
            let status = try FileStatus.of(file.rawValue)
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            let target = OwnedDescriptor(try DirectoryHandle.check { open(copy, flags, 0o666) })
            try target.writeAll(try bytes(of: file))
            try target.setMode(0o644, modified: status.modified)
            return mark(status)
        }
    }

    /// What tells a state of a file from every other, git replacing its files by rename.
    public static func mark(_ status: FileStatus) -> String {
        "\(status.inode) \(status.size) \(status.modified.wholeNanoseconds) \(status.changed.wholeNanoseconds)"
    }
}
