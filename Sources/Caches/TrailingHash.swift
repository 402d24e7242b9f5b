internal import Archives
internal import Crypto
internal import Files

/// The hashes of a file, computed while another thread still writes it, so that the writer does not wait for them.
///
/// The writer rings now and then; each time the file is read on to where it ends.
struct TrailingHash: Sendable {
    let sha256: String
    /// The XXH64 for ``CacheManifest/Seal``.
    let checksum: String

    /// Makes a pipe by which the writing thread wakes the hashing one.
    static func bell() throws -> (wake: OwnedDescriptor, ring: OwnedDescriptor) {
        #if os(Linux)
            let ends = try FileDescriptor.pipe(options: .closeOnExec)
        #else
            let ends = try FileDescriptor.pipe()
            for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        #endif
        return (OwnedDescriptor(ends.readEnd.rawValue), OwnedDescriptor(ends.writeEnd.rawValue))
    }

    /// The bytes that are sent: there is more, or everything is written. (Closing the pipe ends the hashing, too.)
    static let more: UInt8 = 1
    static let all: UInt8 = 0

    static func hash(_ file: OwnedDescriptor, wokenBy wake: OwnedDescriptor, stop: StopFlag) throws -> TrailingHash {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        let (file, wake) = (FileDescriptor(rawValue: file.rawValue), FileDescriptor(rawValue: wake.rawValue))
        var hash = SHA256(), quickHash = ContentHash()
        var offset: Int64 = 0
        var isWritten = false
        while !isWritten {
            let rings = try wake.read(into: buffer)
            isWritten = rings == 0 || buffer[..<rings].contains(all)
            while true {
                try stop.check()
                let count = try file.read(fromAbsoluteOffset: offset, into: buffer)
                if count == 0 { break }
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                hash.update(bufferPointer: bytes)
                quickHash.update(bytes)
                offset += Int64(count)
            }
        }
        return TrailingHash(sha256: hexadecimal(hash.finalize()), checksum: quickHash.text)
    }
}
