public import SpecParsing
internal import BuildPlanning
internal import Engines

/// The state of a build before a phase: an image of its container's files, and what its shell state was (DESIGN 8.8).
public struct Checkpoint: Sendable, Equatable, Codable {
    public let phase: PhaseName
    /// The image's name on the engine.
    public let image: String
    /// What the image has beyond the one the build began with, in bytes.
    public let byteCount: Int
    /// Where the next command would have begun.
    public let directory: String
    /// The variables the next command would have found; none whose value holds a secret.
    public let variables: [String: String]

    /// Variables that every shell sets anew.
    private static let own: Set<String> = ["PWD", "OLDPWD", "SHLVL", "_", "HOSTNAME", "TERM"]

    static func kept(_ variables: [String: String], without secrets: [String]) -> [String: String] {
        variables.filter { name, value in
            !own.contains(name) && !secrets.contains { !$0.isEmpty && value.contains($0) }
        }
    }

    /// The text of `env.sh` that the state comes to.
    public var environmentFile: String {
        BuildPlan.environmentFile(
            of: variables.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value, origin: .service) },
            secrets: [:])
    }
}

extension StageContext {
    /// Keeps the state before a phase that has something to run. The container stands still meanwhile.
    func makeCheckpoint(before phase: BuildPlan.Phase) async throws {
        guard let keep = job.surroundings.onCheckpoint, !phase.commands.isEmpty || !phase.finally.isEmpty else {
            return
        }
        let image = "buildspec-checkpoint:\(plan.id.uuid)-\(phase.name.rawValue)"
        async let commit: Void = engine.commit(
            container.name, as: image, labels: ["dev.buildspec.checkpoint": plan.id.uuid])
        let variables = try await finalVariables()
        let directory = try await session.ask("cat \"$tmp/dir.txt\" >&2").bytes
        try await commit
        let size = try await engine.imageSize(image) ?? 0
        let base = try await engine.imageSize(container.image) ?? 0
        let checkpoint = Checkpoint(
            phase: phase.name, image: image, byteCount: max(0, size - base),
            directory: String(decoding: directory.prefix { $0 != 0x0a }, as: UTF8.self),
            variables: Checkpoint.kept(variables, without: job.surroundings.secrets.texts.map { $0.revealed() }))
        try await keep(checkpoint)
        try await sink.send(
            .checkpointMade(phase: BuildPhase(phase.name), image: image, bytes: checkpoint.byteCount))
    }
}
