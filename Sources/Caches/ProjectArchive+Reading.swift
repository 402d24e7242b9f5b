public import Files
internal import Archives
internal import Crypto

extension ProjectArchive {
    /// Unpacks an archive and verifies every byte of it.
    ///
    /// Blocks: use it on a ``Archives/BlockingThread``.
    ///
    /// - Parameter folder: empty, and of no use when this throws.
    /// - Throws: ``FileError``: with code `notFound` when there is no such file, `damaged` with a reason that names the
    ///   part when it is not what was written.
    public static func unpack(_ path: FilePath, into folder: FilePath, stop: StopFlag) throws -> Manifest {
        let doing = "import the archive `\(path)`"
        return try explaining(doing, as: .cannotRead) {
            let file: OwnedDescriptor
            do { file = try open(path) } catch Errno.noSuchFileOrDirectory {
                throw FileError(.notFound, doing: doing, reason: "there is no such file")
            }
            let ending = try Ending.read(file, stop: stop)
            let unpacking = Unpacking(folder: folder, doing: doing, stop: stop)
            let manifest = try unpacking.run(path, ending)
            guard ending?.isRight == true else {
                throw FileError(
                    .damaged, doing: doing, reason: "its parts are whole, but the bytes around them were changed")
            }
            return manifest
        }
    }
}

/// Reads the end of an archive, and checks the bytes before by it.
private struct ReadEnding {
    let manifest: [UInt8]
    let isRight: Bool
}

extension ProjectArchive.Ending {
    /// - Returns: `nil` when the file does not end as an archive does.
    fileprivate static func read(_ file: OwnedDescriptor, stop: StopFlag) throws -> ReadEnding? {
        let size = try FileStatus.of(file.rawValue).size, rest = size - Int64(length)
        guard rest > 0 else { return nil }
        let descriptor = FileDescriptor(rawValue: file.rawValue)
        let end = try [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            count = try descriptor.read(fromAbsoluteOffset: rest, into: UnsafeMutableRawBufferPointer(buffer))
        }
        guard let hashes = hashes(end) else { return nil }
        var hash = SHA256(), offset: Int64 = 0
        try file.readToEnd(stop: stop) { bytes in
            let count = Int(max(0, min(Int64(bytes.count), rest - offset)))
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            offset += Int64(count)
        }
        return ReadEnding(manifest: hashes.manifest, isRight: hashes.all == Array(hash.finalize()))
    }
}

/// Unpacks one archive into a folder.
private struct Unpacking {
    let folder: FilePath
    let doing: String
    let stop: StopFlag

    func damaged(_ reason: String) -> FileError { FileError(.damaged, doing: doing, reason: reason) }

    func run(_ path: FilePath, _ ending: ReadEnding?) throws -> ProjectArchive.Manifest {
        let (reader, manifest) = try readManifest(path, ending)
        for part in manifest.parts {
            do {
                guard let entry = try reader.next() else { throw damaged("its part `\(part.name)` is missing") }
                guard entry.kind == .file, entry.path.elementsEqual(part.name.utf8) else {
                    throw damaged(
                        "`\(CacheKey.shown(String(decoding: entry.path, as: UTF8.self)))` stands where its part "
                            + "`\(part.name)` belongs")
                }
                try unpack(part, entry, from: reader)
            } catch let error as ArchiveError where error.code == .damaged {
                throw damaged("its part `\(part.name)` is damaged or cut short (\(error.reason))")
            }
        }
        do {
            guard try reader.next() == nil else { throw damaged("there is more in it than its manifest names") }
        } catch let error as ArchiveError where error.code == .damaged {
            throw damaged("its end is damaged or cut short (\(error.reason))")
        }
        return manifest
    }

    private func readManifest(
        _ path: FilePath, _ ending: ReadEnding?
    ) throws -> (ArchiveReader, ProjectArchive.Manifest) {
        let name = ProjectArchive.manifestName
        do {
            let reader = try ArchiveReader(path: path, stop: stop)
            guard let first = try reader.next(), first.path.elementsEqual(name.utf8), first.kind == .file,
                first.size <= 256 << 20
            else { throw damaged("it was not made by `buildspec cache export`: its first entry is not `\(name)`") }
            var bytes: [UInt8] = []
            try reader.readBlocks { block in block.withBytes { bytes += $0 } }
            if let ending, ending.manifest != Array(SHA256.hash(data: bytes)) {
                throw damaged("its part `\(name)` does not match its checksum")
            }
            return (reader, try ProjectArchive.Manifest(bytes, doing: doing))
        } catch let error as ArchiveError where error.code == .damaged {
            throw damaged(
                "its part `\(name)` is damaged or cut short, or it was not made by `buildspec cache export` "
                    + "(\(error.reason))")
        }
    }

    private func unpack(_ part: ProjectArchive.Part, _ entry: ArchiveEntry, from reader: ArchiveReader) throws {
        let mismatch = damaged("its part `\(part.name)` does not match its checksum")
        guard entry.size == part.byteCount else { throw mismatch }
        let path = folder.appending(part.name)
        var made = MadeDirectories()
        let file = try made.open(path.removingLastComponent()).makeFile(
            Array((path.lastComponent?.string ?? "").utf8), mode: 0o600)
        var hash = SHA256(), count: Int64 = 0
        try reader.readBlocks { block in
            try block.withBytes { bytes in
                hash.update(bufferPointer: bytes)
                count += Int64(bytes.count)
                _ = try FileDescriptor(rawValue: file.rawValue).writeAll(bytes)
            }
        }
        guard count == part.byteCount, hexadecimal(hash.finalize()) == part.sha256 else { throw mismatch }
        try file.setMode(0o600, modified: entry.modified.sinceEpoch)
    }
}
