/// The part of `stat` that the rooms use.
public struct FileStatus: Hashable, Sendable {
    public enum Kind: Sendable { case file, directory, symbolicLink, other }

    public let kind: Kind
    public let mode: UInt32
    public let size: Int64
    /// Since 1970, as is ``changed``, the time of the last change of anything about the file.
    public let modified: Duration
    public let changed: Duration
    public let inode: UInt64
    public let device: UInt64

    public init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        mode = UInt32(status.st_mode) & 0o7777
        size = Int64(status.st_size)
        modified = status.modified
        changed = status.changed
        inode = UInt64(status.st_ino)
        device = UInt64(bitPattern: Int64(status.st_dev))
    }

    /// Reads the status of a file by its path; `nil` where there is none, or it may not be seen.
    ///
    /// - Parameter followsLinks: whether a link stands for what it leads to.
    public static func at(_ path: String, followsLinks: Bool = true) -> FileStatus? {
        var result = stat()
        guard (followsLinks ? stat(path, &result) : lstat(path, &result)) == 0 else { return nil }
        return FileStatus(result)
    }

    /// Reads the status of an open file.
    public static func of(_ descriptor: Int32) throws -> FileStatus {
        var result = stat()
        try DirectoryHandle.check { fstat(descriptor, &result) }
        return FileStatus(result)
    }
}

extension Duration {
    public init(secondsComponent seconds: Int64, nanoseconds: Int64) {
        self = .seconds(seconds) + .nanoseconds(nanoseconds)
    }

    /// The whole seconds, and the rest in nanoseconds: 0 to 999,999,999, also before 1970.
    public var flooredParts: (seconds: Int64, nanoseconds: Int) {
        let (seconds, attoseconds) = components, nanoseconds = Int(attoseconds / 1_000_000_000)
        return nanoseconds < 0 ? (seconds - 1, nanoseconds + 1_000_000_000) : (seconds, nanoseconds)
    }

    public var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
