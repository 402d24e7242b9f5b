@testable import Reports

/// Reads a report in pieces of a length.
func read(_ format: ReportFormat, _ text: String, pieces: Int = 7) throws -> [ReportItem] {
    try read(format, Array(text.utf8), pieces: pieces)
}

func read(_ format: ReportFormat, _ bytes: [UInt8], pieces: Int = 1 << 16) throws -> [ReportItem] {
    var items: [ReportItem] = []
    let reader = try ReportReader(format) { items.append($0) }
    try feed(reader, bytes, pieces: pieces)
    return items
}

func feed(_ reader: ReportReader, _ bytes: [UInt8], pieces: Int) throws {
    try bytes.withUnsafeBytes { bytes in
        var rest = bytes
        while !rest.isEmpty {
            try reader.feed(UnsafeRawBufferPointer(rebasing: rest.prefix(pieces)))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(pieces))
        }
    }
    try reader.finish()
}

func cases(_ format: ReportFormat, _ text: String, pieces: Int = 7) throws -> [TestCase] {
    try read(format, text, pieces: pieces).compactMap { if case .test(let test) = $0 { test } else { nil } }
}

func files(_ format: ReportFormat, _ text: String, pieces: Int = 7) throws -> [CoverageFile] {
    try read(format, text, pieces: pieces).compactMap { if case .coverage(let file) = $0 { file } else { nil } }
}

/// The problem of a file that is not read.
func problem(_ format: ReportFormat, _ text: String) -> ReportProblem? { problem(format, Array(text.utf8)) }

func problem(_ format: ReportFormat, _ bytes: [UInt8]) -> ReportProblem? {
    do {
        _ = try read(format, bytes)
        return nil
    } catch { return error as? ReportProblem }
}
