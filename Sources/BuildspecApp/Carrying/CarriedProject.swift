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
    @Argument(help: "The project's folder, or its buildspec file, as for `run` (default: this folder).")
    var path: String?

    @Option(name: [.customShort("i"), .long], help: "The image the project is built in, where its settings name none.")
    var image: String?

    @Option(help: "The folder with the caches, if the project is built with one (default: that of all projects).")
    var cache: String?

    @Option(help: "The docker context to use.")
    var context: String?

    @Flag(help: "Leave images out.")
    var noImages = false
}

/// What of a project is kept on this machine beside its source, and can be carried to another.
struct CarriedProject: Sendable {
    let places: Places
    let terminal: Terminal
    let location: BuildLocation
    let settings: RunSettings
    /// What its builds may want from a Docker daemon of their own.
    let baseImages: [BuildSession.BaseImage]
    /// The local AWS; it need not be there.
    let cloud: LocalCloud
    let namespace: String?
    let engine: DockerEngine
    /// Where parts lie on their way.
    let room: ScratchFolder
    private let session: BuildSession

    init(_ options: CarriedProjectOptions, _ places: Places, _ terminal: Terminal) async throws {
        let flags = [("--image", options.image), ("--cache", options.cache), ("--context", options.context)]
        let words = flags.flatMap { flag, value in value.map { [flag, $0] } ?? [] } + [options.path].compactMap { $0 }
        let run = try RunOptions.parse(words)
        session = BuildSession(options: run, places: places, terminal: terminal)
        location = try BuildLocation(run, places: places)
        let project = try session.readSettings(location)
        settings = try RunSettings(run, project: project, places: places)
        cloud = session.localCloud(settings, location)
        baseImages = try session.baseImages(settings, location, project)
        namespace = project.cache?.namespace
        engine = DockerEngine(context: settings.context)
        self.places = places
        self.terminal = terminal
        room = try await ScratchFolder(in: FilePath("\(places.cache)/transfers"), named: UUID().uuidString.lowercased())
    }

    /// The caches of this project; `nil` where they are in S3.
    var caches: CacheStore? {
        settings.cacheBucket == nil
            ? CacheStore(directory: FilePath(settings.cacheFolder ?? places.cacheStore)) { [terminal] holder in
                terminal.say("waiting for the cache: \(holder)\n")
            } : nil
    }

    /// Whether a cache is this project's, or shared with it.
    func owns(_ key: CacheKey) -> Bool {
        key.project == settings.cacheProject(location) || namespace.map { key.project == "namespace/\($0)" } ?? false
    }

    var recordings: RecordingStore { RecordingStore(folder: places.recordings(of: location.projectKey)) }

    /// A container to look into the cloud's volume with, of an image that is there.
    ///
    /// - Throws: ``Failure`` when there is none.
    func cloudVisitor() async throws -> ContainerSpec {
        for image in [LocalCloud.image, try await buildImage()] + settings.otherImages
        where try await engine.imageID(image) != nil {
            var container = ContainerSpec(name: "buildspec-transfer-\(UUID().uuidString.lowercased())", image: image)
            container.labels = [BuildSession.stateLabel: places.state]
            return container
        }
        throw Failure(
            .noEngine, "cannot look into the volume `\(cloud.name)`: the engine has none of this project's images",
            help: "`make images` makes `\(LocalCloud.image)`; or name another image with --image")
    }

    /// Where builds have some of ``baseImages`` from.
    func origins(
        of images: [BuildSession.BaseImage]
    ) async throws -> [(image: BuildSession.BaseImage, origin: PlanView.BaseImage.Origin)] {
        try await session.origins(of: images, settings, location, engine)
    }

    /// As the engine knows it.
    func buildImage() async throws -> String {
        try await session.pullableName(settings.image, engine)
    }

    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }
}
