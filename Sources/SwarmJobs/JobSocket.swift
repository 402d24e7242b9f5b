internal import Files

/// One TCP connection of a job. It is closed with the last reference to it.
final class JobSocket: Sendable {
    private let descriptor: OwnedDescriptor

    /// - Parameter descriptor: of a connected socket, which this value owns from now on.
    init(_ descriptor: Int32) { self.descriptor = OwnedDescriptor(descriptor) }

    /// Ends both directions at once, and wakes whoever waits for the other side.
    func end() { _ = shutdown(descriptor.rawValue, Int32(SHUT_RDWR)) }

    /// Tells the other side that nothing more comes.
    func finishWriting() { _ = shutdown(descriptor.rawValue, Int32(SHUT_WR)) }

    /// Sets how long one read or write may take; 0 is for ever.
    func limit(seconds: Int) {
        var time = timeval()
        time.tv_sec = time_t(seconds)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor.rawValue, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Has the system ask now and then whether the other side is still there.
    func keepAlive() {
        var on: Int32 = 1
        setsockopt(descriptor.rawValue, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Waits for bytes.
    ///
    /// - Returns: how many were put at the start of `buffer`; 0 at the end, however that came.
    func waitForBytes(in buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = SystemCall.read(descriptor.rawValue, into: buffer)
            if count < 0, errno == EINTR { continue }
            return max(count, 0)
        }
    }

    /// Writes all of the bytes, waiting while the other side is slow.
    ///
    /// - Returns: `false` when it does not read any more.
    func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = SystemCall.write(descriptor.rawValue, rest)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }

    func writeAll(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { writeAll($0) } }

    /// Waits for a line, a byte at a time: what follows it is somebody else's to read.
    ///
    /// - Returns: the line without its end; `nil` when it is longer than `limit` bytes or never ends.
    func line(limit: Int) -> String? {
        var bytes: [UInt8] = [], byte: UInt8 = 0
        while withUnsafeMutableBytes(of: &byte, { waitForBytes(in: $0) }) == 1 {
            if byte == 0x0a { return String(decoding: bytes, as: UTF8.self) }
            guard bytes.count < limit else { return nil }
            bytes.append(byte)
        }
        return nil
    }

    // MARK: For tasks

    private static let chunkSize = 1 << 16

    /// Waits for bytes on a thread of its own. Cancelling ends the connection.
    ///
    /// - Returns: `nil` at the end.
    func chunk() async throws -> [UInt8]? {
        try await ending {
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { buffer, count in
                count = self.waitForBytes(in: UnsafeMutableRawBufferPointer(buffer))
            }
            return bytes.isEmpty ? nil : bytes
        }
    }

    func write(_ bytes: [UInt8]) async throws -> Bool {
        try await ending { bytes.withUnsafeBytes { self.writeAll($0) } }
    }

    /// Copies all that comes to `descriptor`, and closes that. When nobody takes it any more the connection is ended.
    func copy(to target: OwnedDescriptor) async throws {
        try await ending {
            defer { target.close() }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
            defer { buffer.deallocate() }
            while case let count = self.waitForBytes(in: buffer), count > 0 {
                do { try target.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } catch {
                    return self.end()
                }
            }
        }
    }

    /// Sends all that is read from `source`, and closes that.
    func copy(from source: OwnedDescriptor) async throws {
        try await ending {
            defer {
                self.finishWriting()
                source.close()
            }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
            defer { buffer.deallocate() }
            while case let count = try source.read(into: buffer), count > 0 {
                guard self.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
            }
        }
    }

    private func ending<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withTaskCancellationHandler {
            try await BlockingThread.run { _ in try work() }
        } onCancel: {
            end()
        }
    }
}
