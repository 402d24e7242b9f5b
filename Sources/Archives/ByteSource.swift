internal import CLibArchive
internal import Files

/// Reads the bytes of an archive from a descriptor for libarchive, through one buffer.
///
/// Borrowed, the descriptor is only ever read; owned (opened from a path), it may also be sought in, and is closed.
final class ByteSource {
    private let descriptor: FileDescriptor
    private let isOwned: Bool
    /// Whether libarchive may seek, as it must in a zip.
    let canSeek: Bool
    private let stop: StopFlag?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 4096)
    private(set) var failure: ByteFailure?
    private(set) var byteCount: Int64 = 0
    /// Whether the first bytes are those of a zip.
    private(set) var beginsLikeZip = false

    /// One mebibyte: what an enlarged pipe holds, and enough for system calls not to matter.
    static let bufferSize = 1 << 20

    init(descriptor: FileDescriptor, isOwned: Bool, stop: StopFlag?) {
        self.descriptor = descriptor
        self.isOwned = isOwned
        canSeek = isOwned && (try? descriptor.seek(offset: 0, from: .current)) != nil
        self.stop = stop
        enlargePipe(descriptor)
    }

    deinit {
        buffer.deallocate()
        // A descriptor that was only read has nothing left to lose.
        if isOwned { try? descriptor.close() }
    }

    /// Tells libarchive to read from this source. The source must outlive the archive.
    func attach(to archive: OpaquePointer) {
        archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
        archive_read_set_read_callback(archive) { _, source, block in
            let source = Unmanaged<ByteSource>.fromOpaque(source!).takeUnretainedValue()
            block?.pointee = UnsafeRawPointer(source.buffer.baseAddress)
            return source.fill()
        }
        guard canSeek else { return }
        archive_read_set_seek_callback(archive) { _, source, offset, origin in
            let source = Unmanaged<ByteSource>.fromOpaque(source!).takeUnretainedValue()
            return source.seek(to: offset, from: origin)
        }
    }

    /// Whether a file is a zip's end mark and nothing before it.
    func isEmptyZip() -> Bool {
        let start = UnsafeMutableRawBufferPointer(rebasing: buffer[..<4])
        // A file that cannot be read will say so when it is.
        guard let count = try? descriptor.read(fromAbsoluteOffset: 0, into: start) else { return false }
        return start[..<count].elementsEqual([0x50, 0x4b, 5, 6])
    }

    /// Reads and drops what still comes, so that the writer at the other end of a pipe can finish.
    func drain() {
        while fill() > 0 {}
    }

    private func fill() -> Int {
        if stop?.isRaised == true {
            failure = .stopped
            return -1
        }
        while true {
            do {
                let count = try descriptor.read(into: buffer)
                if byteCount == 0 { beginsLikeZip = buffer[..<count].starts(with: "PK".utf8) }
                byteCount += Int64(count)
                return count
            } catch Errno.resourceTemporarilyUnavailable {
                waitUntilReady(descriptor, for: Int16(POLLIN), stop: stop)
            } catch {
                failure = .reading(error as? Errno ?? .ioError)
                return -1
            }
            if stop?.isRaised == true { return fill() }
        }
    }

    private func seek(to offset: Int64, from origin: Int32) -> Int64 {
        do {
            return try descriptor.seek(offset: offset, from: FileDescriptor.SeekOrigin(rawValue: origin))
        } catch {
            failure = .reading(error as? Errno ?? .ioError)
            return Int64(ARCHIVE_FATAL)
        }
    }
}

/// Lets a pipe hold a whole buffer, so that both ends switch less often. Anything but a pipe refuses, and that is fine.
func enlargePipe(_ descriptor: FileDescriptor) {
    #if os(Linux)
        let setPipeSize: Int32 = 1031  // F_SETPIPE_SZ, which Glibc hides behind _GNU_SOURCE
        _ = fcntl(descriptor.rawValue, setPipeSize, Int32(ByteSource.bufferSize))
    #endif
}

/// Waits for a descriptor that somebody made non-blocking, waking now and then to look at the flag.
func waitUntilReady(_ descriptor: FileDescriptor, for events: Int16, stop: StopFlag?) {
    var request = pollfd(fd: descriptor.rawValue, events: events, revents: 0)
    while poll(&request, 1, 100) == 0, stop?.isRaised != true {}
}
