internal import Archives
public import Files

/// Unpacks an archive that becomes a source: a zip, or a tar.
///
/// The archive may be a stranger's. A name that leads out of the folder, or through a link of the archive itself, is left out;
/// links are made last, so that nothing is ever written through one; and what unpacks to much more than an archive of honest
/// content does is refused before the disk is full.
public enum ArchiveUnpacking {
    /// What an archive may hold.
    struct Limits: Sendable {
        var entries = 1_000_000
        /// The names in a path. The kernel has no limit of its own for a path that is made step by step.
        var depth = 200
        /// How many times the archive's size its content may have, once it is larger than ``honestByteCount``.
        var growth: Int64 = 200
        var honestByteCount: Int64 = 1 << 30
        /// How much room is left on the disk.
        var reservedByteCount: Int64 = 256 << 20
    }

    /// Unpacks an archive into an empty folder. The files belong to this user, and keep their permission bits and times.
    ///
    /// - Returns: the entries that were left out, as a sentence each.
    /// - Throws: ``SourceError`` for an archive that holds too much; ``FileError`` when it is damaged, or the disk is full.
    public static func unpack(_ archive: FilePath, into folder: FilePath) async throws -> [String] {
        try await unpack(archive, into: folder, Limits())
    }

    static func unpack(_ archive: FilePath, into folder: FilePath, _ limits: Limits) async throws -> [String] {
        let doing = "unpack the source `\(archive)`"
        return try await BlockingThread.run { stop in
            do {
                return try explaining(doing, as: .cannotWrite) {
                    var unpacking = try Unpacking(archive, into: folder, within: limits, stop: stop)
                    return try unpacking.run()
                }
            } catch let error as FileError {
                if let excess = error.cause as? Excess {
                    throw SourceError(.refused, doing: doing, reason: excess.reason)
                }
                throw error
            }
        }
    }
}

/// An archive holds more than its limits allow.
private struct Excess: Error { let reason: String }

/// The unpacking of one archive.
private struct Unpacking {
    private let reader: ArchiveReader
    private let limits: ArchiveUnpacking.Limits
    private let stop: StopFlag
    private let archiveByteCount: Int64
    private let room: Int64?
    private var tree: UnpackedTree
    private var byteCount: Int64 = 0
    private var links: [(path: [UInt8], target: [UInt8])] = []
    private var leftOut: [String] = []

    /// The most entries that are named one by one.
    private static let namedLimit = 20

    init(_ archive: FilePath, into folder: FilePath, within limits: ArchiveUnpacking.Limits, stop: StopFlag) throws {
        reader = try ArchiveReader(path: archive, stop: stop)
        self.limits = limits
        self.stop = stop
        archiveByteCount = Folder.status(archive.string)?.size ?? 0
        room = Folder.freeBytes(at: folder.string)
        tree = UnpackedTree(root: try DirectoryHandle(opening: folder))
    }

    mutating func run() throws -> [String] {
        var count = 0
        while let entry = try reader.next() {
            try stop.check()
            count += 1
            guard count <= limits.entries else { throw Excess(reason: "it has more than \(limits.entries) entries") }
            try take(entry)
        }
        for (path, target) in links {
            try stop.check()
            if try !tree.makeLink(path, to: target) { leaveOutDouble(path) }
        }
        let rest = leftOut.count - Self.namedLimit
        return reader.warnings + leftOut.prefix(Self.namedLimit)
            + (rest > 0 ? ["\(rest) more entries left out"] : [])
    }

    private mutating func take(_ entry: ArchiveEntry) throws {
        let path: [UInt8]
        switch RelativePath.normalized(entry.path) {
        case .failure(let flaw): return leaveOut(entry.path, .init(flaw))
        case .success(let normal): path = normal
        }
        // The folder itself.
        if path.isEmpty { return }
        let depth = path.count { $0 == RelativePath.slash } + 1
        guard depth <= limits.depth else {
            throw Excess(reason: "it has folders within folders, more than \(limits.depth) of them")
        }
        switch entry.kind {
        case .directory: if try !tree.makeFolder(path) { leaveOutDouble(path) }
        case .symbolicLink(let target): links.append((path, target))
        case .hardLink: leaveOut(path, .special("hard link"))
        case .other(let what): leaveOut(path, .special(what))
        case .file:
            guard let file = try tree.makeFile(path) else { return leaveOutDouble(path) }
            try write(entry, to: file)
        }
    }

    private mutating func write(_ entry: ArchiveEntry, to file: OwnedDescriptor) throws {
        let descriptor = FileDescriptor(rawValue: file.rawValue)
        var offset: Int64 = 0
        // Said in front, it need not be tried.
        try check(adding: max(0, entry.size))
        try reader.readBlocks { block in
            switch block {
            // A tar may say that terabytes of zeros follow.
            case .hole(let length): offset += length
            case .bytes(let bytes):
                try check(adding: Int64(bytes.count))
                try descriptor.writeAll(toAbsoluteOffset: offset, bytes)
                offset += Int64(bytes.count)
                byteCount += Int64(bytes.count)
            }
        }
        try file.setSize(offset)
        // Some programs write no mode. The owner has to read what he builds.
        let mode = entry.mode & 0o777
        try file.setMode(mode == 0 ? 0o644 : mode | 0o600, modified: entry.modified.sinceEpoch)
    }

    private func check(adding count: Int64) throws {
        let (sum, isTooMuch) = byteCount.addingReportingOverflow(count)
        if sum > limits.honestByteCount || isTooMuch {
            guard !isTooMuch, sum / limits.growth <= archiveByteCount else {
                throw Excess(reason: "it unpacks to more than \(limits.growth) times its own size")
            }
        }
        if let room, isTooMuch || sum > room - limits.reservedByteCount {
            throw Excess(reason: "there is no room for its content on this disk")
        }
    }

    private mutating func leaveOut(_ path: [UInt8], _ reason: SkippedEntry.Reason) {
        leftOut.append("\(SkippedEntry(path: path, reason: reason))")
    }

    private mutating func leaveOutDouble(_ path: [UInt8]) {
        leftOut.append("`\(PathText.text(path))` left out: the archive has something else of that name, or above it")
    }
}

/// A folder that only we fill. Only folders that were made here are entered, and never a link.
private struct UnpackedTree {
    private let root: DirectoryHandle
    private var parent: (path: [UInt8], directory: DirectoryHandle)

    init(root: DirectoryHandle) {
        self.root = root
        parent = ([], root)
    }

    /// - Returns: `nil` when a file is where the path needs a folder.
    private mutating func folder(_ path: [UInt8]) throws -> DirectoryHandle? {
        if parent.path == path { return parent.directory }
        var directory = root
        for name in path.split(separator: RelativePath.slash).map(Array.init) {
            do { try directory.makeDirectory(name, mode: 0o755) } catch Errno.fileExists {}
            do { directory = try directory.directory(name) } catch Errno.notDirectory { return nil } catch Errno
                .tooManySymbolicLinkLevels
            { return nil }
        }
        parent = (path, directory)
        return directory
    }

    private mutating func above(_ path: [UInt8]) throws -> (DirectoryHandle, name: [UInt8])? {
        let above = Array(path[..<(path.lastIndex(of: RelativePath.slash) ?? 0)])
        return try folder(above).map { ($0, RelativePath.name(of: path)) }
    }

    mutating func makeFolder(_ path: [UInt8]) throws -> Bool { try folder(path) != nil }

    /// Makes a file; the last one of a name counts, as for every program that unpacks.
    ///
    /// - Returns: `nil` when a folder has the name, or a file one that is a folder in the path.
    mutating func makeFile(_ path: [UInt8]) throws -> OwnedDescriptor? {
        guard let (directory, name) = try above(path) else { return nil }
        do { return try directory.makeFile(name, mode: 0o600) } catch Errno.fileExists {
            guard try directory.status(name).kind != .directory else { return nil }
            try directory.removeFile(name)
            return try directory.makeFile(name, mode: 0o600)
        }
    }

    /// - Returns: whether its place was free.
    mutating func makeLink(_ path: [UInt8], to target: [UInt8]) throws -> Bool {
        guard let (directory, name) = try above(path) else { return false }
        do { try directory.makeSymbolicLink(name, to: target) } catch Errno.fileExists { return false }
        return true
    }
}
