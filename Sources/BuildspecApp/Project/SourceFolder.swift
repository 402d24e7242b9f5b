internal import Files

/// Our own folder in a source, `.buildspec`, with the artifacts for which no other folder was named.
///
/// The source may be a stranger's: the folder is used only as a folder, never through a link, and only when we made it.
struct SourceFolder {
    private let path: String
    /// Marks the folder as ours, and makes git ignore it.
    private var mark: String { "\(path)/.gitignore" }
    private static let markText = "*\n"

    /// - Parameter source: the source's root.
    init(of source: String) { path = "\(source)/.buildspec" }

    /// The folder of artifacts.
    var artifacts: String { "\(path)/out" }

    /// Makes the folder when it is not there.
    ///
    /// - Throws: ``Failure`` when something else is in its place.
    ///
    /// - Parameter name: of a folder in that of artifacts, which may not be a link either.
    func make(for name: String? = nil) throws {
        for folder in [path, artifacts] + (name.map { ["\(artifacts)/\($0)"] } ?? []) {
            guard let status = FileStatus.at(folder, followsLinks: false), status.kind != .directory else { continue }
            throw inTheWay(folder, status.kind == .symbolicLink ? "is a link" : "is no folder")
        }
        if let status = FileStatus.at(mark, followsLinks: false) {
            guard status.kind == .file, try Files.read(mark) == Array(Self.markText.utf8) else {
                throw inTheWay(path, "was not made by buildspec")
            }
        } else {
            guard Files.names(in: path).isEmpty else { throw inTheWay(path, "was not made by buildspec") }
            try Folder.make(path, mode: 0o777)
            try Folder.replace(mark, with: Array(Self.markText.utf8), mode: 0o666)
        }
    }

    private func inTheWay(_ folder: String, _ why: String) -> Failure {
        Failure(
            .cannotWriteOutput, "cannot store artifacts in `\(folder)`: it \(why)",
            help: "remove it, or name another folder with --artifacts")
    }
}
