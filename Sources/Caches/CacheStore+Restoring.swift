public import Files
public import Archives

extension CacheStore {
    /// Writes a cache as one uncompressed tar stream.
    ///
    /// Nothing is written before every tarball is verified. A cache found damaged is set aside.
    ///
    /// - Parameters:
    ///   - output: usually the writing end of a pipe, with what the cache's paths are called in the stream; it is closed.
    ///     `SIGPIPE` must be ignored.
    ///   - allowed: as for saving; entries outside are left out and named (CODEBUILD.md 7).
    ///   - format: `.tar`, or `.gnuTar` where the receiver is busybox.
    ///   - progress: called with the bytes of content written so far.
    /// - Throws: ``FileError``: `notFound` without a cache (of a format this version reads), `damaged`,
    ///   `outputClosed` when the receiver went away; `CancellationError`.
    public func restore(
        _ key: CacheKey, to output: TarStream, allowed: [String], format: ArchiveWriter.Format = .tar,
        progress: (@Sendable (Int64) -> Void)? = nil
    ) async throws -> CacheSummary {
        let (map, output) = (output.map, OwnedDescriptor(output.descriptor))
        defer { output.close() }
        let doing = "restore the cache `\(key.name)` from `\(directory)`"
        let store = try explaining(doing, as: .cannotRead) {
            do { return try DirectoryHandle(opening: directory) } catch Errno.noSuchFileOrDirectory {
                throw FileError(.notFound, doing: doing, reason: "nothing was saved yet")
            }
        }
        let lock = try await lock(key.name, in: store, .shared, purpose: "restoring", doing: doing)
        defer { lock.release() }
        do {
            return try await BlockingThread.run { stop in
                try explaining(doing, as: .cannotRead) {
                    let folder = try CacheFolder(opening: key.name, in: store)
                    let manifest = try folder.usableManifest(doing: doing)
                    let files = try folder.openVerified(manifest, trustsSeals: true, stop: stop)
                    folder.touch()
                    let restoring = CacheRestoring(
                        tarballs: files, map: map,
                        roots: allowed.map { RelativePath.trimmed($0.utf8) }, progress: progress, stop: stop)
                    return try restoring.run(to: output, format: format, manifest: manifest)
                }
            }
        } catch let error as FileError where error.code == .damaged {
            lock.release()
            _ = try await setAside(key.name, in: store)
            throw error
        }
    }

    /// As ``restore(_:to:allowed:format:progress:)``, to a descriptor.
    public func restore(
        _ key: CacheKey, to descriptor: Int32, map: PathMap = .identity, allowed: [String]
    ) async throws -> CacheSummary {
        try await restore(key, to: TarStream(descriptor, map: map), allowed: allowed)
    }
}

extension CacheFolder {
    func usableManifest(doing: String) throws -> CacheManifest {
        switch try readManifest() {
        case .manifest(let manifest): return manifest
        case .otherFormat(let reason): throw FileError(.notFound, doing: doing, reason: reason)
        case .damaged(let reason): throw FileError(.damaged, doing: doing, reason: reason)
        }
    }
}

/// Writes verified tarballs into one stream.
struct CacheRestoring {
    let tarballs: [OwnedDescriptor]
    let map: PathMap
    let roots: [[UInt8]]
    let progress: (@Sendable (Int64) -> Void)?
    let stop: StopFlag
    /// What is written first.
    var leading: [ArchiveEntry] = []
    /// Looks at each entry before it is written.
    var check: (ArchiveEntry) throws -> Void = { _ in }
    /// Sees all bytes that were written.
    var observer: ((UnsafeRawBufferPointer) -> Void)?

    func run(
        to output: OwnedDescriptor, format: ArchiveWriter.Format, manifest: CacheManifest
    ) throws -> CacheSummary {
        let writer = try ArchiveWriter(
            fileDescriptor: output.rawValue, format: format, stop: stop, observer: observer)
        for entry in leading {
            try writer.begin(entry)
            try writer.end()
        }
        var rules = CacheEntryRules(roots: roots)
        var entryCount = 0, byteCount: Int64 = 0
        var skipped: [SkippedEntry] = [], warnings: [String] = []
        let layers = try CacheLayers(manifest.layers, tarballs, stop: stop)
        var names = PathSum()
        warnings = try layers.read(stop: stop) { entry, reader in
            switch rules.judge(entry) {
            case .ignore, .holdBack: return
            case .skip(let reason): skipped.append(SkippedEntry(path: entry.path, reason: reason))
            case .take(let entry):
                entryCount += 1
                names.add(entry.path)
                try check(entry)
                try writer.begin(renamed(entry))
                try reader?.readBlocks { block in
                    try block.withBytes { bytes in
                        try writer.write(bytes)
                        byteCount += Int64(bytes.count)
                        progress?(byteCount)
                    }
                }
                try writer.end()
            }
        }
        try writer.close()
        return CacheSummary(
            manifest: manifest, entryCount: entryCount, byteCount: byteCount, skipped: skipped, shallowPatterns: [],
            found: [], warnings: warnings + writer.warnings, isUnchanged: false, names: names)
    }

    private func renamed(_ entry: ArchiveEntry) -> ArchiveEntry {
        var entry = entry
        let path = map.stream(entry.path)
        entry.path = path.isEmpty ? [UInt8(ascii: ".")] : path
        if case .hardLink(let target) = entry.kind { entry.kind = .hardLink(target: map.stream(target)) }
        return entry
    }

}
