internal import BuildPlanning

/// The builds whose containers were kept.
struct KeptBuilds {
    private let records: BuildRecords
    private let places: Places

    /// How long a container is kept, in microseconds.
    static let ageLimit: Int64 = 24 * 3600 * 1_000_000

    init(_ places: Places) {
        records = BuildRecords(places)
        self.places = places
    }

    /// Finds the kept build of a name, or the newest of the project whose folder this is.
    ///
    /// - Throws: ``Failure`` when the build, or its container, is not there.
    func find(_ name: String?) throws -> (build: RecordedBuild, kept: KeptBuild) {
        guard let name else {
            let builds = records.newest().filter { $0.isKept || $0.hasCheckpoints }
            guard let newest = try builds.first(where: { try $0.isOfProject(in: places) }),
                let kept = try KeptBuild.read(from: newest)
            else { throw try nothingKept(builds.first) }
            return (newest, kept)
        }
        let build = try records.find(name)
        guard let kept = try KeptBuild.read(from: build) else {
            throw Failure(
                .noSuchFile, "neither the container of build `\(build.uuid)` nor a checkpoint was kept",
                help: "run it again with --keep failure, --keep always, or --checkpoint")
        }
        return (build, kept)
    }

    private func nothingKept(_ other: RecordedBuild?) throws -> Failure {
        guard let other, let source = try other.start()?.source else {
            let newest = try records.newestHere(1).first.map {
                " (the newest is \($0.uuid.prefix(8)), \(try $0.result().status.rawValue))"
            }
            return Failure(
                .noSuchFile,
                "no build of `\(places.absolute("."))` was kept\(newest ?? ""), and none of another project",
                help:
                    "`buildspec run --keep failure` keeps the container of a failed build, --keep always that of any, and "
                    + "--checkpoint the state before each phase")
        }
        return Failure(
            .noSuchFile,
            "no build of `\(places.absolute("."))` was kept; the newest of another project is "
                + "\(other.uuid.prefix(8)), of `\(source)`",
            help: "name the build, or go to its project's folder")
    }
}

extension RecordedBuild {
    /// Whether the current folder is the source of the build, or lies in it.
    func isOfProject(in places: Places) throws -> Bool {
        guard let source = try start()?.source else { return false }
        let here = places.absolute(".")
        return here == source || here.hasPrefix(source == "/" ? "/" : source + "/")
    }
}
