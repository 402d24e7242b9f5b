public import Files
internal import CLibArchive

/// Reads an archive entry by entry: tar in every dialect (ustar, pax, GNU) and zip; tar plain or compressed by zstd or gzip.
///
/// Every call may block; use it on a ``BlockingThread``. One thread at a time.
///
/// - A tar stream must have its end mark: one that merely stops, even between two entries, is cut short and throws.
/// - Names come as bytes, exact in every locale. libarchive's complaint that it cannot convert them is not repeated.
public final class ArchiveReader {
    private let archive: OpaquePointer
    private let header: OpaquePointer
    private let source: ByteSource
    private let doing: String
    private var content = EntryContent()
    private var isAtEnd = false

    /// The warnings of libarchive in its own words, at most a thousand.
    public private(set) var warnings: [String] = []

    /// The number of bytes read so far, compressed ones if the archive is compressed.
    public var byteCount: Int64 { source.byteCount }

    /// Reads a stream from where the descriptor stands, usually the end of a pipe.
    ///
    /// - Parameters:
    ///   - fileDescriptor: stays the caller's to close, and must stay open as long as the reader is used.
    ///   - stop: looked at whenever more bytes are needed; raised, the call throws ``ArchiveError`` with code `stopped`.
    public convenience init(fileDescriptor: Int32, stop: StopFlag? = nil) throws(ArchiveError) {
        let descriptor = FileDescriptor(rawValue: fileDescriptor)
        try self.init(
            ByteSource(descriptor: descriptor, isOwned: false, stop: stop), doing: "read the archive stream")
    }

    /// Reads a file. A zip is read by its central directory, as other programs do, and must have it.
    public convenience init(path: FilePath, stop: StopFlag? = nil) throws(ArchiveError) {
        let doing = "read the archive `\(path)`"
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            throw ByteFailure.reading(error as? Errno ?? .ioError).error(doing: doing)
        }
        try self.init(ByteSource(descriptor: descriptor, isOwned: true, stop: stop), doing: doing)
    }

    private init(_ source: ByteSource, doing: String) throws(ArchiveError) {
        guard let archive = archive_read_new(), let header = archive_entry_new() else {
            throw ArchiveError(.unsupported, doing: doing, reason: "libarchive has no memory")
        }
        self.archive = archive
        self.header = header
        self.source = source
        self.doing = doing
        try check(archive_read_support_format_tar(archive))
        // The streaming reader would take a zip without its directory for whole; the other knows no empty zip.
        try check(
            source.canSeek && !source.isEmptyZip()
                ? archive_read_support_format_zip_seekable(archive)
                : archive_read_support_format_zip_streamable(archive))
        try check(archive_read_support_filter_zstd(archive))
        try check(archive_read_support_filter_gzip(archive))
        // Apple's libarchive would swallow files named `._x`.
        try check(archive_read_set_format_option(archive, "tar", "mac-ext", nil))
        source.attach(to: archive)
        try check(archive_read_open1(archive))
    }

    deinit {
        archive_entry_free(header)
        archive_read_free(archive)
    }

    /// Goes to the next entry, and skips what was not read of the entry before.
    ///
    /// - Returns: `nil` at the end of the archive; the rest of the stream has then been read as well.
    public func next() throws(ArchiveError) -> ArchiveEntry? {
        guard !isAtEnd else { return nil }
        archive_entry_clear(header)
        content = EntryContent()
        // Of a name in UTF-8, libarchive's zip reader keeps nothing at all in the C locale.
        let status =
            source.beginsLikeZip
            ? UTF8Locale.during { archive_read_next_header2(archive, header) }
            : archive_read_next_header2(archive, header)
        if status == ARCHIVE_EOF {
            try checkEndMark()
            isAtEnd = true
            source.drain()
            if let failure = source.failure { throw failure.error(doing: doing) }
            return nil
        }
        try check(status)
        let entry = try readHeader()
        content = EntryContent(size: entry.kind == .file ? entry.size : 0, mayEndInHole: isTar)
        return entry
    }

    /// Reads content of the current entry; holes come as zeros.
    ///
    /// - Returns: how many bytes were put at the start of `buffer`; 0 at the end of the entry.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        var rest = buffer
        while !rest.isEmpty, try loadPiece() {
            let count = content.copyPiece(into: rest)
            rest = UnsafeMutableRawBufferPointer(rebasing: rest.dropFirst(count))
        }
        return buffer.count - rest.count
    }

    /// Passes the rest of the current entry to `body` piece by piece, without copying it.
    public func readBlocks(_ body: (ArchiveBlock) throws -> Void) throws {
        while try loadPiece() { try body(content.takePiece()) }
    }

    /// Skips the rest of the current entry. ``next()`` does so by itself.
    public func skip() throws(ArchiveError) {
        content = EntryContent()
        try check(archive_read_data_skip(archive))
    }

    // MARK: -

    private var isTar: Bool { archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_TAR }

    private func damaged(_ reason: String) -> ArchiveError { ArchiveError(.damaged, doing: doing, reason: reason) }

    private func check(_ status: Int32) throws(ArchiveError) {
        let sorted = ArchiveStatus(status, of: archive, doing: doing, code: .damaged, cause: source.failure)
        switch sorted {
        case .fine: return
        case .warning(let words):
            // The bytes are exact all the same: libarchive keeps what it cannot convert.
            if !words.contains("can't be converted from"), warnings.count < 1000 { warnings.append(words) }
        case .failure(let error):
            if source.byteCount == 0, source.failure == nil { throw damaged("it is empty") }
            throw error
        }
    }

    /// Checks that a tar archive ended with its zero blocks; libarchive takes the end of the bytes for its end, too.
    private func checkEndMark() throws(ArchiveError) {
        guard isTar else { return }
        let consumed = archive_filter_bytes(archive, 0) - archive_read_header_position(archive)
        if consumed < 512 { throw damaged("it is cut short: its end mark is missing") }
    }

    private func readHeader() throws(ArchiveError) -> ArchiveEntry {
        guard let name = archive_entry_pathname(header) else { throw damaged("an entry has no name") }
        var path = bytes(name)
        while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
        let hasSize = archive_entry_size_is_set(header) != 0
        return ArchiveEntry(
            path: path, kind: try readKind(path), mode: UInt32(archive_entry_perm(header)),
            uid: archive_entry_uid(header), gid: archive_entry_gid(header),
            modified: ArchiveEntry.Timestamp(
                seconds: Int64(archive_entry_mtime(header)), nanoseconds: Int(archive_entry_mtime_nsec(header))),
            size: hasSize ? archive_entry_size(header) : -1)
    }

    private func readKind(_ path: [UInt8]) throws(ArchiveError) -> ArchiveEntry.Kind {
        if let target = archive_entry_hardlink(header) { return .hardLink(target: bytes(target)) }
        switch UInt32(archive_entry_filetype(header)) {
        case FileTypeBits.file: return .file
        case FileTypeBits.directory: return .directory
        case FileTypeBits.symbolicLink:
            guard let target = archive_entry_symlink(header) else {
                throw damaged("the link `\(String(decoding: path, as: UTF8.self))` has no target")
            }
            return .symbolicLink(target: bytes(target))
        case FileTypeBits.fifo: return .other("FIFO")
        case FileTypeBits.socket: return .other("socket")
        case FileTypeBits.characterDevice: return .other("character device")
        case FileTypeBits.blockDevice: return .other("block device")
        case let type: return .other("file of type \(String(type, radix: 8))")
        }
    }

    private func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        var count = 0
        while text[count] != 0 { count += 1 }
        return UnsafeRawBufferPointer(start: text, count: count).withMemoryRebound(to: UInt8.self) { [UInt8]($0) }
    }

    /// - Returns: whether there is a piece to take.
    private func loadPiece() throws(ArchiveError) -> Bool {
        while content.isExhausted {
            if content.isAtEnd { return false }
            var start: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let status = archive_read_data_block(archive, &start, &count, &offset)
            if status == ARCHIVE_EOF {
                guard content.finish() else { throw damaged("an entry is shorter than it says") }
            } else {
                try check(status)
                guard content.load(UnsafeRawBufferPointer(start: start, count: count), at: offset) else {
                    throw damaged("the pieces of an entry's content do not fit together")
                }
            }
        }
        return true
    }
}

/// The content of the current entry: the position in it, the current block of libarchive, and the hole before the block.
private struct EntryContent {
    private var size: Int64 = 0
    private var mayEndInHole = false
    private var position: Int64 = 0
    private var hole: Int64 = 0
    private var block = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var isAtEnd = false

    var isExhausted: Bool { hole == 0 && block.isEmpty }

    /// Makes the content of no entry.
    init() { isAtEnd = true }

    init(size: Int64, mayEndInHole: Bool) {
        self.size = size
        self.mayEndInHole = mayEndInHole
    }

    /// - Returns: `false` when the block lies before what was read already, or behind the entry's end.
    mutating func load(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Bool {
        guard offset >= position, size < 0 || offset <= size - Int64(bytes.count) else { return false }
        hole = offset - position
        block = bytes
        position = offset + Int64(bytes.count)
        return true
    }

    /// - Returns: `false` when content is missing.
    mutating func finish() -> Bool {
        isAtEnd = true
        guard size > position else { return true }
        hole = size - position
        position = size
        return mayEndInHole
    }

    mutating func takePiece() -> ArchiveBlock {
        if hole > 0 {
            defer { hole = 0 }
            return .hole(hole)
        }
        defer { block = UnsafeRawBufferPointer(start: nil, count: 0) }
        return .bytes(block)
    }

    mutating func copyPiece(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if hole > 0 {
            let count = Int(min(hole, Int64(buffer.count)))
            UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]).initializeMemory(as: UInt8.self, repeating: 0)
            hole -= Int64(count)
            return count
        }
        let count = min(block.count, buffer.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<count]))
        block = UnsafeRawBufferPointer(rebasing: block[count...])
        return count
    }
}

/// The type bits of a mode as libarchive has them on every system (its `AE_IF…` macros carry casts Swift cannot read).
enum FileTypeBits {
    static let fifo: UInt32 = 0o010000
    static let characterDevice: UInt32 = 0o020000
    static let directory: UInt32 = 0o040000
    static let blockDevice: UInt32 = 0o060000
    static let file: UInt32 = 0o100000
    static let symbolicLink: UInt32 = 0o120000
    static let socket: UInt32 = 0o140000
}
