internal import Files
internal import CLibArchive

/// The result of a call of libarchive, sorted by what follows from it.
enum ArchiveStatus {
    case fine
    /// The work continues, and the text is a warning.
    case warning(String)
    case failure(ArchiveError)

    /// Reads the library's words, before the next call can overwrite them.
    ///
    /// - Parameters:
    ///   - status: `ARCHIVE_OK`, `ARCHIVE_WARN`, or anything else, which is a failure.
    ///   - cause: what our own reading or writing of bytes met; it says more than the library can.
    init(_ status: Int32, of archive: OpaquePointer, doing: String, code: ArchiveError.Code, cause: ByteFailure?) {
        switch status {
        case ARCHIVE_OK: self = .fine
        case ARCHIVE_WARN where cause == nil: self = .warning(Self.words(of: archive))
        default:
            self = .failure(
                cause?.error(doing: doing)
                    ?? ArchiveError(code, doing: doing, reason: Self.words(of: archive)))
        }
    }

    private static func words(of archive: OpaquePointer) -> String {
        archive_error_string(archive).map { String(cString: $0) } ?? "libarchive gives no reason"
    }
}

/// The reason why reading or writing the bytes of an archive stopped.
enum ByteFailure {
    case reading(Errno)
    case writing(Errno)
    case stopped

    func error(doing: String) -> ArchiveError {
        switch self {
        case .reading(let errno): ArchiveError(.readFailed, doing: doing, reason: errno.description, cause: errno)
        case .writing(.brokenPipe):
            ArchiveError(
                .outputClosed, doing: doing, reason: "the other end no longer reads", cause: Errno.brokenPipe)
        case .writing(let errno): ArchiveError(.writeFailed, doing: doing, reason: errno.description, cause: errno)
        case .stopped: ArchiveError(.stopped, doing: doing, reason: "stopped")
        }
    }
}
