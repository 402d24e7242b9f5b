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

extension BuildReport {
    /// The most failed tests that are annotated; services show fewer.
    private static let annotatedTests = 50

    /// Writes what the user wants of a build that has ended, apart from its record: JUnit file and annotations.
    ///
    /// - Parameter place: where the buildspec is.
    func writeForServices(_ place: BuildspecPlace?) async throws {
        let output = project.settings.output, build = BuildRecords(project.machine.places).build(id.uuid)
        let reports = try RecordedReports(of: build)
        if let path = output.junit {
            if let reports, reports.hasTests {
                try reports.writeJUnit(to: path)
            } else {
                project.machine.say("--junit: the build has no reports of tests\n")
            }
        }
        guard let format = output.annotations else { return }
        var all: [Annotation] = []
        let result = await reporter.result
        if let failure = result.failure { all.append(Annotation(failed: failure)) }
        var count = 0
        try reports?.forEachCase(where: RecordedTestCase.isFailure) { test in
            count += 1
            guard count <= Self.annotatedTests else { return }
            var annotation = Annotation(failed: test.test)
            annotation.path = annotation.path.map(shownPath)
            all.append(annotation)
        }
        if let place, let text = try place.read() {
            all += readBuildSpec(text, file: place.shownPath).diagnostics.map { Annotation($0) }
        }
        switch format {
        case .github: project.machine.say(all.map(\.github).joined())
        case .gitlab:
            let json = Annotation.gitlab(all, fallback: place?.shownPath ?? "buildspec.yml")
            let path = project.machine.places.absolute(AnnotationFormat.gitlabFile)
            try Folder.replace(path, with: json.bytes + [0x0a], mode: 0o666)
        }
        if count > Self.annotatedTests {
            project.machine.say("--annotate: \(count - Self.annotatedTests) more tests failed than are annotated\n")
        }
    }

    /// A file of the source as seen from the current folder.
    private func shownPath(_ path: String) -> String {
        path.hasPrefix("/") ? path : project.machine.places.shown("\(project.location.folder)/\(path)")
    }
}
