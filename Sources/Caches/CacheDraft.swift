internal import Files
internal import Archives

/// A new tarball that is complete and not yet in its place.
struct CacheDraft: Sendable {
    let folder: CacheFolder
    let file: OwnedDescriptor
    let written: CacheWriting.Result
    let hash: TrailingHash

    static let fileName = Array("\(CacheFolder.draftPrefix)tarball".utf8)

    /// Moves the tarball and its manifest to their places, unless the cache there has the same content already.
    ///
    /// - Parameter isImmutable: a sound cache that is there stays, whatever it says.
    func commit(key: CacheKey, metadata: CacheMetadata, isImmutable: Bool) throws -> CacheSummary {
        if case .manifest(let old)? = try? folder.readManifest(), old.key == key,
            isImmutable || old.fingerprint == written.fingerprint,
            (try? folder.checkSizes(of: old)) != nil
        {
            try folder.directory.removeFile(Self.fileName)
            folder.touch()
            return summary(old, isUnchanged: true)
        }
        let name = "\(hash.sha256.prefix(16)).tar.zst"
        try DirectoryHandle.sync(file.rawValue)
        try folder.directory.rename(Self.fileName, to: Array(name.utf8))
        let layer = CacheManifest.Layer(
            file: name, sha256: hash.sha256, byteCount: written.byteCount, entryCount: written.entryCount,
            seal: CacheManifest.Seal(try FileStatus.of(file.rawValue), checksum: hash.checksum))
        let manifest = CacheManifest(
            key: key, metadata: metadata, entryCount: written.entryCount, byteCount: written.contentByteCount,
            fingerprint: written.fingerprint, layers: [layer])
        try folder.replaceManifest(manifest)
        try folder.removeUnnamed(by: manifest)
        return summary(manifest, isUnchanged: false)
    }

    private func summary(_ manifest: CacheManifest, isUnchanged: Bool) -> CacheSummary {
        CacheSummary(
            manifest: manifest, entryCount: written.entryCount, byteCount: written.contentByteCount,
            skipped: written.skipped, shallowPatterns: written.shallowPatterns, found: written.found,
            warnings: written.warnings, isUnchanged: isUnchanged)
    }
}

extension CacheFolder {
    /// Removes the drafts that killed processes left.
    func removeDrafts() throws {
        for name in try directory.names() where name.starts(with: Self.draftPrefix.utf8) {
            try directory.removeFile(name)
        }
    }

    /// Replaces the manifest in one step, after writing it to the disk.
    func replaceManifest(_ manifest: CacheManifest) throws {
        let draft = Array("\(Self.draftPrefix)manifest".utf8)
        let file = try makeFile(draft)
        try file.writeAll(try manifest.encoded())
        try DirectoryHandle.sync(file.rawValue)
        try directory.rename(draft, to: Self.manifestName)
        try directory.sync()
    }

    /// Removes the tarballs of earlier manifests.
    func removeUnnamed(by manifest: CacheManifest) throws {
        let named = Set(manifest.layers.map { Array($0.file.utf8) })
        for name in try directory.names() where name != Self.manifestName && !named.contains(name) {
            try directory.removeFile(name)
        }
    }
}
