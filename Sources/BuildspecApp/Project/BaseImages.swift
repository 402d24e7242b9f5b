internal import BuildPlanning
internal import ChildProcesses
internal import Engines
internal import Files
internal import OfflineWorld
internal import Recordings
internal import Rendering
internal import SpecParsing

/// The images that commands of a privileged build will or may want from the Docker daemon inside.
struct BaseImages {
    let project: Project
    /// `nil` where the buildspec cannot be read.
    let plan: BuildPlan?

    struct Image: Equatable {
        let name: String
        /// `ci/Dockerfile:1`
        let place: String
        /// Whether the buildspec itself names the Dockerfile, or the settings name the image.
        let isSurelyNeeded: Bool
    }

    typealias Origin = PlanView.BaseImage.Origin

    /// How many Dockerfiles of a source are read, and how many bytes of each.
    static let fileLimit = 200, byteLimit = 1 << 20

    /// The images that the settings and the source's Dockerfiles name, each once; surely needed ones first. There are none for
    /// a build without a daemon.
    func all() throws -> [Image] {
        guard project.settings.container.isPrivileged else { return [] }
        var images = project.settings.container.otherImages.map {
            Image(name: $0.value, place: "\($0.location)", isSurelyNeeded: true)
        }
        let root = project.files
        let bounds = SourceBounds(root: root)
        // A link may lead to a file that is not the source's.
        func isOurs(_ path: String) -> Bool { !path.hasPrefix("/") && bounds.resolve(path) != nil }
        var read: Set<String> = [], made: Set<String> = []
        for build in plan.map(Self.dockerBuilds) ?? [] {
            defer { made.formUnion(build.tags.map(ProjectDocker.listed)) }
            let path = build.files.first { isOurs($0) && Files.kind(of: "\(root)/\($0)") == .file }
            guard let path else { continue }
            read.insert(path)
            images += try Self.images(of: path, in: root, arguments: build.arguments).filter {
                // One that an earlier command makes is not needed.
                !made.contains(ProjectDocker.listed($0.name))
            }.map { Image(name: $0.name, place: $0.place, isSurelyNeeded: true) }
        }
        let files = FileSearch.paths(in: root, limit: Self.fileLimit) { Dockerfile.isNamedSo($0) }
        for path in files where !read.contains(path) && isOurs(path) {
            images += try Self.images(of: path, in: root, arguments: [:])
        }
        var names: Set<String> = []
        return images.filter { names.insert($0.name).inserted }
    }

    private static func images(of path: String, in root: String, arguments: [String: String]) throws -> [Image] {
        let bytes = try Files.read("\(root)/\(path)", named: path, limit: byteLimit)
        return Dockerfile(bytes, arguments: arguments).images.map {
            Image(name: $0.name, place: "\(path):\($0.line)", isSurelyNeeded: false)
        }
    }

    private static func dockerBuilds(_ plan: BuildPlan) -> [DockerBuildCommand] {
        var variables: [String: String] = [:]
        for variable in plan.variables where variable.type == .plaintext { variables[variable.name] = variable.value }
        return DockerBuildCommand.all(
            in: plan.phases.flatMap { $0.commands + $0.finally }, variables: variables, root: plan.sourceDirectory)
    }

    // MARK: Where they come from

    /// What a build will ask its daemon for and nobody here has: neither the engine, which would copy it in, nor the project's
    /// volume, its local AWS or its recordings. Only images that are surely needed count.
    func missing(on engine: any Engine) async throws -> [Image] {
        let needed = try all().filter(\.isSurelyNeeded)
        return try await origins(of: needed, engine).filter { $0.origin == .registry }.map(\.image)
    }

    /// All images as a plan shows them.
    func view(_ engine: any Engine) async throws -> [PlanView.BaseImage] {
        let images = try all(), origins: [(image: Image, origin: Origin)]
        do { origins = try await self.origins(of: images, engine) } catch is ChildProcessError {
            // A plan needs no engine, and not even docker's command line.
            origins = images.map { ($0, .registry) }
        }
        return origins.map { PlanView.BaseImage(name: $0.image.name, place: $0.image.place, origin: $0.origin) }
    }

    /// The places that the daemon of a build would have images from.
    func origins(of images: [Image], _ engine: any Engine) async throws -> [(image: Image, origin: Origin)] {
        let identity = project.identity, settings = project.settings, places = project.machine.places
        let there = Set(try await engine.ids(of: images.map(\.name)).map(\.name))
        let docker = ProjectDocker(identity, places)
        var inside: Set<String> = [], hasCloud = false
        if there.count < images.count {
            if settings.cache.isUsed, try await engine.hasVolume(docker.volume) { inside = docker.images }
            hasCloud = try await engine.hasVolume(
                project.machine.localCloud(of: identity, settings.network, engine).name)
        }
        let store = RecordingStore(folder: places.recordings(of: identity.key))
        try await store.hold()
        return try images.map { image in
            if there.contains(image.name) { return (image, .engine) }
            if inside.contains(ProjectDocker.listed(image.name)) { return (image, .volume) }
            if hasCloud, LocalCloud.isRegistry(image.name.prefix { $0 != "/" }) { return (image, .localAWS) }
            let pull = RecordedRequest(method: "HEAD", url: ImageNames.manifestURL(of: image.name))
            return (image, try store.response(to: pull).map { $0.head.status } == 200 ? .recordings : .registry)
        }
    }
}

extension ImageKeeping {
    /// The images that the engine has, with their ids. A name by digest is left out: an image cannot take it along.
    func ids(of names: [String]) async throws -> [(name: String, id: String)] {
        try await withThrowingTaskGroup(of: (Int, String, String?).self) { group in
            for (number, name) in names.enumerated() where !name.contains("@") {
                group.addTask {
                    do { return (number, name, try await imageID(name)) } catch is ChildProcessError {
                        // No docker's command line: starting the container will say it.
                        return (number, name, nil)
                    }
                }
            }
            var found: [(Int, String, String)] = []
            for try await (number, name, id) in group { if let id { found.append((number, name, id)) } }
            return found.sorted { $0.0 < $1.0 }.map { (name: $0.1, id: $0.2) }
        }
    }
}
