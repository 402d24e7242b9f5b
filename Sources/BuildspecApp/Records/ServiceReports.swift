internal import BuildPlanning
internal import Files
internal import Rendering
internal import SpecParsing

/// The service that a build's failed tests, failed command and findings are told in its own format.
enum AnnotationFormat: String, Sendable, Codable, CaseIterable {
    /// Workflow commands of GitHub Actions on standard error.
    case github
    /// A report of GitLab's Code Quality in the current folder.
    case gitlab

    /// The file that GitLab's own examples name.
    static let gitlabFile = "gl-code-quality-report.json"
}

/// What the user wants of builds that have ended, apart from their records: JUnit file and annotations.
struct ServiceReports {
    /// A build that is told of.
    struct Part {
        /// Names it within its batch; `nil` for a build of no batch.
        var identifier: String?
        let result: BuildResult
        let record: RecordedBuild
    }

    let project: Project

    /// The most failed tests that are annotated; services show fewer.
    private static let annotatedTests = 50

    /// - Parameter place: where the buildspec is.
    func write(_ parts: [Part], _ place: BuildspecPlace?) throws {
        let output = project.settings.output, machine = project.machine
        guard output.junit != nil || output.annotations != nil else { return }
        let reports = try parts.map { (part: $0, reports: try RecordedReports(of: $0.record)) }
        if let path = output.junit {
            let tested = reports.compactMap { part, reports in
                reports.flatMap { $0.hasTests ? (part.identifier, $0) : nil }
            }
            if tested.isEmpty {
                machine.say("--junit: the \(parts.count == 1 ? "build has" : "builds have") no reports of tests\n")
            } else {
                try RecordedReports.writeJUnit(of: tested, to: path)
            }
        }
        guard let format = output.annotations else { return }
        var all: [Annotation] = [], count = 0
        for (part, reports) in reports {
            func add(_ annotation: Annotation) {
                var annotation = annotation
                if let identifier = part.identifier { annotation.title = "\(identifier): \(annotation.title)" }
                all.append(annotation)
            }
            if let failure = part.result.failure { add(Annotation(failed: failure)) }
            try reports?.forEachCase(where: RecordedTestCase.isFailure) { test in
                count += 1
                guard count <= Self.annotatedTests else { return }
                var annotation = Annotation(failed: test.test)
                annotation.path = annotation.path.map(shownPath)
                add(annotation)
            }
        }
        if let place, let text = try place.read() {
            all += readBuildSpec(text, file: place.shownPath).diagnostics.map { Annotation($0) }
        }
        switch format {
        case .github: machine.say(all.map(\.github).joined())
        case .gitlab:
            let json = Annotation.gitlab(all, fallback: place?.shownPath ?? "buildspec.yml")
            let path = machine.places.absolute(AnnotationFormat.gitlabFile)
            try Folder.replace(path, with: json.bytes + [0x0a], mode: 0o666)
        }
        if count > Self.annotatedTests {
            machine.say("--annotate: \(count - Self.annotatedTests) more tests failed than are annotated\n")
        }
    }

    /// A file of the source as seen from the current folder.
    private func shownPath(_ path: String) -> String {
        path.hasPrefix("/") ? path : project.machine.places.shown("\(project.location.folder)/\(path)")
    }
}

extension BuildReport {
    /// Writes what the user wants of a build that has ended, apart from its record.
    ///
    /// - Parameter place: where the buildspec is.
    func writeForServices(_ place: BuildspecPlace?) async throws {
        let record = BuildRecords(project.machine.places).build(id.uuid)
        try ServiceReports(project: project).write([.init(result: await reporter.result, record: record)], place)
    }
}
