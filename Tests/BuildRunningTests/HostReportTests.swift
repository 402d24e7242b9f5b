import Artifacts
import BuildPlanning
import Files
import SpecParsing
import Testing

@testable import BuildRunning

/// The reports of UPLOAD_ARTIFACTS (CODEBUILD.md 8, CODEBUILD-2026 C), on the host's shell.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostReportTests {
    /// Runs a build with a `reports` block, whose source has some report files.
    private func build(
        _ reports: String, _ commands: [String] = ["true"], secrets: BuildSecrets = BuildSecrets()
    ) async throws -> (build: HostBuild, cases: [String], coverages: [String]) {
        try await HostPlayground.with { play in
            try play.write("out/a/TEST-A.xml", Self.passing)
            try play.write("out/b/TEST-B.xml", Self.failing)
            try play.write("out/cov.xml", Self.coverage)
            let list = commands.map { "      - \($0)\n" }.joined()
            var options = HostPlayground.Options()
            options.secrets = secrets
            let build = try await play.run(
                "version: 0.2\nphases:\n  build:\n    commands:\n\(list)reports:\n\(reports)\n", options)
            func lines(_ name: String) throws -> [String] {
                let path = "\(play.record)/\(name)"
                guard Folder.exists(path) else { return [] }
                return String(decoding: try Folder.read(path), as: UTF8.self).split(separator: "\n").map(String.init)
            }
            return (build, try lines(ReportFiles.cases), try lines(ReportFiles.coverages))
        }
    }

    private static let passing =
        "<testsuite name='A'><testcase name='one' time='0.5'/><testcase name='two'/></testsuite>"
    private static let failing = """
        <testsuite name='B'><testcase name='three' classname='B' time='2'>
        <failure message='no'>at B.three(B.java:7)</failure></testcase></testsuite>
        """
    private static let coverage = """
        <?xml version='1.0'?><!DOCTYPE coverage SYSTEM 'http://127.0.0.1:1/x.dtd'>
        <coverage line-rate='0.5'><class filename='a.py'><lines><line number='1' hits='1'/><line number='2' hits='0'/></lines>
        </class></coverage>
        """
    /// Nothing is discovered, so that only the groups count.
    private static let quiet = "CODEBUILD_CONFIG_AUTO_DISCOVER=false"

    @Test func `a large report is kept in its order, masked and with its places, as small ones are`() async throws {
        let secrets = BuildSecrets(values: ["TOKEN": SecretText("hunter2hunter2")])
        // More than is handed on at once, in several files, the last of which is broken behind its cases.
        let script = """
            mkdir -p large && for file in 1 2 3; do { echo "<testsuite name='S$file'>"; i=0; while [ $i -lt 1500 ]; do i=$((i+1)); \
            echo "<testcase name='t$i' classname='org.S$file'><failure message='no'>\
            $(printf 'at org.S%s.t(S%s.java:%s)' $file $file $i) hunter2hunter2 0123456789012345678901234567890123456789\
            </failure></testcase>"; done; [ $file = 3 ] || echo '</testsuite>'; } > large/TEST-$file.xml; done
            """
        let command = "|\n" + script.split(separator: "\n").map { "          \($0)\n" }.joined()
        let (build, cases, _) = try await build(
            "  unit: {files: 'large/*.xml'}", [Self.quiet, command], secrets: secrets)
        let report = try #require(build.reports.first)
        #expect(report.testSummary?.statusCounts == ["FAILED": 4_500])
        #expect(report.status == .incomplete && report.problems.count == 1)
        #expect(cases.count == 4_500)
        #expect(!cases.contains { $0.contains("hunter2") })
        for file in 1...3 {
            let lines = cases.filter { $0.contains(#""testRawDataPath":"large/TEST-\#(file).xml""#) }
            #expect(lines.count == 1_500)
            for (number, line) in lines.enumerated() {
                #expect(line.contains(#""name":"t\#(number + 1)""#) && line.contains(#""line":\#(number + 1)}"#))
            }
        }
    }

    @Test func `a group has the service's names, and its cases are kept`() async throws {
        let (build, cases, _) = try await build("  unit: {files: 'out/**/TEST-*.xml'}", [Self.quiet])
        #expect(build.status == .succeeded)
        let report = try #require(build.reports.first)
        #expect(build.reports.count == 1)
        #expect(report.name == "source-unit")
        #expect(report.reportGroupArn == "arn:aws:codebuild:eu-west-1:000000000000:report-group/source-unit")
        #expect(report.arn.hasPrefix("arn:aws:codebuild:eu-west-1:000000000000:report/source-unit:"))
        #expect(report.status == .failed)
        #expect(report.type == .test && report.format == "JUNITXML" && report.files == 2)
        #expect(report.testSummary?.total == 3)
        #expect(report.testSummary?.statusCounts == ["SUCCEEDED": 2, "FAILED": 1])
        #expect(report.testSummary?.durationInNanoSeconds == 2_500_000_000)
        #expect(report.failedTests.map(\.name) == ["three"])
        #expect(report.failedTests.first?.file == "B.java" && report.failedTests.first?.line == 7)
        #expect(cases.count == 3)
        let failed = try #require(cases.first { $0.contains("FAILED") })
        #expect(failed.contains(#""testRawDataPath":"out/b/TEST-B.xml""#))
        #expect(failed.contains(#""testSuiteName":"B""#))
        #expect(!build.log.contains { $0.contains("report group") })
    }

    @Test func `reports are read after a failed build, and not after a failed install`() async throws {
        let failed = try await build("  unit: {files: 'out/**/*.xml', base-directory: .}", [Self.quiet, "exit 3"])
        #expect(failed.build.status == .failed)
        #expect(failed.build.reports.count == 1)
        try await HostPlayground.with { play in
            try play.write("TEST-A.xml", Self.passing)
            let build = try await play.run(
                "version: 0.2\nphases: {install: {commands: [exit 1]}}\nreports: {unit: {files: TEST-A.xml}}\n")
            #expect(build.reports.isEmpty)
        }
    }

    @Test func `coverage, and a format in any case`() async throws {
        let (build, _, coverages) = try await build(
            "  cov: {files: cov.xml, base-directory: out, file-format: CoberturaXml}", [Self.quiet])
        let report = try #require(build.reports.first)
        #expect(report.type == .coverage && report.status == .succeeded)
        #expect(report.codeCoverageSummary?.lineCoveragePercentage == 50)
        #expect(report.codeCoverageSummary?.branchCoveragePercentage == nil)
        #expect(coverages.count == 1 && coverages[0].contains(#""filePath":"a.py","lineCoveragePercentage":50.0"#))
    }

    @Test func `a group may be an ARN or a variable`() async throws {
        let arn = "arn:aws:codebuild:us-east-1:123456789012:report-group/shared"
        let (build, _, _) = try await build(
            "  \(arn): {files: out/a/TEST-A.xml}\n  $GROUP: {files: '${PLACE}/b/*.xml'}",
            ["export GROUP=mine PLACE=out", Self.quiet])
        #expect(build.reports.map(\.name) == ["shared", "source-mine"])
        #expect(build.reports[0].reportGroupArn == arn)
        #expect(build.reports[0].arn.hasPrefix("arn:aws:codebuild:us-east-1:123456789012:report/shared:"))
    }

    @Test func `discard-paths leaves the names alone`() async throws {
        let (_, cases, _) = try await build(
            "  unit: {files: ['**/*'], base-directory: out/a, discard-paths: yes}", [Self.quiet])
        #expect(cases.allSatisfy { $0.contains(#""testRawDataPath":"TEST-A.xml""#) } && cases.count == 2)
    }

    @Test func `missing files leave an incomplete report, and fail the phase`() async throws {
        let (build, _, _) = try await build("  unit: {files: [nothing.xml, 'x/*']}", [Self.quiet])
        #expect(build.status == .failed && build.phases[.uploadArtifacts] == .failed)
        #expect(build.reports.map(\.status) == [.incomplete])
        #expect(
            build.log.contains(
                "[Container] Phase context status code: CLIENT_ERROR Message: (buildspec) report group unit: no file "
                    + "matches `nothing.xml`, `x/*`"))
    }

    @Test func `a file of another format has the service's message`() async throws {
        let (build, _, _) = try await build("  unit: {files: out/cov.xml}", [Self.quiet])
        #expect(build.status == .failed)
        #expect(build.reports.map(\.status) == [.incomplete])
        let line = build.log.first { $0.contains("error processing report") }
        #expect(
            line?.firstMatch(
                of:
                    #/Message: \[unit: \[error processing report: \[/.+/out/cov.xml: expected element type <testsuite> but have <coverage>\]\]\]$/#
            ) != nil)
    }

    @Test func `a file that ends in the middle is read as far as it goes, and said`() async throws {
        let (build, cases, _) = try await build(
            "  unit: {files: [out/a/TEST-A.xml, cut.xml]}",
            ["head -c 60 out/a/TEST-A.xml > cut.xml", Self.quiet])
        #expect(build.status == .failed)
        #expect(build.reports.first?.status == .incomplete)
        #expect(build.reports.first?.problems.first?.contains("cut.xml: the file ends in the middle") == true)
        #expect(cases.count == 3)
        #expect(build.notices.contains { $0.contains("report group `unit`: cut.xml: the file ends in the middle") })
    }

    @Test func `what is found without a group is read, each format into one`() async throws {
        let (build, _, _) = try await build(
            "  unit: {files: out/a/TEST-A.xml}", ["cp out/cov.xml cobertura.xml", "echo '<no/>' > out/test-no.xml"])
        #expect(
            build.reports.map(\.name) == [
                "source-unit", "source-JUNITXML-AutoDiscovered", "source-COBERTURAXML-AutoDiscovered",
            ])
        // What a group names is not read again.
        #expect(build.reports[1].testSummary?.total == 1)
        #expect(build.log.contains("[Container] Found 4 file(s)"))
        #expect(build.status == .succeeded)
    }

    @Test func `what is found and is no report of its format makes none`() async throws {
        let configuration = #"'{"default":{"format":["progress"]}}'"#
        let (build, _, _) = try await build(
            "  cov: {files: out/cov.xml, file-format: COBERTURAXML}",
            [
                "rm -r out/a out/b; echo \(configuration) | tee cucumber.json > .resultset.json",
                "echo '[1, 2]' > my-cucumber.json; echo no JSON > your-cucumber.json; touch its-cucumber.json",
            ])
        #expect(build.log.contains { $0.hasPrefix("[Container] Found ") && !$0.contains("Found 0") })
        #expect(build.reports.map(\.name) == ["source-cov"])
        #expect(build.status == .succeeded)
    }

    @Test func `auto-discovery has two switches`() async throws {
        let off = try await build("  cov: {files: out/cov.xml, file-format: COBERTURAXML}", [Self.quiet])
        #expect(off.build.reports.count == 1)
        #expect(!off.build.log.contains { $0.contains("auto-discover") })
        let place = try await build(
            "  cov: {files: out/cov.xml, file-format: COBERTURAXML}",
            ["export CODEBUILD_CONFIG_AUTO_DISCOVER_DIR='out/a/*xml'"])
        #expect(place.build.reports.last?.testSummary?.total == 2)
        #expect(place.build.log.contains("[Container] Found 1 file(s)"))
    }

    @Test func `more than the service keeps is kept and said`() async throws {
        let (build, cases, _) = try await build(
            "  unit: {files: many.xml}",
            [
                "(echo '<testsuite>'; seq 1 600 | sed 's/.*/<testcase name=\"&\"\\/>/'; echo '</testsuite>') > many.xml",
                Self.quiet,
            ])
        #expect(build.reports.first?.truncated == true)
        #expect(cases.count == 600)
        #expect(build.notices.contains { $0.contains("all 600 test cases are kept here; CodeBuild keeps at most 500") })
    }

    @Test func `secrets are hidden in reports, too`() async throws {
        let (build, cases, _) = try await build(
            "  unit: {files: secret.xml}",
            [
                "echo \"<testsuite><testcase name='a'><failure message='it was correct-horse'/></testcase></testsuite>\" > secret.xml",
                Self.quiet,
            ], secrets: BuildSecrets(values: ["WORD": SecretText("correct-horse")]))
        #expect(build.reports.first?.failedTests.first?.message == "it was ***")
        #expect(cases.count == 1 && !cases[0].contains("correct-horse") && cases[0].contains("it was ***"))
    }

    @Test func `a search that takes longer than the service's is said`() {
        #expect(ReportStage.words(onSearchTaking: 5_000_000) == nil)
        #expect(ReportStage.words(onSearchTaking: 7_200_000)?.hasPrefix("the look for reports took 7 seconds") == true)
    }

    @Test func `a hard link is named, as its content is copied once`() async throws {
        let (build, cases, _) = try await build(
            "  unit: {files: 'two/*'}",
            ["mkdir two && cp out/a/TEST-A.xml two/a.xml && ln two/a.xml two/b.xml", Self.quiet])
        let report = try #require(build.reports.first)
        // Which one is the file, is up to the engine; some have both.
        #expect(cases.count == 2 * report.files)
        #expect(report.files == 2 || report.problems.count == 1)
    }

    @Test func `the place of a failure is a path of the source, where it is found`() {
        let files = [
            "src/test/java/org/acme/A.java", "src/main/java/org/acme/B.java", "a/C.java", "b/C.java", "t/x.py",
        ]
        let places = SourcePlaces(
            files.map { ListedFile(path: Array($0.utf8), kind: .file) }, below: "/codebuild/output/src1/src")
        #expect(places.path(of: "org/acme/A.java") == "src/test/java/org/acme/A.java")
        #expect(places.path(of: "/codebuild/output/src1/src/t/x.py") == "t/x.py")
        #expect(places.path(of: "./t/x.py") == "t/x.py")
        // Neither what is not there, nor what is there twice.
        #expect(places.path(of: "C.java") == "C.java")
        #expect(places.path(of: "me/A.java") == "me/A.java")
        #expect(places.path(of: "/usr/lib/x.py") == "/usr/lib/x.py")
    }
}
