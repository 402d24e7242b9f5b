internal import BuildPlanning
internal import Engines
internal import Files
internal import SourceSnapshots

/// Decides whether a build may run in a spare, and may leave one (Documentation/decisions/spares.md).
struct SpareRules {
    /// A larger source is mounted sooner than it is sent into a container that runs already.
    static let mostFiles = 2000, mostBytes: Int64 = 20_000_000
    /// How long a spare may wait at most, in seconds.
    static let longest = 3600

    private let build: PlannedBuild
    private var container: ContainerPlan { build.recipe.container }

    init(_ build: PlannedBuild) { self.build = build }

    /// Why there is no spare for the build, nor after it; `nil` where there may be one.
    ///
    /// What is not named here is part of the container's description, and a spare fits only one that is the same.
    func refusal() -> String? {
        let recipe = build.recipe, project = build.project
        guard (project.settings.engine ?? .docker) == .docker else { return "the engine is podman" }
        if project.swarm != nil { return "the nodes of a swarm keep none" }
        if project.isAmongOthers { return "the build is one of a batch" }
        if container.docker != .absent { return "the build has a Docker daemon" }
        if recipe.network.policy != .open { return "the network is not the engine's own" }
        if recipe.usesLocalAWS { return "AWS is played on this machine" }
        if container.mounts?.isEmpty == false { return "folders of this machine are mounted" }
        if container.handedOver?.isEmpty == false { return "artifacts of other builds are mounted" }
        if recipe.ending.makesCheckpoints { return "the build makes checkpoints" }
        if container.pull == .always { return "--pull always may bring another image" }
        if !recipe.plan.secondarySources.isEmpty { return "the build has several sources" }
        guard let staged = project.staged else { return "the source is no snapshot of git's" }
        let folders = [staged.files, staged.gitLayer].compactMap { $0 } + staged.objectMounts.map(\.host)
        do {
            guard try Self.isSmall(folders) else {
                return "the source has more than \(Self.mostFiles) files or \(Self.mostBytes / 1_000_000) MB"
            }
        } catch { return "the size of the source is not known: \(error)" }
        return nil
    }

    /// Whether folders together have few files and bytes. No more of them is read than says so.
    static func isSmall(
        _ folders: [String], files: Int = Self.mostFiles, bytes: Int64 = Self.mostBytes
    ) throws -> Bool {
        var open = folders, (files, bytes) = (files, bytes)
        while let folder = open.popLast() {
            for name in try Folder.names(folder) {
                let path = "\(folder)/\(name)"
                guard let status = FileStatus.at(path, followsLinks: false) else { continue }
                files -= 1
                if status.kind == .directory { open.append(path) } else { bytes -= status.size }
                if files < 0 || bytes < 0 { return false }
            }
        }
        return true
    }
}
