internal import Files
internal import Archives
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What `cache export` writes and `cache import` reads: a zstd tar whose first entry, `manifest.json`, has the checksum of
/// every other.
///
/// Behind the tar's end stands one more zstd frame, of the kind every reader skips: the SHA-256 of the manifest, and the SHA-256 of
/// all bytes before that frame. So no byte of the file can change unnoticed, and `tar --zstd -tf` still lists it.
public enum ProjectArchive {
    /// The name of the entry with the ``Manifest``.
    static let manifestName = "manifest.json"

    /// The content of the archive and its origin.
    public struct Manifest: Codable, Sendable, Equatable {
        /// The version of the format that this program writes, and the only one it reads.
        public static let currentFormatVersion = 1

        public var formatVersion = currentFormatVersion
        /// "buildspec 0.1.0"
        public var program: String
        /// The time of writing, as the caller writes times.
        public var createdAt: String
        /// The name of the project, for people.
        public var project: String
        /// The ``CacheKey/project`` of the project's caches without a namespace.
        public var cacheProject: String
        public var images: [Image]
        /// The parts in the order of the archive.
        public var parts: [Part] = []

        public init(program: String, createdAt: String, project: String, cacheProject: String, images: [Image]) {
            self.program = program
            self.createdAt = createdAt
            self.project = project
            self.cacheProject = cacheProject
            self.images = images
        }
    }

    /// An image of the one tar that has all images.
    public struct Image: Codable, Sendable, Equatable {
        public var name: String
        /// The engine's id: a hash of the content.
        public var id: String

        public init(name: String, id: String) {
            self.name = name
            self.id = id
        }
    }

    /// One file of the archive.
    public struct Part: Codable, Sendable, Equatable {
        /// Its path in the archive.
        public var name: String
        public var byteCount: Int64
        /// The checksum as `sha256sum` prints it.
        public var sha256: String
    }

    /// The skippable frame at the end (RFC 8878, 3.1.2): magic number, length, two hashes.
    enum Ending {
        static let length = 8 + 2 * 32

        static func bytes(manifest: [UInt8], all: [UInt8]) -> [UInt8] {
            [0x50, 0x2a, 0x4d, 0x18, 64, 0, 0, 0] + manifest + all
        }

        /// - Returns: `nil` when it is none.
        static func hashes(_ bytes: [UInt8]) -> (manifest: [UInt8], all: [UInt8])? {
            guard bytes.count == length, bytes[..<8] == Self.bytes(manifest: [], all: [])[...] else { return nil }
            return (Array(bytes[8..<40]), Array(bytes[40...]))
        }
    }
}

extension ProjectArchive.Manifest {
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0a]
    }

    /// - Throws: ``FileError`` with code `damaged` when it cannot be used.
    init(_ bytes: [UInt8], doing: String) throws {
        struct Version: Decodable { let formatVersion: Int }
        func unusable(_ reason: String) -> FileError { FileError(.damaged, doing: doing, reason: reason) }
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).formatVersion
            guard version == Self.currentFormatVersion else {
                throw unusable(
                    "it was written by another version of buildspec (archive format \(version); this one reads "
                        + "\(Self.currentFormatVersion))")
            }
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch is DecodingError {
            throw unusable("its `\(ProjectArchive.manifestName)` is not readable")
        }
        var known: Set<String> = []
        for part in parts {
            // The name becomes a path.
            let steps = part.name.split(separator: "/", omittingEmptySubsequences: false)
            guard steps.allSatisfy({ !["", ".", ".."].contains($0) }), !part.name.utf8.contains(0),
                part.name != ProjectArchive.manifestName, known.insert(part.name).inserted
            else { throw unusable("it has a part named `\(CacheKey.shown(part.name))`") }
        }
    }
}
