internal import Artifacts

/// The answer to the driver's order `list`: lists of files, folders and links, each ended by an empty name.
struct Listing {
    let files: [ListedFile]
    let hasLinks: Bool

    init(files: [ListedFile], hasLinks: Bool) {
        self.files = files
        self.hasLinks = hasLinks
    }

    /// - Parameter followsLinks: whether `list` followed links (-L). What is still a link then is broken, and is skipped.
    init(
        _ bytes: [UInt8], kinds: [ListedFile.Kind] = [.file, .directory, .link], followsLinks: Bool = false
    ) {
        var files: [ListedFile] = [], hasLinks = false, start = 0
        var kinds = kinds
        for end in bytes.indices where bytes[end] == 0 && !kinds.isEmpty {
            defer { start = end + 1 }
            guard end > start else {
                kinds.removeFirst()
                continue
            }
            if kinds[0] == .link {
                hasLinks = true
                if followsLinks { continue }
            }
            let path = bytes[start..<end]
            guard path.count > 2 else { continue }  // `.` itself
            files.append(ListedFile(path: Array(path.dropFirst(2)), kind: kinds[0]))
        }
        self.files = files
        self.hasLinks = hasLinks
    }
}
