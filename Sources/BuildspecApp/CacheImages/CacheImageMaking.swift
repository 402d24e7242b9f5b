internal import Archives
internal import BuildRunning
internal import Caches
internal import Engines
internal import Files

/// Makes the image of a cache beside whatever this machine is doing, and removes those that nobody needs any more.
struct CacheImageMaking {
    let machine: Machine

    /// The name that stands for no record: only what nobody needs is removed.
    static let nothing = "-"
    /// How long it may take.
    private static let limit = Duration.seconds(600)

    private var shelf: CacheImageShelf { CacheImageShelf(machine.places) }

    func run(_ name: String) async throws {
        // Builds go first.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                if name != Self.nothing { try await make(name) }
                try await CacheImagePruning(machine: machine).tidy()
            }
            group.addTask { try await Task.sleep(for: Self.limit) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func make(_ name: String) async throws {
        // Whoever holds it makes the same image.
        guard let lock = try shelf.lock(name), var record = shelf.record(name), !record.isReady else { return }
        defer { lock.release() }
        record.attempts += 1
        try shelf.write(record, name)
        do {
            try await make(&record, name)
        } catch let error where !Task.isCancelled {
            // The next build that leaves the cache as it was tries again, unless that is of no use.
            if error is CacheUnfitForLayer || (error as? EngineError)?.code == .refused {
                record.refusal = (error as? EngineError)?.reason ?? "\(error)"
                try shelf.write(record, name)
            }
            throw error
        }
    }

    private func make(_ record: inout CacheImageRecord, _ name: String) async throws {
        let engine = machine.engine(of: record), content = record.cache.content
        guard let base = try await engine.layering(of: record.base) else {
            throw EngineError(.imageMissing, doing: "make an image of a cache", reason: "`\(record.base)` is gone")
        }
        if let volume = base.volumes.first(where: { volume in content.paths.contains { CacheImages.meet($0, volume) } })
        {
            throw EngineError(
                .refused, doing: "make an image of a cache", reason: "the image makes a volume of `\(volume)`")
        }
        let layer = try shelf.makeDraft()
        defer { layer.close() }
        let written = try await CacheStore(directory: FilePath(record.store)).writeLayer(
            of: content.manifest, to: layer, allowed: content.stored,
            above: record.cache.above.map { folder in
                ArchiveEntry(
                    path: Array(folder.path.utf8.dropFirst()), kind: .directory, mode: folder.mode, uid: folder.owner,
                    gid: folder.group, modified: .init(seconds: folder.modified))
            })
        let image = shelf.imageName(record, on: base.id)
        record.image = image
        record.superseded.removeAll { $0 == image }
        try shelf.write(record, name)
        try await load(image, of: base, and: layer, written, into: engine)
        guard let id = try await engine.imageID(image) else {
            throw EngineError(.refused, doing: "make image `\(image)`", reason: "the engine has none of that name now")
        }
        record.baseID = base.id
        record.imageID = id
        try shelf.write(record, name)
        for old in record.superseded {
            // One that a container still has is no record's then, and the next sweep removes it.
            do { try await engine.removeImage(old) } catch let error as EngineError where error.code == .refused {}
        }
        record.superseded = []
        try shelf.write(record, name)
    }

    /// Sends the engine an image of which it has all but the last layer.
    private func load(
        _ image: String, of base: ImageLayering, and layer: OwnedDescriptor, _ written: CacheLayerFile,
        into engine: any Engine
    ) async throws {
        let pipe = try Pipe(), configuration = "config.json", file = "layer.tar"
        let texts = [
            ("manifest.json", base.manifest(of: image, configuration: configuration, layer: file)),
            (configuration, base.configuration(adding: written.sha256)),
        ]
        async let loaded: Void = engine.loadImages(from: pipe.readEnd)
        let sent: Result<Void, any Error>
        do {
            try await BlockingThread.run { stop in
                let output = OwnedDescriptor(pipe.writeEnd)
                defer { output.close() }
                let writer = try ArchiveWriter(fileDescriptor: output.rawValue, format: .tar, stop: stop)
                for (name, text) in texts {
                    let bytes = Array(text.utf8)
                    try writer.begin(ArchiveEntry(path: Array(name.utf8), size: Int64(bytes.count)))
                    try bytes.withUnsafeBytes { try writer.write($0) }
                    try writer.end()
                }
                try writer.begin(ArchiveEntry(path: Array(file.utf8), size: written.byteCount))
                _ = try FileDescriptor(rawValue: layer.rawValue).seek(offset: 0, from: .start)
                try layer.readToEnd(stop: stop) { try writer.write($0) }
                try writer.end()
                try writer.close()
            }
            sent = .success(())
        } catch { sent = .failure(error) }
        // An engine that refuses reads no further: what it says comes first.
        try await loaded
        try sent.get()
    }
}
