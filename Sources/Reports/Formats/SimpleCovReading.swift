/// SimpleCov's JSON: `.resultset.json`, old and new, and `coverage.json`.
///
/// One file may stand in the results of several commands, which are merged: all are kept to the
/// end, a byte for each line.
final class SimpleCovReading {
    private let take: Take
    private let limit: Int
    private var place = JSONPlace()
    /// The source files in the order in which they are told first, and the place of each among them.
    private var files: [SourceFile] = []
    private var indexes: [String: Int] = [:]
    /// The file that is read.
    private var current: Int?
    private var kept = 0

    /// Whether some source file has been found: what has none is no file of SimpleCov's.
    var isOfFormat: Bool { !files.isEmpty }

    private struct SourceFile {
        let path: String
        var lines = Marks(), branches = Marks()
    }

    /// What is known of the lines of a file, or of its branches.
    private struct Marks {
        /// 0: no code, 1: missed, 2: reached.
        private var values: [UInt8] = []
        /// How many of them have been told, this time.
        private var told = 0

        mutating func beginAgain() { told = 0 }

        /// Takes the next mark. Of several times the best counts.
        ///
        /// - Returns: whether there is one more now.
        mutating func add(_ mark: UInt8) -> Bool {
            told += 1
            guard told > values.count else {
                values[told - 1] = max(values[told - 1], mark)
                return false
            }
            values.append(mark)
            return true
        }

        var coverage: Coverage {
            values.reduce(into: Coverage()) { sum, mark in if mark > 0 { sum.count(mark == 2) } }
        }
    }

    /// - Parameter limit: the most lines, branches and bytes of paths that are kept.
    init(limit: Int = ReadingLimits.linesOfAll, take: @escaping Take) {
        self.limit = limit
        self.take = take
    }

    func read(_ event: JSONEvent) throws {
        switch event {
        case .beginObject, .beginArray:
            if let base, place.depth == base + 1 { try beginFile(place.names[base]) }
        case .endObject, .endArray:
            if let base, place.depth == base + 2 { current = nil }
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
        guard let base, let current else { return }
        let names = place.names, areArrays = place.areArrays
        let isOfLine =
            names.count == base + 2 && areArrays[base + 1]
            || names.count == base + 3 && names[base + 1] == "lines" && areArrays[base + 2]
        if isOfLine {
            if files[current].lines.add(value) { try keep(1) }
        } else if names.count == base + 4, names[base + 1] == "branches",
            !areArrays[base + 2] || names[base + 3] == "coverage"
        {
            // In a list, each branch is an object with its `coverage`; else each condition has an object of branches.
            if files[current].branches.add(value) { try keep(1) }
        }
    }

    private func keep(_ count: Int) throws {
        kept += count
        guard kept <= limit else {
            throw ReportProblem(
                .tooLarge, "the file has more than \(limit) lines of source files and bytes of their paths")
        }
    }

    private func beginFile(_ path: String) throws {
        if let known = indexes[path] {
            files[known].lines.beginAgain()
            files[known].branches.beginAgain()
            current = known
            return
        }
        guard files.count < 1 << 18 else { throw ReportProblem(.tooLarge, "the file has too many source files") }
        try keep(path.utf8.count)
        current = files.count
        indexes[path] = files.count
        files.append(SourceFile(path: path))
    }

    func finish() throws {
        guard isOfFormat else {
            throw ReportProblem(
                .otherFormat, "the file is none of SimpleCov's: it has no `coverage` with the lines of source files")
        }
        for file in files {
            try take(
                .coverage(
                    CoverageFile(path: file.path, lines: file.lines.coverage, branches: file.branches.coverage)))
        }
    }
}
