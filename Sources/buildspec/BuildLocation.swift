internal import SpecParsing

/// Where the source and its buildspec are.
struct BuildLocation {
    /// The source's root, an absolute path.
    let source: String
    /// The buildspec as the user would name it, for messages.
    let shownPath: String
    /// Absolute.
    let buildspecFile: String
    /// Relative to the source, or `nil` when it lies elsewhere.
    let relativePath: String?
    /// The settings file, if there is one.
    let settingsFile: String?

    init(_ options: RunOptions, places: Places) throws {
        let path = places.absolute(options.path ?? ".")
        guard let kind = Files.kind(of: path) else {
            throw Failure(
                .noSuchFile, "cannot find `\(options.path ?? ".")`",
                help: "give a folder with a buildspec.yml, or a buildspec file")
        }
        var file = options.buildspec
        var source = options.source.map(places.absolute)
        if kind == .file {
            guard options.buildspec == nil else {
                throw Failure(.usage, "PATH and `--buildspec` both name a buildspec file", help: "leave one out")
            }
            file = path
            // A file of this folder belongs to this folder's source, as `source.buildspec: ci/buildspec.yml` does.
            let here = places.absolute(".")
            source = source ?? (path.hasPrefix(here + "/") ? here : Self.folder(of: path))
        }
        let root = source ?? path
        guard Files.kind(of: root) == .folder else {
            throw Failure(.noSuchFile, "cannot find the source folder `\(root)`")
        }
        self.source = root
        buildspecFile = Self.buildspec(named: file, source: root, places: places)
        relativePath = buildspecFile.hasPrefix(root + "/") ? String(buildspecFile.dropFirst(root.utf8.count + 1)) : nil
        let here = places.absolute(".") + "/"
        shownPath = buildspecFile.hasPrefix(here) ? String(buildspecFile.dropFirst(here.count)) : buildspecFile
        let folders = [root, Self.folder(of: buildspecFile)]
        settingsFile = folders.lazy.flatMap { ["\($0)/codebuild.yml", "\($0)/codebuild.json"] }
            .first { Files.kind(of: $0) == .file }
    }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    /// Below the source first, as the service reads it; then below the current folder, as a shell user types it.
    private static func buildspec(named name: String?, source: String, places: Places) -> String {
        guard let name else { return "\(source)/buildspec.yml" }
        guard !name.hasPrefix("/") else { return places.absolute(name) }
        let inSource = "\(source)/\(name)", here = places.absolute(name)
        return Files.kind(of: inSource) == nil && Files.kind(of: here) != nil ? here : inSource
    }

    /// The last component of the source's path, in the letters a CodeBuild project's name may have.
    var projectName: String {
        let last = source.split(separator: "/").last.map(String.init) ?? "root"
        return String(last.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "-" })
    }
}
