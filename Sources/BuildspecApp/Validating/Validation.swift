internal import Archives
internal import BuildPlanning
internal import Rendering
internal import SpecParsing
internal import Files

/// One `buildspec validate`: finds the files, reads them, looks further, and reports.
struct Validation: Sendable {
    enum Format: String, CaseIterable { case text, json, sarif, github }

    let arguments: [String]
    let format: Format
    let isStrict: Bool
    let project: ValidatedProject
    let terminal: Terminal

    private var places: Places { project.places }

    /// - Returns: the worst that happened to any of the files.
    func run() async throws -> ExitStatus {
        let search =
            if arguments.isEmpty, let buildspec = try project.buildspec() {
                try BuildspecSearch(buildspec, places: places)
            } else {
                BuildspecSearch(arguments.isEmpty ? ["buildspec.yml"] : arguments, places: places)
            }
        let found = search.found
        var outcomes = try await readAll(found)
        try await lookFurther(&outcomes)
        let files = zip(found, outcomes).map { found, outcome in
            switch outcome {
            case .read(let file):
                ValidationReport.File(path: found.shown, findings: file.diagnostics, source: file.source)
            case .failed(let failure): ValidationReport.File(path: found.shown, problem: failure.message)
            }
        }
        let report = ValidationReport(files, isStrict: isStrict, passedOver: search.passedOver)
        var failures = outcomes.compactMap(\.failure)
        if arguments.isEmpty { failures = failures.map(explained) }
        try terminal.write(bytes(of: report))
        for failure in failures { terminal.say(failure) }
        if files.count > 1 || search.passedOver > 0 {
            terminal.say(report.summary + "\n")
        } else if terminal.isInteractive, format == .text, failures.isEmpty, files.allSatisfy(\.findings.isEmpty) {
            // Somebody who looks on wonders whether anything was checked.
            terminal.say("\(files.map(\.path).joined()): no problem found\n")
        }
        return status(report, failures)
    }

    /// Adds the findings of checks that need more than a file's text, when all files have been read.
    private func lookFurther(_ outcomes: inout [Outcome]) async throws {
        var places: [Int] = [], files: [ShellFindings.File] = []
        for (place, outcome) in outcomes.enumerated() {
            guard case .read(let file) = outcome else { continue }
            places.append(place)
            files.append(file)
        }
        try await ShellFindings.add(to: &files)
        for (place, file) in zip(places, files) { outcomes[place] = .read(file) }
    }

    /// The failure to find the buildspec of this folder, with what helps.
    private func explained(_ failure: Failure) -> Failure {
        guard failure.status == .noSuchFile, failure.help == nil else { return failure }
        let example = BuildspecExample(folder: project.places.currentDirectory)
        return Failure(failure.status, failure.message, help: example.help(naming: "`buildspec validate FILE`"))
    }

    private func bytes(of report: ValidationReport) -> [UInt8] {
        switch format {
        case .text: Array(report.text(color: terminal.outputUsesColor).utf8)
        case .json: report.json.bytes + [0x0a]
        case .sarif: report.sarif(toolVersion: programVersion).bytes + [0x0a]
        case .github: Array(report.github.utf8)
        }
    }

    private func status(_ report: ValidationReport, _ failures: [Failure]) -> ExitStatus {
        let worst: [ExitStatus] = [.inputOutput, .noSuchFile]
        if let status = worst.first(where: { status in failures.contains { $0.status == status } }) { return status }
        return report.files.allSatisfy(report.passes) ? .succeeded : .invalidBuildspec
    }

    // MARK: Reading

    /// What became of one file.
    private enum Outcome: Sendable {
        case read(ShellFindings.File)
        case failed(Failure)

        var failure: Failure? {
            if case .failed(let failure) = self { failure } else { nil }
        }
    }

    /// Reads the files on all processors; the answer is in the order of the question.
    private func readAll(_ found: [BuildspecSearch.Found]) async throws -> [Outcome] {
        let workers = min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), found.count)
        let project = project
        return try await withThrowingTaskGroup(of: (worker: Int, outcomes: [Outcome]).self) { group in
            for worker in 0..<workers {
                group.addTask {
                    try await BlockingThread.run { stop in
                        var facts = FactsByFolder(project: project)
                        // In turns, so that each gets its share of what lies in one folder.
                        let outcomes = try stride(from: worker, to: found.count, by: workers).map { index in
                            try stop.check()
                            return try Self.read(found[index], knowing: &facts, stop)
                        }
                        return (worker, outcomes)
                    }
                }
            }
            var parts = [[Outcome]](repeating: [], count: workers)
            for try await part in group { parts[part.worker] = part.outcomes }
            return found.indices.map { parts[$0 % workers][$0 / workers] }
        }
    }

    private static func read(
        _ found: BuildspecSearch.Found, knowing facts: inout FactsByFolder, _ stop: StopFlag
    ) throws -> Outcome {
        do {
            let bytes: [UInt8]
            var file: String?
            switch found {
            case .file(let shown, let path):
                file = path
                bytes = try Files.read(path, named: shown, limit: DocumentLimits.bytes)
            case .text(_, let text): bytes = text
            case .standardInput:
                bytes = try Files.readAll(STDIN_FILENO, named: "standard input", limit: DocumentLimits.bytes) {
                    try Files.waitForInput { try stop.check() }
                }
            case .failure(_, let failure): return .failed(failure)
            }
            return .read(ShellFindings.File(bytes, name: found.shown, of: facts.facts(ofFile: file)))
        } catch let failure as Failure {
            return .failed(failure)
        }
    }
}
