internal import Files

/// The files of a folder that make up a build's source: all but those that git ignores and our own `.buildspec`.
///
/// Nothing is copied and nothing is written here; the tree only says what is to be copied.
public struct SourceTree: Sendable {
    /// Entries of one folder that belong to the source with everything below them.
    public struct Step: Sendable, Equatable {
        /// The folder relative to the source; `.` is its top.
        public let folder: [UInt8]
        public let names: [[UInt8]]
    }

    /// An absolute path on this machine.
    public let root: String
    public let steps: [Step]

    /// - Parameter excluded: paths relative to `root`, with or without a slash at the end.
    /// - Throws: ``SourceError`` when a folder cannot be read.
    public init(root: String, excluding excluded: [[UInt8]]) throws {
        self.root = root
        let exclusions = Exclusions(excluded + [Array(".buildspec".utf8)])
        var steps: [Step] = []
        try Self.collect(root: root, folder: [], exclusions, into: &steps)
        self.steps = steps
    }

    /// Makes a tree of these files only, relative to `root`.
    public init(root: String, files: [[UInt8]]) {
        self.root = root
        var folders: [[UInt8]] = [], names: [[UInt8]: [[UInt8]]] = [:]
        for file in files {
            let slash = file.lastIndex(of: 0x2f)
            let folder = slash.map { Array(file[..<$0]) } ?? [0x2e]
            if names[folder] == nil { folders.append(folder) }
            names[folder, default: []].append(slash.map { Array(file[($0 + 1)...]) } ?? file)
        }
        steps = folders.map { Step(folder: $0, names: names[$0] ?? []) }
    }

    private static func collect(
        root: String, folder: [UInt8], _ exclusions: Exclusions, into steps: inout [Step]
    ) throws {
        let names = try entries(of: Array(root.utf8) + (folder.isEmpty ? [] : [0x2f]) + folder)
        var whole: [[UInt8]] = [], partly: [([UInt8], Exclusions)] = []
        for name in names {
            switch exclusions.below[name] {
            case nil: whole.append(name)
            case let inner? where inner.isWhole: continue
            case let inner?: partly.append((folder.isEmpty ? name : folder + [0x2f] + name, inner))
            }
        }
        // A folder that loses all it holds is still a folder.
        if partly.isEmpty && whole.count == names.count && folder.isEmpty {
            steps.append(Step(folder: [0x2e], names: names.isEmpty ? [] : [[0x2e]]))
            return
        }
        steps.append(Step(folder: folder.isEmpty ? [0x2e] : folder, names: whole))
        for (path, inner) in partly { try collect(root: root, folder: path, inner, into: &steps) }
    }

    /// The names in a folder of a source, in byte order, without `.` and `..`.
    ///
    /// - Throws: ``SourceError`` when the folder cannot be read.
    static func entries(of path: [UInt8]) throws -> [[UInt8]] {
        do { return try Folder.entries(of: path) } catch let error as FileError {
            throw SourceError(
                .unreadable, doing: "read the source folder `\(String(decoding: path, as: UTF8.self))`",
                reason: error.reason)
        }
    }
}

/// Excluded paths, as a tree of their names.
private final class Exclusions: Sendable {
    let isWhole: Bool
    let below: [[UInt8]: Exclusions]

    convenience init(_ paths: [[UInt8]]) {
        self.init(split: paths.map { $0.split(separator: 0x2f) }, isWhole: false)
    }

    private init(split paths: [[ArraySlice<UInt8>]], isWhole: Bool) {
        self.isWhole = isWhole
        let groups = Dictionary(grouping: paths.filter { !$0.isEmpty }) { Array($0[0]) }
        below = groups.mapValues { group in
            Exclusions(split: group.map { Array($0.dropFirst()) }, isWhole: group.contains { $0.count == 1 })
        }
    }
}
