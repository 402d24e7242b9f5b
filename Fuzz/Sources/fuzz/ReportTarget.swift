import Reports

/// A report file: the first byte names its format, the second the length of the pieces it comes in.
enum ReportTarget {
    static func check(_ bytes: [UInt8]) {
        guard bytes.count > 2 else { return }
        let formats = ReportFormat.allCases
        let format = formats[Int(bytes[0]) % formats.count], length = Int(bytes[1]) + 1
        let file = Array(bytes[2...])
        let one = read(format, file, pieces: length), other = read(format, file, pieces: file.count)
        require(one == other, "the length of the pieces is of no account")
    }

    private static func read(_ format: ReportFormat, _ file: [UInt8], pieces: Int) -> ReportTotals? {
        var totals = ReportTotals()
        do {
            let reader = try ReportReader(format) { totals.add($0) }
            try file.withUnsafeBytes { file in
                for start in stride(from: 0, to: file.count, by: pieces) {
                    try reader.feed(
                        UnsafeRawBufferPointer(rebasing: file[start..<min(start + pieces, file.count)]))
                }
            }
            try reader.finish()
        } catch {
            require(error is ReportProblem, "a file that is not read has a problem that says why: \(error)")
            return nil
        }
        return totals
    }
}
