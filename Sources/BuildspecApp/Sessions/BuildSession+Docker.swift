internal import Files
internal import OfflineWorld
internal import SourceSnapshots
internal import BuildRunning
internal import BuildPlanning
internal import ChildProcesses
internal import Rendering
internal import Engines
internal import Recordings
internal import SpecParsing

/// The Docker daemon that a privileged build has inside its container.
extension BuildSession {
    /// An image that commands of the build will or may want from the daemon.
    struct BaseImage: Equatable {
        let name: String
        /// `ci/Dockerfile:1`
        let place: String
        /// Whether the buildspec itself names the Dockerfile, or the settings the image.
        let isSurelyNeeded: Bool
    }

    /// How many Dockerfiles of a source are read, and how much of each.
    private static let fileLimit = 200, byteLimit = 1 << 20

    /// - Parameter kept: the container the build goes on in, where that is not a new one.
    /// - Returns: `nil` for a build that is not privileged; the lock is to be held until the build has ended.
    func innerDocker(
        _ plan: BuildPlan, _ settings: RunSettings, _ location: BuildLocation, _ staged: StagedSource?,
        _ engine: DockerEngine, in kept: String? = nil
    ) async throws -> (docker: InnerDocker?, lock: ProjectDocker.Lock?) {
        guard settings.isPrivileged else { return (nil, nil) }
        let project = ProjectDocker(key: location.projectKey, places)
        let lock = try await volumeLock(project, settings, engine, kept)
        let volume = Volume(
            name: lock == nil ? nil : project.volume, target: InnerDocker.dataFolder,
            labels: lock == nil ? [:] : [ProjectDocker.labelName: project.label])
        let names = try baseImages(plan, settings, location, staged).map(\.name)
        let memory = EngineMemory(places, context: settings.context)
        var privileges = Privilege.allCases
        if let known = memory.privilege { privileges = [known] }
        let tell: @Sendable ([String]) async throws -> Void = { try project.remember(images: $0) }
        let docker = InnerDocker(
            privileges: privileges, volume: volume, images: try await images(names, of: engine),
            remember: { memory.remember($0) },
            onImages: lock == nil ? nil : tell)
        return (docker, lock)
    }

    /// The right to use the project's volume; a build that does not get it has one of its own.
    private func volumeLock(
        _ project: ProjectDocker, _ settings: RunSettings, _ engine: DockerEngine, _ kept: String?
    ) async throws -> ProjectDocker.Lock? {
        guard settings.usesCache else { return nil }
        // Which volume a kept container has was said when it began.
        if let kept {
            return try await engine.containers(usingVolume: project.volume).contains(kept) ? try project.lock() : nil
        }
        func others(_ who: String) {
            terminal.say(
                "the Docker images and layers of this project are in use by \(who): this build begins without them, and "
                    + "keeps none\n")
        }
        guard let lock = try project.lock() else {
            others("another build")
            return nil
        }
        // A build may have kept its container, or belong to a user with another state folder. Whether there is an engine at
        // all shows when the container is started.
        let holders = (try? await engine.containers(usingVolume: project.volume)) ?? []
        guard let holder = holders.first else { return lock }
        others("container `\(holder)`")
        return nil
    }

    /// Those that the engine has, with their ids. A name by digest is left out: an image cannot take it along.
    private func images(
        _ names: [String], of engine: DockerEngine
    ) async throws -> [(name: String, id: String)] {
        try await withThrowingTaskGroup(of: (Int, String, String?).self) { group in
            for (number, name) in names.enumerated() where !name.contains("@") {
                group.addTask {
                    do { return (number, name, try await engine.imageID(name)) } catch is ChildProcessError {
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

    /// What a privileged build will ask its daemon for and nobody here has: neither the engine, which would lend it, nor the
    /// project's volume, nor its local AWS or its recordings. Only images that are surely needed: the settings name them, or a
    /// Dockerfile that a `docker build` in the buildspec names.
    func missingBaseImages(
        _ plan: BuildPlan, _ settings: RunSettings, _ location: BuildLocation, _ staged: StagedSource?,
        _ engine: DockerEngine
    ) async throws -> [(image: String, whereNamed: String)] {
        guard settings.isPrivileged else { return [] }
        let needed = try baseImages(plan, settings, location, staged).filter(\.isSurelyNeeded)
        return try await origins(of: needed, settings, location, engine).filter { $0.origin == .registry }
            .map { (image: $0.image.name, whereNamed: $0.image.place) }
    }

    /// The images that ``baseImages(_:_:_:_:)`` finds, for a plan; none for a build without a daemon.
    func baseImagesView(
        _ plan: BuildPlan, _ settings: RunSettings, _ location: BuildLocation, _ staged: StagedSource?
    ) async throws -> [PlanView.BaseImage] {
        guard settings.isPrivileged else { return [] }
        let images = try baseImages(plan, settings, location, staged)
        let origins: [(image: BaseImage, origin: PlanView.BaseImage.Origin)]
        do {
            origins = try await self.origins(of: images, settings, location, DockerEngine(context: settings.context))
        } catch is ChildProcessError {
            // A plan needs no engine, and not even docker's command line.
            origins = images.map { ($0, .registry) }
        }
        return origins.map { PlanView.BaseImage(name: $0.image.name, place: $0.image.place, origin: $0.origin) }
    }

    /// Where the daemon of a build would have images from.
    func origins(
        of images: [BaseImage], _ settings: RunSettings, _ location: BuildLocation, _ engine: DockerEngine
    ) async throws -> [(image: BaseImage, origin: PlanView.BaseImage.Origin)] {
        let there = Set(try await self.images(images.map(\.name), of: engine).map(\.name))
        let project = ProjectDocker(key: location.projectKey, places)
        var inside: Set<String> = [], hasCloud = false
        if there.count < images.count {
            if settings.usesCache, try await engine.hasVolume(project.volume) { inside = project.images }
            hasCloud = try await engine.hasVolume(localCloud(settings, location).name)
        }
        let store = RecordingStore(folder: places.recordings(of: location.projectKey))
        try await store.hold()
        return try images.map { image in
            if there.contains(image.name) { return (image, .engine) }
            if inside.contains(ProjectDocker.listed(image.name)) { return (image, .volume) }
            if hasCloud, LocalCloud.isRegistry(image.name.prefix { $0 != "/" }) { return (image, .localAWS) }
            let pull = RecordedRequest(method: "HEAD", url: ImageNames.manifestURL(of: image.name))
            return (image, try store.response(to: pull).map { $0.head.status } == 200 ? .recordings : .registry)
        }
    }

    // MARK: Reading Dockerfiles

    /// The images that the settings and the source's Dockerfiles name, each once; surely needed ones first.
    ///
    /// - Parameter plan: `nil` where the buildspec cannot be read.
    func baseImages(
        _ plan: BuildPlan?, _ settings: RunSettings, _ location: BuildLocation, _ staged: StagedSource?
    ) throws -> [BaseImage] {
        var images = settings.lentImages.map {
            BaseImage(name: $0.value, place: "\($0.location)", isSurelyNeeded: true)
        }
        let root = staged?.files ?? location.contents
        var read: Set<String> = [], made: Set<String> = []
        for build in plan.map(dockerBuilds) ?? [] {
            defer { made.formUnion(build.tags.map(ProjectDocker.listed)) }
            let path = build.files.first { !$0.hasPrefix("/") && Files.kind(of: "\(root)/\($0)") == .file }
            guard let path else { continue }
            read.insert(path)
            images += try self.images(of: path, in: root, arguments: build.arguments, isSurelyNeeded: true).filter {
                // One that an earlier command makes.
                !made.contains(ProjectDocker.listed($0.name))
            }
        }
        let files = FileSearch.paths(in: root, limit: Self.fileLimit) { Dockerfile.isNamedSo($0) }
        for path in files where !read.contains(path) {
            images += try self.images(of: path, in: root, arguments: [:], isSurelyNeeded: false)
        }
        var names: Set<String> = []
        return images.filter { names.insert($0.name).inserted }
    }

    /// As ``baseImages(_:_:_:_:)`` of a build that is not run.
    func baseImages(
        _ settings: RunSettings, _ location: BuildLocation, _ project: ProjectSettings
    ) throws -> [BaseImage] {
        guard settings.isPrivileged else { return [] }
        let place = try location.buildspec(project, places: places)
        var plan: BuildPlan?
        if let bytes = try place.read(), let spec = readBuildSpec(bytes, file: place.shownPath).spec {
            let id = BuildID(project: location.projectName, uuid: "00000000-0000-0000-0000-000000000000")
            plan = BuildPlan(
                spec,
                request(
                    id, settings, place, text: bytes, source: facts(location, nil), number: 1, startMilliseconds: 0))
        }
        return try baseImages(plan, settings, location, nil)
    }

    private func images(
        of path: String, in root: String, arguments: [String: String], isSurelyNeeded: Bool
    ) throws -> [BaseImage] {
        let bytes = try Files.read("\(root)/\(path)", named: path, limit: Self.byteLimit)
        return Dockerfile(bytes, arguments: arguments).images.map {
            BaseImage(name: $0.name, place: "\(path):\($0.line)", isSurelyNeeded: isSurelyNeeded)
        }
    }

    private func dockerBuilds(_ plan: BuildPlan) -> [DockerBuildCommand] {
        var variables: [String: String] = [:]
        for variable in plan.variables where variable.type == .plaintext { variables[variable.name] = variable.value }
        return DockerBuildCommand.all(
            in: plan.phases.flatMap { $0.commands + $0.finally }, variables: variables, root: plan.sourceDirectory)
    }
}
