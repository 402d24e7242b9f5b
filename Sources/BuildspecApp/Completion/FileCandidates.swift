internal import Files

/// The files and folders that a path may go on with. Folders have a slash at their end.
struct FileCandidates {
    let places: Places
    /// Whether only folders are wanted.
    var foldersOnly = false
    /// The ends of the names of wanted files; all files where there is none.
    var ends: [String] = []

    /// More than this nobody reads.
    private static let limit = 1000

    func candidates(for current: String) -> [Candidate] {
        let end = current.lastIndex(of: "/").map { current.index(after: $0) } ?? current.startIndex
        let folder = String(current[..<end]), beginning = String(current[end...])
        var found: [Candidate] = []
        for name in Files.names(in: path(of: folder)) where name.utf8.starts(with: beginning.utf8) {
            // What is hidden is asked for.
            guard !name.hasPrefix(".") || beginning.hasPrefix(".") else { continue }
            var info = stat()
            let isFolder = stat("\(path(of: folder))/\(name)", &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
            if isFolder {
                found.append(Candidate("\(folder)\(name)/"))
            } else if !foldersOnly, ends.isEmpty || ends.contains(where: name.hasSuffix) {
                found.append(Candidate(folder + name))
            }
            if found.count == Self.limit { break }
        }
        return found
    }

    /// The absolute path of a folder as it was written; `~` is the user's home.
    private func path(of folder: String) -> String {
        guard folder.hasPrefix("~/"), let home = places.environment["HOME"] else {
            return folder.isEmpty ? places.absolute(".") : places.absolute(folder)
        }
        return "\(home)/\(folder.dropFirst(2))"
    }
}
