internal import Caches
internal import Files
internal import OfflineWorld
internal import ArgumentParser
internal import Archives
internal import BuildPlanning
internal import Rendering
internal import Engines
internal import Recordings
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Which project `cache export` and `cache import` mean.
struct CarriedProjectOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The project's folder or buildspec, as for `run`.", discussion: "Default: this folder."))
    var path: String?

    @Option(name: [.customShort("i"), .long], help: "The image, where the project's settings name none.")
    var image: String?

    @Option(
        help: ArgumentHelp(
            "The folder with the caches.",
            discussion: "If the project is built with one; default: that of all projects.",
            valueName: "dir"))
    var cache: String?

    @Option(help: "The docker context to use.")
    var context: String?

    @Flag(help: "Leave images out.")
    var noImages = false
}

/// What is kept of a project on this machine beside its source, and can be carried to another.
struct CarriedProject: Sendable {
    let project: Project
    /// The images that its builds may want from a Docker daemon of their own.
    let baseImages: [BaseImages.Image]
    /// The local AWS; it need not be there.
    let cloud: LocalCloud
    let engine: any Engine
    /// A folder where parts lie on their way.
    let room: ScratchFolder

    var machine: Machine { project.machine }
    var settings: Settings { project.settings }
    private var places: Places { machine.places }

    /// Runs `body` with the project that the options mean.
    static func with<Result>(
        _ options: CarriedProjectOptions, on machine: Machine, _ body: (CarriedProject) async throws -> Result
    ) async throws -> Result {
        var asked = Asked(path: options.path)
        asked.image = options.image
        asked.cache = options.cache
        asked.context = options.context
        var project = try await Project.find(asked, on: machine)
        defer { project.release() }
        let carried = try await CarriedProject(project)
        defer { carried.room.remove() }
        return try await body(carried)
    }

    private init(_ project: Project) async throws {
        self.project = project
        let machine = project.machine, settings = project.settings
        engine = machine.engine(of: settings)
        cloud = machine.localCloud(of: project.identity, settings.network, engine)
        baseImages = try BaseImages(project: project, plan: project.planAlone()).all()
        room = try await ScratchFolder(in: ScratchPlace.transfers.path(machine.places), named: machine.uuid())
    }

    /// The owner of the project's caches without a key.
    var cacheOwner: String { settings.cache.owner(of: project.identity) }

    /// The caches of this project; `nil` where they are in S3.
    var caches: CacheStore? {
        if case .bucket = settings.cache.place { return nil }
        return machine.cacheStore(settings.cache)
    }

    /// Whether a cache is this project's, or shared with it.
    func owns(_ key: CacheKey) -> Bool {
        key.project == cacheOwner || settings.cache.namespace.map { key.project == "namespace/\($0)" } ?? false
    }

    var recordings: RecordingStore { RecordingStore(folder: places.recordings(of: project.identity.key)) }

    /// The images that the settings name beside the build's own.
    var otherImages: [String] { settings.container.otherImages.map(\.value) }

    /// The images that an archive of this project may have, as ``ProjectDocker/listed(_:)`` has their names.
    func imageNames() throws -> Set<String> {
        let names = [settings.container.image, LocalCloud.image] + otherImages
        return Set((names + baseImages.map(\.name)).map(ProjectDocker.listed))
    }

    /// Whether the project's builds would run in an image of this name: another name of their image, or what stands in for it.
    func mayRun(in name: String) -> Bool {
        let listed = ProjectDocker.listed(name)
        let choice = ImageChoice(of: settings.container.image, among: [listed], mayPull: false)
        return ProjectDocker.listed(choice.name) == listed
    }

    /// A container to look into the cloud's volume with, of an image that is there.
    ///
    /// - Throws: ``Failure`` when there is none.
    func cloudVisitor() async throws -> ContainerSpec {
        for image in [LocalCloud.image, try await buildImage()] + otherImages
        where try await engine.imageID(image) != nil {
            var container = ContainerSpec(name: "buildspec-transfer-\(machine.uuid())", image: image)
            container.labels = [ContainerLabels.state: places.state]
            return container
        }
        throw Failure(
            .noEngine, "cannot look into the volume `\(cloud.name)`: the engine has none of this project's images",
            help: "`make images` makes `\(LocalCloud.image)`; or name another image with --image")
    }

    /// The places that builds have some of ``baseImages`` from.
    func origins(
        of images: [BaseImages.Image]
    ) async throws -> [(image: BaseImages.Image, origin: BaseImages.Origin)] {
        try await BaseImages(project: project, plan: nil).origins(of: images, engine)
    }

    /// The image of the project's builds, as the engine knows it.
    func buildImage() async throws -> String { try await engine.pullableName(of: settings.container.image) }

    static func count(_ number: Int, one: String, many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }
}

extension Project {
    /// The plan of a build that is not run; `nil` where the buildspec cannot be read.
    fileprivate func planAlone() throws -> BuildPlan? {
        guard settings.container.isPrivileged else { return nil }
        let place = try buildspec()
        guard let bytes = try place.read(), let spec = readBuildSpec(bytes, file: place.shownPath).spec else {
            return nil
        }
        let id = BuildID(project: identity.name, uuid: "00000000-0000-0000-0000-000000000000")
        return PlannedBuild(
            of: self, ReadBuildspec(place: place, text: bytes, spec: spec),
            on: .init(id: id, number: 1, start: Timestamp(microseconds: 0), snapshots: TakenSnapshots())
        ).plan
    }
}
