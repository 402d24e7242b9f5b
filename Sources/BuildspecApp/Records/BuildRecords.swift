internal import BuildPlanning
internal import Files
internal import SourceSnapshots

/// The builds of this user as the state folder knows them: their records, numbers and marks. Nothing else writes there of builds.
struct BuildRecords {
    private let places: Places
    private let folder: String
    /// Holds an empty file for each kept build, so that they are found without looking at every record.
    private let keptFolder: String

    init(_ places: Places) {
        self.places = places
        folder = "\(places.state)/builds"
        keptFolder = Self.keptFolder(beside: folder)
    }

    /// The build of a UUID, whether there is a record of it or not.
    func build(_ uuid: String) -> RecordedBuild { RecordedBuild(folder: "\(folder)/\(uuid)") }

    /// The build that a container belongs to; `nil` for a name that is no build's.
    func build(ofContainer name: String) -> RecordedBuild? {
        let uuid = String(name.dropFirst(BuildID(project: "", uuid: "").containerName.count))
        guard !uuid.isEmpty, build(uuid).containerName == name else { return nil }
        return build(uuid)
    }

    /// The batches of a project.
    ///
    /// - Parameter key: the project's.
    func batches(of key: String) -> BatchRecords { BatchRecords(places, key: key) }

    // MARK: Writing

    /// Begins the record of a build.
    func begin(_ id: BuildID) async throws -> BuildRecord { try await BuildRecord(folder: build(id.uuid).folder) }

    /// Opens the record of a build that goes on.
    func reopen(_ build: RecordedBuild) async throws -> BuildRecord {
        try await BuildRecord(folder: build.folder, continues: true)
    }

    /// The marks of running builds.
    func marks() throws -> RunningMarks {
        let folder = "\(places.state)/running"
        try Folder.make(folder)
        return RunningMarks(folder: folder)
    }

    /// `CODEBUILD_BUILD_NUMBER` of a project's builds.
    func number(of project: ProjectIdentity) -> BuildNumber { BuildNumber(project: project.name, places) }

    // MARK: Reading

    static func keptFolder(beside records: String) -> String {
        "\(records[..<(records.lastIndex(of: "/") ?? records.startIndex)])/kept"
    }

    /// How many records are kept at most.
    static let limit = 1000

    /// Removes the oldest records beyond the limit, and a few more so that it is not to be done at every build.
    func prune() {
        guard Files.names(in: folder).count > Self.limit else { return }
        for doomed in deletions().records(beyond: Self.limit) { build(doomed.uuid).remove() }
    }

    /// What may be removed of the builds there are.
    func deletions() -> DeletionPlan {
        DeletionPlan(
            newest().map {
                .init(
                    uuid: $0.uuid, lastChange: $0.lastChange, isRunning: $0.isRunning, isKept: $0.isKept,
                    hasCheckpoints: $0.hasCheckpoints)
            })
    }

    /// The builds whose containers stayed, newest first.
    func kept() -> [RecordedBuild] {
        Files.names(in: keptFolder).map { RecordedBuild(folder: "\(folder)/\($0)") }
            .sorted { $0.lastChange > $1.lastChange }
    }

    /// - Parameter limit: how many at most.
    func newest(_ limit: Int = .max) -> [RecordedBuild] {
        let names = Files.names(in: folder).map { name in
            (name: name, time: RecordedBuild(folder: "\(folder)/\(name)").lastChange)
        }
        return names.sorted { ($0.time, $0.name) > ($1.time, $1.name) }.prefix(limit).map {
            RecordedBuild(folder: "\(folder)/\($0.name)")
        }
    }

    /// The builds of the project whose folder this is, newest first.
    ///
    /// - Parameter limit: how many at most.
    func newestHere(_ limit: Int = .max) throws -> [RecordedBuild] {
        var builds: [RecordedBuild] = []
        for build in newest() where builds.count < limit {
            if try build.isOfProject(in: places) { builds.append(build) }
        }
        return builds
    }

    /// What is said where the project whose folder this is has no build.
    func noneHere() throws -> Failure {
        guard let other = newest(1).first else {
            return Failure(.noSuchFile, "there is no build yet", help: "`buildspec run` makes one")
        }
        let source = try other.start()?.source.map { ", of `\($0)`" } ?? ""
        return Failure(
            .noSuchFile,
            "there is no build of `\(places.absolute("."))` yet; the newest of another project is "
                + "\(other.uuid.prefix(8))\(source)",
            help: "name the build, or go to its project's folder; `buildspec builds --all` lists all builds")
    }

    /// Finds the build a user means: a UUID or the beginning of one, `project:uuid`, or nothing for the newest of the project
    /// whose folder this is.
    ///
    /// - Throws: ``Failure`` when there is none, or more than one.
    func find(_ name: String?) throws -> RecordedBuild {
        guard let name else {
            guard let newest = try newestHere(1).first else { throw try noneHere() }
            return newest
        }
        let wanted = BuildID(name)?.uuid ?? name
        var found = wanted.isEmpty ? [] : Files.names(in: folder).filter { $0.hasPrefix(wanted) }
        // A tree may have been built several times: the newest of them is meant.
        if found.isEmpty, wanted.utf8.count >= 4,
            let build = try newest().first(where: { try $0.tree()?.hasPrefix(wanted) ?? false })
        {
            found = [build.uuid]
        }
        guard let only = found.first, found.count == 1 else {
            throw Failure(
                .noSuchFile,
                found.isEmpty
                    ? "there is no build `\(name)`" : "\(found.count) builds have an id that begins with `\(name)`",
                help: "`buildspec builds --all` lists them"
                    + (Self.isOfCloud(name) ? "; --aws asks for one of CodeBuild" : ""))
        }
        return RecordedBuild(folder: "\(folder)/\(only)")
    }

    /// Whether a name looks like those that CodeBuild gives to builds: `project:uuid`, an ARN, the address of a page.
    private static func isOfCloud(_ name: String) -> Bool { name.contains(":") }
}
