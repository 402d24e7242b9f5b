internal import Files

extension RecordingStore {
    /// Lists the files of all sound recordings, for an archive: bodies as they lie here, and copies of the entries, which
    /// another build may replace meanwhile. Nobody can prune the store as long as this value exists.
    ///
    /// - Parameter folder: receives the copies; it is made when it is missing.
    /// - Returns: the files by their paths below a store's folder, and the damaged recordings, which are skipped.
    public func export(
        copyingEntriesTo folder: String
    ) throws -> (files: [(name: String, path: String)], count: Int, damaged: [DamagedRecording]) {
        try use.begin()
        let damaged = try damagedEntries(), left = Set(damaged.map(\.path))
        var files: [(name: String, path: String)] = [], bodies: Set<String> = [], count = 0
        for path in try entryPaths() where !left.contains(path) {
            guard let found = try read(path, url: nil) else { continue }
            let name = String(path.dropFirst(self.folder.count + 1)), copy = "\(folder)/\(name)"
            let draft = try BodyWriter(in: "\(folder)/drafts")
            try draft.write(found.file.encoded())
            _ = try draft.keep(modified: found.status.modified) { _ in copy }
            files.append((name, copy))
            count += 1
            guard let body = found.file.body, bodies.insert(body.hash).inserted else { continue }
            let place = bodyPath(body.hash)
            files.append((String(place.dropFirst(self.folder.count + 1)), place))
        }
        return (files, count, damaged.map(\.damage))
    }

    /// Imports all recordings of another store, each in place of the one of the same request here.
    ///
    /// - Returns: how many were imported, and how many were here already.
    /// - Throws: ``DamagedRecording`` of the other store; what came before it has been imported.
    public func importAll(from other: RecordingStore) throws -> (imported: Int, known: Int) {
        try use.begin()
        var imported = 0, known = 0
        for path in try other.entryPaths() {
            guard let found = try other.read(path, url: nil) else { continue }
            let place = entryPath(found.file.key)
            if try isKnown(found.file, at: place) {
                known += 1
                continue
            }
            if let body = found.file.body {
                let draft = try BodyWriter(in: draftFolder)
                try other.copyBody(body, of: found, to: draft)
                _ = try draft.keep(at: bodyPath)
            }
            let draft = try BodyWriter(in: draftFolder)
            try draft.write(found.file.encoded())
            _ = try draft.keep(modified: found.status.modified) { _ in place }
            imported += 1
        }
        return (imported, known)
    }

    /// Whether the store has the very same recording, undamaged.
    private func isKnown(_ file: RecordingFile, at path: String) throws -> Bool {
        do {
            guard let found = try read(path, url: nil), found.file.encoded() == file.encoded() else { return false }
            if let body = file.body { try readBody(body, of: found) }
            return true
        } catch is DamagedRecording { return false }
    }

    private func copyBody(_ body: RecordingFile.Body, of found: Found, to writer: BodyWriter) throws {
        let reader = try bodyReader(body, of: found)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        while case let count = try reader.read(into: buffer), count > 0 {
            try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
