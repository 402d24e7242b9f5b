internal import BuildPlanning
internal import BuildRunning
internal import Files
internal import Rendering
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The failed tests of the last builds of one branch, by which new failures are told from old ones.
struct TestHistory: Sendable {
    /// How many builds are looked at.
    static let limit = 10
    /// How many records are looked through for them.
    static let reach = 300

    /// The keys of the tests that failed (``FailedTestLine``), the newest build first.
    private let failures: [Set<UInt64>]

    var isEmpty: Bool { failures.isEmpty }

    /// Looks for the builds before one that were made of the same project and branch, and had tests; before a build of a fanout for
    /// whole fanouts, since a test may have been in another part then.
    ///
    /// - Throws: ``FileError`` when a record cannot be read.
    init(before build: RecordedBuild, _ context: RecordedReports.Context, in records: BuildRecords) throws {
        if context.batchIdentifier != nil, let project = context.project,
            let fanouts = records.batches(of: project).fanouts(before: build)
        {
            failures = try Self.failures(in: fanouts, context, records)
            return
        }
        var failures: [Set<UInt64>] = []
        for earlier in records.newest(Self.reach) where earlier.uuid != build.uuid && failures.count < Self.limit {
            guard earlier.lastChange < build.lastChange,
                let reports = try RecordedReports(of: earlier), reports.context == context, reports.hasTests
            else { continue }
            failures.append(try reports.failedKeys())
        }
        self.failures = failures
    }

    /// Looks for the fanouts before one that were made of the same project and branch; `nil` where it is none, or has no tests.
    ///
    /// - Throws: ``FileError`` when a record cannot be read.
    init?(before batch: BatchResult, in records: BuildRecords) throws {
        guard batch.isFanout else { return nil }
        let reports = try batch.groups.lazy.compactMap(\.build?.uuid)
            .compactMap { try RecordedReports(of: records.build($0)) }.first(where: \.hasTests)
        guard let context = reports?.context, let project = context.project else { return nil }
        failures = try Self.failures(in: records.batches(of: project).fanouts(before: batch), context, records)
    }

    private static func failures(
        in fanouts: some Sequence<RecordedBatch.Document>, _ context: RecordedReports.Context, _ records: BuildRecords
    ) throws -> [Set<UInt64>] {
        var failures: [Set<UInt64>] = []
        for fanout in fanouts where failures.count < limit {
            if let keys = try self.failures(of: fanout, context, records) { failures.append(keys) }
        }
        return failures
    }

    /// The keys of the tests that failed in any part of a fanout.
    ///
    /// - Returns: `nil` for one of another branch, and for one that is not whole: nobody knows what failed in the rest.
    private static func failures(
        of fanout: RecordedBatch.Document, _ context: RecordedReports.Context, _ records: BuildRecords
    ) throws -> Set<UInt64>? {
        var keys: Set<UInt64> = [], hasTests = false
        for group in fanout.buildGroups where group.identifier != RecordedBatch.Document.downloadGroup {
            guard let uuid = group.uuid, case let build = records.build(uuid), Files.kind(of: build.folder) == .folder
            else { return nil }
            guard let reports = try RecordedReports(of: build), reports.hasTests else {
                // A part may have got no tests, which is no failure.
                guard group.currentBuildSummary?.buildStatus == BuildStatus.succeeded.rawValue else { return nil }
                continue
            }
            guard reports.context.branch == context.branch else { return nil }
            hasTests = true
            keys.formUnion(try reports.failedKeys())
        }
        return hasTests ? keys : nil
    }

    /// What earlier builds tell of a test that has failed now; `nil` for an old failure, and where nothing is known.
    func mark(_ name: String) -> TestMark? {
        guard !failures.isEmpty else { return nil }
        let key = FailedTestLine.key(of: name)
        guard let last = failures.firstIndex(where: { $0.contains(key) }) else { return .new }
        // It failed, then it did not, and now it does.
        return last > 0 ? .flaky : nil
    }
}

extension BatchResult {
    /// What earlier batches tell of the failed tests of a fanout; `nil` for any other batch, and for one without tests.
    func testMark(in records: BuildRecords) throws -> (@Sendable (ReportFacts.Case) -> TestMark?)? {
        guard let history = try TestHistory(before: self, in: records) else { return nil }
        return { history.mark($0.fullName) }
    }
}

extension RecordedBuild {
    /// What earlier builds tell of the failed tests of this one; `nil` for a build without tests.
    func testMark(in records: BuildRecords) throws -> (@Sendable (ReportFacts.Case) -> TestMark?)? {
        guard let reports = try RecordedReports(of: self), reports.hasTests else { return nil }
        let history = try TestHistory(before: self, reports.context, in: records)
        return { history.mark($0.fullName) }
    }
}

extension RecordedBuild {
    /// The coverage of the last build before this one that was made of the same project and branch, and had some; `nil` where
    /// this one has none.
    ///
    /// - Throws: ``FileError`` when a record cannot be read.
    func earlierCoverage(in records: BuildRecords) throws -> EarlierCoverage? {
        guard let own = try RecordedReports(of: self), own.hasCoverage else { return nil }
        for earlier in records.newest(TestHistory.reach) where earlier.uuid != uuid && earlier.lastChange < lastChange {
            guard let reports = try RecordedReports(of: earlier), reports.context == own.context, reports.hasCoverage
            else { continue }
            return EarlierCoverage(build: String(earlier.uuid.prefix(8)), reports: try reports.facts())
        }
        return nil
    }
}

/// The reports in a build's record.
struct RecordedReports: Sendable {
    /// What decides with which builds one is compared.
    struct Context: Sendable, Codable, Equatable {
        var project: String?
        /// The branch, or the commit of a source without one.
        var branch: String?
        /// The build's name within its batch: another build of it has other tests, or the same ones elsewhere.
        var batchIdentifier: String?
    }

    let context: Context
    private let folder: String

    /// - Returns: `nil` for a build without reports.
    init?(of build: RecordedBuild) throws {
        folder = build.folder
        let path = "\(folder)/\(ReportFiles.reports)"
        guard Files.kind(of: path) == .file else { return nil }
        let bytes = try Files.read(path)
        // One that a killed program has left half is none.
        guard let context = try? JSONDecoder().decode(Context.self, from: Data(bytes)) else { return nil }
        self.context = context
    }

    var hasTests: Bool { Files.kind(of: "\(folder)/\(ReportFiles.cases)") == .file }

    var hasCoverage: Bool { Files.kind(of: "\(folder)/\(ReportFiles.coverages)") == .file }

    /// The reports themselves, as the end of the build has told them.
    func facts() throws -> [ReportFacts] {
        struct Document: Decodable { let reports: [ReportFacts] }
        let bytes = try Files.read("\(folder)/\(ReportFiles.reports)")
        // Those of an older version may lack what is needed; they tell nothing.
        return (try? JSONDecoder().decode(Document.self, from: Data(bytes)))?.reports ?? []
    }

    /// Passes the test cases to `body`, one after the other.
    ///
    /// - Parameter isWanted: decides over a line before it is read.
    func forEachCase(
        where isWanted: ([UInt8]) -> Bool = { _ in true }, _ body: (RecordedTestCase) throws -> Void
    ) throws {
        try forEachLine(of: ReportFiles.cases) { line in
            if isWanted(line), let test = RecordedTestCase(jsonLine: line) { try body(test) }
        }
    }

    /// The keys of the tests that failed.
    func failedKeys() throws -> Set<UInt64> {
        var keys: Set<UInt64> = []
        guard Files.kind(of: "\(folder)/\(ReportFiles.failed)") == .file else {
            // The record is of an older version.
            try forEachCase(where: RecordedTestCase.isFailure) { keys.insert(FailedTestLine.key(of: $0.test.fullName)) }
            return keys
        }
        try forEachLine(of: ReportFiles.failed) { line in
            keys.insert(line.withUnsafeBytes { FailedTestLine.key(ofLine: $0) })
        }
        return keys
    }

    /// Passes the full names of the tests that failed to `body`.
    func forEachFailedName(_ body: (String) -> Void) throws {
        struct Line: Decodable { let name: String }
        guard Files.kind(of: "\(folder)/\(ReportFiles.failed)") == .file else {
            return try forEachCase(where: RecordedTestCase.isFailure) { body($0.test.fullName) }
        }
        let decoder = JSONDecoder()
        try forEachLine(of: ReportFiles.failed) { line in
            // Half a line that a killed build has left tells nothing.
            if let line = try? decoder.decode(Line.self, from: Data(line)) { body(line.name) }
        }
    }

    /// Writes the JSON of the reports, their cases and covered files, and one JUnit report, to a new folder.
    func write(to folder: String) throws {
        try Folder.make(folder, mode: 0o777)
        for name in [ReportFiles.reports, ReportFiles.cases, ReportFiles.coverages] {
            guard let file = try Folder.open("\(self.folder)/\(name)") else { continue }
            let copy = try Folder.append("\(folder)/\(name)")
            try explaining("write `\(folder)/\(name)`") { try file.readToEnd(stop: nil) { try copy.writeAll($0) } }
        }
        if hasTests { try Self.writeJUnit(of: [(nil, self)], to: "\(folder)/junit.xml") }
    }

    /// Passes the lines of one of the record's files to `body`, one after the other; none of a file that is not there.
    func forEachLine(of name: String, _ body: ([UInt8]) throws -> Void) throws {
        guard let file = try Folder.open("\(folder)/\(name)") else { return }
        var line: [UInt8] = []
        func take() throws {
            try body(line)
            line.removeAll(keepingCapacity: true)
        }
        try file.readToEnd(stop: nil) { bytes in
            var rest = bytes
            while let end = rest.firstIndex(of: 0x0a) {
                line.append(contentsOf: rest[..<end])
                try take()
                rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
            }
            line.append(contentsOf: rest)
        }
        if !line.isEmpty { try take() }
    }

    /// Writes the JUnit file of all test cases of some builds, whatever formats they came in.
    ///
    /// - Parameter parts: the reports with the builds' names in their batch, which go before the names of their suites.
    static func writeJUnit(of parts: [(identifier: String?, reports: RecordedReports)], to path: String) throws {
        let draft = "\(path).\(UniqueName.make()).tmp"
        do {
            let file = try Folder.append(draft)
            var text = JUnitText(), waiting = text.head
            for (identifier, reports) in parts {
                try reports.forEachCase { test in
                    waiting += text.text(of: test, in: identifier)
                    if waiting.count > 1 << 16 {
                        try file.writeAll(waiting)
                        waiting = []
                    }
                }
            }
            try file.writeAll(waiting + text.end)
            try Folder.move(draft, to: path)
        } catch {
            try? Folder.remove(draft)
            throw error
        }
    }
}
