/// SimpleCov's JSON: `.resultset.json`, old and new, and `coverage.json`.
///
/// One file may stand in the results of several commands, which are merged: all are kept to the end, a byte for each line.
final class SimpleCovReading {
    private let take: Take
    private var place = JSONPlace()
    private var paths: [String] = []
    private var files: [String: SourceFile] = [:]
    private var current = SourceFile()
    private var kept = 0
    private var hasCoverage = false

    private struct SourceFile {
        /// 0: no code, 1: missed, 2: reached.
        var lines: [UInt8] = []
        var branches: [UInt8] = []

        mutating func merge(_ other: SourceFile) {
            lines = Self.merged(lines, other.lines)
            branches = Self.merged(branches, other.branches)
        }

        private static func merged(_ one: [UInt8], _ other: [UInt8]) -> [UInt8] {
            var merged = one.count > other.count ? one : other
            for (index, value) in (one.count > other.count ? other : one).enumerated() {
                merged[index] = max(merged[index], value)
            }
            return merged
        }

        static func coverage(_ marks: [UInt8]) -> Coverage {
            marks.reduce(into: Coverage()) { sum, mark in if mark > 0 { sum.count(mark == 2) } }
        }
    }

    init(take: @escaping Take) { self.take = take }

    func read(_ event: JSONEvent) throws {
        switch event {
        case .endObject, .endArray:
            if let base, place.depth == base + 2 { try endFile(place.names[base]) }
        case .number(let number, _): try mark(number > 0 ? 2 : 1)
        case .null: try mark(0)
        // Lines that the source excludes.
        case .string: try mark(0)
        default: break
        }
        place.follow(event)
    }

    /// The index of the container whose names are those of source files.
    private var base: Int? {
        let names = place.names
        if names.count > 2, names[1] == "coverage" { return 2 }
        if names.count > 1, names[0] == "coverage" { return 1 }
        return nil
    }

    private func mark(_ value: UInt8) throws {
        guard let base else { return }
        let names = place.names, areArrays = place.areArrays
        let isOfLine =
            names.count == base + 2 && areArrays[base + 1]
            || names.count == base + 3 && names[base + 1] == "lines" && areArrays[base + 2]
        if isOfLine {
            current.lines.append(value)
        } else if names.count == base + 4, names[base + 1] == "branches",
            !areArrays[base + 2] || names[base + 3] == "coverage"
        {
            // In a list, each branch is an object with its `coverage`; else each condition has an object of branches.
            current.branches.append(value)
        } else {
            return
        }
        guard kept + current.lines.count + current.branches.count <= ReadingLimits.linesOfAll else {
            throw ReportProblem(.tooLarge, "the file has more than \(ReadingLimits.linesOfAll) lines of source files")
        }
    }

    private func endFile(_ path: String) throws {
        hasCoverage = true
        defer { current = SourceFile() }
        guard var known = files[path] else {
            guard paths.count < 1 << 18 else { throw ReportProblem(.tooLarge, "the file has too many source files") }
            paths.append(path)
            files[path] = current
            kept += current.lines.count + current.branches.count
            return
        }
        known.merge(current)
        files[path] = known
    }

    func finish() throws {
        guard hasCoverage else {
            throw ReportProblem(
                .otherFormat, "the file is none of SimpleCov's: it has no `coverage` with the lines of source files")
        }
        for path in paths {
            guard let file = files[path] else { continue }
            try take(
                .coverage(
                    CoverageFile(
                        path: path, lines: SourceFile.coverage(file.lines), branches: SourceFile.coverage(file.branches)
                    )))
        }
    }
}
