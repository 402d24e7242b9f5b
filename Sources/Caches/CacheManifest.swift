internal import Files
internal import Archives
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a cache says about itself, in `manifest.json` beside its tarballs.
public struct CacheManifest: Codable, Sendable, Equatable {
    /// What this program writes, and all it reads.
    public static let currentFormatVersion = 1

    public internal(set) var formatVersion = currentFormatVersion
    public let key: CacheKey
    public let metadata: CacheMetadata
    /// Entries and bytes of content as they were saved last.
    public let entryCount: Int
    public let byteCount: Int64
    /// Equal for equal content (``CacheFingerprint``).
    public let fingerprint: String
    /// One tarball; the format has room for several, which this version neither writes nor reads.
    public let layers: [Layer]

    /// One tarball.
    public struct Layer: Codable, Sendable, Equatable {
        /// In the cache's folder; `tar --zstd -tf` reads it.
        public let file: String
        /// Of the file as it is, as `sha256sum` prints it.
        public let sha256: String
        public let byteCount: Int64
        public let entryCount: Int
        /// What the file looked like when ``sha256`` was taken.
        let seal: Seal
    }

    /// Tells the very file we wrote, untouched since, from any other: a copy, an exchanged or an edited one.
    ///
    /// While it holds, reading the file against ``checksum`` (several times quicker than SHA-256) is enough to notice
    /// what a disk can do to it. When it does not hold, SHA-256 decides.
    struct Seal: Codable, Sendable, Equatable {
        let inode: UInt64
        /// Nanoseconds since 1970; the second one moves with every change, and nobody can set it.
        let modified: Int64
        let changed: Int64
        /// XXH64 of the file.
        let checksum: String
    }

    /// The bytes of `manifest.json`: the same manifest gives the same bytes.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0a]
    }

    /// What stands in a `manifest.json`, or why it cannot be used.
    enum Reading: Equatable {
        case manifest(CacheManifest)
        /// Sound, but of another version of this program.
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

    /// A manifest decides which files are opened: only plain names in the cache's own folder are believed.
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

/// Where a cache came from, for the reader of `cache list`.
public struct CacheMetadata: Codable, Sendable, Equatable {
    /// The buildspec's path.
    public var buildspec: String?
    public var image: String?
    /// When, as the caller writes times.
    public var savedAt: String

    public init(buildspec: String? = nil, image: String? = nil, savedAt: String) {
        self.buildspec = buildspec
        self.image = image
        self.savedAt = savedAt
    }
}
