internal import Caches
internal import Files

/// The answer to the driver's order `look`: all that lies at some paths of the container at one moment.
///
/// The time of its last change, which no program can set, tells for each file whether it is still what it was then.
struct TreeListing: Sendable {
    /// The paths that were looked at.
    let paths: [String]
    /// Their names in a cache, in the same order.
    private let stored: [[UInt8]]
    private let bytes: [UInt8]
    private let entries: [Entry]

    private struct Entry {
        /// The number of the path that the entry lies at or below.
        let place: Int
        /// Kind, mode, owner, group, time, size, number of names, inode, device and time of the last change.
        let attributes: Range<Int>
        /// Below the path; empty for itself.
        let path: Range<Int>
        /// The target of a link.
        let target: Range<Int>
        var all: Range<Int> { attributes.lowerBound..<target.upperBound }
    }

    /// File systems of Linux that keep the time of the last change to the nanosecond.
    private static let fileSystems: Set = ["overlay", "overlayfs", "ext2/ext3", "ext4", "xfs", "btrfs", "tmpfs", "zfs"]

    /// - Returns: `nil` where the answer is cut short, or the file system does not keep the time of the last change.
    init?(_ bytes: [UInt8], paths: [String], stored: [String]) {
        var entries: [Entry] = [], start = 0
        func next() -> Range<Int>? {
            guard let end = bytes[start...].firstIndex(of: 0) else { return nil }
            defer { start = end + 1 }
            return start..<end
        }
        for place in paths.indices {
            guard let kind = next() else { return nil }
            let fileSystem = String(decoding: bytes[kind], as: UTF8.self)
            guard fileSystem.isEmpty || Self.fileSystems.contains(fileSystem) else { return nil }
            while true {
                guard let line = next() else { return nil }
                if line.isEmpty { break }
                guard let slash = bytes[line].firstIndex(of: RelativePath.slash), let target = next(),
                    bytes[line.lowerBound..<slash].last(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: " ") })
                        == UInt8(ascii: ".")
                else { return nil }
                guard bytes[line.lowerBound..<slash].split(separator: UInt8(ascii: " ")).count == 10 else { return nil }
                entries.append(
                    Entry(
                        place: place, attributes: line.lowerBound..<slash, path: slash + 1..<line.upperBound,
                        target: target))
            }
        }
        self.paths = paths
        self.stored = stored.map { RelativePath.trimmed($0.utf8) }
        self.bytes = bytes
        self.entries = entries
    }

    /// The names of all entries, as a cache has them.
    var names: PathSum {
        entries.reduce(into: PathSum()) { $0.add(name(of: $1)) }
    }

    private func name(of entry: Entry) -> [UInt8] { RelativePath.join(stored[entry.place], bytes[entry.path]) }

    private func words(of entry: Entry) -> [ArraySlice<UInt8>] {
        bytes[entry.attributes].split(separator: UInt8(ascii: " "))
    }

    /// Finds out what has changed since an earlier moment.
    ///
    /// The time of a folder does not count by itself: a file that is made and removed in it moves it.
    /// - Returns: `nil` where something lies there that no cache takes.
    func change(since old: TreeListing) -> TreeChange? {
        var paths: [String: [[UInt8]]] = [:], touched: [Entry] = []
        var changed: Set<[UInt8]> = [], deleted: Set<[UInt8]> = [], changedByteCount: Int64 = 0
        func note(_ entry: Entry) {
            changed.insert(name(of: entry))
            paths[self.paths[entry.place], default: []].append(Array(bytes[entry.path]))
        }
        // What comes first is the same in the same order, nearly always.
        let same = zip(entries, old.entries).prefix { bytes[$0.all] == old.bytes[$1.all] && $0.place == $1.place }.count
        var before: [[UInt8]: Entry] = [:]
        for entry in old.entries[same...] { before[old.name(of: entry)] = entry }
        for entry in entries[same...] {
            let kind = bytes[entry.attributes.lowerBound]
            guard Self.kinds.contains(kind) else { return nil }
            let name = name(of: entry)
            if let other = before.removeValue(forKey: name) {
                if old.bytes[other.all] == bytes[entry.all] { continue }
                let (was, now) = (old.words(of: other), words(of: entry))
                if was[0] != now[0] {
                    deleted.insert(name)
                } else if kind == Self.folder, was[..<4] == now[..<4] {
                    if was[4] != now[4] { touched.append(entry) }
                    continue
                }
            }
            note(entry)
            if kind == Self.file { changedByteCount += size(of: entry) }
        }
        deleted.formUnion(before.keys)
        guard !changed.isEmpty || !deleted.isEmpty else { return TreeChange() }
        for entry in touched { note(entry) }
        // Writing into a folder moves its time, so that folders are written again after what lies in them.
        let ways = changed.reduce(into: Set<[UInt8]>()) { $0.formUnion(RelativePath.ancestors(of: $1)) }
        for entry in entries where bytes[entry.attributes.lowerBound] == Self.folder {
            let name = name(of: entry)
            if ways.contains(name), !changed.contains(name) { note(entry) }
        }
        // A folder stands for all that was in it.
        let tops = deleted.filter { name in
            RelativePath.ancestors(of: name).first { _ in true }.map { !deleted.contains($0) } ?? true
        }
        return TreeChange(
            paths: paths,
            cache: CacheChange(
                changed: changed, deleted: Array(tops), entryCount: entries.count, byteCount: contentByteCount),
            changedByteCount: changedByteCount)
    }

    private static let file = UInt8(ascii: "f"), folder = UInt8(ascii: "d"), link = UInt8(ascii: "l")
    private static let kinds = [file, folder, link]

    private func size(of entry: Entry) -> Int64 { Int64(String(decoding: words(of: entry)[5], as: UTF8.self)) ?? 0 }

    /// The sum of the sizes of all files; one with several names below a path counts once there.
    private var contentByteCount: Int64 {
        struct File: Hashable { let place: Int, number: ArraySlice<UInt8>, device: ArraySlice<UInt8> }
        var linked: Set<File> = []
        return entries.reduce(0) { sum, entry in
            guard bytes[entry.attributes.lowerBound] == Self.file else { return sum }
            let words = words(of: entry)
            guard
                words[6] == [UInt8(ascii: "1")]
                    || linked.insert(File(place: entry.place, number: words[7], device: words[8])).inserted
            else { return sum }
            return sum + size(of: entry)
        }
    }
}

/// What has changed at some paths between two moments.
struct TreeChange: Sendable {
    /// What is new or differs, below each of the paths that has any.
    var paths: [String: [[UInt8]]] = [:]
    var cache = CacheChange()
    /// The bytes of the files that are new or differ.
    var changedByteCount: Int64 = 0

    /// Whether the paths are few enough for an order: shells read orders byte by byte.
    var isShort: Bool { paths.values.joined().reduce(0) { $0 + $1.count + 16 } <= 1 << 18 }
}
