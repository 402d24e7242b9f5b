#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The part of `stat` that matters here.
struct FileStatus: Equatable {
    enum Kind { case file, directory, symbolicLink, other }

    let kind: Kind
    let mode: UInt32
    let size: Int64
    /// Since 1970, as is ``changed``, the time of the last change of anything about the file.
    let modified: Duration
    let changed: Duration
    let inode: UInt64
    let device: UInt64

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        mode = UInt32(status.st_mode) & 0o7777
        size = Int64(status.st_size)
        #if canImport(Darwin)
            let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        self.modified = Duration(secondsComponent: Int64(modified.tv_sec), nanoseconds: Int64(modified.tv_nsec))
        self.changed = Duration(secondsComponent: Int64(changed.tv_sec), nanoseconds: Int64(changed.tv_nsec))
        inode = UInt64(status.st_ino)
        device = UInt64(bitPattern: Int64(status.st_dev))
    }

    /// Of an open file.
    static func of(_ descriptor: Int32) throws -> FileStatus {
        var result = stat()
        try DirectoryHandle.check { fstat(descriptor, &result) }
        return FileStatus(result)
    }
}

extension Duration {
    init(secondsComponent seconds: Int64, nanoseconds: Int64) {
        self = .seconds(seconds) + .nanoseconds(nanoseconds)
    }

    var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
