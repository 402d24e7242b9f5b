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

    func validate() throws {
        guard tests || !(failed || slow || new) else {
            throw ValidationError("`--failed`, `--slow` and `--new` go with `--tests`")
        }
        guard !slow || !(failed || new) else {
            throw ValidationError("`--slow` goes with neither `--failed` nor `--new`")
        }
    }

    /// Whether anything about tests was asked.
    var isAsked: Bool { tests || junit != nil }

    /// Prints the test cases of a build, or writes them to a file.
    func show(_ build: RecordedBuild, _ format: PlanFormat, on machine: Machine) throws -> ExitStatus {
        guard let reports = try RecordedReports(of: build), reports.hasTests else {
            throw Failure(
                .noSuchFile, "the build \(build.uuid.prefix(8)) has no reports of tests",
                help: "`reports:` in the buildspec names their files; files like TEST-*.xml are found without it")
        }
        if let junit { try reports.writeJUnit(to: machine.places.absolute(junit)) }
        guard tests else { return .succeeded }
        let history = try TestHistory(before: build, reports.context, in: BuildRecords(machine.places))
        var printer = TestPrinter(format, on: machine.terminal)
        let mark: (RecordedTestCase) -> TestMark? = { $0.isFailure ? history.mark($0.test.fullName) : nil }
        if slow {
            for test in try slowest(of: reports) { try printer.print(test, mark(test)) }
        } else {
            try reports.forEachCase(where: RecordedTestCase.isFailure) { test in
                let mark = mark(test)
                if !new || mark == .new || history.isEmpty { try printer.print(test, mark, withStack: failed || new) }
            }
            if !(failed || new) {
                try reports.forEachCase(where: { !RecordedTestCase.isFailure($0) }) { try printer.print($0, nil) }
            }
        }
        try printer.finish()
        if format == .text, !(failed || slow || new), reports.hasCoverage {
            let earlier = try build.earlierCoverage(in: BuildRecords(machine.places))
            try machine.terminal.write(
                Array(EarlierCoverage.lines(of: try reports.facts(), since: earlier).utf8))
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

    init(_ format: PlanFormat, on terminal: Terminal) {
        self.format = format
        self.terminal = terminal
    }

    mutating func print(_ test: RecordedTestCase, _ mark: TestMark?, withStack: Bool = false) throws {
        count += 1
        switch format {
        case .json:
            let head = count == 1 ? "{\"version\":1,\"testCases\":[\n" : ",\n"
            try terminal.write(Array(head.utf8) + test.json(mark).bytes)
        default: try terminal.write(Array(test.text(mark, withStack: withStack).utf8))
        }
    }

    func finish() throws {
        guard format == .json else { return }
        try terminal.write(Array((count == 0 ? "{\"version\":1,\"testCases\":[]}\n" : "\n]}\n").utf8))
    }
}
