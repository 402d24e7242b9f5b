internal import Archives
internal import Artifacts
internal import BuildPlanning
internal import Files
internal import Reports

/// The files that are to be read as reports.
struct ReportOrder: Sendable {
    /// The names of the files as a report tells them, by their absolute paths without the first slash.
    private(set) var names: [[UInt8]: String] = [:]
    /// The format of all of them; `nil` where each tells its own.
    let format: ReportFormat?

    var isEmpty: Bool { names.isEmpty }

    /// Takes the files of a selection. With `discard-paths`, those whose names collide are one [inferred].
    init(of parts: [ArtifactPart], _ format: ReportFormat?) {
        self.format = format
        let all = ArtifactSelection.merging(parts.map { (base: $0.folder, selection: $0.selection) })
        for file in all.files { names[file.source] = PathText.text(file.stored) }
    }

    /// Leaves out files that were read already. [unknown: whether the service discovers files that a group names]
    mutating func leaveOut(_ known: Set<[UInt8]>) { names = names.filter { !known.contains($0.key) } }
}

/// What came of reading files.
struct ReportOutcome: Sendable {
    struct Failure: Sendable {
        /// The file as the report tells it, and its absolute path.
        let name: String
        let path: String
        let problem: ReportProblem
    }

    var reports: [ReportFacts] = []
    var failures: [Failure] = []
}

/// Reads report files out of tar streams, each as its bytes come.
final class ReportReading {
    private let order: ReportOrder
    private let belt: ReportBelt
    private var batch = ReportBatch()
    /// Where the files are copied to; `nil` where nobody wants them.
    var copies: ReportCopies?
    /// The number of files that were read of each format that was found.
    private var files: [ReportFormat: Int] = [:]
    private var outcome = ReportOutcome()
    private var problems: [ReportFormat: [String]] = [:]

    init(_ order: ReportOrder, keeping: sending ReportKeeping) {
        self.order = order
        belt = ReportBelt(keeping)
        if let format = order.format { files[format] = 0 }
    }

    /// Reads the wanted files of the streams.
    func read(_ streams: TarStreams, stop: StopFlag) throws {
        defer { belt.stop() }
        var left = order.names
        try streams.read(stop: stop) { archive, map in
            while let entry = try archive.next() {
                try stop.check()
                guard case .success(let path) = RelativePath.normalized(entry.path) else { continue }
                let source = map.stored(path)
                guard let name = left.removeValue(forKey: source) else { continue }
                guard case .file = entry.kind else {
                    // Such as a hard link, of whose content the stream has one copy only.
                    note("is no file of its own, and is not read", of: name)
                    continue
                }
                try read(name, at: "/" + PathText.text(source), archive)
            }
        }
        for name in left.values.sorted() { note("was gone when it was to be copied", of: name) }
        try belt.end(with: batch.takeAll())
    }

    /// Notes that a file that a group names is not read.
    private func note(_ words: String, of name: String) {
        if let format = order.format { problems[format, default: []].append("\(name): \(words)") }
    }

    private func read(_ name: String, at path: String, _ archive: ArchiveReader) throws {
        let format = order.format ?? Self.format(ofName: name)
        var reader: ReportReader?, copy = try copies?.make(name)
        // The reader holds what gives to it, and that holds the reader.
        defer { reader = nil }
        do {
            var isNew = true
            let take: (ReportItem) throws -> Void = { [self] item in
                if isNew, let format = reader?.format {
                    batch.begin(name, format)
                    isNew = false
                }
                batch.add(item)
                if batch.isFull { try belt.put(batch.takeAll()) }
            }
            let made =
                try format.map { try ReportReader($0, findsPlaces: false, take: take) }
                ?? ReportReader(findsPlaces: false, guessing: take)
            reader = made
            var problem: ReportProblem?
            try archive.readBlocks { block in
                try copy?.add(block)
                // The rest is for the copy alone.
                guard problem == nil else { return }
                do {
                    switch block {
                    case .bytes(let bytes): try made.feed(bytes)
                    // A report has no holes: the zero is refused where it stands.
                    case .hole: try withUnsafeBytes(of: 0 as UInt8) { try made.feed($0) }
                    }
                } catch let found as ReportProblem where copy != nil { problem = found }
            }
            if let problem { throw problem }
            try made.finish()
            // A file without a case is a report all the same.
            if let format = made.format { files[format, default: 0] += 1 }
        } catch let problem as ReportProblem {
            // A file that was discovered and is no report is none.
            guard let reader, let format = reader.format, order.format != nil || reader.isOfFormat else {
                try copy?.remove()
                return
            }
            note(problem, of: name, at: path, format)
        }
    }

    private func note(_ problem: ReportProblem, of name: String, at path: String, _ format: ReportFormat) {
        outcome.failures.append(.init(name: name, path: path, problem: problem))
        problems[format, default: []].append("\(name): \(problem)")
        files[format, default: 0] += 0
    }

    /// The format that a name tells, where the content does not.
    private static func format(ofName name: String) -> ReportFormat? {
        guard name.lowercased().hasSuffix(".json") else { return nil }
        return name.lowercased().hasSuffix("cucumber.json") ? .cucumber : .simpleCov
    }

    /// - Parameter build: the build's ARN.
    func finish(_ build: String) throws -> ReportOutcome {
        outcome.reports = try belt.withKeeping { [files, problems] keeping in
            try keeping.flush()
            return ReportFormat.allCases.compactMap { format in
                files[format].map { keeping.facts(format, of: build, files: $0, problems: problems[format] ?? []) }
            }
        }
        return outcome
    }
}
