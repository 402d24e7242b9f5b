internal import Files
internal import Archives

/// Makes an artifact of gathered content: a folder, or a zip.
struct ArtifactMaking {
    let draft: DirectoryHandle
    let content: DirectoryHandle
    let stop: StopFlag

    typealias Contents = [(file: ArtifactSelection.File, content: ArtifactStaging.StagedFile)]
    typealias Links = [(file: ArtifactSelection.File, target: [UInt8])]

    /// - Returns: the folder's name in the draft.
    func folder(_ contents: Contents, _ links: Links) throws -> [UInt8] {
        let name = Array("files".utf8)
        try draft.makeDirectory(name)
        var tree = PlacedTree(root: try draft.directory(name))
        var names = Dictionary(contents.map { ($0.content.number, 1) }, uniquingKeysWith: +)
        for (file, kept) in contents {
            try stop.check()
            let (directory, name) = try tree.place(for: file.stored)
            if (try? directory.status(name)) != nil { throw tree.conflict(file.stored) }
            // Content with several names keeps them all, as it had them in the build.
            let number = ArtifactStaging.name(kept.number)
            if names[kept.number] == 1 {
                try content.rename(number, to: name, in: directory)
            } else {
                try content.makeHardLink(name, in: directory, to: number)
                names[kept.number, default: 1] -= 1
            }
        }
        // Last, so that nothing is ever written through one.
        for (file, target) in links {
            let (directory, name) = try tree.place(for: file.stored)
            do { try directory.makeSymbolicLink(name, to: target) } catch Errno.fileExists {
                throw tree.conflict(file.stored)
            }
        }
        return name
    }

    /// Writes a zip with the entries in byte order of their names, without owners. The same content gives the same bytes.
    ///
    /// - Parameter all: the file that holds all content.
    /// - Returns: the file's name in the draft.
    func zip(_ contents: Contents, _ links: Links, from all: OwnedDescriptor) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        let name = Array("zip".utf8)
        let file = try draft.makeFile(name)
        let writer = try ArchiveWriter(fileDescriptor: file.rawValue, format: .zip, stop: stop)
        let files = contents.map { ($0.file.stored, Optional($0.content), [UInt8]()) }
        let entries = files + links.map { ($0.file.stored, nil, $0.target) }
        for (path, kept, target) in entries.sorted(by: { RelativePath.precedes($0.0, $1.0) }) {
            try stop.check()
            guard let kept else {
                try writer.begin(ArchiveEntry(path: path, kind: .symbolicLink(target: target), mode: 0o777))
                try writer.end()
                continue
            }
            try writer.begin(ArchiveEntry(path: path, mode: kept.mode, modified: kept.modified, size: kept.size))
            try Self.copy(kept, from: all, to: writer, by: buffer, stop)
            try writer.end()
        }
        try writer.close()
        try DirectoryHandle.sync(file.rawValue)
        return name
    }

    /// Passes the content of a gathered file to the writer, which finds out where some is missing.
    private static func copy(
        _ kept: ArtifactStaging.StagedFile, from all: OwnedDescriptor, to writer: ArchiveWriter,
        by buffer: UnsafeMutableRawBufferPointer, _ stop: StopFlag
    ) throws {
        var done: Int64 = 0
        while done < kept.size {
            try stop.check()
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<Int(min(Int64(buffer.count), kept.size - done))])
            let count = try all.read(at: kept.offset + done, into: part)
            if count == 0 { return }
            try writer.write(UnsafeRawBufferPointer(rebasing: part[..<count]))
            done += Int64(count)
        }
    }
}

/// A folder that only we fill, from the top. Only directories that were made here are entered, and never a link.
private struct PlacedTree {
    private let root: DirectoryHandle
    private var parent: (path: [UInt8], directory: DirectoryHandle)

    init(root: DirectoryHandle) {
        self.root = root
        parent = ([], root)
    }

    /// Finds the directory for a path, and its name there.
    mutating func place(for path: [UInt8]) throws -> (DirectoryHandle, [UInt8]) {
        let parentPath = Array(path[..<(path.lastIndex(of: RelativePath.slash) ?? 0)])
        if parent.path != parentPath {
            var directory = root
            for name in parentPath.split(separator: RelativePath.slash).map(Array.init) {
                do { try directory.makeDirectory(name) } catch Errno.fileExists {}
                do { directory = try directory.directory(name) } catch Errno.notDirectory { throw conflict(path) }
            }
            parent = (parentPath, directory)
        }
        return (parent.directory, RelativePath.name(of: path))
    }

    func conflict(_ path: [UInt8]) -> FileError {
        FileError(
            .conflict, doing: "store `\(PathText.text(path))`",
            reason: "the artifact has both a file and a folder of that name, or of one above it")
    }
}
