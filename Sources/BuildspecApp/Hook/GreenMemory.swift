internal import Caches
internal import SourceSnapshots
internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// Which sources are known to be green: a small file each, named by all that the outcome depends on.
struct GreenMemory {
    private let folder: String
    private let places: Places

    init(_ places: Places) {
        folder = "\(places.state)/green"
        self.places = places
    }

    /// All that decides a build: the tree (with buildspec and settings in it), the image as it is now, the flags, our own
    /// `BUILDSPEC_…` variables, and this program's version.
    ///
    /// - Returns: `nil` when the engine does not have the image yet.
    /// - Throws: ``EngineError`` when no engine answers.
    func key(tree: String, commit: String, _ session: BuildSession, _ flags: [String]) async throws -> String? {
        let (image, context) = try await session.image(of: commit)
        let engine = DockerEngine(context: context)
        guard let id = try await engine.imageID(try await session.pullableName(image, engine)) else {
            guard try await engine.answers() else {
                throw EngineError(
                    .unreachable, doing: "start a container of `\(image)`", reason: "no engine answers",
                    help: "start it, push with --no-verify, or install the hook with --if-no-engine allow")
            }
            return nil
        }
        let variables = places.environment.filter { $0.key.hasPrefix("BUILDSPEC_") }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
        return CacheKey.digest(of: [programVersion, tree, id] + flags + ["--"] + variables)
    }

    /// - Returns: the build that was green.
    func find(_ key: String) -> String? {
        let path = "\(folder)/\(key)"
        guard Files.kind(of: path) == .file, let bytes = try? Files.read(path) else { return nil }  // Then it is built.
        return String(decoding: bytes.prefix { $0 != 0x0a }.prefix(8), as: UTF8.self)
    }

    func add(_ key: String, build: String) throws {
        try Files.makeFolder(folder)
        try Files.replace("\(folder)/\(key)", with: Array("\(build)\n".utf8))
    }
}

extension BuildSession {
    /// The image a build of a commit would have, with the engine's context: by the flags, the environment, and the settings
    /// at the top of the commit's own tree.
    func image(of commit: String) async throws -> (image: String, context: String?) {
        let git = Git(folder: places.absolute("."), inherited: places.environment.keys)
        var project = ProjectSettings()
        for name in ["codebuild.yml", "codebuild.json"] {
            guard let bytes = try await git.file(name, of: commit) else { continue }
            project = readProjectSettings(bytes, file: name, extraKeys: RunOptions.settingsKeys).settings
            break
        }
        let settings = try RunSettings(options, project: project, places: places)
        return (settings.image, settings.context)
    }
}
