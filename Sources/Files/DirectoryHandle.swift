/// An open directory. What lies in it is reached by its name and this descriptor, never by a path that somebody could
/// redirect, and links are never followed.
///
/// Names are single: not empty, no slash, not `.` or `..`. Every failure is thrown as `Errno`.
public final class DirectoryHandle: Sendable {
    private let owned: OwnedDescriptor
    public var descriptor: Int32 { owned.rawValue }

    fileprivate init(_ descriptor: Int32) { owned = OwnedDescriptor(descriptor) }

    /// Opens a directory by path; here links in the path are followed, for the path is the user's own.
    public convenience init(opening path: FilePath) throws {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        self.init(try Self.check { path.withPlatformString { open($0, flags) } })
    }

    public func directory(_ name: [UInt8]) throws -> DirectoryHandle {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
        return DirectoryHandle(try Self.check { Self.withName(name) { openat(descriptor, $0, flags) } })
    }

    public func makeDirectory(_ name: [UInt8], mode: UInt32 = 0o777) throws {
        try Self.check { Self.withName(name) { mkdirat(descriptor, $0, mode_t(mode)) } }
    }

    /// Makes a new file, open for reading and writing; there must be nothing of that name.
    public func makeFile(_ name: [UInt8], mode: UInt32 = 0o666) throws -> OwnedDescriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        return OwnedDescriptor(try Self.check { Self.withName(name) { openat(descriptor, $0, flags, mode_t(mode)) } })
    }

    public func openFile(_ name: [UInt8]) throws -> OwnedDescriptor {
        // Without O_NONBLOCK a FIFO of that name would hold us up.
        let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        return OwnedDescriptor(try Self.check { Self.withName(name) { openat(descriptor, $0, flags) } })
    }

    public func makeSymbolicLink(_ name: [UInt8], to target: [UInt8]) throws {
        try Self.check { Self.withName(name) { name in Self.withName(target) { symlinkat($0, descriptor, name) } } }
    }

    /// Reads what a symbolic link leads to, as it is written.
    public func target(ofSymbolicLink name: [UInt8]) throws -> [UInt8] {
        var target = [CChar](repeating: 0, count: 4096)
        let count = try Self.check {
            Int32(Self.withName(name) { readlinkat(descriptor, $0, &target, target.count) })
        }
        return target[..<Int(count)].map { UInt8(bitPattern: $0) }
    }

    public func makeHardLink(_ name: [UInt8], in other: DirectoryHandle, to existing: [UInt8]) throws {
        try Self.check {
            Self.withName(existing) { existing in
                Self.withName(name) { linkat(descriptor, existing, other.descriptor, $0, 0) }
            }
        }
    }

    /// Renames an entry. An entry of the new name is replaced.
    public func rename(_ name: [UInt8], to newName: [UInt8], in other: DirectoryHandle? = nil) throws {
        try Self.check {
            Self.withName(name) { name in
                Self.withName(newName) { renameat(descriptor, name, (other ?? self).descriptor, $0) }
            }
        }
    }

    public func removeFile(_ name: [UInt8]) throws {
        try Self.check { Self.withName(name) { unlinkat(descriptor, $0, 0) } }
    }

    public func removeEmptyDirectory(_ name: [UInt8]) throws {
        try Self.check { Self.withName(name) { unlinkat(descriptor, $0, AT_REMOVEDIR) } }
    }

    public func status(_ name: [UInt8]) throws -> FileStatus {
        var result = stat()
        try Self.check { Self.withName(name) { fstatat(descriptor, $0, &result, AT_SYMLINK_NOFOLLOW) } }
        return FileStatus(result)
    }

    public func setMode(_ name: [UInt8], _ mode: UInt32) throws {
        try Self.check { Self.withName(name) { fchmodat(descriptor, $0, mode_t(mode), 0) } }
    }

    /// Sets the time of an entry to now.
    public func touch(_ name: [UInt8]) throws {
        try Self.check { Self.withName(name) { utimensat(descriptor, $0, nil, AT_SYMLINK_NOFOLLOW) } }
    }

    /// The names in the directory, in byte order.
    public func names() throws -> [[UInt8]] {
        let again = try Self.check { openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(again) else {
            let failure = Errno(rawValue: errno)
            OwnedDescriptor(again).close()
            throw failure
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in Array(bytes.prefix { $0 != 0 }) }
            if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
        }
        return names.sorted(by: RelativePath.precedes)
    }

    /// Writes renames and removals in this directory to the disk, so that they survive a power failure.
    public func sync() throws { try Self.sync(descriptor) }

    public static func sync(_ descriptor: Int32) throws { try check { fsync(descriptor) } }

    // MARK: -

    /// Runs a system call, throws its error as `Errno`, and repeats it when a signal interrupted it.
    @discardableResult
    public static func check(_ call: () -> Int32) throws -> Int32 {
        while true {
            let status = call()
            if status != -1 { return status }
            let failure = Errno(rawValue: errno)
            if failure != .interrupted { throw failure }
        }
    }

    private static func withName<Result>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        (name.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}

extension DirectoryHandle {
    /// Removes an entry with everything below it. A missing entry is no error.
    public func removeTree(_ name: [UInt8]) throws {
        do {
            try removeFile(name)
        } catch Errno.noSuchFileOrDirectory {
        } catch  where (try? status(name).kind) == .directory {
            try removeDirectory(name)
        }
    }

    private func removeDirectory(_ name: [UInt8]) throws {
        let inner: DirectoryHandle
        do {
            inner = try directory(name)
        } catch Errno.permissionDenied {
            // A folder the build closed even for its owner.
            try setMode(name, 0o700)
            inner = try directory(name)
        }
        for entry in try inner.names() {
            do {
                try inner.removeTree(entry)
            } catch Errno.permissionDenied {
                try Self.check { fchmod(inner.descriptor, 0o700) }
                try inner.removeTree(entry)
            }
        }
        try removeEmptyDirectory(name)
    }

    /// The size of all files below an entry. Links are not followed, and files that vanish meanwhile do not count.
    public func byteCount(_ name: [UInt8]) -> Int64 {
        guard let status = try? status(name) else { return 0 }
        guard status.kind == .directory, let inner = try? directory(name), let names = try? inner.names() else {
            return status.size
        }
        return names.reduce(0) { $0 + inner.byteCount($1) }
    }
}

extension DirectoryHandle {
    /// The modes of what is kept in this directory: for this user alone, but as the umask says where others may write here, too.
    public func keptModes() throws -> (file: UInt32, folder: UInt32) {
        try FileStatus.of(descriptor).mode & 0o022 == 0 ? (0o600, 0o700) : (0o666, 0o777)
    }
}

/// Remembers directories that were made for a new file, so that they can be removed when the file is not written.
public struct MadeDirectories: Sendable {
    private var paths: [FilePath] = []
    private let mode: UInt32

    /// - Parameter mode: of each directory that is made; this process's umask takes its part away.
    public init(mode: UInt32 = 0o700) { self.mode = mode }

    /// Opens a directory, after making it and the missing directories above it.
    public mutating func open(_ path: FilePath) throws -> DirectoryHandle {
        for missing in missingDirectories(of: path).reversed() {
            do {
                try DirectoryHandle.check { missing.withPlatformString { mkdir($0, mode_t(mode)) } }
                paths.append(missing)
            } catch Errno.fileExists {
                // Somebody else was quicker.
            }
        }
        return try DirectoryHandle(opening: path)
    }

    /// The missing directories, the innermost first.
    private func missingDirectories(of path: FilePath) -> [FilePath] {
        var missing: [FilePath] = []
        var current = path
        while !current.isEmpty, access(current.string, F_OK) != 0, errno == ENOENT {
            missing.append(current)
            let above = current.removingLastComponent()
            if above == current { break }
            current = above
        }
        return missing
    }

    /// Removes the directories that were made, as far as they are empty.
    public func removeEmpty() {
        for path in paths.reversed() where path.withPlatformString({ rmdir($0) }) != 0 { return }
    }
}
