/// The builds whose containers were kept.
struct KeptBuilds {
    private let history: BuildHistory

    /// How long a container is kept, in microseconds.
    static let ageLimit: Int64 = 24 * 3600 * 1_000_000

    init(_ places: Places) { history = BuildHistory(places) }

    /// All that have not been dropped, newest first.
    func all() throws -> [(build: RecordedBuild, kept: KeptBuild)] {
        try history.kept().compactMap { build in try KeptBuild.read(from: build).map { (build, $0) } }
    }

    /// - Throws: ``Failure`` when the build, or its container, is not there.
    func find(_ name: String?) throws -> (build: RecordedBuild, kept: KeptBuild) {
        guard let name else {
            guard let newest = history.newest().first(where: { $0.isKept || $0.hasCheckpoints }),
                let kept = try KeptBuild.read(from: newest)
            else {
                throw Failure(
                    .noSuchFile, "no build's container was kept",
                    help: "run one with --keep failure, --keep always, or --checkpoint")
            }
            return (newest, kept)
        }
        let build = try history.find(name)
        guard let kept = try KeptBuild.read(from: build) else {
            throw Failure(
                .noSuchFile, "neither the container of build `\(build.uuid)` nor a checkpoint was kept",
                help: "run it again with --keep failure, --keep always, or --checkpoint")
        }
        return (build, kept)
    }
}
