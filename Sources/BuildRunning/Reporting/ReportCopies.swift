internal import Archives
internal import Files

/// Copies of report files as the build wrote them, in a folder for each group. They may hold secrets, as artifacts may.
///
/// No name of the build is used as a path: each folder on the way is made or opened by itself, and no link is followed.
final class ReportCopies {
    private let folder: DirectoryHandle

    /// - Parameters:
    ///   - folder: absolute; made when it is missing.
    ///   - group: the group's name, which may have any characters.
    init(below folder: String, of group: String) throws {
        try Folder.make(folder, mode: 0o777)
        self.folder = try explaining("write the reports to `\(folder)`") {
            try Self.open(Self.plain(Array(group.utf8)), in: try DirectoryHandle(opening: FilePath(folder)))
        }
    }

    /// Makes the copy of a file.
    ///
    /// - Parameter name: its path as the report tells it.
    func make(_ name: String) throws -> ReportCopy {
        try explaining("write a copy of the report `\(name)`") {
            var parts = name.utf8.split(separator: RelativePath.slash).map { Self.plain(Array($0)) }
            let last = parts.popLast() ?? Self.plain([])
            let folder = try parts.reduce(folder) { try Self.open($1, in: $0) }
            // Two files have one name where the paths are discarded.
            for number in 1... {
                let free = number == 1 ? last : last + Array("-\(number)".utf8)
                do { return ReportCopy(of: name, try folder.makeFile(free), named: free, in: folder) } catch Errno
                    .fileExists
                {}
            }
            throw Errno.fileExists
        }
    }

    /// A name that is one component of a path.
    private static func plain(_ name: [UInt8]) -> [UInt8] {
        let name = name.map { $0 == RelativePath.slash || $0 == 0 ? UInt8(ascii: "_") : $0 }
        return name.isEmpty || name == Array(".".utf8) || name == Array("..".utf8) ? Array("_".utf8) : name
    }

    private static func open(_ name: [UInt8], in folder: DirectoryHandle) throws -> DirectoryHandle {
        do { try folder.makeDirectory(name) } catch Errno.fileExists {}
        return try folder.directory(name)
    }
}

/// The copy of one report file, being written.
struct ReportCopy {
    private let name: String
    private let file: OwnedDescriptor
    private let fileName: [UInt8]
    private let folder: DirectoryHandle
    private var size: Int64 = 0

    init(of name: String, _ file: OwnedDescriptor, named fileName: [UInt8], in folder: DirectoryHandle) {
        self.name = name
        self.file = file
        self.fileName = fileName
        self.folder = folder
    }

    mutating func add(_ block: ArchiveBlock) throws {
        try explaining("write a copy of the report `\(name)`") {
            switch block {
            case .bytes(let bytes):
                try file.writeAll(bytes)
                size += Int64(bytes.count)
            // It stays a hole, however large it is.
            case .hole(let count):
                try file.skip(count)
                size += count
                try file.setSize(size)
            }
        }
    }

    /// Removes it: the file turned out to be no report.
    func remove() throws {
        try explaining("write a copy of the report `\(name)`") { try folder.removeFile(fileName) }
    }
}
