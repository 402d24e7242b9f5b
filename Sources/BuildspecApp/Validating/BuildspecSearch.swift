internal import SourceSnapshots
internal import Files

/// Which files the arguments of `validate` mean.
struct BuildspecSearch {
    /// A file to check, or the reason why there is none.
    enum Found: Sendable {
        case file(shown: String, path: String)
        case standardInput
        case failure(shown: String, Failure)

        /// The name that the user would give it.
        var shown: String {
            switch self {
            case .file(let shown, _), .failure(let shown, _): shown
            case .standardInput: "<stdin>"
            }
        }
    }

    let places: Places
    private(set) var found: [Found] = []
    private var seen: Set<String> = []

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

    /// The rule of the help: which files of a folder are buildspecs.
    static func isBuildspec(_ name: String) -> Bool {
        let name = name.lowercased()
        return (name.hasSuffix(".yml") || name.hasSuffix(".yaml")) && name.contains("buildspec")
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
        if !search(isHere ? "" : "\(folder)" + (folder == "/" ? "" : "/"), at: path == "/" ? "" : path) {
            let failure = Failure(
                .noSuchFile, "cannot find a buildspec in `\(argument)`",
                help: "a file whose name has `buildspec` in it and ends in .yml or .yaml is taken for one")
            found.append(.failure(shown: argument, failure))
        }
    }

    /// Adds the buildspecs in and below a folder in byte order of their paths; links to folders are not followed.
    ///
    /// - Parameter prefix: what to show in front of names, with its slash.
    /// - Returns: whether there was anything to be reported.
    private mutating func search(_ prefix: String, at folder: String) -> Bool {
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
                if search(shown + "/", at: path) { isAny = true }
            } else if Self.isBuildspec(name) {
                add(shown, at: path)
                isAny = true
            }
        }
        return isAny
    }

    private static func isFolder(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }
}
