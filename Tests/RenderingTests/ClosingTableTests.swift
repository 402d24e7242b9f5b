import BuildPlanning
import Rendering
import SpecParsing
import Testing

@Suite struct ClosingTableTests {
    private func result(_ kinds: [(Int64, BuildEvent.Kind)]) -> BuildResult {
        kinds.reduce(into: BuildResult()) { result, event in
            result.add(BuildEvent(time: Timestamp(microseconds: event.0 * 1000), kind: event.1))
        }
    }

    private let start = BuildEvent.Kind.buildStarted(
        .init(
            id: BuildID(project: "petclinic", uuid: "u"), image: "i", sourceDirectory: "/s", buildspec: "b", source: nil
        ))

    @Test func `a failure names the command, its place and what its status means`() {
        let place = SourceLocation(file: "buildspec.yml", line: 7, column: 9)
        let result = result([
            (0, start), (10, .phaseStarted(phase: .build)),
            (10, .commandStarted(phase: .build, command: "mvn package", location: place)),
            (5000, .commandFinished(phase: .build, command: "mvn package", exitStatus: 137, milliseconds: 4990)),
            (
                5000,
                .phaseFinished(
                    phase: .build, status: .failed, context: .commandFailed("mvn package", exitStatus: 137),
                    milliseconds: 4990)
            ),
            (61_000, .buildFinished(status: .failed)),
        ])
        #expect(
            ClosingTable(logPath: "/log.txt", usesColor: false).render(result) == """

                  BUILD  FAILED     4.9 s

                petclinic:u FAILED in 1 min 1 s
                  failed   BUILD: mvn package
                           buildspec.yml:7:9: exit status 137 (killed, often for lack of memory)
                  log      /log.txt

                """)
    }

    @Test func `help is broken between words on a terminal, and an error that follows is not told twice`() {
        let help = "the image has no `mvn` in its PATH: install it in the phase `install`, or name an image that has it"
        let failed = result([
            (0, start), (10, .phaseStarted(phase: .build)),
            (10, .commandStarted(phase: .build, command: "mvn", location: nil)),
            (20, .commandFinished(phase: .build, command: "mvn", exitStatus: 127, milliseconds: 10)),
            (20, .commandExplained(phase: .build, command: "mvn", help: help, failedTests: [])),
            (30, .buildFinished(status: .failed)),
        ])
        var table = ClosingTable(logPath: nil, usesColor: false)
        #expect(table.render(failed).contains("  help:    \(help)\n"))
        table.width = 80
        #expect(
            table.render(failed).contains(
                "  help:    the image has no `mvn` in its PATH: install it in the phase\n"
                    + "           `install`, or name an image that has it\n"), "\(table.render(failed))")
        let context = PhaseContext(
            statusCode: "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", message: "cannot get image `x`: no")
        let without = result([
            (0, start), (10, .phaseStarted(phase: .downloadSource)),
            (20, .phaseFinished(phase: .downloadSource, status: .failed, context: context, milliseconds: 10)),
            (30, .buildFinished(status: .failed)),
        ])
        #expect(table.render(without).contains("IMAGE: cannot get image `x`: no\n  help:    `buildspec plan` says"))
        table.isBeforeError = true
        #expect(table.render(without).hasSuffix("  DOWNLOAD_SOURCE: BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE\n"))
    }

    @Test func `a resumed build says so, in the table and in the list`() {
        let result = result([
            (0, start), (1000, .buildFinished(status: .failed)),
            (60_000, .buildResumed(ResumePoint(phase: .build, index: 0))), (62_500, .buildFinished(status: .succeeded)),
        ])
        let table = ClosingTable(logPath: nil, usesColor: false)
        #expect(table.render(result) == "\n\npetclinic:u SUCCEEDED in 3.5 s, resumed\n")
        let summary = BuildSummary(result, uuid: "u", keptMinutes: nil)
        var list = BuildList()
        list.add(summary)
        let line = list.text().split(separator: "\n")[1]
        #expect(line.contains("  3.5 s     -  ") && line.hasSuffix("  petclinic  (resumed)"), "\(list.text())")
        let json = String(decoding: summary.json.bytes, as: UTF8.self)
        #expect(json.contains(#""resumed":true,"runningTimeInMilliseconds":3500"#))
    }

    @Test func `what is known of a failure takes a line, the failed tests at most six`() {
        let result = result([
            (0, start), (10, .phaseStarted(phase: .build)),
            (10, .commandStarted(phase: .build, command: "mvn verify", location: nil)),
            (20, .commandFinished(phase: .build, command: "mvn verify", exitStatus: 137, milliseconds: 10)),
            (
                20,
                .commandExplained(
                    phase: .build, command: "mvn verify", help: "the kernel killed it",
                    failedTests: (1...7).map { "OwnerTest.finds:\($0)" })
            ),
            (30, .phaseFinished(phase: .build, status: .failed, context: .none, milliseconds: 20)),
            (40, .commandFinished(phase: .postBuild, command: "false", exitStatus: 1, milliseconds: 1)),
            (40, .commandExplained(phase: .postBuild, command: "false", help: "no", failedTests: [])),
            (50, .buildFinished(status: .failed)),
        ])
        #expect(
            ClosingTable(logPath: nil, usesColor: false).render(result).hasSuffix(
                """
                  failed   BUILD: mvn verify
                           exit status 137 (killed)
                  tests    OwnerTest.finds:1
                           OwnerTest.finds:2
                           OwnerTest.finds:3
                           OwnerTest.finds:4
                           OwnerTest.finds:5
                           … and 2 more
                  help:    the kernel killed it

                """))
    }

    private func failed(printing lines: Int, then later: Int, _ command: String = "make") -> BuildResult {
        result([
            (0, start), (10, .phaseStarted(phase: .build)),
            (10, .commandStarted(phase: .build, command: command, location: nil)),
            (
                11,
                .output(
                    phase: .build, bytes: Array((1...lines).map { "\u{1b}[31mline \($0)\u{1b}[0m\n" }.joined().utf8))
            ),
            (20, .commandFinished(phase: .build, command: command, exitStatus: 1, milliseconds: 10)),
            (30, .output(phase: .postBuild, bytes: Array((0..<later).map { "later \($0)\n" }.joined().utf8))),
            (50, .buildFinished(status: .failed)),
        ])
    }

    @Test func `what the failed command printed is printed again where it is far above`() {
        let table = ClosingTable(logPath: nil, usesColor: false)
        let far = table.render(failed(printing: 25, then: 30))
        #expect(
            far.contains("  printed  line 6\n           line 7\n") && far.contains("           line 25\n"), "\(far)")
        #expect(!far.contains("line 5\n") && !far.contains("later"))
        #expect(!table.render(failed(printing: 25, then: 3)).contains("printed"))
        var quiet = table
        quiet.hidesLog = true
        #expect(quiet.render(failed(printing: 2, then: 0)).contains("  printed  line 1\n           line 2\n"))
    }

    @Test func `a long command is cut to the width of the terminal`() {
        var table = ClosingTable(logPath: nil, usesColor: false)
        let result = failed(printing: 1, then: 0, String(repeating: "x", count: 200))
        #expect(table.render(result).contains(String(repeating: "x", count: 200)))
        table.width = 80
        let lines = table.render(result).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 80 } && lines.contains { $0.hasSuffix("x…") && $0.count == 80 })
    }

    @Test func `success says where things went`() {
        let result = result([
            (0, start), (1, .phaseStarted(phase: .install)),
            (2, .phaseFinished(phase: .install, status: .succeeded, context: .none, milliseconds: 1)),
            (3, .cacheSaved(entries: 361, bytes: 26_400_000, to: "/c", changed: false)),
            (4, .artifactsCollected(identifier: "artifacts", files: 1, bytes: 70, path: "/out/artifacts", name: nil)),
            (900, .buildFinished(status: .succeeded)),
        ])
        #expect(
            ClosingTable(logPath: nil, usesColor: false).render(result) == """

                  INSTALL  SUCCEEDED  0.0 s

                petclinic:u SUCCEEDED in 0.9 s
                  artifact /out/artifacts (1 file, 70 bytes)
                  cache    /c (361 entries, 26.4 MB, unchanged)

                """)
    }

    @Test(arguments: [(127, "command not found"), (143, "terminated"), (131, "killed by signal 3")])
    func `statuses in words`(status: Int, words: String) {
        #expect(ClosingTable.meaning(ofExitStatus: status) == words)
    }
}
