internal import CLibArchive
internal import Files

/// Writes the bytes of an archive from libarchive to a descriptor. Headers are gathered, large blocks are not copied.
final class ByteSink {
    private let descriptor: FileDescriptor
    private let stop: StopFlag?
    private let observer: ((UnsafeRawBufferPointer) -> Void)?
    private let pending = UnsafeMutableRawBufferPointer.allocate(byteCount: ByteSource.bufferSize, alignment: 4096)
    private var pendingCount = 0
    private(set) var failure: ByteFailure?
    /// The number of bytes that the descriptor has taken.
    private(set) var byteCount: Int64 = 0

    /// The size from which on a block is not copied.
    private static let largeBlock = 128 << 10

    init(descriptor: FileDescriptor, stop: StopFlag?, observer: ((UnsafeRawBufferPointer) -> Void)?) {
        self.descriptor = descriptor
        self.stop = stop
        self.observer = observer
        enlargePipe(descriptor)
    }

    deinit { pending.deallocate() }

    /// Tells libarchive to write to this sink, in whatever pieces it has. The sink must outlive the archive.
    func open(_ archive: OpaquePointer) -> Int32 {
        archive_write_set_bytes_per_block(archive, 0)
        return archive_write_open(
            archive, Unmanaged.passUnretained(self).toOpaque(), nil,
            { _, sink, bytes, count in
                let sink = Unmanaged<ByteSink>.fromOpaque(sink!).takeUnretainedValue()
                return sink.take(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : -1
            }, nil)
    }

    /// Writes out what was gathered.
    func flush() -> Bool {
        let gathered = UnsafeRawBufferPointer(rebasing: pending[..<pendingCount])
        pendingCount = 0
        return gathered.isEmpty || write(gathered)
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard failure == nil else { return false }
        if pendingCount + bytes.count > pending.count || bytes.count >= Self.largeBlock {
            guard flush() else { return false }
            if bytes.count >= Self.largeBlock { return write(bytes) }
        }
        UnsafeMutableRawBufferPointer(rebasing: pending[pendingCount...]).copyMemory(from: bytes)
        pendingCount += bytes.count
        return true
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            if stop?.isRaised == true {
                failure = .stopped
                return false
            }
            do {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(try descriptor.write(rest)))
            } catch Errno.resourceTemporarilyUnavailable {
                waitUntilReady(descriptor, for: Int16(POLLOUT), stop: stop)
            } catch {
                failure = .writing(error as? Errno ?? .ioError)
                return false
            }
        }
        byteCount += Int64(bytes.count)
        observer?(bytes)
        return true
    }
}
