internal import Files

/// What this room does to files of its own, by path.
enum FileAccess {
    struct Status: Hashable {
        let length: Int
        /// Nanoseconds since 1970; the second one moves with every change, and nobody can set it.
        let modified: Int64
        let changed: Int64
        let inode: UInt64
        let device: UInt64
        let isFile: Bool

        init(_ info: stat) {
            length = Int(info.st_size)
            #if canImport(Darwin)
                let (modified, changed) = (info.st_mtimespec, info.st_ctimespec)
            #else
                let (modified, changed) = (info.st_mtim, info.st_ctim)
            #endif
            self.modified = Int64(modified.tv_sec) * 1_000_000_000 + Int64(modified.tv_nsec)
            self.changed = Int64(changed.tv_sec) * 1_000_000_000 + Int64(changed.tv_nsec)
            inode = UInt64(info.st_ino)
            device = UInt64(bitPattern: Int64(info.st_dev))
            isFile = info.st_mode & S_IFMT == S_IFREG
        }
    }

    /// - Returns: `nil` when there is none.
    static func open(_ path: String, doing: @autoclosure () -> String) throws -> Int32? {
        let descriptor = systemOpen(path, O_RDONLY | O_CLOEXEC, 0)
        if descriptor >= 0 { return descriptor }
        guard errno == ENOENT || errno == ENOTDIR else { throw failure(doing()) }
        return nil
    }

    /// Of a descriptor that was only read: nothing is lost.
    static func shut(_ descriptor: Int32) { close(descriptor) }

    static func status(_ descriptor: Int32, doing: @autoclosure () -> String) throws -> Status {
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw failure(doing()) }
        return Status(info)
    }

    /// - Returns: how many bytes were read; 0 at the end.
    static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, doing: @autoclosure () -> String
    ) throws -> Int {
        while true {
            let count = systemRead(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw failure(doing()) }
        }
    }

    /// A whole file, with what the system says of it.
    ///
    /// - Parameter limit: of a longer file no more is read.
    /// - Returns: `nil` when there is none.
    static func contents(
        _ path: String, limit: Int, doing: @autoclosure () -> String
    ) throws -> (bytes: [UInt8], status: Status)? {
        guard let descriptor = try open(path, doing: doing()) else { return nil }
        defer { close(descriptor) }
        let status = try status(descriptor, doing: doing())
        return (try bytes(of: descriptor, count: min(status.length, limit), doing: doing()), status)
    }

    /// Up to so many bytes from where the descriptor stands.
    static func bytes(of descriptor: Int32, count: Int, doing: @autoclosure () -> String) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = try read(descriptor, into: rest, doing: doing())
                if got == 0 { break }
                filled += got
            }
        }
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, doing: @autoclosure () -> String) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = systemWrite(descriptor, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            } else if errno != EINTR {
                throw failure(doing())
            }
        }
    }

    /// Renames over whatever is there, and makes the folder above first if it is missing.
    static func move(_ path: String, to target: String, doing: @autoclosure () -> String) throws {
        if rename(path, target) == 0 { return }
        guard errno == ENOENT, let slash = target.lastIndex(of: "/") else { throw failure(doing()) }
        try makeFolder(String(target[..<slash]), doing: doing())
        guard rename(path, target) == 0 else { throw failure(doing()) }
    }

    /// With all folders above it. What is recorded may be private: for this user alone.
    static func makeFolder(_ path: String, doing: @autoclosure () -> String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw failure(doing())
        }
        try makeFolder(String(path[..<slash]), doing: doing())
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure(doing()) }
    }

    /// The names in a folder, sorted; none when there is no such folder.
    static func names(_ path: String, doing: @autoclosure () -> String) throws -> [String] {
        guard let stream = opendir(path) else {
            guard errno == ENOENT || errno == ENOTDIR else { throw failure(doing()) }
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func failure(_ doing: String) -> RecordingError {
        RecordingError(doing: doing, reason: String(cString: strerror(errno)))
    }
}

private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
