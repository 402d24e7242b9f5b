internal import Artifacts
internal import Files
internal import Reports

/// Finds the files of the source that reports name in ways of their own: by where they lie in the container, or below a folder
/// that only the tool knows (`org/acme/OwnerTest.java` of `src/test/java`).
struct SourcePlaces: Sendable {
    /// The absolute path of the source in the container, with a slash behind it.
    private let prefix: String
    /// The paths of all files, by the last component.
    private let paths: [String: [String]]
    private let all: Set<String>

    /// - Parameter directory: the absolute path of the source in the container.
    init(_ files: [ListedFile], below directory: String) {
        prefix = directory + "/"
        var paths: [String: [String]] = [:]
        for file in files where file.kind == .file {
            guard let path = String(validating: file.path, as: UTF8.self) else { continue }
            paths[Self.name(path), default: []].append(path)
        }
        self.paths = paths
        all = Set(paths.values.joined())
    }

    /// The path relative to the source; what is not found there, or more than once, stays as it is.
    func path(of file: String) -> String {
        if file.hasPrefix(prefix) { return relative(file) }
        let wanted = file.hasPrefix("./") ? String(file.dropFirst(2)) : file
        guard !wanted.hasPrefix("/") else { return file }
        let known = paths[Self.name(wanted)] ?? []
        guard !known.contains(wanted) else { return wanted }
        let below = known.filter { $0.hasSuffix("/" + wanted) }
        return below.count == 1 ? below[0] : file
    }

    /// The path of a source file that a report of coverage names, relative to the source.
    ///
    /// Below the folders that the report names the first that has such a file counts; where none has, the first that lies in
    /// the source.
    func path(of file: CoverageFile) -> String {
        guard !file.path.hasPrefix("/") else { return relative(file.path) }
        guard !file.folders.isEmpty else { return file.path }
        let paths = file.folders.map { folder in
            relative(normalizedPath("\(folder.hasPrefix("/") ? folder : prefix + folder)/\(file.path)"))
        }
        if let there = paths.first(where: all.contains) { return there }
        let found = path(of: file.path)
        if found != file.path || all.contains(found) { return found }
        return paths.first { !$0.hasPrefix("/") } ?? file.path
    }

    private func relative(_ path: String) -> String {
        path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }

    private static func name(_ path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }
}
