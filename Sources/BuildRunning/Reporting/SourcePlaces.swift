internal import Artifacts
internal import Files

/// Finds the files of the source that reports name in ways of their own: by where they lie in the container, or below a folder
/// that only the tool knows (`org/acme/OwnerTest.java` of `src/test/java`).
struct SourcePlaces: Sendable {
    /// The absolute path of the source in the container, with a slash behind it.
    private let prefix: String
    /// The paths of all files, by the last component.
    private let paths: [String: [String]]

    /// - Parameter directory: the absolute path of the source in the container.
    init(_ files: [ListedFile], below directory: String) {
        prefix = directory + "/"
        var paths: [String: [String]] = [:]
        for file in files where file.kind == .file {
            guard let path = String(validating: file.path, as: UTF8.self) else { continue }
            paths[Self.name(path), default: []].append(path)
        }
        self.paths = paths
    }

    /// The path relative to the source; what is not found there, or more than once, stays as it is.
    func path(of file: String) -> String {
        if file.hasPrefix(prefix) { return String(file.dropFirst(prefix.count)) }
        let wanted = file.hasPrefix("./") ? String(file.dropFirst(2)) : file
        guard !wanted.hasPrefix("/") else { return file }
        let known = paths[Self.name(wanted)] ?? []
        guard !known.contains(wanted) else { return wanted }
        let below = known.filter { $0.hasSuffix("/" + wanted) }
        return below.count == 1 ? below[0] : file
    }

    private static func name(_ path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }
}
