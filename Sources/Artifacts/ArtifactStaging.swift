internal import Files
internal import Archives

/// Gathers the content of streams under numbers, and makes an artifact of it at the end.
///
/// In the draft's folder: `content/0`, `content/1`…, then `files/…` (the folder to be). What becomes a zip is gathered in one file,
/// `content/all`, because making and removing a file for each costs more than its content does.
struct ArtifactStaging {
    /// A gathered file, whose content lies under a number, or in the one file.
    struct StagedFile: Sendable {
        let number: Int
        /// Where the content begins in its file.
        let offset: Int64
        let mode: UInt32
        let modified: ArchiveEntry.Timestamp
        let size: Int64
    }

    /// The last entry of the streams for a path.
    enum Node: Sendable {
        case content(StagedFile)
        /// A file that is not selected.
        case unwanted
        case link(target: [UInt8])
        case other(SkippedEntry.Reason)
    }

    private let draft: DirectoryHandle
    private let content: DirectoryHandle
    /// The one file; `nil` when each file has one of its own.
    private let all: OwnedDescriptor?
    private var allSize: Int64 = 0
    private let selection: ArtifactSelection
    private let asZip: Bool
    private let wanted: Set<[UInt8]>?
    private let stop: StopFlag
    private let progress: (@Sendable (Int64) -> Void)?
    private var nodes: [[UInt8]: Node] = [:]
    private var count = 0
    private var byteCount: Int64 = 0
    private var warnings: [String] = []

    /// The most files that are synced. Syncing thousands of files takes many seconds.
    private static let syncedFileLimit = 64

    init(
        in draft: DirectoryHandle, selection: ArtifactSelection, asZip: Bool, holdsWholeTree: Bool, stop: StopFlag,
        progress: (@Sendable (Int64) -> Void)?
    ) throws {
        let name = Array("content".utf8)
        try draft.makeDirectory(name, mode: 0o700)
        self.draft = draft
        content = try draft.directory(name)
        all = asZip ? try content.makeFile(Array("all".utf8), mode: 0o600) : nil
        self.selection = selection
        self.asZip = asZip
        wanted = holdsWholeTree ? nil : Set(selection.files.map(\.source))
        self.stop = stop
        self.progress = progress
    }

    /// Reads every stream to its end and closes it.
    mutating func read(_ streams: TarStreams) throws {
        try streams.read(stop: stop) { reader, map in
            while let entry = try reader.next() {
                try stop.check()
                // A name that leads out can be nobody's selection.
                guard case .success(let path) = RelativePath.normalized(entry.path) else { continue }
                try take(entry, as: map.stored(path), from: reader, map)
            }
            warnings += reader.warnings
        }
    }

    /// Stores an entry. The last entry of a name wins, as in any tar.
    private mutating func take(
        _ entry: ArchiveEntry, as path: [UInt8], from reader: ArchiveReader, _ map: PathMap
    ) throws {
        switch entry.kind {
        case .file: nodes[path] = try wanted?.contains(path) ?? true ? .content(keep(entry, from: reader)) : .unwanted
        case .directory: nodes[path] = .other(.directory)
        case .symbolicLink(let target): nodes[path] = .link(target: target)
        case .hardLink(let target):
            let target = try? RelativePath.normalized(target).get()
            nodes[path] = target.flatMap { nodes[map.stored($0)] } ?? .other(.linkTargetMissing)
        case .other(let name): nodes[path] = .other(.special(name))
        }
    }

    private mutating func keep(_ entry: ArchiveEntry, from reader: ArchiveReader) throws -> StagedFile {
        let number = count
        count += 1
        let file = try all ?? content.makeFile(Self.name(number), mode: 0o600)
        let start = allSize, end = try write(reader, to: file, at: start)
        let kept = StagedFile(
            number: number, offset: start, mode: entry.mode & 0o777, modified: entry.modified, size: end - start)
        guard all == nil else {
            allSize = end
            return kept
        }
        try file.setMode(kept.mode, modified: kept.modified.sinceEpoch)
        if selection.files.count <= Self.syncedFileLimit { try DirectoryHandle.sync(file.rawValue) }
        return kept
    }

    /// Writes the content of the current entry into a file, from a place on.
    ///
    /// - Returns: where it ends.
    private mutating func write(_ reader: ArchiveReader, to file: OwnedDescriptor, at start: Int64) throws -> Int64 {
        let descriptor = FileDescriptor(rawValue: file.rawValue)
        var offset = start, isHoleLast = false
        try reader.readBlocks { block in
            switch block {
            case .hole(let length):
                offset += length
                isHoleLast = true
            case .bytes(let bytes) where Self.isHole(bytes):
                offset += Int64(bytes.count)
                isHoleLast = true
            case .bytes(let bytes):
                isHoleLast = false
                try descriptor.writeAll(toAbsoluteOffset: offset, bytes)
                offset += Int64(bytes.count)
                byteCount += Int64(bytes.count)
                progress?(byteCount)
            }
        }
        if isHoleLast { try file.setSize(offset) }
        return offset
    }

    /// Whether a block is worth a hole: a container's engine copies holes as zeros.
    private static func isHole(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Equal to itself from the second byte on: all bytes are as the first.
        bytes.count >= 4096 && bytes[0] == 0 && memcmp(bytes.baseAddress!, bytes.baseAddress! + 1, bytes.count - 1) == 0
    }

    static func name(_ number: Int) -> [UInt8] { Array(String(number).utf8) }

    /// Makes the artifact of the gathered content.
    mutating func finish() throws -> ArtifactDraft {
        var contents: ArtifactMaking.Contents = []
        var links: ArtifactMaking.Links = []
        var missing: [SkippedEntry] = []
        var numbers: Set<Int> = []
        // Followed links come last: they get a copy of content that has a name already.
        let plain = selection.files.filter { !isFollowedLink($0.source) }
        let linksToFollow = selection.files.filter { isFollowedLink($0.source) }
        for (file, follows) in plain.map({ ($0, false) }) + linksToFollow.map({ ($0, true) }) {
            switch follows ? followed(file.source) : nodes[file.source] ?? .other(.notInArchive) {
            case .content(let content):
                let isTaken = !numbers.insert(content.number).inserted
                contents.append((file, follows && isTaken && !asZip ? try copied(content) : content))
            case .link(let target): links.append((file, target))
            case .unwanted: missing.append(SkippedEntry(path: file.source, reason: .linkTargetMissing))
            case .other(let reason): missing.append(SkippedEntry(path: file.source, reason: reason))
            }
        }
        let making = ArtifactMaking(draft: draft, content: content, stop: stop)
        let name = try all.map { try making.zip(contents, links, from: $0) } ?? making.folder(contents, links)
        return ArtifactDraft(
            name: name, fileCount: contents.count + links.count,
            byteCount: contents.reduce(0) { $0 + $1.content.size },
            missing: missing.sorted { RelativePath.precedes($0.path, $1.path) }, warnings: warnings)
    }

    private func isFollowedLink(_ source: [UInt8]) -> Bool {
        if case .link? = nodes[source] { !selection.keepsLinks } else { false }
    }

    private mutating func copied(_ original: StagedFile) throws -> StagedFile {
        let copy = StagedFile(
            number: count, offset: 0, mode: original.mode, modified: original.modified, size: original.size)
        count += 1
        let file = try content.makeFile(Self.name(copy.number), mode: 0o600)
        // Made readable for the copying: the build may have closed the file even for its owner.
        try content.setMode(Self.name(original.number), 0o600)
        try content.openFile(Self.name(original.number)).readToEnd(stop: stop) { bytes in
            _ = try FileDescriptor(rawValue: file.rawValue).writeAll(bytes)
        }
        try content.setMode(Self.name(original.number), original.mode)
        try file.setMode(copy.mode, modified: copy.modified.sinceEpoch)
        return copy
    }

    /// The entry that a link finally leads to, looked up among the paths of the streams only.
    private func followed(_ source: [UInt8]) -> Node {
        var rest = source.split(separator: RelativePath.slash).map(Array.init)[...]
        var walked: [[UInt8]] = []
        var hops = 0
        while let part = rest.popFirst() {
            if part == [0x2e] { continue }
            if part == [0x2e, 0x2e] {
                if walked.popLast() == nil { return .other(.linkTargetOutside) }
                continue
            }
            let path = Array((walked + [part]).joined(separator: [RelativePath.slash]))
            guard case .link(let target)? = nodes[path] else {
                walked.append(part)
                continue
            }
            hops += 1
            if hops > 40 { return .other(.linkLoop) }
            if target.first == RelativePath.slash { return .other(.linkTargetOutside) }
            rest = target.split(separator: RelativePath.slash).map(Array.init) + rest
        }
        switch nodes[Array(walked.joined(separator: [RelativePath.slash]))] {
        case .other(.directory)?: return .other(.linkToDirectory)
        case let node?: return node
        case nil: return .other(.linkTargetMissing)
        }
    }
}

/// An artifact that is complete and not yet in its place.
struct ArtifactDraft: Sendable {
    /// The name in the draft's folder.
    let name: [UInt8]
    let fileCount: Int
    let byteCount: Int64
    let missing: [SkippedEntry]
    let warnings: [String]

    func stored(at path: FilePath) -> StoredArtifact {
        StoredArtifact(path: path, fileCount: fileCount, byteCount: byteCount, missing: missing, warnings: warnings)
    }
}
