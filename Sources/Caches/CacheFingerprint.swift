internal import Files
internal import Archives
internal import Crypto

/// A hash that is equal for equal content, whatever the order of the entries. By it an unchanged cache is noticed.
///
/// Takes in each entry's path, kind, mode, owner, size, time, link target and content. The time of a folder does not
/// count: it moves whenever a build makes and removes a file in it.
struct CacheFingerprint {
    /// The sum of the entries' hashes, so that their order does not matter.
    private var sum: SIMD4<UInt64> = .zero
    private var entry: ArchiveEntry?
    private var content = ContentHash()

    mutating func begin(_ entry: ArchiveEntry) {
        end()
        self.entry = entry
        content = ContentHash()
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) { content.update(bytes) }

    private mutating func end() {
        guard let entry else { return }
        var hash = SHA256()
        var numbers: [Int64] = [
            Int64(entry.mode), entry.uid, entry.gid, entry.size, Int64(bitPattern: content.value),
            Int64(entry.path.count),
        ]
        var target: [UInt8] = []
        switch entry.kind {
        case .file: numbers.append(0)
        case .directory: numbers.append(1)
        case .symbolicLink(let path): (target, _) = (path, numbers.append(2))
        case .hardLink(let path): (target, _) = (path, numbers.append(3))
        case .other: numbers.append(4)
        }
        if entry.kind != .directory { numbers += [entry.modified.seconds, Int64(entry.modified.nanoseconds)] }
        for number in numbers { withUnsafeBytes(of: number.littleEndian) { hash.update(bufferPointer: $0) } }
        entry.path.withUnsafeBytes { hash.update(bufferPointer: $0) }
        target.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.finalize().withUnsafeBytes { sum &+= $0.loadUnaligned(as: SIMD4<UInt64>.self) }
        self.entry = nil
    }

    /// The fingerprint as text, after the last entry.
    mutating func finish() -> String {
        end()
        return withUnsafeBytes(of: sum) { hexadecimal($0) }
    }

    /// The fingerprint of content that has got one more layer. It differs from that of the same content without layers.
    static func adding(_ layer: [String], to fingerprint: String) -> String {
        CacheKey.digest(of: [fingerprint] + layer)
    }
}
