internal import Files
internal import Archives
internal import Crypto
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The description of a cache, in `manifest.json` beside its tarballs.
public struct CacheManifest: Codable, Sendable, Equatable {
    /// The version of the format that this program writes, and the only one it reads.
    public static let currentFormatVersion = 2

    public internal(set) var formatVersion = currentFormatVersion
    public let key: CacheKey
    public let metadata: CacheMetadata
    /// Entries and bytes of content as they were saved last.
    public let entryCount: Int
    public let byteCount: Int64
    /// The fingerprint of the content (``CacheFingerprint``).
    public let fingerprint: String
    /// The tarballs, the oldest one first: extracted one after the other, they give the content. Each but the first has what
    /// changed since the one before it.
    public let layers: [Layer]
    /// The files that held values of secrets when they were saved; `nil` for none.
    var secrets: [FoundValue]?

    /// One tarball.
    public struct Layer: Codable, Sendable, Equatable {
        /// The name of the file in the cache's folder; `tar --zstd -tf` reads it.
        public let file: String
        /// The checksum of the file, as `sha256sum` prints it.
        public let sha256: String
        public let byteCount: Int64
        public let entryCount: Int
        /// The paths that this layer removes, with all below them, from the layers before it; `nil` for none.
        public var deleted: [String]?
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

    /// The bytes of `manifest.json`, with a checksum of all others in the second line. The same manifest gives the same bytes.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Checksum.added(to: Array(try encoder.encode(self)) + [0x0a])
    }

    /// The line with the checksum of a manifest: `  "check" : "…",`.
    enum Checksum {
        private static let front = Array("{\n".utf8)
        private static let before = Array("  \"check\" : \"".utf8), behind = Array("\",\n".utf8)

        private static let length = before.count + 64 + behind.count

        private static func line(for text: some Sequence<UInt8>) -> [UInt8] {
            before + hexadecimal(SHA256.hash(data: Array(text))).utf8 + behind
        }

        static func added(to text: [UInt8]) -> [UInt8] {
            front + line(for: text) + text.dropFirst(front.count)
        }

        /// The text without its line; the text itself where it has none.
        static func removed(from bytes: [UInt8]) -> [UInt8] {
            isRight(in: bytes) == nil ? bytes : front + bytes.dropFirst(front.count + length)
        }

        /// Whether the checksum is right; `nil` where there is none.
        static func isRight(in bytes: [UInt8]) -> Bool? {
            guard bytes.starts(with: front + before) else { return nil }
            let line = bytes.dropFirst(front.count).prefix(length), rest = bytes.dropFirst(front.count + length)
            return line.elementsEqual(Self.line(for: front + rest))
        }
    }

    /// The manifest in a `manifest.json`, or the reason why it cannot be used.
    enum Reading: Equatable {
        case manifest(CacheManifest)
        /// The manifest was written by another version of this program.
        case otherFormat(reason: String)
        case damaged(reason: String)

        init(_ bytes: [UInt8]) {
            struct Version: Decodable { let formatVersion: Int }
            let isRight = Checksum.isRight(in: bytes)
            do {
                guard isRight != false else {
                    self = .damaged(reason: "its manifest does not match its checksum")
                    return
                }
                let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).formatVersion
                guard version == currentFormatVersion else {
                    let age = version > currentFormatVersion ? "a newer" : "an older"
                    self = .otherFormat(
                        reason: "it was written by \(age) version of buildspec "
                            + "(cache format \(version); this one reads \(currentFormatVersion))")
                    return
                }
                guard isRight == true else {
                    self = .damaged(reason: "its manifest has no checksum")
                    return
                }
                let manifest = try JSONDecoder().decode(CacheManifest.self, from: Data(bytes))
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
