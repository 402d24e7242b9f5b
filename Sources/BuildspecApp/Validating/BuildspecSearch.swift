internal import SourceSnapshots
internal import SpecParsing
internal import Files

/// Which files the arguments of `validate` mean.
struct BuildspecSearch {
    /// A file to check, or the reason why there is none.
    enum Found: Sendable {
        case file(shown: String, path: String)
        /// A text that stands in the settings of a project.
        case text(shown: String, [UInt8])
        case standardInput
        case failure(shown: String, Failure)

        /// The name that the user would give it.
        var shown: String {
            switch self {
            case .file(let shown, _), .text(let shown, _), .failure(let shown, _): shown
            case .standardInput: "<stdin>"
            }
        }
    }

    let places: Places
    private(set) var found: [Found] = []
    /// The number of YAML files in folders of buildspecs that are no buildspecs by their content.
    private(set) var passedOver = 0
    private var seen: Set<String> = []

    /// Means the one buildspec of a project.
    init(_ place: BuildspecPlace, places: Places) throws {
        self.places = places
        if let file = place.file {
            found = [.file(shown: place.shownPath, path: file)]
        } else {
            found = [.text(shown: place.shownPath, try place.read() ?? [])]
        }
    }

    init(_ arguments: [String], places: Places) {
        self.places = places
        for argument in arguments {
            let path = places.absolute(argument)
            if argument == "-" {
                if seen.insert("-").inserted { found.append(.standardInput) }
            } else if Files.kind(of: path) == .folder {
                searchAll(argument, at: path)
            } else {
                add(argument, at: path)
            }
        }
    }

    /// The rule of the help: which files of a folder are buildspecs by their names.
    static func isBuildspec(_ name: String) -> Bool { isYAML(name) && name.lowercased().contains("buildspec") }

    /// The buildspecs at the top of a source and in its folders, by their names, the first of them.
    static func usualBuildspecs(of source: String) -> [String] {
        var found: [String] = [], folders = [""]
        while !folders.isEmpty, found.count < usualLimit {
            let folder = folders.removeFirst()
            for name in Files.names(in: source + folder) {
                if isBuildspec(name) {
                    found.append(String("\(folder)/\(name)".dropFirst()))
                } else if folder.isEmpty, folders.count < folderLimit, !skippedFolders.contains(name),
                    isFolder("\(source)/\(name)")
                {
                    folders.append("/\(name)")
                }
            }
        }
        return Array(found.prefix(usualLimit))
    }

    private static let usualLimit = 5, folderLimit = 200

    private static func isYAML(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasSuffix(".yml") || name.hasSuffix(".yaml")
    }

    /// The rule of the help: in and below which folders files are buildspecs by their content.
    private static func isForBuildspecs(_ folder: some StringProtocol) -> Bool {
        let name = folder.lowercased()
        return name.contains("buildspec") || name.contains("codebuild")
    }

    /// Whether a file begins as a buildspec does. One that cannot be read does not.
    private static func hasContent(_ path: String) -> Bool {
        guard Files.kind(of: path) == .file, let bytes = try? Files.read(path, limit: 65_536) else { return false }
        return looksLikeBuildSpec(bytes)
    }

    /// Folders that hold nobody's own buildspecs.
    static let skippedFolders: Set<String> = [".git", "node_modules", ".buildspec"]

    /// A file that is named twice is checked once.
    private mutating func add(_ shown: String, at path: String) {
        if seen.insert(path).inserted { found.append(.file(shown: shown, path: path)) }
    }

    private mutating func searchAll(_ argument: String, at path: String) {
        var folder = argument[...]
        while folder.count > 1, folder.last == "/" { folder.removeLast() }
        let isHere = folder == "."
        let shown = isHere ? "" : "\(folder)" + (folder == "/" ? "" : "/")
        let isForBuildspecs = path.split(separator: "/").last.map { Self.isForBuildspecs($0) } ?? false
        if !search(shown, at: path == "/" ? "" : path, byContent: isForBuildspecs) {
            let failure = Failure(
                .noSuchFile, "cannot find a buildspec in `\(argument)`",
                help:
                    "a file whose name has `buildspec` in it and ends in .yml or .yaml is taken for one, and what looks "
                    + "like one below a folder of such a name")
            found.append(.failure(shown: argument, failure))
        }
    }

    /// Adds the buildspecs in and below a folder in byte order of their paths; links to folders are not followed.
    ///
    /// - Parameters:
    ///   - prefix: what to show in front of names, with its slash.
    ///   - byContent: whether the folder, or one above it, is named as one of buildspecs.
    /// - Returns: whether there was anything to be reported.
    private mutating func search(_ prefix: String, at folder: String, byContent: Bool) -> Bool {
        let names: [String]
        do {
            names = try Folder.entries(of: Array((folder.isEmpty ? "/" : folder).utf8)).map {
                String(decoding: $0, as: UTF8.self)
            }
        } catch {
            let shown = prefix.isEmpty ? "." : prefix
            found.append(.failure(shown: shown, Failure(.inputOutput, "\(error)")))
            return true
        }
        var isAny = false
        for name in names {
            let path = "\(folder)/\(name)", shown = prefix + name
            if Self.isFolder(path) {
                guard !Self.skippedFolders.contains(name) else { continue }
                let isForBuildspecs = byContent || Self.isForBuildspecs(name)
                if search(shown + "/", at: path, byContent: isForBuildspecs) { isAny = true }
            } else if Self.isBuildspec(name) || byContent && Self.isYAML(name) && Self.hasContent(path) {
                add(shown, at: path)
                isAny = true
            } else if byContent, Self.isYAML(name), !seen.contains(path) {
                passedOver += 1
            }
        }
        return isAny
    }

    private static func isFolder(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }
}
