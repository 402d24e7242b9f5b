public import Files
internal import Archives

extension ArtifactStore {
    /// Stores one artifact made of several that lie on this machine.
    ///
    /// Links stay links, and none is followed.
    ///
    /// - Parameters:
    ///   - identifier: the artifact's; a single plain name.
    ///   - parts: the artifacts, folders or zip files; of two files of one name that of the later part stays.
    /// - Returns: the artifact, and the names that more than one part had.
    /// - Throws: ``FileError``; `CancellationError`. The old artifact is then untouched, and nothing of the new is left.
    public func combine(
        _ identifier: String, of parts: [FilePath], asZip: Bool
    ) async throws -> (artifact: StoredArtifact, collisions: [[UInt8]]) {
        let sources = try await BlockingThread.run { _ in
            try explaining("read the artifacts to combine", as: .cannotRead) { try parts.map(CombinedPart.init) }
        }
        let selections = sources.enumerated().map { number, part in
            (
                base: "\(number)",
                selection: ArtifactSelection.select(
                    part.listing, ArtifactPatterns(files: ["**/*"], keepsLinks: true, includesGit: true))
            )
        }
        let selection = ArtifactSelection.merging(selections), pipe = try Pipe()
        let filling = Task {
            try await BlockingThread.run { stop in
                let output = OwnedDescriptor(pipe.writeEnd)
                defer { output.close() }
                try explaining("read the artifacts to combine", as: .cannotRead) {
                    let writer = try ArchiveWriter(fileDescriptor: output.rawValue, format: .tar, stop: stop)
                    for (number, part) in sources.enumerated() { try part.write(to: writer, below: "\(number)/") }
                    try writer.close()
                }
            }
        }
        let artifact = try await withTaskCancellationHandler {
            try await store(
                identifier, from: TarStreams([TarStream(pipe.readEnd)], confirm: { try await filling.value }),
                selection: selection, asZip: asZip)
        } onCancel: {
            filling.cancel()
        }
        return (artifact, selection.collisions.map(\.stored))
    }
}

/// One of the artifacts that are combined.
private struct CombinedPart: Sendable {
    private let path: FilePath
    private let isFolder: Bool
    /// All that lies in it but directories.
    let listing: [ListedFile]

    init(_ path: FilePath) throws {
        self.path = path
        var listing: [ListedFile] = []
        isFolder = FileStatus.at(path.string)?.kind == .directory
        if isFolder {
            try Self.walk(try DirectoryHandle(opening: path), below: []) { file, _, _, status in
                listing.append(ListedFile(path: file, kind: status.kind == .symbolicLink ? .link : .file))
            }
        } else {
            let reader = try ArchiveReader(path: path)
            while let entry = try reader.next() {
                switch entry.kind {
                case .file: listing.append(ListedFile(path: entry.path, kind: .file))
                case .symbolicLink: listing.append(ListedFile(path: entry.path, kind: .link))
                default: break
                }
            }
        }
        self.listing = listing
    }

    func write(to writer: ArchiveWriter, below prefix: String) throws {
        let prefix = Array(prefix.utf8)
        guard isFolder else { return try copyZip(to: writer, below: prefix) }
        try Self.walk(try DirectoryHandle(opening: path), below: []) { file, directory, name, status in
            var entry = ArchiveEntry(
                path: prefix + file, mode: status.mode & 0o777, modified: .init(status.modified))
            if status.kind == .symbolicLink {
                entry.kind = .symbolicLink(target: try directory.target(ofSymbolicLink: name))
                try writer.begin(entry)
                return try writer.end()
            }
            let content = try directory.openFile(name)
            defer { content.close() }
            entry.size = try FileStatus.of(content.rawValue).size
            try writer.begin(entry)
            try content.readToEnd(stop: nil) { try writer.write($0) }
            try writer.end()
        }
    }

    private func copyZip(to writer: ArchiveWriter, below prefix: [UInt8]) throws {
        let reader = try ArchiveReader(path: path)
        while var entry = try reader.next() {
            entry.path = prefix + entry.path
            switch entry.kind {
            case .file:
                try writer.begin(entry)
                try reader.readBlocks { block in
                    switch block {
                    case .bytes(let bytes): try writer.write(bytes)
                    case .hole(let count):
                        try [UInt8](repeating: 0, count: Int(count)).withUnsafeBytes { try writer.write($0) }
                    }
                }
                try writer.end()
            case .symbolicLink:
                try writer.begin(entry)
                try writer.end()
            default: break
            }
        }
    }

    /// Passes all files and links below a folder to `body`, with the folder that each is in.
    private static func walk(
        _ folder: DirectoryHandle, below path: [UInt8],
        _ body: ([UInt8], DirectoryHandle, [UInt8], FileStatus) throws -> Void
    ) throws {
        for name in try folder.names() {
            let status = try folder.status(name), inner = path.isEmpty ? name : path + [RelativePath.slash] + name
            switch status.kind {
            case .directory: try walk(try folder.directory(name), below: inner, body)
            case .file, .symbolicLink: try body(inner, folder, name, status)
            case .other: break
            }
        }
    }
}
