internal import AWSCalls
internal import Archives
internal import Artifacts
internal import BuildPlanning
internal import BuildRunning
internal import Caches
internal import ChildProcesses
internal import Engines
internal import Files
internal import SourceSnapshots
internal import SpecParsing

/// Opens what one build needs while it runs, and releases it whatever happens.
struct BuildSurroundings {
    let build: PlannedBuild
    let engine: any Engine
    let secrets: BuildSecrets
    /// The container that the build goes on in; `nil` where it gets a new one.
    var keptContainer: String?
    /// The checkpoint that the build goes on from.
    var checkpoint: Checkpoint?
    /// Lays the cache under the container; `nil` where it is unpacked.
    var cacheImages: CacheImages?
    /// Gives the container that an earlier build left; `nil` where one is started.
    var spare: Spare?
    /// Is told what the engine may have of the build.
    var trace = ContainerTrace()

    private var recipe: BuildRecipe { build.recipe }
    private var project: Project { build.project }
    private var machine: Machine { build.machine }
    private var places: Places { machine.places }
    /// What runs the container: the engine, or the swarm that it manages.
    private var runner: any BuildEngine { project.swarm?.engine(for: machine) ?? engine }

    /// - Parameters:
    ///   - tell: told what the proxy met.
    ///   - body: runs the job; the proxy has ended when it returns, and may be stopped by it earlier.
    func with<Result: Sendable>(
        tell: @escaping BuildProxy.Tell, _ body: (BuildJob, BuildProxy?) async throws -> Result
    ) async throws -> Result {
        var container = try await container()
        let room = try await scratch()
        defer { room?.remove() }
        let (docker, volume) = try await ProjectDocker(recipe.project, places).daemon(of: self, try baseImages())
        defer { withExtendedLifetime(volume) {} }
        let cache = cacheKeeping(room)
        if recipe.network.policy.isOffline, keptContainer == nil, checkpoint == nil {
            try await OfflineCheck(build: build, engine: engine).requireAll(container, cache)
        }
        let laid = try await cacheImages?.lay(under: &container, cache)
        let taken = try await spare?.take(&container, laidCache: laid != nil)
        defer { taken?.release() }
        project.explain("container: \(container.name) of \(container.image)")
        if let cache, case .kept(let rules) = recipe.plan.cache { project.explain("cache: \(cache.place(rules))") }
        project.explain("network: \(recipe.network.policy)\(recipe.usesLocalAWS ? ", AWS of this machine" : "")")
        return try await CredentialService.with(build, first: secrets.awsCredentials, with: engine) { credentials in
            try await BuildProxy.with(
                BuildProxy.Subject(recipe: recipe, secrets: secrets), on: machine, with: engine, tell: tell
            ) { proxy in
                container.environment += proxy?.environment ?? []
                var surroundings = Surroundings(
                    engine: runner, container: container, source: try await staging(into: taken),
                    artifacts: ArtifactStore(
                        directory: FilePath(project.artifactsFolder),
                        owner: MadeArtifacts(in: project.artifactsFolder, places)),
                    process: machine.process(of: recipe.plan.id))
                surroundings.cache = cache
                surroundings.laidCache = laid
                surroundings.onSteadyCache = laid == nil ? cacheImages?.wish : nil
                surroundings.secrets = secrets
                surroundings.credentials = credentials
                surroundings.docker = docker
                surroundings.network = proxy?.network
                if project.swarm == nil {
                    surroundings.programs = ProgramFolder.make(places)
                    surroundings.pipes = try taken?.pipes ?? pipes()
                }
                surroundings.shardTimes = project.shardTimes
                surroundings.reportCopies = try project.reportFolder()?.draft
                surroundings.records = BuildRecords(places).build(recipe.plan.id.uuid).folder
                if recipe.ending.makesCheckpoints {
                    let build = BuildRecords(places).build(recipe.plan.id.uuid)
                    surroundings.onCheckpoint = { try Checkpoints(build).add($0) }
                }
                let debugging = Debugging(project.settings.stops, in: container.name, of: build, engine)
                return try await body(
                    BuildJob(recipe: recipe, surroundings: surroundings, debugging: debugging), proxy)
            }
        }
    }

    private func baseImages() throws -> [String] {
        try BaseImages(project: project, plan: recipe.plan).all().map(\.name)
    }

    // MARK: The container

    func container() async throws -> ContainerSpec {
        let plan = recipe.plan
        var image: BuildImage?
        if checkpoint == nil { image = try await BuildImage(of: recipe.container, on: engine) }
        var container = ContainerSpec(
            name: plan.id.containerName, image: checkpoint?.image ?? image?.choice.name ?? plan.image)
        container.trace = trace
        container.labels = [
            "dev.buildspec.build": "\(plan.id)", "dev.buildspec.owner": "\(getpid())",
            ContainerLabels.state: places.state,
        ]
        container.memoryMounts = [ContainerLayout.state]
        container.environment = plan.engineVariables.map { (name: $0.name, value: $0.value) }
        container.isOffline = recipe.network.policy.isOffline
        container.pull = ContainerSpec.Pull(rawValue: recipe.container.pull.rawValue) ?? .missing
        container.platform = recipe.container.platform
        image?.adjust(&container)
        if keptContainer == nil, let image {
            for line in image.lines(on: plan, recipe.container) { machine.say("\(line)\n") }
        }
        container.memory = recipe.container.memory
        if let swarm = project.swarm {
            container.cpus = recipe.container.cpus
            try await swarm.adjust(&container, for: machine)
        } else {
            container.cpus = try await processors()
        }
        container.writableMounts = recipe.container.mounts?.map { ($0.folder, $0.target) } ?? []
        container.readOnlyMounts = recipe.container.handedOver?.map { ($0.folder, $0.target) } ?? []
        if recipe.container.docker == .host {
            container.sockets = [(try await engine.ownSocket(), ContainerLayout.dockerSocket)]
            machine.say(
                "--docker host: the build's commands use your engine, with all its rights on this machine; what they make there "
                    + "stays, and `docker run -v` means folders of this machine\n")
        }
        if recipe.container.imageIsDefault {
            machine.say(
                "no image is named: using \(container.image) (`--image NAME`, or `environment.image` in codebuild.yml)\n"
            )
        }
        for variable in plan.engineVariables where variable.origin > .buildspec {
            machine.say("warning: variable `\(variable.name)` is no shell identifier: only programs see it\n")
        }
        return container
    }

    /// The processors that the container gets: no more than the engine has, where a compute type asks for them.
    private func processors() async throws -> String? {
        let asked = recipe.container.cpus
        guard let asked, let wanted = Int(asked), recipe.plan.decisions.contains(where: { $0.name == "compute" }),
            let count = try await engine.processorCount(), count < wanted
        else { return asked }
        machine.say("warning: the build gets \(count) processors, all that the engine has, instead of \(wanted)\n")
        return "\(count)"
    }

    /// A folder for the named pipes of tar streams, beside the build's record for as long as its container may stay.
    private func pipes() throws -> String? {
        let isCached = if case .kept = recipe.plan.cache { true } else { false }
        guard isCached || recipe.plan.artifacts != nil || !recipe.plan.reports.isEmpty else { return nil }
        let folder = "\(BuildRecords(places).build(recipe.plan.id.uuid).folder)/pipes"
        try Folder.make(folder)
        return folder
    }

    // MARK: The cache

    /// Room for what passes through this machine on its way from and to S3.
    private func scratch() async throws -> ScratchFolder? {
        guard case .kept = recipe.plan.cache, case .bucket = recipe.cache.place else { return nil }
        return try await ScratchFolder(in: ScratchPlace.s3.path(places), named: recipe.plan.id.uuid)
    }

    private func cacheKeeping(_ room: ScratchFolder?) -> CacheKeeping? {
        if recipe.cache.place == .shared, case .kept = recipe.plan.cache, let cache = project.file.cache,
            cache.type == .s3, let location = cache.location
        {
            machine.say(
                "the project's S3 cache is not used unless asked for (--cache s3://\(location)): "
                    + "the cache of this machine is\n")
        }
        return build.cacheKeeping(room: room?.path)
    }

    // MARK: The source

    /// How the source gets into the container: the way that worked with this engine before, and those after it.
    private func staging(into taken: Spare.Taken?) async throws -> SourceStaging {
        let memory = EngineMemory(places, project.settings), staged = project.staged
        let isNew = keptContainer == nil && checkpoint == nil
        var ways = SourceStaging.Way.allCases, root: String?
        if let known = memory.way.flatMap({ ways.firstIndex(of: $0) }) { ways.removeFirst(known) }
        if isNew, project.swarm == nil, let staged, ways.contains(.overlay) {
            root = memory.volumeRoot
            if root == nil { root = try await engine.volumeRoot() }
            let folders = [root, staged.files, staged.gitLayer].compactMap { $0 }
            if root == nil || !folders.allSatisfy(LayeredMount.canHold) { ways.removeFirst() }
        } else {
            ways.removeAll { $0 == .overlay }
        }
        // The nodes of a swarm see nothing of this machine, and into a container that runs nothing is mounted.
        if project.swarm != nil || taken != nil { ways = [.stream] }
        // An image of the container holds only what was copied into it.
        if recipe.ending.makesCheckpoints { ways = [.stream] }
        // A mount would show the build the whole folder, and a secrets file in it.
        if staged == nil, !project.excluded.isEmpty { ways = [.stream] }
        let (tried, volumeRoot) = (ways, root)
        project.explain("ways of the source into the container: \(ways.map(\.rawValue).joined(separator: ", "))")
        let content: SourceStaging.Content =
            isNew
            ? project.primary.content(without: project.excluded)
            : .folder(project.primary.folder, excluding: project.excluded)
        var staging = SourceStaging(
            content, root: project.location.source, ways: ways, volumeRoot: root, changesOwner: getuid() != 0
        ) { [project] way in
            // A folder of the user's that cannot be mounted says nothing of the engine; our own checkouts do. That a way works
            // says nothing of those before it that were not tried.
            guard project.staged != nil, project.others.allSatisfy({ $0.isStagedOrAbsent }) else { return }
            if way == .stream && tried.count > 1 || tried.contains(.overlay) {
                memory.remember(way, volumeRoot: volumeRoot)
            }
        }
        staging.others = otherContents()
        return staging
    }

    private func otherContents() -> [SourceStaging.Other] {
        recipe.plan.secondarySources.compactMap { source in
            guard let held = project.others.first(where: { $0.identifier == source.identifier })?.source else {
                return nil
            }
            let excluded = held.excluded(project.settings.values.secretsFile)
            return SourceStaging.Other(
                held.content(without: excluded), target: source.directory,
                isStreamed: recipe.ending.makesCheckpoints || held.staged == nil && !excluded.isEmpty)
        }
    }
}

/// The labels by which we know our own containers and volumes on an engine.
enum ContainerLabels {
    /// Tells our containers from those of other users of the engine, and from those of other state folders.
    static let state = "dev.buildspec.state"
    /// Tells our own local AWS from those of other state folders; `clean` looks for build containers by ``state``.
    static let localAWS = "dev.buildspec.aws.state"
}

extension PlannedBuild {
    /// The keeper of the build's caches; `nil` for a build without any.
    ///
    /// - Parameter room: a folder that tarballs pass through on their way from and to S3.
    func cacheKeeping(room: FilePath?) -> CacheKeeping? {
        guard case .kept = plan.cache else { return nil }
        let place: CacheKeeping.Place
        if case .bucket(let url) = recipe.cache.place, let bucket = S3Location(url), let room {
            // The CLI's own five attempts take minutes where nothing answers.
            let attempts = machine.environment["AWS_MAX_ATTEMPTS"] ?? "3", values = project.settings.values
            let aws = AWSCommandLine(
                profile: values.profile, region: values.region, environment: ["AWS_MAX_ATTEMPTS": attempts])
            place = .bucket(S3Cache(S3Objects(bucket, by: aws), room: room))
        } else {
            place = .local(machine.cacheStore(recipe.cache))
        }
        return CacheKeeping(
            place, project: recipe.cache.owner(of: recipe.project), namespace: recipe.cache.namespace,
            metadata: CacheMetadata(
                buildspec: buildspec.place.shownPath, image: plan.image, savedAt: machine.now().rfc3339))
    }
}

extension Machine {
    /// The store of a project's cache tarballs on this machine.
    func cacheStore(_ cache: CachePlacement) -> CacheStore {
        let folder: String = if case .folder(let folder) = cache.place { folder } else { places.cacheStore }
        return CacheStore(directory: FilePath(folder)) { [terminal] holder in
            terminal.say("waiting for the cache: \(holder)\n")
        }
    }

    /// What a build is told of this process.
    func process(of id: BuildID) -> BuildProcess {
        BuildProcess(
            nonce: "\(id.uuid)-\(UInt64.random(in: .min ... .max))", now: now, programVersion: programVersion)
    }
}

extension EngineCommanding {
    /// The number of processors of the engine's machine; `nil` when it does not say.
    fileprivate func processorCount() async throws -> Int? {
        // In docker's words, and in podman's.
        for field in ["{{.NCPU}}", "{{.Host.CPUs}}"] {
            let outcome = try await command(["info", "--format", field]).collect()
            if outcome.status.isSuccess, let count = Int(outcome.text) { return count }
        }
        return nil
    }
}
