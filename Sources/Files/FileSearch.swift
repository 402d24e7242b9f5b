/// Looks for files by their names.
public enum FileSearch {
    /// The files in and below a folder whose names are wanted, as paths relative to it, in byte order; `.git` and what lies
    /// behind links are left out, and so is what cannot be read.
    ///
    /// - Parameter limit: no more than so many; those of upper folders come first.
    public static func paths(in root: String, limit: Int, where isWanted: (String) -> Bool) -> [String] {
        var found: [String] = [], folders = [""][...]
        while let folder = folders.popFirst(), found.count < limit {
            let (files, below) = entries(of: folder.isEmpty ? root : "\(root)/\(folder)")
            let prefix = folder.isEmpty ? "" : "\(folder)/"
            found += files.filter(isWanted).sorted().map { prefix + $0 }
            folders += below.filter { $0 != ".git" }.sorted().map { prefix + $0 }
        }
        return Array(found.prefix(limit))
    }

    private static func entries(of path: String) -> (files: [String], folders: [String]) {
        guard let directory = opendir(path) else { return ([], []) }
        defer { closedir(directory) }
        var files: [String] = [], folders: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            switch Int(entry.pointee.d_type) {
            case Int(DT_REG): files.append(name)
            case Int(DT_DIR) where name != "." && name != "..": folders.append(name)
            case Int(DT_UNKNOWN) where name != "." && name != "..":
                // Some file systems do not say.
                var info = stat()
                guard lstat("\(path)/\(name)", &info) == 0 else { continue }
                if info.st_mode & S_IFMT == S_IFREG { files.append(name) }
                if info.st_mode & S_IFMT == S_IFDIR { folders.append(name) }
            default: break
            }
        }
        return (files, folders)
    }
}
