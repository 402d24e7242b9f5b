/// A temporary file without a name, which vanishes with its last descriptor, whatever happens.
///
/// For children that read a file in blocks and a pipe byte by byte, as shells do.
public struct UnnamedFile: Sendable {
    /// The file, open for reading at its beginning. The caller closes it, or passes it to a call that does.
    public let descriptor: Int32

    /// - Throws: ``FileError`` when there is no room for it.
    public init(holding bytes: [UInt8]) throws {
        guard let stream = tmpfile() else { throw Self.failure() }
        defer { fclose(stream) }
        guard fwrite(bytes, 1, bytes.count, stream) == bytes.count, fflush(stream) == 0 else { throw Self.failure() }
        // The copy lives on when the stream is closed.
        let copy = fcntl(fileno(stream), F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw Self.failure() }
        guard lseek(copy, 0, SEEK_SET) == 0 else {
            close(copy)
            throw Self.failure()
        }
        descriptor = copy
    }

    private static func failure() -> FileError {
        FileError(.cannotWrite, doing: "write a temporary file", Errno(rawValue: errno))
    }
}
