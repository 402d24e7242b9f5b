internal import BuildPlanning
internal import SpecParsing

/// One build of a batch, in the words of the flags of `run`: that is how it is run, and how `resume` goes on with it.
struct BatchBuild {
    let identifier: String
    private(set) var asked: Asked
    /// How long it usually takes, in milliseconds; `nil` where nobody knows.
    var expected: Int?
    /// How long tests took in earlier builds, as `codebuild-tests-run` reads it.
    private(set) var shardTimes: String?
    /// The folders with the artifacts of the builds that it has waited for.
    private(set) var handedOver: [FileSystemMount] = []
    /// The settings that the batch decides, by the names of their flags.
    private var decided: Set<String> = []

    /// - Parameters:
    ///   - batch: what is asked of the whole batch.
    ///   - folder: that of the source.
    ///   - artifacts: the folder that has a folder for each build's artifacts.
    ///   - isSized: whether builds get the size of their compute type.
    init(_ build: BatchPlan.Build, of batch: Asked, in folder: String, artifacts: String, isSized: Bool) {
        identifier = build.identifier
        asked = batch
        asked.batchIdentifier = build.identifier
        asked.buildJson = nil
        asked.html = nil
        asked.junit = nil
        asked.annotate = nil
        asked.artifacts = "\(artifacts)/\(build.identifier)"
        // They are overrides, as those of `start-build`, and so beat all others (CODEBUILD.md 9). [inferred]
        asked.env += build.variables.map { "\($0.name)=\($0.value)" }
        if let image = build.image {
            asked.image = image
            decided.insert("image")
        }
        if let buildspec = build.buildspec {
            asked.path = folder
            asked.buildspec = buildspec
            decided.insert("buildspec")
        }
        if let isPrivileged = build.privilegedMode, batch.docker == nil {
            asked.privileged = isPrivileged
            asked.docker = isPrivileged ? nil : ContainerPlan.Docker.absent.rawValue
            decided.formUnion(["privileged", "docker"])
        }
        // The size counts where the project's would.
        if let type = build.computeType, isSized {
            asked.compute = type
            asked.environmentType = build.environmentType
            decided.insert("compute")
        }
        asked.debugSession = batch.debugSession || build.debugSession
    }

    /// Divides the tests of the fanout that the build is a part of by their times.
    mutating func divide(by times: String) {
        shardTimes = times
        asked.env.append("\(BatchPlan.shardByVariable)=time")
    }

    /// Gives the build the artifacts of those that it has waited for: a folder and a variable for each, and one for all.
    mutating func handOver(_ folders: [(identifier: String, folder: String)]) {
        guard !folders.isEmpty else { return }
        asked.env.append("\(BatchPlan.handedOverVariable)=\(ContainerLayout.handedOver)")
        for (identifier, folder) in folders {
            let target = "\(ContainerLayout.handedOver)/\(identifier)"
            handedOver.append(.init(identifier: identifier, folder: folder, target: target))
            asked.env.append("\(BatchPlan.handedOverVariable)_\(identifier)=\(target)")
        }
    }

    /// Returns decisions with the batch as the place of those that it has made.
    func placed(_ decisions: [BuildPlan.Decision]) -> [BuildPlan.Decision] {
        decisions.map { decision in
            guard decision.origin == .flag, decided.contains(decision.name) else { return decision }
            return .init(
                name: decision.name, value: decision.value, origin: .buildspec,
                place: "build `\(identifier)` of the batch")
        }
    }
}
