internal import Files

extension CacheStore {
    /// Removes what processes left that were killed while they saved, as far as nobody uses the cache now.
    ///
    /// What cannot be removed only takes room.
    public func sweepDrafts() {
        guard let store = try? DirectoryHandle(opening: directory), let names = try? store.names() else { return }
        for name in names {
            let text = String(decoding: name, as: UTF8.self)
            guard let folder = try? CacheFolder(opening: text, in: store), let files = try? folder.directory.names(),
                files.isEmpty || files.contains(where: { $0.starts(with: CacheFolder.draftPrefix.utf8) }),
                let lock = try? FileLock.tryAcquire(Self.lockName(text), in: store, .exclusive, purpose: "sweeping")
            else { continue }
            defer { lock.release() }
            try? folder.removeDrafts()
            try? store.removeEmptyDirectory(name)
            if (try? store.status(name)) == nil { try? store.removeFile(Self.lockName(text)) }
        }
    }
}
