internal import Archives
internal import Files

/// A value that is to be named when it is in what is saved, such as a password.
public struct WatchedValue: Sendable {
    /// How people call it.
    public let name: String
    let bytes: [UInt8]

    /// The length in bytes from which on a value says anything: shorter ones occur by chance.
    static let minimumLength = 8

    public init(name: String, value: [UInt8]) {
        self.name = name
        bytes = value
    }
}

/// A file in which a watched value was found.
public struct FoundValue: Codable, Sendable, Hashable {
    /// The ``WatchedValue/name``.
    public let name: String
    /// The path in the cache.
    public let path: [UInt8]
}

/// Looks for values in the content of entries as it passes by.
struct ValueWatch {
    private let values: [WatchedValue]
    private let longest: Int
    private var path: [UInt8] = []
    /// The end of the entry so far, where a value may have begun.
    private var tail: [UInt8] = []
    private(set) var found: Set<FoundValue> = []

    init(_ values: [WatchedValue]) {
        self.values = values.filter { $0.bytes.count >= WatchedValue.minimumLength }
        longest = self.values.map(\.bytes.count).max() ?? 0
    }

    mutating func begin(_ entry: ArchiveEntry) {
        path = entry.path
        tail = []
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard longest > 0 else { return }
        look(in: bytes)
        // What lies on the border of two blocks: the end of one and the beginning of the other.
        if !tail.isEmpty { (tail + bytes.prefix(longest - 1)).withUnsafeBytes { look(in: $0) } }
        tail = Array((tail + bytes.suffix(longest - 1)).suffix(longest - 1))
    }

    private mutating func look(in bytes: UnsafeRawBufferPointer) {
        for value in values where bytes.count >= value.bytes.count {
            if Self.holds(bytes, value.bytes) { found.insert(FoundValue(name: value.name, path: path)) }
        }
    }

    private static func holds(_ bytes: UnsafeRawBufferPointer, _ value: [UInt8]) -> Bool {
        var rest = bytes
        while rest.count >= value.count,
            let start = memchr(rest.baseAddress!, Int32(value[0]), rest.count - value.count + 1)
        {
            if memcmp(start, value, value.count) == 0 { return true }
            rest = UnsafeRawBufferPointer(rebasing: rest[(UnsafeRawPointer(start) - rest.baseAddress! + 1)...])
        }
        return false
    }
}
