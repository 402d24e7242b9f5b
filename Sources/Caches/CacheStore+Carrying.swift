public import Files
internal import Archives

extension CacheStore {
    /// Opens the files of a cache, its manifest and tarballs, for an archive. What was opened stays as it is, whatever
    /// becomes of the cache.
    ///
    /// - Parameter folder: the path of the cache's folder in the archive.
    public func export(_ key: CacheKey, as folder: String) async throws -> [ProjectArchive.File] {
        let doing = "read the cache `\(key.name)` in `\(directory)`"
        let store = try explaining(doing, as: .cannotRead) { try DirectoryHandle(opening: directory) }
        let lock = try await lock(key.name, in: store, .shared, purpose: "exporting", doing: doing)
        defer { lock.release() }
        return try explaining(doing, as: .cannotRead) {
            let cache = try CacheFolder(opening: key.name, in: store)
            guard case .manifest(let manifest) = try cache.readManifest() else {
                throw FileError(.damaged, doing: doing, reason: "its manifest cannot be used")
            }
            // Opened rather than linked: a link would break the seals.
            return try ([CacheFolder.manifestName] + manifest.layers.map { Array($0.file.utf8) }).map { name in
                ProjectArchive.File(
                    "\(folder)/\(String(decoding: name, as: UTF8.self))", try cache.directory.openFile(name))
            }
        }
    }

    /// Reads the manifest of an exported cache and checks its files.
    ///
    /// - Parameters:
    ///   - folder: what ``export(_:as:)`` listed, unpacked, perhaps on another machine.
    ///   - checksum: the SHA-256 that a file of the folder is known to have.
    /// - Throws: ``FileError`` with code `damaged` when it is no cache this program can use.
    public static func read(
        exported folder: FilePath, checksum: (_ file: String) -> String?
    ) throws -> CacheManifest {
        let doing = "read the cache `\(folder.lastComponent?.string ?? "")` of the archive"
        return try explaining(doing, as: .cannotRead) {
            let exported = try CacheFolder.exported(folder)
            switch try exported.readManifest() {
            case .otherFormat(let reason), .damaged(let reason):
                throw FileError(.damaged, doing: doing, reason: reason)
            case .manifest(let manifest):
                try exported.checkSizes(of: manifest)
                for layer in manifest.layers where checksum(layer.file) != layer.sha256 {
                    throw FileError(
                        .damaged, doing: doing, reason: "its tarball `\(layer.file)` does not match its checksum")
                }
                return manifest
            }
        }
    }

    /// Imports an exported cache, in place of the one that is there.
    ///
    /// A cache that has the same content stays as it is, and so does one that has a `cache.key`: those are never changed.
    ///
    /// - Parameter project: the project whose cache it becomes.
    /// - Returns: the cache's key here, and whether anything was written.
    public func importCache(
        _ manifest: CacheManifest, from folder: FilePath, project: String
    ) async throws -> (key: CacheKey, isNew: Bool) {
        let key = CacheKey(project: project, paths: manifest.key.paths, key: manifest.key.key)
        let doing = "save the cache `\(key.name)` in `\(directory)`"
        let store = try explaining(doing) {
            var made = MadeDirectories()
            return try made.open(directory)
        }
        let lock = try await lock(key.name, in: store, .exclusive, purpose: "importing", doing: doing)
        defer { lock.release() }
        return try await BlockingThread.run { stop in
            try explaining(doing) {
                let cache = try CacheFolder.making(key.name, in: store)
                if case .manifest(let old)? = try? cache.readManifest(),
                    key.key != nil || old.fingerprint == manifest.fingerprint,
                    (try? cache.checkSizes(of: old)) != nil
                {
                    return (key, false)
                }
                try cache.removeDrafts()
                let exported = try CacheFolder.exported(folder)
                let layers = try manifest.layers.map { layer in
                    let name = Array(layer.file.utf8)
                    try exported.directory.copy(name, to: CacheDraft.fileName, in: cache.directory, stop: stop)
                    let file = try cache.directory.openFile(CacheDraft.fileName)
                    try DirectoryHandle.sync(file.rawValue)
                    try cache.directory.rename(CacheDraft.fileName, to: name)
                    return layer.sealed(as: try FileStatus.of(file.rawValue))
                }
                let new = CacheManifest(
                    key: key, metadata: manifest.metadata, entryCount: manifest.entryCount,
                    byteCount: manifest.byteCount, fingerprint: manifest.fingerprint, layers: layers,
                    secrets: manifest.secrets)
                try cache.replaceManifest(new)
                try cache.removeUnnamed(by: new)
                return (key, true)
            }
        }
    }
}

extension CacheFolder {
    fileprivate static func exported(_ folder: FilePath) throws -> CacheFolder {
        try CacheFolder(
            opening: folder.lastComponent?.string ?? "",
            in: DirectoryHandle(opening: folder.removingLastComponent()))
    }
}

extension CacheManifest.Layer {
    /// The same layer with the seal of a file in another place.
    fileprivate func sealed(as status: FileStatus) -> Self {
        Self(
            file: file, sha256: sha256, byteCount: byteCount, entryCount: entryCount, deleted: deleted,
            seal: CacheManifest.Seal(status, checksum: seal.checksum))
    }
}

extension DirectoryHandle {
    fileprivate func copy(_ name: [UInt8], to newName: [UInt8], in other: DirectoryHandle, stop: StopFlag) throws {
        let source = try openFile(name), target = try other.makeFile(newName, mode: try other.keptModes().file)
        try source.readToEnd(stop: stop) { _ = try FileDescriptor(rawValue: target.rawValue).writeAll($0) }
        try target.setModified(try FileStatus.of(source.rawValue).modified)
    }
}
