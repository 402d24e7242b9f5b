internal import Files
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What was asked of a batch, and where: a file beside its record, readable by its user alone, by which `resume` runs it again.
struct AskedBatch: Codable {
    /// The format's version; a file of another one is refused.
    static let version = 1

    let version: Int
    let asked: Asked
    let options: BatchSession.Options
    let currentDirectory: String
    /// The variables that stood for flags (`BUILDSPEC_…`).
    let environment: [String: String]

    init(_ asked: Asked, _ options: BatchSession.Options, on machine: Machine) {
        version = Self.version
        self.asked = asked
        self.options = options
        currentDirectory = machine.places.currentDirectory
        environment = machine.environment.filter { $0.key.hasPrefix("BUILDSPEC_") }
    }

    /// The name, or the path, of the file beside that of a batch.
    static func name(beside batch: String) -> String { "\(batch.dropLast("json".count))asked" }

    func write(beside batch: String) throws {
        try Folder.replace(Self.name(beside: batch), with: Array(try JSONEncoder().encode(self)), mode: 0o600)
    }

    /// - Throws: ``Failure`` where it is not known what was asked.
    init(beside batch: String) throws {
        let path = Self.name(beside: batch)
        guard Files.kind(of: path) == .file else {
            throw Failure(
                .noSuchFile, "nobody knows what was asked of the batch `\(batch)`: an older buildspec ran it",
                help: "`buildspec run --batch --rerun-failed` goes on with the last batch of the project")
        }
        self = try VersionedFile.decode(AskedBatch.self, version: Self.version, in: path)
    }
}

extension Machine {
    /// The machine as it was when something was begun: in that folder, and with the variables that stood for flags.
    func with(folder: String, flags: [String: String]) -> Machine {
        let others = environment.filter { !$0.key.hasPrefix("BUILDSPEC_") }
        return with(
            Places(
                environment: others.merging(flags) { $1 }, currentDirectory: folder,
                isInteractive: places.isInteractive))
    }
}
