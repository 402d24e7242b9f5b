/// The lines of one source file, each counted once however often it is told.
struct LineTable {
    private struct Line {
        var isCovered: Bool
        var branches: Coverage
    }

    private var lines: [Int: Line] = [:]

    var isEmpty: Bool { lines.isEmpty }

    /// Adds what is told of a line. Of several times the best counts.
    mutating func add(_ number: Int, isCovered: Bool, branches: Coverage = Coverage()) throws(ReportProblem) {
        guard var line = lines[number] else {
            guard lines.count < ReadingLimits.linesOfFile else {
                throw ReportProblem(
                    .tooLarge, "a source file has more than \(ReadingLimits.linesOfFile) lines, or its name is missing")
            }
            lines[number] = Line(isCovered: isCovered, branches: branches)
            return
        }
        line.isCovered = line.isCovered || isCovered
        // A mention without branches says nothing of them.
        if branches != Coverage(), branches.covered >= line.branches.covered { line.branches = branches }
        lines[number] = line
    }

    var coverage: (lines: Coverage, branches: Coverage) {
        var covered = Coverage(), branches = Coverage()
        for line in lines.values {
            covered.count(line.isCovered)
            branches += line.branches
        }
        return (covered, branches)
    }
}
