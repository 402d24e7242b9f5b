public import Files
internal import Archives

/// The result of reading a whole cache.
public enum CacheHealth: Sendable, Equatable {
    /// Every tarball matches its checksum, and every entry can be read.
    case sound(CacheManifest)
    case damaged(reason: String)
    /// The cache was found damaged before, and counts as missing since.
    case setAside
    /// There is nothing to check: the cache has the format of another version, or was never finished.
    case unchecked(reason: String)
}

extension CacheStore {
    /// Reads a whole cache and checks it. It changes nothing, whatever it finds.
    ///
    /// - Parameter name: of its folder.
    /// - Throws: ``FileError`` with code `notFound` when there is none of that name, `cannotRead` when the disk fails.
    public func examine(_ name: String) async throws -> CacheHealth {
        let listing = try show(name), doing = "read the cache `\(name)` in `\(directory)`"
        if listing.state == .damaged { return .setAside }
        let store = try explaining(doing, as: .cannotRead) { try DirectoryHandle(opening: directory) }
        let lock = try await lock(name, in: store, .shared, purpose: "verifying", doing: doing)
        defer { lock.release() }
        do {
            return try await BlockingThread.run { stop in
                try explaining(doing, as: .cannotRead) {
                    let folder = try CacheFolder(opening: name, in: store)
                    guard try folder.holdsTarball() else {
                        return .unchecked(reason: "nothing was ever finished in it")
                    }
                    switch try folder.readManifest() {
                    case .otherFormat(let reason): return .unchecked(reason: reason)
                    case .damaged(let reason): return .damaged(reason: reason)
                    case .manifest(let manifest):
                        let files = try folder.openVerified(manifest, trustsSeals: false, stop: stop)
                        for (file, layer) in zip(files, manifest.layers) { try file.readEntries(of: layer, stop: stop) }
                        return .sound(manifest)
                    }
                }
            }
        } catch let error as FileError where error.code == .damaged || error.code == .notFound {
            return .damaged(reason: error.reason)
        }
    }

    /// Renames a cache that was found damaged, so that no build meets it again, as a build does.
    ///
    /// - Returns: where it lies now, or `nil` when others are using it or nothing may be changed here.
    public func setAside(_ name: String) async throws -> FilePath? {
        try await setAside(
            name, in: explaining("open `\(directory)`", as: .cannotRead) { try DirectoryHandle(opening: directory) })
    }
}

extension CacheFolder {
    /// Whether the folder has a tarball, or a manifest, which needs one.
    fileprivate func holdsTarball() throws -> Bool {
        try directory.names().contains { $0 == Self.manifestName || $0.first != UInt8(ascii: ".") }
    }
}

extension OwnedDescriptor {
    /// - Throws: ``FileError`` with code `damaged` when the tarball is not what its manifest says.
    fileprivate func readEntries(of layer: CacheManifest.Layer, stop: StopFlag) throws {
        let reader = try ArchiveReader(fileDescriptor: rawValue, stop: stop)
        var count = 0
        while try reader.next() != nil {
            count += 1
            try reader.readBlocks { _ in }
        }
        guard count == layer.entryCount else {
            throw FileError(
                .damaged, doing: "read `\(layer.file)`",
                reason: "its tarball `\(layer.file)` has \(count) entries instead of \(layer.entryCount)")
        }
    }
}
