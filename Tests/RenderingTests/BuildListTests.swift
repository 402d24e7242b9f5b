import BuildPlanning
import Rendering
import Testing

/// `buildspec builds` on terminals of all widths.
@Suite struct BuildListTests {
    private func build(_ number: Int, _ project: String = "petclinic", branch: String) -> BuildSummary {
        var result = BuildResult()
        let begin: Int64 = 1_783_175_139_000_000
        let start = BuildEvent.BuildStart(
            id: BuildID(project: project, uuid: "0b5c2a7\(number)"), image: "i", sourceDirectory: "/s",
            buildspec: "/s/b.yml", source: "/home/somebody/with/a/long/path/\(project)",
            snapshot: SnapshotFacts(kind: "git:worktree", tree: "0123456789abcdef", identity: "bb"))
        result.add(BuildEvent(time: Timestamp(microseconds: begin), kind: .buildStarted(start)))
        result.add(BuildEvent(time: Timestamp(microseconds: begin), kind: .reportMade(ReportSamples.tests)))
        result.add(
            BuildEvent(time: Timestamp(microseconds: begin + 135_000_000), kind: .buildFinished(status: .succeeded)))
        var summary = BuildSummary(result, uuid: "0b5c2a7\(number)", keptMinutes: nil)
        summary.branch = branch
        return summary
    }

    @Test func `a list of one project fits 80 columns`() {
        var list = BuildList()
        list.add(build(1, branch: "feature/a-rather-long-name-of-a-branch"), taking: 135_000)
        list.add(build(2, branch: "main"), taking: 135_000)
        let lines = list.text(columns: 80).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines)")
        #expect(lines[0].hasPrefix("BUILD     STATUS") && lines[0].hasSuffix("BRANCH"), "\(lines[0])")
        #expect(lines[1].contains("0b5c2a71  SUCCEEDED  2026/07/04 14:25  ") && lines[1].hasSuffix("…"), "\(lines[1])")
        #expect(lines[2].hasSuffix("01234567  main"), "\(lines[2])")
        // Where there is room nothing is cut.
        #expect(list.text(columns: 200).contains("  feature/a-rather-long-name-of-a-branch\n"))
    }

    @Test func `projects are told where there are several, and their folders are cut first`() {
        var list = BuildList()
        list.add(build(1, branch: "main"))
        list.add(build(2, "web", branch: "main"))
        let lines = list.text(columns: 100).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 100 }, "\(lines)")
        #expect(lines[1].contains("  petclinic  /home/") && lines[2].contains("  web  "), "\(lines)")
    }

    @Test func `elsewhere the columns are always the same`() {
        var list = BuildList()
        list.add(build(1, branch: "main"))
        #expect(
            list.text().hasPrefix(
                "BUILD     STATUS     STARTED              DURATION    FAILED TESTS  TREE        BRANCH  PROJECT"))
    }
}
