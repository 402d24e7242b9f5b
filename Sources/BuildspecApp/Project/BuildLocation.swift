internal import Caches
internal import SourceSnapshots
internal import BuildPlanning
internal import SpecParsing
internal import Files

/// Where the source is, with its settings, and what names the buildspec.
struct BuildLocation {
    /// The source's root, an absolute path.
    let source: String
    /// What of it is asked for, where that was said.
    let kind: SourceKind?
    /// The folder its files are read from: the source itself, or what git checked out of it.
    var contents: String
    private let places: Places
    /// What PATH, the flag or the environment names as the buildspec.
    private let named: String?

    init(_ options: RunOptions, places: Places) throws {
        let path = places.absolute(options.path ?? ".")
        guard let found = Files.kind(of: path) else {
            throw Failure(
                .noSuchFile, "cannot find `\(options.path ?? ".")`",
                help: "give a folder with a buildspec.yml, or a buildspec file")
        }
        let asked = options.source ?? places.variable("source")
        kind = asked.flatMap { SourceKind($0) }
        var source = kind == nil ? asked.map(places.absolute) : nil
        if found == .file {
            guard options.buildspec == nil else {
                throw Failure(.usage, "PATH and `--buildspec` both name a buildspec file", help: "leave one out")
            }
            self.named = path
            // A file of this folder belongs to this folder's source, as `source.buildspec: ci/buildspec.yml` does.
            let here = places.absolute(".")
            source = source ?? (path.hasPrefix(here + "/") ? here : Self.folder(of: path))
        } else {
            self.named = options.buildspec ?? places.variable("buildspec")
        }
        let root = source ?? path
        guard Files.kind(of: root) == .folder else {
            throw Failure(.noSuchFile, "cannot find the source folder `\(root)`")
        }
        self.source = root
        contents = root
        self.places = places
    }

    /// Whether the source is what git has, whatever lies around in the folder.
    var isReadFromGit: Bool {
        switch kind {
        case .index, .revision: true
        case .worktree, .folder, nil: false
        }
    }

    /// Whether git has to be asked at all: the source is in a repository, or is said to be.
    var asksGit: Bool {
        if let kind { return kind != .folder }
        var path = Substring(source)
        while true {
            if Files.kind(of: "\(path)/.git") != nil { return true }
            guard let slash = path.lastIndex(of: "/") else { return false }
            path = path[..<slash]
        }
    }

    /// The settings file, if there is one.
    var settingsFile: String? {
        var folders = [contents]
        if let named, named != "-", case .path(let file) = BuildspecReference(named) {
            folders.append(Self.folder(of: read(Self.file(named: file, in: self))))
        }
        return folders.lazy.flatMap { ["\($0)/codebuild.yml", "\($0)/codebuild.json"] }
            .first { Files.kind(of: $0) == .file }
    }

    /// Where a file is read that the user knows at a path: one of the source's comes from ``contents``.
    private func read(_ path: String) -> String {
        path.hasPrefix(source + "/") ? contents + path.dropFirst(source.count) : path
    }

    /// Where the buildspec is: as named, else as the settings say, else `buildspec.yml` of the source.
    ///
    /// - Throws: ``Failure`` when it is one that cannot be read from here.
    func buildspec(_ project: ProjectSettings, places: Places) throws -> BuildspecPlace {
        if named == "-" {
            return BuildspecPlace(text: try Files.readAll(STDIN_FILENO, named: "standard input"), shownPath: "<stdin>")
        }
        let fromSettings = project.buildspec.flatMap { $0.value.isEmpty ? nil : $0 }
        switch BuildspecReference(named ?? fromSettings?.value ?? "buildspec.yml") {
        case .text(let text):
            return BuildspecPlace(
                text: Array(text.utf8), shownPath: named == nil ? "<source.buildspec>" : "<--buildspec>")
        case .object(let arn):
            throw Failure(
                .usage, "the buildspec is `\(arn)`, and objects in S3 are not fetched",
                help: "`aws s3 cp` it to a file, and give that with --buildspec FILE")
        case .path(let path):
            // The settings speak of the source, as the service does; a shell user also of the current folder.
            let file =
                named == nil
                ? places.absolute("\(source)/\(path)") : Self.file(named: path, in: self)
            return BuildspecPlace(
                file: read(file), shownPath: places.shown(file),
                relativePath: file.hasPrefix(source + "/") ? String(file.dropFirst(source.count + 1)) : nil)
        }
    }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    /// Below the source first, as the service reads it; then below the current folder, as a shell user types it.
    private static func file(named name: String, in location: BuildLocation) -> String {
        let places = location.places
        guard !name.hasPrefix("/") else { return places.absolute(name) }
        let inSource = places.absolute("\(location.source)/\(name)"), here = places.absolute(name)
        return Files.kind(of: location.read(inSource)) == nil && Files.kind(of: here) != nil ? here : inSource
    }

    /// What names the things of this project that are kept between builds, as its cache tarballs are named: readable in front,
    /// unique behind, and fit for names of files, containers and volumes.
    var projectKey: String { CacheKey(project: source, paths: []).name }

    /// The last component of the source's path, in the letters a CodeBuild project's name may have.
    var projectName: String {
        let last = source.split(separator: "/").last.map(String.init) ?? "root"
        return String(last.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "-" })
    }
}

/// A buildspec before it is read: a file, or text that came from elsewhere.
struct BuildspecPlace {
    /// As the user would name it, for messages.
    let shownPath: String
    /// Absolute; `nil` for text.
    let file: String?
    /// Relative to the source, or `nil` when it is not one of its files: then its text goes into the container.
    let relativePath: String?
    private let text: [UInt8]?

    init(file: String, shownPath: String, relativePath: String?) {
        self.file = file
        self.shownPath = shownPath
        self.relativePath = relativePath
        text = nil
    }

    init(text: [UInt8], shownPath: String) {
        file = nil
        self.shownPath = shownPath
        relativePath = nil
        self.text = text
    }

    /// - Returns: `nil` when there is no such file.
    /// - Throws: ``Failure`` when it cannot be read.
    func read() throws -> [UInt8]? {
        guard let file else { return text }
        return Files.kind(of: file) == .file ? try Files.read(file) : nil
    }
}
