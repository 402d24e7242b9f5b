internal import AWSCalls
internal import BuildPlanning
internal import Files
internal import Rendering

/// The batches of one project as the state folder keeps them, each as BatchGetBuildBatches would show it.
struct BatchRecords {
    private let folder: String
    /// The project's name, for errors.
    private let project: String

    /// How many are kept.
    private static let limit = 50

    init(_ places: Places, of project: ProjectIdentity) {
        folder = "\(Self.root(places))/\(project.key)"
        self.project = project.name
    }

    /// - Parameter key: the project's.
    init(_ places: Places, key: String) {
        folder = "\(Self.root(places))/\(key)"
        project = key
    }

    private static func root(_ places: Places) -> String { "\(places.state)/batches" }

    /// The names of the files, which begin with the time, the oldest first.
    private var names: [String] { Files.names(in: folder).filter { $0.hasSuffix(".json") }.sorted() }

    /// - Returns: the file's path.
    func write(_ batch: BatchResult) throws -> String {
        try Folder.make(folder)
        let path = "\(folder)/\(Self.name(of: batch))"
        try Folder.replace(path, with: batch.batchGetBuildBatches.bytes + [0x0a])
        // An old one that stays only takes room.
        for name in names.dropLast(Self.limit) {
            try? Folder.remove("\(folder)/\(name)")
            try? Folder.remove("\(folder)/\(AskedBatch.name(beside: name))")
        }
        return path
    }

    /// Keeps what was asked of a batch beside its record, for `resume`.
    func keep(_ asked: AskedBatch, of batch: BatchResult) throws {
        try Folder.make(folder)
        try asked.write(beside: "\(folder)/\(Self.name(of: batch))")
    }

    private static func name(of batch: BatchResult) -> String { "\(batch.start.microseconds)-\(batch.id.uuid).json" }

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

    /// The batches, newest first; what cannot be read is left out.
    private var documents: [RecordedBatch.Document] {
        names.reversed().compactMap { try? RecordedBatch(path: "\(folder)/\($0)").document() }
    }

    /// The fanouts that began before a batch, newest first; what cannot be read is left out.
    ///
    /// - Parameter file: the name of the batch's file.
    private func fanouts(before file: String) -> some Sequence<RecordedBatch.Document> {
        names.reversed().lazy.filter { $0 < file }
            .compactMap { try? RecordedBatch(path: "\(folder)/\($0)").document() }.filter { $0.mergedReports != nil }
    }

    func fanouts(before batch: BatchResult) -> some Sequence<RecordedBatch.Document> {
        fanouts(before: Self.name(of: batch))
    }

    /// The fanouts before the one that a build is a part of, newest first; `nil` for a build of no fanout.
    func fanouts(before build: RecordedBuild) -> (some Sequence<RecordedBatch.Document>)? {
        let uuid = Array(build.uuid.utf8)
        let own = names.reversed().first { name in
            // Most files do not even name the build.
            guard let bytes = try? Files.read("\(folder)/\(name)"), bytes.firstRange(of: uuid) != nil,
                let batch = try? RecordedBatch(path: "\(folder)/\(name)").document()
            else { return false }
            return batch.mergedReports != nil && batch.buildGroups.contains { $0.uuid == build.uuid }
        }
        return own.map { fanouts(before: $0) }
    }

    /// The UUIDs of all builds that were part of a batch.
    var builds: Set<String> { Set(documents.flatMap(\.buildGroups).compactMap(\.uuid)) }

    /// How many batches are looked at for what builds take, and how many of their builds.
    private static let reach = 20, samples = 5

    /// How long builds take, in milliseconds: the median of the last ones of their identifiers that succeeded.
    ///
    /// - Parameter isNumbered: whether the identifiers are numbers: then one counts only where it means the same build.
    func usualTimes(of batch: BatchResult, isNumbered: Bool) -> [String: Int] {
        var times: [String: [Int]] = [:]
        let definitions = Dictionary(batch.groups.map { ($0.task.identifier, $0.definition) }) { $1 }
        for group in documents.prefix(Self.reach).flatMap(\.buildGroups) {
            guard group.currentBuildSummary?.buildStatus == BuildStatus.succeeded.rawValue, let state = group.state,
                state.recalled != true, let start = state.start, let end = state.end,
                let definition = definitions[group.identifier], !isNumbered || definition == group.definition,
                times[group.identifier, default: []].count < Self.samples
            else { continue }
            times[group.identifier, default: []].append(end - start)
        }
        return times.compactMapValues(\.median)
    }

    /// The times by which the tests of the last batch were divided; `nil` where they were not.
    func shardTimes() throws -> String? {
        let path = "\(folder)/\(Self.timesName)"
        return Files.kind(of: path) == .file ? String(decoding: try Files.read(path), as: UTF8.self) : nil
    }

    func keep(shardTimes text: String) throws {
        try Folder.make(folder)
        try Folder.replace("\(folder)/\(Self.timesName)", with: Array(text.utf8))
    }

    private static let timesName = "shard-times"

    /// The UUIDs of all batches, newest first.
    static func uuids(in places: Places) -> [String] {
        let names = Files.names(in: root(places)).flatMap { key in
            Files.names(in: "\(root(places))/\(key)").filter { $0.hasSuffix(".json") }
        }
        return names.sorted(by: >).compactMap {
            $0.dropLast(".json".count).split(separator: "-", maxSplits: 1).last.map(String.init)
        }
    }

    /// Finds the batch that a user means by its UUID or the beginning of it, whatever its project.
    ///
    /// - Returns: `nil` where there is none.
    /// - Throws: ``Failure`` when there is more than one.
    static func find(_ name: String, in places: Places) throws -> RecordedBatch? {
        let wanted = BuildID(name)?.uuid ?? name
        guard wanted.utf8.count >= 4 else { return nil }
        var found: [String] = []
        for key in Files.names(in: root(places)) {
            for file in Files.names(in: "\(root(places))/\(key)") where file.hasSuffix(".json") {
                let uuid = file.dropLast(".json".count).split(separator: "-", maxSplits: 1).last ?? ""
                if uuid.hasPrefix(wanted) { found.append("\(root(places))/\(key)/\(file)") }
            }
        }
        guard found.count < 2 else {
            throw Failure(
                .noSuchFile, "`\(name)` begins \(found.count) batches", help: "name more of its id")
        }
        return found.first.map { RecordedBatch(path: $0) }
    }
}
