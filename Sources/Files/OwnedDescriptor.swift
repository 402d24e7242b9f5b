internal import Synchronization

/// A descriptor that is closed exactly once, at the latest with the last reference to it.
public final class OwnedDescriptor: Sendable {
    public let rawValue: Int32
    private let isOpen = Atomic<Bool>(true)

    public init(_ descriptor: Int32) { rawValue = descriptor }

    deinit { close() }

    /// - Parameter last: what is to be done just before, if it is not closed already.
    public func close(after last: (Int32) -> Void = { _ in }) {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        last(rawValue)
        // Nothing was written through it that a failed close could lose: tarballs are synced before.
        try? FileDescriptor(rawValue: rawValue).close()
    }
}

extension OwnedDescriptor {
    /// Reads to the end, and passes the bytes to `body`, at most a mebibyte at a time.
    public func readToEnd(stop: StopFlag?, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            try stop?.check()
            let count = try FileDescriptor(rawValue: rawValue).read(into: buffer)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Reads from where the descriptor stands.
    ///
    /// - Returns: how many bytes were put at the start of `buffer`; 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try FileDescriptor(rawValue: rawValue).read(into: buffer)
    }

    /// As ``read(into:)``, from a place in the file, and without moving.
    public func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try FileDescriptor(rawValue: rawValue).read(fromAbsoluteOffset: offset, into: buffer)
    }

    /// The first bytes of the file, at most so many.
    public func bytes(limit: Int) throws -> [UInt8] {
        let count = min(Int(try FileStatus.of(rawValue).size), limit)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = try read(at: Int64(filled), into: rest)
                // It has become shorter meanwhile.
                if got == 0 { return }
                filled += got
            }
        }
    }

    /// The bytes at a place of the file.
    ///
    /// - Returns: `nil` when the file ends before.
    public func bytes(at offset: Int64, count: Int) throws -> [UInt8]? {
        guard offset >= 0, count >= 0, try FileStatus.of(rawValue).size - offset >= Int64(count) else { return nil }
        var isWhole = true
        let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = try read(at: offset + Int64(filled), into: rest)
                // It has become shorter meanwhile.
                guard got > 0 else { return isWhole = false }
                filled += got
            }
        }
        return isWhole ? bytes : nil
    }

    public func writeAll(_ bytes: [UInt8]) throws { _ = try FileDescriptor(rawValue: rawValue).writeAll(bytes) }

    public func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        _ = try FileDescriptor(rawValue: rawValue).writeAll(bytes)
    }

    /// Moves on without writing: what lies between becomes a hole when something is written behind it.
    public func skip(_ byteCount: Int64) throws {
        _ = try FileDescriptor(rawValue: rawValue).seek(offset: byteCount, from: .current)
    }

    /// Sets the size of the file: cuts it, or adds a hole at its end.
    public func setSize(_ byteCount: Int64) throws {
        try DirectoryHandle.check { ftruncate(rawValue, off_t(byteCount)) }
    }

    public func setMode(_ mode: UInt32, modified: Duration) throws {
        try DirectoryHandle.check { fchmod(rawValue, mode_t(mode)) }
        try setModified(modified)
    }

    /// - Parameter modified: since 1970.
    public func setModified(_ modified: Duration) throws {
        let (seconds, nanoseconds) = modified.flooredParts
        let time = timespec(tv_sec: time_t(seconds), tv_nsec: nanoseconds)
        try DirectoryHandle.check { futimens(rawValue, [time, time]) }
    }
}
