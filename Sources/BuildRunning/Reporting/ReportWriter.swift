internal import BuildPlanning
internal import Files
internal import Reports

/// The files of a build's record that hold every case and every source file of its reports, a line each.
final class ReportWriter {
    private var cases: Lines, files: Lines, failed: Lines

    init(_ folder: String) {
        cases = Lines("\(folder)/\(ReportFiles.cases)")
        files = Lines("\(folder)/\(ReportFiles.coverages)")
        failed = Lines("\(folder)/\(ReportFiles.failed)")
    }

    /// Writes a case under the names of the API (TestCase); the last four are ours.
    func write(_ test: TestCase, of group: ReportGroup, in path: String) throws {
        if test.status.isFailure {
            FailedTestLine.add(test.fullName, to: &failed.text)
            try failed.endLine()
        }
        Self.add(test, of: group, in: path, to: &cases.text)
        try cases.endLine()
    }

    private static func add(_ test: TestCase, of group: ReportGroup, in path: String, to text: inout JSONLine) {
        text.add("reportArn", group.reportARN)
        text.add("testRawDataPath", path)
        text.add("prefix", test.className)
        text.add("name", test.name)
        text.add("status", test.status.rawValue)
        text.add("durationInNanoSeconds", test.nanoseconds)
        text.add("message", test.message)
        text.add("testSuiteName", test.suite)
        text.add("stackTrace", test.stack)
        text.add("file", test.file)
        text.add("line", test.line)
        if test.isFlaky { text.add("flaky", true) }
    }

    /// Writes a source file under the names of the API (CodeCoverage).
    func write(_ file: CoverageFile, number: Int, of group: ReportGroup) throws {
        files.text.add("id", "\(number)")
        files.text.add("reportARN", group.reportARN)
        files.text.add("filePath", file.path)
        files.text.add("lineCoveragePercentage", file.lines.percentage)
        files.text.add("linesCovered", file.lines.covered)
        files.text.add("linesMissed", file.lines.missed)
        files.text.add("branchCoveragePercentage", file.branches.percentage)
        files.text.add("branchesCovered", file.branches.covered)
        files.text.add("branchesMissed", file.branches.missed)
        try files.endLine()
    }

    /// Writes what waits.
    func flush() throws {
        try cases.flush()
        try files.flush()
        // That nothing has failed is told by a file, too.
        try failed.flush(evenEmpty: cases.isThere)
    }

    /// The lines of one file, which is made with the first of them.
    private struct Lines {
        var text = JSONLine()
        private let path: String
        private var file: OwnedDescriptor?

        private static let step = 1 << 16

        init(_ path: String) { self.path = path }

        var isThere: Bool { file != nil }

        mutating func endLine() throws {
            text.end()
            if text.bytes.count > Self.step { try flush() }
        }

        mutating func flush(evenEmpty: Bool = false) throws {
            guard !text.bytes.isEmpty || evenEmpty else { return }
            let file = try file ?? Folder.append(path)
            self.file = file
            try file.writeAll(text.bytes)
            text.clear()
        }
    }
}
