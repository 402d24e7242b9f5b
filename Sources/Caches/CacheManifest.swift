internal import Files
internal import Archives
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The description of a cache, in `manifest.json` beside its tarballs.
public struct CacheManifest: Codable, Sendable, Equatable {
    /// The version of the format that this program writes, and the only one it reads.
    public static let currentFormatVersion = 1

    public internal(set) var formatVersion = currentFormatVersion
    public let key: CacheKey
    public let metadata: CacheMetadata
    /// Entries and bytes of content as they were saved last.
    public let entryCount: Int
    public let byteCount: Int64
    /// The fingerprint of the content (``CacheFingerprint``).
    public let fingerprint: String
    /// One tarball; the format has room for several, which this version neither writes nor reads.
    public let layers: [Layer]

    /// One tarball.
    public struct Layer: Codable, Sendable, Equatable {
        /// The name of the file in the cache's folder; `tar --zstd -tf` reads it.
        public let file: String
        /// The checksum of the file, as `sha256sum` prints it.
        public let sha256: String
        public let byteCount: Int64
        public let entryCount: Int
        /// The state of the file when ``sha256`` was computed.
        let seal: Seal
    }

    /// Recognises the very file that we wrote, as long as it is unchanged: no copy, no exchanged or edited file.
    ///
    /// While it holds, reading the file against ``checksum`` (several times quicker than SHA-256) is enough to notice
    /// what a disk can do to it. When it does not hold, SHA-256 decides.
    struct Seal: Codable, Sendable, Equatable {
        let inode: UInt64
        /// Nanoseconds since 1970; the second one moves with every change, and nobody can set it.
        let modified: Int64
        let changed: Int64
        /// The XXH64 of the file.
        let checksum: String
    }

    /// The bytes of `manifest.json`. The same manifest gives the same bytes.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0a]
    }

    /// The manifest in a `manifest.json`, or the reason why it cannot be used.
    enum Reading: Equatable {
        case manifest(CacheManifest)
        /// The manifest was written by another version of this program.
        case otherFormat(reason: String)
        case damaged(reason: String)

        init(_ bytes: [UInt8]) {
            struct Version: Decodable { let formatVersion: Int }
            do {
                let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).formatVersion
                guard version == currentFormatVersion else {
                    let age = version > currentFormatVersion ? "a newer" : "an older"
                    self = .otherFormat(
                        reason: "it was written by \(age) version of buildspec "
                            + "(cache format \(version); this one reads \(currentFormatVersion))")
                    return
                }
                let manifest = try JSONDecoder().decode(CacheManifest.self, from: Data(bytes))
                guard manifest.layers.count < 2 else {
                    self = .otherFormat(
                        reason: "it has \(manifest.layers.count) tarballs, and this version of buildspec reads one")
                    return
                }
                self = manifest.flaw.map { .damaged(reason: $0) } ?? .manifest(manifest)
            } catch {
                self = .damaged(reason: "its manifest is not readable")
            }
        }
    }

    /// The reason not to trust a manifest. It decides which files are opened, so it may name files of the cache's own folder
    /// only.
    private var flaw: String? {
        if layers.isEmpty { return "its manifest names no tarball" }
        for layer in layers {
            if layer.file.isEmpty || layer.file.contains("/") || layer.file.hasPrefix(".") {
                return "its manifest names the tarball `\(layer.file)`"
            }
        }
        return nil
    }
}

/// The origin of a cache, for the reader of `cache list`.
public struct CacheMetadata: Codable, Sendable, Equatable {
    /// The buildspec's path.
    public var buildspec: String?
    public var image: String?
    /// The time of saving, as the caller writes times.
    public var savedAt: String

    public init(buildspec: String? = nil, image: String? = nil, savedAt: String) {
        self.buildspec = buildspec
        self.image = image
        self.savedAt = savedAt
    }
}
