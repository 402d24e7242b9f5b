internal import BuildPlanning
internal import BuildRunning
internal import Files
internal import Rendering

extension RecordedBuild {
    /// The build as one HTML file.
    ///
    /// - Throws: ``FileError`` when the record cannot be read.
    func page(in records: BuildRecords, on machine: Machine) async throws -> [UInt8] {
        var page = BuildPage()
        // Asked first: a build that ends in between has written its end.
        let isRunning = isRunning
        try forEachEvent { page.add($0) }
        return try await html(of: page, isRunning: isRunning, in: records, on: machine)
    }

    /// A page that has the build's events, with all else that there is to show.
    ///
    /// - Parameter isRunning: as it was before the events were read.
    func html(
        of page: BuildPage, isRunning: Bool, in records: BuildRecords, on machine: Machine
    ) async throws -> [UInt8] {
        var page = page
        page.logPath = logPath
        if !isRunning { page.endAsLost() }
        page.recipe = try RecordedRecipe.read(from: self)
        page.green = try await GreenDifference(build: self, records: records, machine: machine).comparison()
        let json = "\(folder)/build.json"
        if Files.kind(of: json) == .file { page.variables = PageVariable.read(try Files.read(json)) }
        guard let reports = try RecordedReports(of: self) else { return page.html }
        if reports.hasTests {
            let history = try TestHistory(before: self, reports.context, in: records)
            try reports.forEachCase(where: RecordedTestCase.isFailure) { test in
                guard test.isFailure, page.failedTests.count < BuildPage.testLimit else { return }
                page.failedTests.append(.init(test, mark: history.mark(test.test.fullName)))
            }
        }
        try reports.forEachLine(of: ReportFiles.coverages) { line in
            guard page.coveredFiles.count < BuildPage.fileLimit, let file = CoveredFile(jsonLine: line) else { return }
            page.coveredFiles.append(file)
        }
        return page.html
    }
}
