internal import Files
internal import Archives

/// A new tarball that is complete and not yet in its place.
struct CacheDraft: Sendable {
    let folder: CacheFolder
    let file: OwnedDescriptor
    let written: CacheWriting.Result
    let hash: TrailingHash
    /// Whether the tarball has the content of the layers behind the first, too.
    let foldsLayers: Bool

    static let fileName = Array("\(CacheFolder.draftPrefix)tarball".utf8)

    /// Moves the tarball and its manifest to their places, unless the cache there has the same content already.
    ///
    /// A sound cache that is there stays, whatever it says, when the saving is immutable.
    func commit(key: CacheKey, _ saving: CacheSaving) throws -> CacheSummary {
        if let ground = saving.ground { return try commit(on: ground, saving.metadata) }
        if case .manifest(let old)? = try? folder.readManifest(), old.key == key,
            saving.isImmutable || old.fingerprint == written.fingerprint,
            (try? folder.checkSizes(of: old)) != nil
        {
            return try keep(old)
        }
        return try put(
            CacheManifest(
                key: key, metadata: saving.metadata, entryCount: written.entryCount,
                byteCount: written.contentByteCount, fingerprint: written.fingerprint, layers: [try layer()],
                secrets: Self.sorted(written.found)))
    }

    /// Adds the tarball to the cache as its last layer.
    private func commit(on ground: CacheGround, _ metadata: CacheMetadata) throws -> CacheSummary {
        let old = ground.manifest, change = ground.change
        var deleted = change.deleted.map { String(decoding: $0, as: UTF8.self) }
        if written.entryCount == 0, deleted.isEmpty { return try keep(old) }
        if foldsLayers { deleted += old.layers.dropFirst().flatMap { $0.deleted ?? [] } }
        deleted = Set(deleted).sorted()
        var layer = try layer()
        layer.deleted = deleted.isEmpty ? nil : deleted
        let isGone = { (path: [UInt8]) in
            change.changed.contains(path) || change.deleted.contains { RelativePath.isBelowOrEqual(path, $0) }
        }
        return try put(
            CacheManifest(
                key: old.key, metadata: metadata, entryCount: change.entryCount, byteCount: change.byteCount,
                fingerprint: CacheFingerprint.adding(
                    [written.fingerprint] + deleted, to: old.fingerprint),
                layers: (foldsLayers ? [old.layers[0]] : old.layers) + [layer],
                secrets: Self.sorted(written.found.union((old.secrets ?? []).filter { !isGone($0.path) }))))
    }

    private static func sorted(_ found: Set<FoundValue>) -> [FoundValue]? {
        found.isEmpty
            ? nil
            : found.sorted { $0.path == $1.path ? $0.name < $1.name : $0.path.lexicographicallyPrecedes($1.path) }
    }

    private func keep(_ old: CacheManifest) throws -> CacheSummary {
        try folder.directory.removeFile(Self.fileName)
        folder.touch()
        return summary(old, isUnchanged: true)
    }

    private func layer() throws -> CacheManifest.Layer {
        let name = "\(hash.sha256.prefix(16)).tar.zst"
        try DirectoryHandle.sync(file.rawValue)
        try folder.directory.rename(Self.fileName, to: Array(name.utf8))
        return CacheManifest.Layer(
            file: name, sha256: hash.sha256, byteCount: written.byteCount, entryCount: written.entryCount,
            seal: CacheManifest.Seal(try FileStatus.of(file.rawValue), checksum: hash.checksum))
    }

    private func put(_ manifest: CacheManifest) throws -> CacheSummary {
        try folder.replaceManifest(manifest)
        try folder.removeUnnamed(by: manifest)
        return summary(manifest, isUnchanged: false)
    }

    private func summary(_ manifest: CacheManifest, isUnchanged: Bool) -> CacheSummary {
        CacheSummary(
            manifest: manifest, entryCount: manifest.entryCount, byteCount: manifest.byteCount,
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
