public import Files
internal import CLibArchive

/// Writes an archive entry by entry: `begin`, as many `write` as the size says, `end`; at last `close`.
///
/// Every call may block; use it on a ``BlockingThread``. One thread at a time. Names are written byte by byte as given.
/// A writer that goes away without ``close()`` writes nothing more: the archive then has no end mark.
///
/// A pipe that nobody reads any more is an error with code `outputClosed`, provided the process ignores `SIGPIPE`.
public final class ArchiveWriter {
    public enum Format: Sendable, Hashable {
        /// Plain tar with pax headers: every name, size, owner and time is exact.
        case tar
        /// Plain tar as GNU has it, for readers that skip pax headers (busybox). Times are cut to the second, and to
        /// the years 1970 to 2242.
        case gnuTar
        /// ``tar``, compressed by zstd.
        ///
        /// - Parameter threads: helpers beside the writing thread; 0 compresses on it. Ignored by a libzstd without threads.
        case tarZstd(level: Int, threads: Int)
        /// A zip with deflated content, Unix modes and symbolic links. It has no hard links: give the content again.
        case zip
    }

    private let archive: OpaquePointer
    private let header: OpaquePointer
    private let sink: ByteSink
    private let format: Format
    private let doing = "write the archive"
    /// The number of bytes that the entry still needs, or `nil` outside of an entry.
    private var missing: Int64?
    private var isClosed = false

    /// The warnings of libarchive in its own words.
    public private(set) var warnings: [String] = []

    /// The number of bytes written to the descriptor so far, after compression.
    public var byteCount: Int64 { sink.byteCount }

    /// - Parameters:
    ///   - fileDescriptor: stays the caller's to close, and must stay open as long as the writer is used.
    ///   - stop: looked at whenever bytes leave; raised, the call throws ``ArchiveError`` with code `stopped`.
    ///   - observer: sees all bytes once the descriptor has taken them, in order (for a checksum or a progress line).
    public init(
        fileDescriptor: Int32, format: Format, stop: StopFlag? = nil,
        observer: ((UnsafeRawBufferPointer) -> Void)? = nil
    ) throws(ArchiveError) {
        guard let archive = archive_write_new(), let header = archive_entry_new() else {
            throw ArchiveError(.unsupported, doing: doing, reason: "libarchive has no memory")
        }
        self.archive = archive
        self.header = header
        self.format = format
        sink = ByteSink(descriptor: FileDescriptor(rawValue: fileDescriptor), stop: stop, observer: observer)
        try set(format)
        try check(sink.open(archive))
    }

    deinit {
        archive_entry_free(header)
        // Else freeing would finish the archive, as if it were whole.
        if !isClosed { archive_write_fail(archive) }
        archive_write_free(archive)
    }

    /// Starts an entry. For a file, exactly `entry.size` bytes must follow; for every other kind the size does not count.
    ///
    /// - Throws: ``ArchiveError`` with code `unsupported` for what the format cannot hold (hard links in a zip).
    public func begin(_ entry: ArchiveEntry) throws(ArchiveError) {
        try fill(header, from: entry)
        let isPlain = isASCII(entry)
        if format == .zip, !isPlain, isUTF8(entry.path) {
            try check(UTF8Locale.during { archive_write_header(archive, header) })
        } else {
            let status = archive_write_header(archive, header)
            // In the C locale libarchive cannot make UTF-8 of such a name, says so, and writes its bytes as they are,
            // under `hdrcharset=BINARY`. That is what we want. (Asked for it, it would mark every entry, and GNU tar
            // has a line to say about each mark.)
            if isPlain || status != ARCHIVE_WARN { try check(status) }
        }
        missing = entry.kind == .file ? entry.size : 0
    }

    /// - Throws: ``ArchiveError`` with code `sizeMismatch` when the entry said it was smaller.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard let missing, Int64(bytes.count) <= missing else {
            throw ArchiveError(.sizeMismatch, doing: doing, reason: "an entry is longer than it said")
        }
        var rest = bytes
        while !rest.isEmpty {
            let taken = archive_write_data(archive, rest.baseAddress, rest.count)
            if taken <= 0 { try check(taken < 0 ? Int32(taken) : ARCHIVE_FATAL) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(taken, 0)))
        }
        self.missing = missing - Int64(bytes.count)
    }

    /// - Throws: ``ArchiveError`` with code `sizeMismatch` when content is missing: libarchive would pad it with zeros.
    public func end() throws(ArchiveError) {
        guard missing == 0 else {
            throw ArchiveError(.sizeMismatch, doing: doing, reason: "an entry is shorter than it said")
        }
        missing = nil
        try check(archive_write_finish_entry(archive))
    }

    /// Writes the end mark and everything still held back. The descriptor is not synced.
    public func close() throws(ArchiveError) {
        guard !isClosed else { return }
        try check(archive_write_close(archive))
        isClosed = true
        if !sink.flush() { try check(ARCHIVE_FATAL) }
    }

    // MARK: -

    private func check(_ status: Int32) throws(ArchiveError) {
        let sorted = ArchiveStatus(status, of: archive, doing: doing, code: .unsupported, cause: sink.failure)
        switch sorted {
        case .fine: return
        case .warning(let words): if warnings.count < 1000 { warnings.append(words) }
        case .failure(let error): throw error
        }
    }

    private func set(_ format: Format) throws(ArchiveError) {
        switch format {
        case .tar: try check(archive_write_set_format_pax(archive))
        case .gnuTar: try check(archive_write_set_format_gnutar(archive))
        case .zip: try check(archive_write_set_format_zip(archive))
        case .tarZstd(let level, let threads):
            try check(archive_write_set_format_pax(archive))
            try check(archive_write_add_filter_zstd(archive))
            try check(archive_write_set_filter_option(archive, "zstd", "compression-level", String(level)))
            // Libraries before 3.6 do not know the word, and then one thread must do.
            _ = archive_write_set_filter_option(archive, "zstd", "threads", String(threads))
            archive_clear_error(archive)
        }
    }

    private func fill(_ header: OpaquePointer, from entry: ArchiveEntry) throws(ArchiveError) {
        archive_entry_clear(header)
        archive_entry_set_pathname(header, cString(entry.path))
        archive_entry_set_size(header, entry.kind == .file ? entry.size : 0)
        archive_entry_set_mtime(header, time_t(entry.modified.seconds), entry.modified.nanoseconds)
        archive_entry_set_uid(header, entry.uid)
        archive_entry_set_gid(header, entry.gid)
        let type: UInt32
        switch entry.kind {
        case .file where entry.size >= 0: type = FileTypeBits.file
        case .directory: type = FileTypeBits.directory
        case .symbolicLink(let target):
            type = FileTypeBits.symbolicLink
            archive_entry_set_symlink(header, cString(target))
        case .hardLink(let target) where format != .zip:
            type = FileTypeBits.file
            archive_entry_set_hardlink(header, cString(target))
        case .file: throw cannotHold("a file of unknown size", entry)
        case .hardLink: throw cannotHold("a hard link", entry)
        case .other(let name): throw cannotHold(name, entry)
        }
        archive_entry_set_mode(header, mode_t(type | entry.mode & 0o7777))
    }

    private func cannotHold(_ what: String, _ entry: ArchiveEntry) -> ArchiveError {
        ArchiveError(
            .unsupported, doing: doing,
            reason: "it cannot hold \(what) (`\(String(decoding: entry.path, as: UTF8.self))`)")
    }

    private func cString(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

    private func isASCII(_ entry: ArchiveEntry) -> Bool {
        let target: [UInt8] =
            switch entry.kind {
            case .symbolicLink(let target), .hardLink(let target): target
            case .file, .directory, .other: []
            }
        return entry.path.allSatisfy { $0 < 0x80 } && target.allSatisfy { $0 < 0x80 }
    }

    private func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
}
