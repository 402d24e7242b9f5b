internal import AWSCalls
internal import BuildPlanning
internal import Files
internal import Rendering

/// The batches of one project as the state folder keeps them, each as BatchGetBuildBatches would show it.
struct BatchRecords {
    private let folder: String
    private let project: String

    /// How many are kept.
    private static let limit = 50

    init(_ places: Places, of project: ProjectIdentity) {
        folder = "\(places.state)/batches/\(project.key)"
        self.project = project.name
    }

    /// The names of the files, which begin with the time, the oldest first.
    private var names: [String] { Files.names(in: folder).filter { $0.hasSuffix(".json") }.sorted() }

    /// - Returns: the file's path.
    func write(_ batch: BatchResult) throws -> String {
        try Folder.make(folder)
        let path = "\(folder)/\(batch.start.microseconds)-\(batch.id.uuid).json"
        try Folder.replace(path, with: batch.batchGetBuildBatches.bytes + [0x0a])
        // An old one that stays only takes room.
        for name in names.dropLast(Self.limit) { try? Folder.remove("\(folder)/\(name)") }
        return path
    }

    /// The batch that was run last.
    ///
    /// - Throws: ``Failure`` when there is none.
    func newest() throws -> CloudBatch {
        guard let name = names.last else {
            throw Failure(
                .noSuchFile, "no batch of `\(project)` was run here yet", help: "leave out --rerun-failed")
        }
        let path = "\(folder)/\(name)"
        do {
            if let batch = try CloudBatch.read(try Files.read(path)).first { return batch }
        } catch is CodeBuildProjects.UnreadableAnswer {}
        throw Failure(
            .inputOutput, "cannot read `\(path)`: it is no batch", help: "remove it, or leave out --rerun-failed")
    }
}
