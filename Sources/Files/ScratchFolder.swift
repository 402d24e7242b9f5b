/// A folder for one run, which removes it. When the run is killed, the next run that makes a folder beside it does.
public struct ScratchFolder: Sendable {
    public let path: FilePath
    private let name: String
    private let parent: DirectoryHandle
    private let mark: RunningMarks.Mark

    /// - Parameters:
    ///   - folder: holds nothing but such folders; made when it is missing.
    ///   - name: nobody else's.
    /// - Throws: ``FileError``.
    public init(in folder: FilePath, named name: String) async throws {
        let doing = "make a folder in `\(folder)`"
        self.name = name
        path = folder.appending(name)
        let marks = RunningMarks(folder: folder.appending(".marks").string)
        parent = try explaining(doing) {
            var made = MadeDirectories()
            _ = try made.open(folder.appending(".marks"))
            return try made.open(folder)
        }
        await Self.sweep(marks, in: parent)
        mark = try await marks.mark(name)
        try explaining(doing) { try parent.makeDirectory(Array(name.utf8)) }
    }

    /// Removes the folders of runs that were killed, where there are any.
    public static func sweep(in folder: FilePath) async {
        guard let parent = try? DirectoryHandle(opening: folder) else { return }
        await sweep(RunningMarks(folder: folder.appending(".marks").string), in: parent)
    }

    private static func sweep(_ marks: RunningMarks, in parent: DirectoryHandle) async {
        await marks.sweep { dead in
            try parent.removeTree(Array(dead.utf8))
            return true
        }
    }

    /// Removes the folder with everything in it. What cannot be removed is left to the next run.
    public func remove() {
        guard (try? parent.removeTree(Array(name.utf8))) != nil else { return }
        mark.release()
    }
}
