internal import BuildPlanning
internal import Reports

/// Keeps what report files tell: the sums of each format, and the lines of the record.
struct ReportKeeping {
    private let places: SourcePlaces?
    private let mask: SecretMask
    private let writer: ReportWriter?
    private let group: @Sendable (ReportFormat) -> ReportGroup
    private var collected: [ReportFormat: ReportCollecting] = [:]

    /// - Parameter records: the folder of the build's record; `nil` where nothing is written.
    init(
        _ places: SourcePlaces?, hiding mask: SecretMask, to records: String?,
        group: @escaping @Sendable (ReportFormat) -> ReportGroup
    ) {
        self.places = places
        self.mask = mask
        self.group = group
        writer = records.map(ReportWriter.init)
    }

    mutating func take(_ batch: ReportBatch) throws {
        for part in batch.parts {
            let collecting = collecting(part.format)
            collecting.path = part.path
            for item in part.items { try collecting.take(item) }
        }
    }

    /// Writes what waits.
    func flush() throws { try writer?.flush() }

    /// The report of a format, which all of its files come to.
    mutating func facts(_ format: ReportFormat, of build: String, files: Int, problems: [String]) -> ReportFacts {
        collecting(format).facts(format, of: build, files: files, problems: problems)
    }

    private mutating func collecting(_ format: ReportFormat) -> ReportCollecting {
        if let known = collected[format] { return known }
        let new = ReportCollecting(group(format), places, hiding: mask, to: writer)
        collected[format] = new
        return new
    }
}
