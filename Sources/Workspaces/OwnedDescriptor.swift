internal import Archives
internal import Synchronization
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A descriptor that was handed to us: closed once, at the latest when nobody knows it any more.
final class OwnedDescriptor: Sendable {
    let rawValue: Int32
    private let isOpen = Atomic<Bool>(true)

    init(_ descriptor: Int32) { rawValue = descriptor }

    deinit { close() }

    /// - Parameter last: what is to be done just before, if it is not closed already.
    func close(after last: (Int32) -> Void = { _ in }) {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        last(rawValue)
        // Nothing was written through it that a failed close could lose: tarballs are synced before.
        try? FileDescriptor(rawValue: rawValue).close()
    }
}

extension OwnedDescriptor {
    /// Hands over what follows, a mebibyte at a time.
    func readToEnd(stop: StopFlag?, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            try stop?.check()
            let count = try FileDescriptor(rawValue: rawValue).read(into: buffer)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    func writeAll(_ bytes: [UInt8]) throws { _ = try FileDescriptor(rawValue: rawValue).writeAll(bytes) }

    /// Cuts the file, or lets it end in a hole.
    func setSize(_ byteCount: Int64) throws { try DirectoryHandle.check { ftruncate(rawValue, off_t(byteCount)) } }

    func setMode(_ mode: UInt32, modified: ArchiveEntry.Timestamp) throws {
        try DirectoryHandle.check { fchmod(rawValue, mode_t(mode)) }
        let time = timespec(tv_sec: time_t(modified.seconds), tv_nsec: modified.nanoseconds)
        try DirectoryHandle.check { futimens(rawValue, [time, time]) }
    }
}
