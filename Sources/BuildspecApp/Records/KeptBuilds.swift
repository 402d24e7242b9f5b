internal import BuildPlanning

/// The builds whose containers were kept.
struct KeptBuilds {
    private let records: BuildRecords

    /// How long a container is kept, in microseconds.
    static let ageLimit: Int64 = 24 * 3600 * 1_000_000

    init(_ places: Places) { records = BuildRecords(places) }

    /// - Throws: ``Failure`` when the build, or its container, is not there.
    func find(_ name: String?) throws -> (build: RecordedBuild, kept: KeptBuild) {
        guard let name else {
            guard let newest = records.newest().first(where: { $0.isKept || $0.hasCheckpoints }),
                let kept = try KeptBuild.read(from: newest)
            else {
                throw Failure(
                    .noSuchFile, "no build's container was kept",
                    help: "run one with --keep failure, --keep always, or --checkpoint")
            }
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
}
