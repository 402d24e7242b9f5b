internal import BuildRunning
internal import Engines
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import Files

/// The checkpoints of one build: a file of its record, readable by its user alone.
struct Checkpoints {
    private let path: String

    /// How many builds keep theirs; those of older ones go when a new build makes some.
    static let buildLimit = 3

    init(_ build: RecordedBuild) { path = build.checkpointsPath }

    /// In the order of the phases.
    func all() throws -> [Checkpoint] {
        guard Files.kind(of: path) == .file else { return [] }
        do { return try JSONDecoder().decode([Checkpoint].self, from: Data(try Files.read(path))) } catch let error
            as DecodingError
        {
            throw Failure(.inputOutput, "cannot read `\(path)`: \(error)", help: "run the build anew")
        }
    }

    /// - Throws: ``Failure`` when there is none of that phase.
    func checkpoint(before phase: PhaseName) throws -> Checkpoint {
        let all = try all()
        guard let found = all.first(where: { $0.phase == phase }) else {
            throw Failure(
                .noSuchFile, "there is no checkpoint before \(phase.apiName)",
                help: all.isEmpty
                    ? "run the build with --checkpoint"
                    : "there are some before \(all.map(\.phase.apiName).joined(separator: ", "))")
        }
        return found
    }

    /// A later one of the same phase takes the place of an earlier one.
    func add(_ checkpoint: Checkpoint) throws {
        let others = try all().filter { $0.phase != checkpoint.phase }
        let sorted = (others + [checkpoint]).sorted { $0.phase < $1.phase }
        try Files.replace(path, with: Array(try JSONEncoder().encode(sorted)), mode: 0o600)
    }

    /// Removes them with their images.
    ///
    /// - Returns: how many bytes they had on the disk, as far as one layer is not another's.
    func remove(_ engine: DockerEngine) async throws -> Int {
        let all = try all()
        for checkpoint in all { try await engine.removeImage(checkpoint.image) }
        unlink(path)
        return all.map(\.byteCount).max() ?? 0
    }

    /// Removes those of all builds but the newest, and says so.
    static func prune(
        _ history: BuildHistory, _ engine: DockerEngine, _ places: Places, _ terminal: Terminal
    ) async throws {
        for build in history.newest().filter(\.hasCheckpoints).dropFirst(buildLimit) {
            let bytes = try await Checkpoints(build).remove(engine)
            if !build.isKept { KeptBuild.forget(build, places) }
            terminal.say(
                "removed the checkpoints of build \(build.uuid), \(bytes / 1_000_000) MB: "
                    + "the newest \(buildLimit) builds keep theirs\n")
        }
    }
}
