internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// The image of a build, as one engine has it.
struct BuildImage: Sendable {
    let choice: ImageChoice
    /// What the engine knows of it; `nil` when it is not there, and for images that are not CodeBuild's own.
    let configuration: ImageConfiguration?
    /// The names of the engine's images; empty where they were not asked for.
    private let names: [String]
    /// The architecture of the engine's machine, where the image's is another than this program's.
    private let architecture: String?

    private var curated: CuratedImage? { CuratedImage(named: choice.asked) }

    /// Asks the engine for an image of CodeBuild's own; about another it is asked nothing.
    init(of container: ContainerPlan, on engine: some ImageKeeping & EngineFinding) async throws {
        guard CuratedImage.isName(container.image) else {
            choice = ImageChoice(of: container.image, among: [])
            (configuration, names, architecture) = (nil, [], nil)
            return
        }
        let image = CuratedImage(named: container.image)
        async let machine = image.map(Self.isForeign) == true ? engine.architecture() : nil
        choice = try await engine.choice(of: container.image, mayPull: container.pull != .never)
        configuration = choice.relation == .nowhere ? nil : try await engine.imageConfiguration(choice.name)
        names = configuration == nil ? try await engine.namesIfReached() : []
        architecture = try await machine
    }

    /// Whether an image is made for another processor than this machine's, which most engines share.
    private static func isForeign(_ image: CuratedImage) -> Bool {
        #if arch(arm64)
            image.architecture != .aarch64
        #else
            image.architecture != .x86_64
        #endif
    }

    /// Has the engine ask no registry for what none has, and the right one for an image of another processor.
    func adjust(_ container: inout ContainerSpec) {
        if CuratedImage.isName(choice.asked), !choice.canBePulled { container.pull = .never }
        if configuration == nil, container.platform == nil, let curated, architecture != nil {
            container.platform = curated.platform
        }
    }

    /// What is to be said of the image before the build: another name, another processor, other rules.
    func lines(on plan: BuildPlan, _ container: ContainerPlan) -> [String] {
        var lines = [choice.notice].compactMap { $0 }
        if container.pull == .always, CuratedImage.isName(choice.asked), !choice.canBePulled, configuration != nil {
            lines.append("warning: `\(choice.asked)` is published nowhere: `--pull always` has no effect")
        }
        // What is there under the name may be made for this machine all the same.
        if let curated, let warning = curated.emulationWarning(on: architecture ?? ""),
            configuration.map({ $0.architecture != architecture }) ?? true, container.platform == nil
        {
            lines.append("warning: \(warning)")
        }
        return lines + LambdaRules.notes(on: plan, container).map { "warning: \($0)" }
    }

    /// The ways to the image where it is not there.
    ///
    /// - Parameter said: the engine's words about it.
    func ways(isOffline: Bool, said: String? = nil) -> ImageWays {
        ImageWays(to: choice, among: names, isOffline: isOffline, said: said)
    }
}

extension ImageKeeping {
    /// The name under which the engine has an image, or would pull it.
    func choice(of image: String, mayPull: Bool = true) async throws -> ImageChoice {
        guard CuratedImage.isName(image), try await imageID(image) == nil else {
            return ImageChoice(of: image, among: [image], mayPull: mayPull)
        }
        return ImageChoice(of: image, among: try await namesIfReached(), mayPull: mayPull)
    }

    /// The names of the images; none where no engine answers, which starting a container will tell.
    fileprivate func namesIfReached() async throws -> [String] {
        do { return try await imageNames() } catch let error as EngineError where error.code == .unreachable {
            return []
        }
    }

    /// A name the engine can find: `aws/codebuild/…` is no registry's, so a local image of that name comes first.
    func pullableName(of image: String) async throws -> String { try await choice(of: image).name }
}
