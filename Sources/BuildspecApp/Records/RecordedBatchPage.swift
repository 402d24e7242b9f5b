internal import BuildPlanning
internal import BuildRunning
internal import Files
internal import Rendering

/// The page of a batch with those of its builds, as files.
struct RecordedBatchPage {
    let batch: BatchResult
    let machine: Machine

    /// Writes the page, and into a folder beside it (`NAME-builds`) a page of each build.
    ///
    /// - Parameter path: absolute.
    func write(to path: String) async throws {
        let records = BuildRecords(machine.places)
        let name = path.split(separator: "/").last.map(String.init) ?? "batch.html"
        let folder = (name.hasSuffix(".html") ? String(name.dropLast(".html".count)) : name) + "-builds"
        let place = "\(path.dropLast(name.count))\(folder)"
        var links: [String: String] = [:]
        for group in batch.groups {
            guard let uuid = group.build?.uuid else { continue }
            let build = records.build(uuid)
            guard Files.kind(of: build.logPath) == .file else { continue }
            let file = "\(uuid.prefix(8)).html"
            try Folder.make(place, mode: 0o777)
            try Folder.replace("\(place)/\(file)", with: try await build.page(in: records, on: machine), mode: 0o666)
            links[group.task.identifier] = "\(Self.encoded(folder))/\(file)"
        }
        try Folder.replace(path, with: try html(links), mode: 0o666)
    }

    /// The page alone.
    ///
    /// - Parameter links: the addresses of the builds' pages, by the builds' identifiers.
    func html(_ links: [String: String] = [:]) throws -> [UInt8] {
        let records = BuildRecords(machine.places)
        var page = BatchPage(batch, links: links)
        if let mark = try batch.testMark(in: records) { page.mark = mark }
        page.coveredFiles = try coveredFiles(in: records)
        return page.html
    }

    /// The source files that a fanout's merged reports of coverage tell of.
    private func coveredFiles(in records: BuildRecords) throws -> [CoveredFile] {
        guard batch.isFanout else { return [] }
        var files: [CoveredFile] = []
        for uuid in batch.groups.compactMap(\.build?.uuid) {
            var own: [CoveredFile] = []
            try RecordedReports(of: records.build(uuid))?.forEachLine(of: ReportFiles.coverages) { line in
                if let file = CoveredFile(jsonLine: line) { own.append(file) }
            }
            files = CoveredFile.merged(files + own)
        }
        return Array(files.prefix(BuildPage.fileLimit))
    }

    /// A file's name as an address has it.
    private static func encoded(_ name: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return name.utf8.reduce(into: "./") { text, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                text.unicodeScalars.append(UnicodeScalar(byte))
            default:
                text += "%" + String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
            }
        }
    }
}
