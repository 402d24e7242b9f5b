internal import ArgumentParser
internal import BuildPlanning
internal import Files
internal import Rendering

/// The flags of `show` that are about tests.
struct TestOptions: ParsableArguments {
    @Flag(help: "List the test cases of the build's reports, failed ones first.")
    var tests = false

    @Flag(help: "With --tests: only those that failed, with stacks.")
    var failed = false

    @Flag(help: "With --tests: the slowest fifty.")
    var slow = false

    @Flag(
        help: ArgumentHelp(
            "With --tests: only those that failed anew.",
            discussion: "That failed in none of the last ten builds of the branch."))
    var new = false

    @Option(help: ArgumentHelp("Write all test cases as one JUnit report.", valueName: "file"))
    var junit: String?

    @Option(
        help: ArgumentHelp(
            "Write what the record has of reports to a folder.",
            discussion: """
                A new one: their JSON, all test cases, covered files, and one JUnit report, with secrets masked. The files \
                themselves are not kept: `run --reports DIR` copies them.
                """, valueName: "dir"))
    var reports: String?

    func validate() throws {
        guard tests || !(failed || slow || new) else {
            throw ValidationError("`--failed`, `--slow` and `--new` go with `--tests`")
        }
        guard !slow || !(failed || new) else {
            throw ValidationError("`--slow` goes with neither `--failed` nor `--new`")
        }
    }

    /// Whether anything about tests was asked.
    var isAsked: Bool { tests || junit != nil || reports != nil }

    /// Prints the test cases of a build, or writes them to a file.
    func show(_ build: RecordedBuild, _ format: PlanFormat, on machine: Machine) throws -> ExitStatus {
        let recorded = try RecordedReports(of: build)
        if let folder = self.reports {
            guard let recorded else {
                throw Failure(
                    .noSuchFile, "the build \(build.uuid.prefix(8)) has no reports",
                    help: "`reports:` in the buildspec names their files")
            }
            try write([(nil, recorded)], to: folder, on: machine)
            guard tests || junit != nil else { return .succeeded }
        }
        guard let reports = recorded, reports.hasTests else {
            throw Self.noTests("the build \(build.uuid.prefix(8)) has")
        }
        return try show([Tested(build: build, reports: reports)], format, on: machine)
    }

    /// Prints the test cases of all builds of a batch, each below its identifier, or writes them to a file.
    func show(_ batch: BatchResult, _ format: PlanFormat, on machine: Machine) throws -> ExitStatus {
        let records = BuildRecords(machine.places)
        if let folder = reports {
            let recorded = try batch.groups.compactMap { group in
                try group.build.flatMap { try RecordedReports(of: records.build($0.uuid)) }
                    .map { (group.task.identifier as String?, $0) }
            }
            guard !recorded.isEmpty else {
                throw Failure(.noSuchFile, "the builds of the batch \(batch.id.uuid.prefix(8)) have no reports")
            }
            try write(recorded, to: folder, on: machine)
            guard tests || junit != nil else { return .succeeded }
        }
        let tested: [Tested] = try batch.groups.compactMap { group in
            guard let uuid = group.build?.uuid else { return nil }
            let build = records.build(uuid)
            guard let reports = try RecordedReports(of: build), reports.hasTests else { return nil }
            return Tested(identifier: group.task.identifier, build: build, reports: reports)
        }
        guard !tested.isEmpty else { throw Self.noTests("the builds of the batch \(batch.id.uuid.prefix(8)) have") }
        let status = try show(tested, before: try TestHistory(before: batch, in: records), format, on: machine)
        guard tests, format == .text, !(failed || slow || new) else { return status }
        for report in batch.reports where report.testSummary != nil {
            try machine.terminal.write(Array("\(report.name) \(report.status.rawValue)\n".utf8))
        }
        try machine.terminal.write(Array(EarlierCoverage.lines(of: batch.reports, since: nil).utf8))
        return status
    }

    /// Writes what records have of reports to a new folder, each build of a batch to one below it.
    private func write(
        _ parts: [(identifier: String?, reports: RecordedReports)], to path: String, on machine: Machine
    ) throws {
        let folder = try ReportFolder(machine.places.absolute(path))
        do {
            for (identifier, reports) in parts {
                try reports.write(to: identifier.map { "\(folder.draft)/\($0)" } ?? folder.draft)
            }
            try folder.publish()
        } catch {
            try? folder.remove()
            throw error
        }
    }

    private static func noTests(_ who: String) -> Failure {
        Failure(
            .noSuchFile, "\(who) no reports of tests",
            help: "`reports:` in the buildspec names their files; files like TEST-*.xml are found without it")
    }

    /// A build with reports of tests.
    private struct Tested {
        /// Its name in its batch.
        var identifier: String?
        let build: RecordedBuild
        let reports: RecordedReports
    }

    /// - Parameter earlier: what is known of the tests of all builds together; `nil` where each has a history of its own.
    private func show(
        _ tested: [Tested], before earlier: TestHistory? = nil, _ format: PlanFormat, on machine: Machine
    ) throws -> ExitStatus {
        if let junit {
            try RecordedReports.writeJUnit(
                of: tested.map { ($0.identifier, $0.reports) }, to: machine.places.absolute(junit))
        }
        guard tests else { return .succeeded }
        var printer = TestPrinter(format, on: machine.terminal)
        for part in tested {
            printer.begin(part.identifier)
            let history =
                try earlier
                ?? TestHistory(before: part.build, part.reports.context, in: BuildRecords(machine.places))
            let mark: (RecordedTestCase) -> TestMark? = { $0.isFailure ? history.mark($0.test.fullName) : nil }
            if slow {
                for test in try slowest(of: part.reports) { try printer.print(test, mark(test)) }
                continue
            }
            try part.reports.forEachCase(where: RecordedTestCase.isFailure) { test in
                let mark = mark(test)
                if !new || mark == .new || history.isEmpty { try printer.print(test, mark, withStack: failed || new) }
            }
            if !(failed || new) {
                try part.reports.forEachCase(where: { !RecordedTestCase.isFailure($0) }) { try printer.print($0, nil) }
            }
        }
        try printer.finish()
        // Of a batch the sums are told of all builds together.
        if format == .text, !(failed || slow || new), let only = tested.first, only.identifier == nil,
            only.reports.hasCoverage
        {
            let earlier = try only.build.earlierCoverage(in: BuildRecords(machine.places))
            try machine.terminal.write(
                Array(EarlierCoverage.lines(of: try only.reports.facts(), since: earlier).utf8))
        }
        return .succeeded
    }

    private func slowest(of reports: RecordedReports) throws -> [RecordedTestCase] {
        var all: [RecordedTestCase] = []
        func sort() {
            all.sort { $0.test.durationInNanoSeconds > $1.test.durationInNanoSeconds }
            all.removeLast(max(0, all.count - 50))
        }
        try reports.forEachCase { test in
            all.append(test)
            if all.count >= 500 { sort() }
        }
        sort()
        return all
    }
}

extension RecordedTestCase {
    var isFailure: Bool { test.status == "FAILED" || test.status == "ERROR" }
}

/// Prints test cases one by one, as text or as one JSON document.
private struct TestPrinter {
    private let format: PlanFormat
    private let terminal: Terminal
    private var count = 0
    private var identifier: String?
    /// Whether the identifier is told before the next case.
    private var isNew = false

    init(_ format: PlanFormat, on terminal: Terminal) {
        self.format = format
        self.terminal = terminal
    }

    /// Notes the build that the next cases are of, by its name in its batch.
    mutating func begin(_ identifier: String?) {
        self.identifier = identifier
        isNew = identifier != nil
    }

    mutating func print(_ test: RecordedTestCase, _ mark: TestMark?, withStack: Bool = false) throws {
        count += 1
        if isNew, format != .json { try terminal.write(Array("\(identifier ?? ""):\n".utf8)) }
        isNew = false
        switch format {
        case .json:
            let head = count == 1 ? "{\"version\":1,\"testCases\":[\n" : ",\n"
            try terminal.write(Array(head.utf8) + test.json(mark, in: identifier).bytes)
        default: try terminal.write(Array(test.text(mark, withStack: withStack).utf8))
        }
    }

    func finish() throws {
        guard format == .json else { return }
        try terminal.write(Array((count == 0 ? "{\"version\":1,\"testCases\":[]}\n" : "\n]}\n").utf8))
    }
}
