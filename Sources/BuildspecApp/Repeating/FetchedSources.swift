internal import Files
internal import SourceSnapshots

/// What `run --from-build` fetched: repositories, and objects of S3. Each counts as used when a build takes its source from it.
struct FetchedSources {
    /// How many days what nobody uses stays.
    static let daysKept = 30

    private let repositories: String
    private let objects: String

    init(_ places: Places) {
        repositories = "\(places.cache)/origins"
        objects = "\(places.cache)/objects"
    }

    /// The folder of the repository that holds what was fetched from an address.
    ///
    /// - Parameter depth: of the history; `nil` for all of it. Each depth has a repository of its own: what was cut off once stays
    ///   cut off.
    func repository(of address: String, depth: Int?) -> String {
        "\(repositories)/\(ProjectLocation.key(of: "\(address)#\(depth.map(String.init) ?? "all")"))"
    }

    /// Whether a folder is one of the repositories.
    func hasRepository(_ folder: String) -> Bool { folder.hasPrefix(repositories + "/") }

    /// The file of an object of S3, whose folder is made.
    ///
    /// - Parameter version: of the object; empty for the newest.
    func object(_ location: String, version: String) throws -> String {
        try Folder.make(objects)
        return "\(objects)/\(ProjectLocation.key(of: "\(location)#\(version)")).zip"
    }

    /// Notes that a repository or an object is used now; there may be none.
    func use(_ path: String) { utimes(path, nil) }

    /// The repositories and objects that nobody has used since a moment.
    ///
    /// - Parameter moment: in microseconds since 1970.
    func unused(since moment: Int64) -> [String] {
        [repositories, objects].flatMap { folder in
            Files.names(in: folder).map { "\(folder)/\($0)" }.filter { path in
                FileStatus.at(path, followsLinks: false).map { $0.modified.wholeNanoseconds / 1000 < moment } ?? false
            }
        }
    }

    /// Removes a repository or an object.
    ///
    /// - Returns: `false` when somebody is fetching into the repository.
    func remove(_ path: String) throws -> Bool {
        if hasRepository(path), Files.kind(of: path) == .folder { return try RemoteRepository.remove(path) }
        try Folder.remove(path)
        return true
    }
}
