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

    /// The file's content.
    private struct Content: Codable {
        /// The format's version; a file of another one is refused.
        static let version = 2
        var version = Self.version
        let checkpoints: [Checkpoint]
    }

    /// How many builds keep theirs; those of older ones go when a new build makes some.
    static let buildLimit = 3

    init(_ build: RecordedBuild) { path = build.checkpointsPath }

    /// All checkpoints, in the order of the phases.
    func all() throws -> [Checkpoint] {
        guard Files.kind(of: path) == .file else { return [] }
        return try VersionedFile.decode(Content.self, version: Content.version, in: path).checkpoints
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
        try Folder.replace(path, with: Array(try JSONEncoder().encode(Content(checkpoints: sorted))), mode: 0o600)
    }

    /// Removes them with their images.
    ///
    /// - Returns: how many bytes they had on the disk, as far as one layer is not another's.
    func remove(_ engine: any Engine) async throws -> Int {
        let all = try all()
        for checkpoint in all { try await engine.removeImage(checkpoint.image) }
        unlink(path)
        return all.map(\.byteCount).max() ?? 0
    }

    /// Removes those of all builds but the newest, and says so.
    static func prune(on engine: any Engine, _ machine: Machine) async throws {
        let records = BuildRecords(machine.places)
        for doomed in records.deletions().checkpoints(beyond: buildLimit) {
            let build = records.build(doomed.uuid)
            let bytes = try await Checkpoints(build).remove(engine)
            if !build.isKept { KeptBuild.forget(build, machine.places) }
            machine.say(
                "removed the checkpoints of build \(build.uuid), \(CacheText.megabytes(Int64(bytes))): "
                    + "the newest \(buildLimit) builds keep theirs\n")
        }
    }
}
