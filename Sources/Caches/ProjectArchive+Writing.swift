internal import Archives
internal import Crypto
public import Files

extension ProjectArchive {
    /// Writes an archive. The file appears whole or not at all, and replaces one that is there.
    ///
    /// Blocks: use it on a ``Archives/BlockingThread``.
    ///
    /// - Parameters:
    ///   - manifest: without its parts.
    ///   - files: the parts, in their order; they must not change meanwhile.
    /// - Returns: the length of the archive.
    public static func write(
        _ manifest: Manifest, _ files: [File], to path: FilePath, stop: StopFlag
    ) throws -> Int64 {
        let doing = "write the archive `\(path)`"
        return try explaining(doing) {
            var manifest = manifest
            manifest.parts = try files.map { file in
                let (hash, count) = try hash(of: try file.opened(), stop: stop)
                return Part(name: file.name, byteCount: count, sha256: hexadecimal(hash))
            }
            let parent = try DirectoryHandle(opening: path.removingLastComponent())
            let name = Array((path.lastComponent?.string ?? "").utf8), draft = name + ".\(UniqueName.make()).tmp".utf8
            // What is recorded is for its user alone, and so is this.
            let target = try parent.makeFile(draft, mode: 0o600)
            do {
                let length = try write(manifest, files, to: target, stop: stop)
                try DirectoryHandle.sync(target.rawValue)
                try parent.rename(draft, to: name)
                return length
            } catch {
                // The error says more than that the draft could not be removed either.
                try? parent.removeTree(draft)
                throw error
            }
        }
    }

    private static func write(
        _ manifest: Manifest, _ files: [File], to target: OwnedDescriptor, stop: StopFlag
    ) throws -> Int64 {
        let all = RunningHash(), text = try manifest.encoded()
        // Most of it is compressed already; the images are not.
        let writer = try ArchiveWriter(
            fileDescriptor: target.rawValue, format: .tarZstd(level: 3, threads: CacheCompression.standard.threads),
            stop: stop, observer: { all.update($0) })
        try writer.begin(ArchiveEntry(path: Array(manifestName.utf8), size: Int64(text.count)))
        try text.withUnsafeBytes { try writer.write($0) }
        try writer.end()
        for (part, file) in zip(manifest.parts, files) {
            let source = try file.opened(), status = try FileStatus.of(source.rawValue)
            try writer.begin(
                ArchiveEntry(
                    path: Array(part.name.utf8), modified: .init(status.modified), size: part.byteCount))
            var hash = SHA256()
            try source.readToEnd(stop: stop) { bytes in
                hash.update(bufferPointer: bytes)
                try writer.write(bytes)
            }
            try writer.end()
            guard hexadecimal(hash.finalize()) == part.sha256 else {
                throw FileError(
                    .conflict, doing: "write the archive", reason: "`\(part.name)` changed meanwhile; try again")
            }
        }
        try writer.close()
        try target.writeAll(
            Ending.bytes(manifest: Array(SHA256.hash(data: text)), all: Array(all.finish())))
        return writer.byteCount + Int64(Ending.length)
    }

    static func open(_ path: FilePath) throws -> OwnedDescriptor {
        OwnedDescriptor(try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow]).rawValue)
    }

    static func hash(of file: OwnedDescriptor, stop: StopFlag) throws -> (hash: [UInt8], count: Int64) {
        var hash = SHA256(), count: Int64 = 0
        try file.readToEnd(stop: stop) { bytes in
            hash.update(bufferPointer: bytes)
            count += Int64(bytes.count)
        }
        return (Array(hash.finalize()), count)
    }
}

extension ProjectArchive {
    /// A file that becomes a part of an archive.
    public struct File: Sendable {
        /// Its path in the archive.
        public let name: String
        private let place: Place

        private enum Place { case path(FilePath), open(OwnedDescriptor) }

        public init(_ name: String, at path: FilePath) {
            self.name = name
            place = .path(path)
        }

        init(_ name: String, _ file: OwnedDescriptor) {
            self.name = name
            place = .open(file)
        }

        /// Opens the file at its start.
        fileprivate func opened() throws -> OwnedDescriptor {
            switch place {
            case .path(let path): return try ProjectArchive.open(path)
            case .open(let file):
                _ = try FileDescriptor(rawValue: file.rawValue).seek(offset: 0, from: .start)
                return file
            }
        }
    }
}

/// A hash that a closure may add to.
private final class RunningHash {
    private var hash = SHA256()
    func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }
    func finish() -> SHA256Digest { hash.finalize() }
}
