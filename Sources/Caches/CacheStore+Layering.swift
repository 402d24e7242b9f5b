public import Archives
internal import Crypto
public import Files

extension CacheStore {
    /// Writes the content of a cache into a file, as an uncompressed tarball that an image can have as its last layer.
    ///
    /// - Parameters:
    ///   - manifest: of the cache, which has to be this one still.
    ///   - file: empty; it stays the caller's to close.
    ///   - allowed: as for restoring.
    ///   - above: the folders above the cache's paths, which the layer has, too.
    /// - Throws: ``CacheUnfitForLayer``; ``FileError``: `notFound` where the cache is another one by now, `damaged`;
    ///   `CancellationError`.
    public func writeLayer(
        of manifest: CacheManifest, to file: OwnedDescriptor, allowed: [String], above: [ArchiveEntry]
    ) async throws -> CacheLayerFile {
        let name = manifest.key.name, doing = "make a layer of the cache `\(name)` in `\(directory)`"
        let store = try explaining(doing, as: .cannotRead) { try DirectoryHandle(opening: directory) }
        let lock = try await lock(name, in: store, .shared, purpose: "making a layer", doing: doing)
        defer { lock.release() }
        return try await BlockingThread.run { stop in
            let outcome: Result<CacheLayerFile, CacheUnfitForLayer> = try explaining(doing, as: .cannotRead) {
                let folder = try CacheFolder(opening: name, in: store)
                guard try folder.usableManifest(doing: doing) == manifest else {
                    throw FileError(.notFound, doing: doing, reason: "it has changed")
                }
                let files = try folder.openVerified(manifest, trustsSeals: true, stop: stop)
                var hash = SHA256()
                var restoring = CacheRestoring(
                    tarballs: files, map: .identity, roots: allowed.map { RelativePath.trimmed($0.utf8) },
                    progress: nil,
                    stop: stop)
                restoring.leading = above
                restoring.check = CacheUnfitForLayer.check
                restoring.observer = { hash.update(bufferPointer: $0) }
                do {
                    let summary = try restoring.run(to: file, format: .tar, manifest: manifest)
                    guard summary.skipped.isEmpty else { return .failure(.hasSkippedEntries) }
                } catch let unfit as CacheUnfitForLayer { return .failure(unfit) }
                return .success(
                    CacheLayerFile(
                        sha256: hexadecimal(hash.finalize()), byteCount: try FileStatus.of(file.rawValue).size))
            }
            return try outcome.get()
        }
    }
}

/// The tarball of a layer.
public struct CacheLayerFile: Sendable {
    public let sha256: String
    public let byteCount: Int64
}

/// A cache that cannot be a layer of an image without being another one there.
public enum CacheUnfitForLayer: Error, Sendable, Equatable, CustomStringConvertible {
    /// Writing to a file of a lower layer parts it from its other names.
    case hasHardLinks(name: String)
    /// In a layer such a name removes a file.
    case hasWhiteout(name: String)
    case hasSkippedEntries

    public var description: String {
        switch self {
        case .hasHardLinks(let name):
            "it has hard links (`\(name)`), which the layers of an image do not keep together"
        case .hasWhiteout(let name): "it has `\(name)`, a name that removes files in a layer"
        case .hasSkippedEntries: "not all of it can be restored"
        }
    }

    private static let whiteout = Array(".wh.".utf8)

    static func check(_ entry: ArchiveEntry) throws {
        if case .hardLink = entry.kind { throw Self.hasHardLinks(name: PathText.text(entry.path)) }
        if RelativePath.name(of: entry.path).starts(with: whiteout) {
            throw Self.hasWhiteout(name: PathText.text(entry.path))
        }
    }
}
