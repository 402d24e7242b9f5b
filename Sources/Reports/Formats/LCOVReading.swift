/// LCOV's tracefile, line by line.
final class LCOVReading {
    private let take: Take
    private var line: [UInt8] = []
    private var number = 0
    private var path: String?
    private var lines = LineTable()
    private var found = Coverage(), foundBranches = Coverage()
    /// Whether some source file has been found: the content tells the format then.
    private(set) var isOfFormat = false

    init(take: @escaping Take) { self.take = take }

    func feed(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while let end = rest.firstIndex(of: 0x0a) {
            line.append(contentsOf: rest[..<end])
            try readLine()
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        }
        line.append(contentsOf: rest)
        guard line.count <= ReadingLimits.text else {
            throw ReportProblem(.tooLarge, "line \(number + 1) has more than \(ReadingLimits.text >> 20) MB")
        }
    }

    func finish() throws {
        guard number > 0 || !line.isEmpty else { throw ReportProblem.empty }
        try readLine()
        guard isOfFormat else {
            throw ReportProblem(.otherFormat, "the file is no LCOV tracefile: it has no line that begins with `SF:`")
        }
        if path != nil { throw ReportProblem.truncated("line \(number): `end_of_record` is missing") }
    }

    private func readLine() throws {
        number += 1
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        let trimmed = text.last == "\r" ? text.dropLast() : text[...]
        if trimmed == "end_of_record" { return try flush() }
        guard let colon = trimmed.firstIndex(of: ":") else { return }
        let values = trimmed[trimmed.index(after: colon)...]
        switch trimmed[..<colon] {
        case "SF":
            try flush()
            isOfFormat = true
            path = String(values)
        case "DA" where path != nil:
            let parts = values.split(separator: ",")
            guard parts.count >= 2, let number = Int(count: String(parts[0])), let hits = Double(parts[1]) else {
                return
            }
            try lines.add(number, isCovered: hits > 0)
        case "BRDA" where path != nil:
            let parts = values.split(separator: ",")
            // `-`: nothing of its line has run.
            if parts.count >= 4 { foundBranches.count((Int(parts[parts.count - 1]) ?? 0) > 0) }
        case "LF": found.missed = Int(count: String(values)) ?? 0
        case "LH": found.covered = Int(count: String(values)) ?? 0
        default: break
        }
    }

    private func flush() throws {
        guard let path else { return }
        let counted =
            lines.isEmpty
            ? Coverage(covered: found.covered, missed: max(0, found.missed - found.covered)) : lines.coverage.lines
        let branches = foundBranches
        self.path = nil
        lines = LineTable()
        (found, foundBranches) = (Coverage(), Coverage())
        try take(.coverage(CoverageFile(path: path, lines: counted, branches: branches)))
    }
}
