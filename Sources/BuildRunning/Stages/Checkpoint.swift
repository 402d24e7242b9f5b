public import SpecParsing
internal import BuildPlanning
internal import Engines

/// The state of a build before a phase: an image of its container's files, and its shell state (DESIGN 8.8).
public struct Checkpoint: Sendable, Equatable, Codable {
    public let phase: PhaseName
    /// The image's name on the engine.
    public let image: String
    /// The bytes that the image has beyond the one that the build began with.
    public let byteCount: Int
    /// The folder in which the next command would have begun.
    public let directory: String
    /// The variables of the next command, without those whose values contain a secret.
    public let variables: [String: String]

    /// The variables that every shell sets by itself.
    private static let own: Set<String> = ["PWD", "OLDPWD", "SHLVL", "_", "HOSTNAME", "TERM"]

    static func kept(_ variables: [String: String], without secrets: [String]) -> [String: String] {
        variables.filter { name, value in
            !own.contains(name) && !secrets.contains { !$0.isEmpty && value.contains($0) }
        }
    }

    /// The text of `env.sh` that restores the variables.
    public var environmentFile: String {
        BuildPlan.environmentFile(
            of: variables.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value, origin: .service) },
            secrets: [:])
    }
}

extension StageContext {
    /// Makes a checkpoint before a phase that has commands. The container is paused meanwhile.
    func makeCheckpoint(before phase: BuildPlan.Phase) async throws {
        guard let keep = job.surroundings.onCheckpoint, phase.hasCommands else {
            return
        }
        let image = "buildspec-checkpoint:\(plan.id.uuid)-\(phase.name.rawValue)"
        async let commit: Void = engine.commit(
            container.name, as: image, labels: ["dev.buildspec.checkpoint": plan.id.uuid])
        let directory = try await session.ask("cat \"$tmp/dir.txt\" >&2").bytes
        let variables: [String: String]
        do { variables = try await stateValues() } catch let error as UnreadableState {
            try await commit
            try await engine.removeImage(image)
            return try await sink.send(.notice(text: "no checkpoint before \(phase.name.rawValue): \(error)"))
        }
        try await commit
        let size = try await engine.imageSize(image) ?? 0
        let base = try await engine.imageSize(container.image) ?? 0
        let secrets = await job.surroundings.secrets.texts + sink.hiddenLater
        let checkpoint = Checkpoint(
            phase: phase.name, image: image, byteCount: max(0, size - base),
            directory: String(decoding: directory.prefix { $0 != 0x0a }, as: UTF8.self),
            variables: Checkpoint.kept(variables, without: secrets.map { $0.revealed() }))
        try await keep(checkpoint)
        try await sink.send(
            .checkpointMade(phase: BuildPhase(phase.name), image: image, bytes: checkpoint.byteCount))
    }
}
