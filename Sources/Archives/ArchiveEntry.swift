internal import Files

/// One member of an archive: its name and its attributes, without its content.
///
/// Names and link targets are bytes, exactly as they stand in the archive: nothing is decoded, cleaned or trusted here.
public struct ArchiveEntry: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case file
        case directory
        case symbolicLink(target: [UInt8])
        /// Another name of an earlier entry of the same archive; it has no content of its own.
        case hardLink(target: [UInt8])
        /// Something that no build needs stored; the text names it (`socket`, `FIFO`, `character device`, `block device`).
        case other(String)
    }

    /// A time since 1970, UTC; before it both parts count towards the past as POSIX has it (nanoseconds stay positive).
    public struct Timestamp: Sendable, Hashable, Comparable {
        public var seconds: Int64
        /// 0 to 999,999,999.
        public var nanoseconds: Int

        public init(seconds: Int64, nanoseconds: Int = 0) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }

        public static func < (one: Self, other: Self) -> Bool {
            (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
        }
    }

    /// The name as the archive has it, but without a slash at its end.
    public var path: [UInt8]
    public var kind: Kind
    /// The twelve permission bits, setuid, setgid and sticky included; never the file type.
    public var mode: UInt32
    public var uid: Int64
    public var gid: Int64
    public var modified: Timestamp
    /// Bytes of content, holes of sparse files included; -1 where the archive does not say (a zip read from a pipe).
    public var size: Int64

    public init(
        path: [UInt8], kind: Kind = .file, mode: UInt32 = 0o644, uid: Int64 = 0, gid: Int64 = 0,
        modified: Timestamp = Timestamp(seconds: 0), size: Int64 = 0
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.modified = modified
        self.size = size
    }
}

/// The next piece of an entry's content.
public enum ArchiveBlock {
    /// Bytes, valid only inside the closure that received them.
    case bytes(UnsafeRawBufferPointer)
    /// The number of zero bytes that a sparse file does not store.
    case hole(Int64)
}

extension ArchiveEntry.Timestamp {
    /// - Parameter duration: since 1970.
    public init(_ duration: Duration) {
        let (seconds, nanoseconds) = duration.flooredParts
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// Since 1970.
    public var sinceEpoch: Duration { .seconds(seconds) + .nanoseconds(nanoseconds) }
}
