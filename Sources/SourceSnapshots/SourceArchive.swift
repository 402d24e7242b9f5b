internal import Archives
internal import Files

/// Writes a source as one tar stream, for engines that do not see this machine's files.
public struct SourceArchive: Sendable {
    /// A tree, with its place in the source.
    public struct Part: Sendable {
        let tree: SourceTree
        /// The path of the tree in the source: empty for the top, else with a slash at its end.
        let prefix: [UInt8]

        public init(_ tree: SourceTree, prefix: [UInt8] = []) {
            self.tree = tree
            self.prefix = prefix
        }
    }

    private let parts: [Part]

    public init(_ parts: [Part]) { self.parts = parts }

    /// Makes the archive of a staged snapshot; its `.git` has all objects.
    public init(_ source: StagedSource) throws {
        var parts = [Part(try SourceTree(root: source.files, excluding: []))]
        if let layer = source.gitLayer {
            // Where there are no mounts the objects lie where git looks first.
            let alternates = source.objectStores.map { Array("\($0.gitPath)/objects/info/alternates".utf8) }
            parts.append(Part(try SourceTree(root: layer, excluding: alternates)))
            for store in source.objectStores {
                parts.append(
                    Part(
                        try SourceTree(root: store.host, excluding: [Array("info/alternates".utf8)]),
                        prefix: Array("\(store.gitPath)/objects/".utf8)))
            }
        }
        self.init(parts)
    }

    /// Writes the stream and closes the descriptor. Everything in it belongs to root, as in CodeBuild.
    ///
    /// - Parameter prefix: goes before every name; empty, or with a slash at its end.
    /// - Throws: ``FileError`` when a file cannot be read or the reader went away.
    public func write(to descriptor: Int32, below prefix: [UInt8] = []) async throws {
        try await BlockingThread.run { stop in
            defer { close(descriptor) }
            try explaining("read the source in `\(parts.first?.tree.root ?? "")`", as: .cannotRead) {
                let writer = try ArchiveWriter(fileDescriptor: descriptor, format: .tar, stop: stop)
                for part in parts { try SourceArchive.Part(part.tree, prefix: prefix + part.prefix).write(to: writer) }
                try writer.close()
            }
        }
    }
}

extension SourceArchive.Part {
    fileprivate func write(to writer: ArchiveWriter) throws {
        for step in tree.steps {
            let folder = step.folder == [0x2e] ? [] : step.folder
            if !folder.isEmpty { try add(folder, descends: false, to: writer) }
            for name in step.names {
                guard name != [0x2e] else {
                    for name in try SourceTree.entries(of: Array(tree.root.utf8)) {
                        try add(name, descends: true, to: writer)
                    }
                    continue
                }
                try add(folder.isEmpty ? name : folder + [0x2f] + name, descends: true, to: writer)
            }
        }
    }

    private func add(_ path: [UInt8], descends: Bool, to writer: ArchiveWriter) throws {
        let full = Array(tree.root.utf8) + [0x2f] + path
        let name = full.map { CChar(bitPattern: $0) } + [0]
        var info = stat()
        guard lstat(name, &info) == 0 else { throw Errno(rawValue: errno) }
        var entry = ArchiveEntry(
            path: prefix + path, mode: UInt32(info.st_mode) & 0o7777,
            modified: .init(info.modified))
        switch info.st_mode & S_IFMT {
        case S_IFREG:
            entry.size = Int64(info.st_size)
            try writer.begin(entry)
            try content(of: name, size: Int(info.st_size), to: writer)
            try writer.end()
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: 4096)
            let length = readlink(name, &target, target.count)
            guard length >= 0 else { throw Errno(rawValue: errno) }
            entry.kind = .symbolicLink(target: target[..<length].map { UInt8(bitPattern: $0) })
            try writer.begin(entry)
            try writer.end()
        case S_IFDIR:
            entry.kind = .directory
            try writer.begin(entry)
            try writer.end()
            guard descends else { return }
            for child in try SourceTree.entries(of: full) { try add(path + [0x2f] + child, descends: true, to: writer) }
        default: break  // A socket or a device is nobody's source.
        }
    }

    /// Writes exactly `size` bytes, as announced in the stream, whatever happens to the file meanwhile.
    private func content(of name: [CChar], size: Int, to writer: ArchiveWriter) throws {
        let file = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw Errno(rawValue: errno) }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 18), rest = size
        while rest > 0 {
            let wanted = Swift.min(rest, buffer.count)
            let count = buffer.withUnsafeMutableBytes {
                SystemCall.read(file, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]))
            }
            guard count >= 0 else { throw Errno(rawValue: errno) }
            let taken = count == 0 ? wanted : count
            if count == 0 { buffer = [UInt8](repeating: 0, count: buffer.count) }
            try buffer.withUnsafeBytes { try writer.write(UnsafeRawBufferPointer(rebasing: $0[..<taken])) }
            rest -= taken
        }
    }
}
