internal import Files
internal import Archives
internal import Crypto

/// The folder of one cache, open while its lock is held.
struct CacheFolder: Sendable {
    let directory: DirectoryHandle
    let name: String

    static let manifestName = Array("manifest.json".utf8)
    /// The beginning of the names of unfinished files. The exclusive holder of the lock may remove them.
    static let draftPrefix = ".draft-"

    private init(_ directory: DirectoryHandle, name: String) {
        self.directory = directory
        self.name = name
    }

    /// Makes a new file; there must be nothing of that name.
    func makeFile(_ name: [UInt8]) throws -> OwnedDescriptor {
        try directory.makeFile(name, mode: try directory.keptModes().file)
    }

    init(opening name: String, in store: DirectoryHandle) throws {
        do {
            self.init(try store.directory(Array(name.utf8)), name: name)
        } catch Errno.noSuchFileOrDirectory {
            throw FileError(.notFound, doing: "open the cache `\(name)`", reason: "there is none")
        }
    }

    static func making(_ name: String, in store: DirectoryHandle) throws -> CacheFolder {
        do {
            try store.makeDirectory(Array(name.utf8), mode: try store.keptModes().folder)
        } catch Errno.fileExists {}
        return CacheFolder(try store.directory(Array(name.utf8)), name: name)
    }

    /// - Throws: ``FileError`` with code `notFound` when the folder has no manifest (nothing was ever finished).
    func readManifest() throws -> CacheManifest.Reading {
        let file: OwnedDescriptor
        do {
            file = try directory.openFile(Self.manifestName)
        } catch Errno.noSuchFileOrDirectory {
            throw FileError(.notFound, doing: "read the cache `\(name)`", reason: "it has no manifest")
        }
        let size = try FileStatus.of(file.rawValue).size
        guard size <= 64 << 20 else { return .damaged(reason: "its manifest is too large") }
        var bytes: [UInt8] = []
        try file.readToEnd(stop: nil) { bytes += $0 }
        return CacheManifest.Reading(bytes)
    }

    /// - Throws: ``FileError`` with code `damaged` when a tarball is missing or has another size.
    func checkSizes(of manifest: CacheManifest) throws {
        for layer in manifest.layers {
            let status: FileStatus
            do {
                status = try directory.status(Array(layer.file.utf8))
            } catch Errno.noSuchFileOrDirectory {
                throw damaged("its tarball `\(layer.file)` is missing")
            }
            guard status.kind == .file, status.size == layer.byteCount else {
                throw damaged("its tarball `\(layer.file)` has \(status.size) bytes instead of \(layer.byteCount)")
            }
        }
    }

    /// Opens the tarballs, checks each against its checksum, and goes back to its start.
    ///
    /// - Parameter trustsSeals: whether a file that is provably the one we hashed need not be hashed by SHA-256 again.
    func openVerified(
        _ manifest: CacheManifest, trustsSeals: Bool, stop: StopFlag, progress: (@Sendable (Int64) -> Void)? = nil
    ) throws -> [OwnedDescriptor] {
        try checkSizes(of: manifest)
        var done: Int64 = 0
        return try manifest.layers.map { layer in
            let file = try directory.openFile(Array(layer.file.utf8))
            let isSealed = try trustsSeals && layer.seal.holds(FileStatus.of(file.rawValue))
            var hash = SHA256(), quickHash = ContentHash()
            try file.readToEnd(stop: stop) { bytes in
                if isSealed { quickHash.update(bytes) } else { hash.update(bufferPointer: bytes) }
                done += Int64(bytes.count)
                progress?(done)
            }
            let isRight =
                isSealed ? quickHash.text == layer.seal.checksum : hexadecimal(hash.finalize()) == layer.sha256
            guard isRight else { throw damaged("its tarball `\(layer.file)` does not match its checksum") }
            _ = try FileDescriptor(rawValue: file.rawValue).seek(offset: 0, from: .start)
            return file
        }
    }

    /// Marks the cache as used now. On a read-only disk it keeps its time, but nobody can prune it there either.
    func touch() { try? directory.touch(Self.manifestName) }

    private func damaged(_ reason: String) -> FileError {
        FileError(.damaged, doing: "read the cache `\(name)`", reason: reason)
    }
}

extension CacheManifest.Seal {
    init(_ status: FileStatus, checksum: String) {
        self.init(
            inode: status.inode, modified: status.modified.wholeNanoseconds,
            changed: status.changed.wholeNanoseconds, checksum: checksum)
    }

    func holds(_ status: FileStatus) -> Bool { self == Self(status, checksum: checksum) }
}
