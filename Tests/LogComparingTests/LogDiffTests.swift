import BuildPlanning
import LogComparing
import SpecParsing
import Testing

@Suite struct LogDiffTests {
    private func diff(_ local: String, _ cloud: String) -> LogDiff {
        let local = BuildLog(text: Array(local.utf8))
        return LogDiff(local, BuildLog(text: Array(cloud.utf8), knownCommands: local.commandTexts))
    }

    /// A build here and one in the cloud.
    private let sides = ComparedSides(one: .build("0b5c2a7e-1111"), other: .file("cloud.json"))

    /// The local sample beside the cloud's with one text replaced.
    private func diff(replacing text: String, with other: String) -> LogDiff {
        diff(SampleLogs.local, SampleLogs.cloud.replacing(text, with: other))
    }

    @Test func `a build is the same here and in the cloud, but for what differs by nature`() {
        let diff = diff(SampleLogs.local, SampleLogs.cloud)
        #expect(diff.differences == [])
        #expect(
            diff.text(sides, usesColor: false)
                == "no difference in 5 phases, 3 commands, 7 lines of output\n")
    }

    @Test func `a phase that failed and ended the build has failed`() {
        #expect(diff(replacing: "BUILD State: FAILED", with: "BUILD State: FAILED_WITH_ABORT").differences == [])
    }

    @Test func `one line that differs is found, with its command and the lines around it`() {
        let diff = diff(replacing: "a.c:3: error: unknown type", with: "a.c:3: error: unknown name")
        #expect(diff.differences.count == 1)
        #expect(
            diff.text(sides, usesColor: false) == """
                first difference: BUILD, command 2: make check
                  line 2 of its output
                    cc -c /codebuild/output/src9876543210/src/src/a.c
                  - a.c:3: error: unknown type
                  + a.c:3: error: unknown name
                    1 check of 7 failed at 08:00:03
                    see arn:aws:s3:::local/app
                    total: 1
                  (- here, + in the cloud)

                """)
        #expect(
            String(decoding: diff.json(sides).bytes, as: UTF8.self)
                == #"{"version":2,"isSame":false,"one":{"kind":"build","build":"0b5c2a7e-1111"},"#
                + #""other":{"kind":"file","file":"cloud.json"},"cutOff":[],"#
                + #""compared":{"phases":5,"commands":3,"lines":6},"#
                + #""causes":[],"differences":[{"phase":"BUILD","command":"make check","number":2,"kind":"output","#
                + #""one":["a.c:3: error: unknown type"],"other":["a.c:3: error: unknown name"],"#
                + #""oneLine":2,"otherLine":2,"#
                + #""before":["cc -c /codebuild/output/src9876543210/src/src/a.c"],"#
                + #""after":["1 check of 7 failed at 08:00:03","see arn:aws:s3:::local/app","total: 1"]}]}"#)
    }

    @Test(
        "every kind of difference is named",
        arguments: [
            ("total: 1\n", "", "BUILD, command 2: make check\n  line 5 of its output\n"),
            ("exit status 6", "exit status 2", "BUILD, command 2: make check\n  exit status 6 here, 2 in the cloud"),
            ("command cd src", "command cd lib", "BUILD, command 1: cd src\n  - cd src\n  + cd lib\n"),
            (
                "command cd src\n",
                "command cd src\n\n[Container] 2026/07/04 14:26:23.503069 Running command make lint\n",
                "BUILD, command 2: make lint\n  run in the cloud only"
            ),
            (
                "[Container] 2026/07/04 14:26:23.496863 Running command cd src\n\n", "",
                "BUILD, command 1: cd src\n  run here only"
            ),
            (
                "complete: POST_BUILD State: SUCCEEDED", "complete: POST_BUILD State: FAILED",
                "POST_BUILD\n  SUCCEEDED here, FAILED in the cloud"
            ),
            ("Found 1 file(s)", "Found 2 file(s)", "UPLOAD_ARTIFACTS\n  the agent's own lines\n  - Found 1 file(s)\n"),
            (
                "complete: UPLOAD_ARTIFACTS State: SUCCEEDED", "complete: UPLOAD_ARTIFACTS State: FAILED",
                "UPLOAD_ARTIFACTS\n  SUCCEEDED here, FAILED in the cloud"
            ),
        ])
    func kinds(text: String, other: String, words: String) {
        let shown = diff(replacing: text, with: other).text(sides, usesColor: false)
        #expect(shown.hasPrefix("first difference: " + words), "\(shown)")
    }

    @Test func `a build that ended earlier lacks the phases after it`() throws {
        let end = try #require(SampleLogs.local.range(of: "[Container] 2026/11/25 08:00:04.852131 Entering"))
        let diff = diff(String(SampleLogs.local[..<end.lowerBound]), SampleLogs.cloud)
        #expect(
            diff.text(sides, usesColor: false) == """
                first difference: POST_BUILD
                  reached in the cloud only

                further differences:
                  UPLOAD_ARTIFACTS: reached in the cloud only

                """)
    }

    @Test func `further differences take a line each, those of one output together`() {
        let cloud = SampleLogs.cloud.replacing("error: unknown type", with: "error: other")
            .replacing("total: 1", with: "total: 2\ntotal: 3").replacing("exit status 6", with: "exit status 2")
        let text = diff(SampleLogs.local.replacing("deps for", with: "dep for"), cloud).text(sides, usesColor: false)
        #expect(text.hasPrefix("first difference: INSTALL, command 1: make deps\n"))
        #expect(
            text.hasSuffix(
                """

                further differences:
                  BUILD, command 2: make check: 3 lines of its output, in 2 places
                  BUILD, command 2: make check: exit status 6 here, 2 in the cloud

                """))
    }

    @Test func `a record tells the command's place in the buildspec`() {
        let time = Timestamp(microseconds: 0)
        let kinds: [BuildEvent.Kind] = [
            .phaseStarted(phase: .build),
            .commandStarted(
                phase: .build, command: "make\n", location: SourceLocation(file: "buildspec.yml", line: 9, column: 9)),
            .output(phase: .build, bytes: Array("one\ntw".utf8)), .output(phase: .build, bytes: Array("o\n".utf8)),
            .commandFinished(phase: .build, command: "make\n", exitStatus: 0, milliseconds: 1),
            .phaseFinished(phase: .build, status: .succeeded, context: .none, milliseconds: 1),
        ]
        let cloud = """
            [Container] 2026/07/04 14:26:23 Entering phase BUILD
            [Container] 2026/07/04 14:26:23 Running command make

            one
            three

            [Container] 2026/07/04 14:26:27 Phase complete: BUILD State: SUCCEEDED
            """
        let record = BuildLog(events: kinds.map { BuildEvent(time: time, kind: $0) })
        let diff = LogDiff(record, BuildLog(text: Array(cloud.utf8), knownCommands: record.commandTexts))
        #expect(
            diff.text(sides, usesColor: false).hasPrefix(
                """
                first difference: BUILD, command 1: make
                  buildspec.yml:9:9: line 2 of its output
                    one
                  - two
                  + three

                """))
    }

    @Test func `of a resumed build its last run counts, and phases left out are not missed`() throws {
        func run(_ command: String, _ output: String, _ status: Int) -> [BuildEvent.Kind] {
            [
                .commandStarted(phase: .build, command: command, location: nil),
                .output(phase: .build, bytes: Array("\(output)\n".utf8)),
                .commandFinished(phase: .build, command: command, exitStatus: status, milliseconds: 1),
            ]
        }
        func phase(_ phase: BuildPhase, _ status: PhaseStatus, _ kinds: [BuildEvent.Kind] = []) -> [BuildEvent.Kind] {
            [.phaseStarted(phase: phase)] + kinds
                + [.phaseFinished(phase: phase, status: status, context: .none, milliseconds: 1)]
        }
        let kinds =
            [.phaseSkipped(phase: .install)] + phase(.downloadSource, .succeeded)
            + phase(.build, .failed, run("a", "one", 0) + run("b", "bad", 1)) + phase(.postBuild, .succeeded)
            + [.buildResumed(ResumePoint(phase: .build, index: 1))]
            + phase(.build, .succeeded, run("b", "two", 0)) + phase(.postBuild, .succeeded)
        let cloud = """
            @ Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED
            @ Entering phase INSTALL
            @ Phase complete: INSTALL State: SUCCEEDED
            @ Entering phase BUILD
            @ Running command a
            one

            @ Running command b
            two

            @ Phase complete: BUILD State: SUCCEEDED
            @ Entering phase POST_BUILD
            @ Phase complete: POST_BUILD State: SUCCEEDED
            """.replacing("@", with: "[Container] 2026/07/04 14:26:23")
        let record = BuildLog(events: kinds.map { BuildEvent(time: Timestamp(microseconds: 0), kind: $0) })
        #expect(LogDiff(record, BuildLog(text: Array(cloud.utf8))).differences == [])
    }

    @Test func `runtimes that an old agent installs in INSTALL are not the buildspec's commands`() {
        let command = "[Container] 2026/07/04 14:25:41.895116 Running command "
        let diff = diff(
            replacing: command + "make deps",
            with: command + "echo \"Installing Java version 8 ...\"\nInstalling Java version 8 ...\n\n"
                + command + "export JAVA_HOME=\"$JAVA_8_HOME\"\n\n" + command + "make deps")
        #expect(diff.differences == [])
    }

    @Test func `a log of last lines only says so`() throws {
        let start = try #require(SampleLogs.cloud.range(of: "fetched in"))
        let diff = diff(SampleLogs.local, String(SampleLogs.cloud[start.lowerBound...]))
        #expect(diff.cutOff == [.other])
        #expect(diff.differences == [])
        #expect(
            diff.text(sides, usesColor: false).contains("note: the log in the cloud does not begin at its beginning"))
    }

    // MARK: Two builds here, two logs of the cloud

    @Test(
        "each pair of sides has its words",
        arguments: [
            (
                ComparedSides(one: .build("0b5c2a7e-1"), other: .file("x/cloud.json")), "here", "in the cloud",
                "the cloud"
            ),
            (ComparedSides(one: .file("x/cloud.json"), other: .build("0b5c2a7e-1")), "in the cloud", "here", "here"),
            (
                ComparedSides(one: .build("0b5c2a7e-1"), other: .build("77777777-1")), "in build 0b5c2a7e",
                "in build 77777777", "build 77777777"
            ),
            (
                ComparedSides(one: .build("0b5c2a7e-1x"), other: .build("0b5c2a7e-1y")), "in build 0b5c2a7e-1x",
                "in build 0b5c2a7e-1y", "build 0b5c2a7e-1y"
            ),
            (ComparedSides(one: .file("x/a.json"), other: .file("x/b.csv")), "in a.json", "in b.csv", "b.csv"),
            (ComparedSides(one: .file("x/a.json"), other: .file("y/a.json")), "in x/a.json", "in y/a.json", "y/a.json"),
            (ComparedSides(one: .file("-"), other: .file("b")), "in standard input", "in b", "b"),
        ])
    func names(sides: ComparedSides, one: String, other: String, noun: String) {
        #expect(sides.place(.one) == one && sides.place(.other) == other && sides.noun(.other) == noun)
    }

    @Test func `the text names the sides by what they are`() {
        let builds = ComparedSides(one: .build("0b5c2a7e-1"), other: .build("77777777-1"))
        let diff = diff(replacing: "exit status 6", with: "exit status 2")
        #expect(
            diff.text(builds, usesColor: false).hasSuffix("exit status 6 in build 0b5c2a7e, 2 in build 77777777\n"))
        #expect(
            String(decoding: diff.json(builds).bytes, as: UTF8.self).contains(
                #""one":{"kind":"build","build":"0b5c2a7e-1"},"other":{"kind":"build","build":"77777777-1"}"#))
    }

    @Test func `what one is to the other the other is to the one`() throws {
        let start = try #require(SampleLogs.cloud.range(of: "fetched in"))
        for (text, other) in [
            ("error: unknown type", "error: unknown name"), ("exit status 6", "exit status 2"),
            ("command cd src", "command cd lib"),
        ] {
            let cloud = SampleLogs.cloud.replacing(text, with: other)
            #expect(diff(SampleLogs.local, cloud).differences.count == diff(cloud, SampleLogs.local).differences.count)
        }
        let cutOff = diff(String(SampleLogs.cloud[start.lowerBound...]), SampleLogs.local)
        #expect(cutOff.cutOff == [.one] && cutOff.differences == [])
        let twice = diff(
            String(SampleLogs.cloud[start.lowerBound...]), String(SampleLogs.cloud[start.lowerBound...].dropFirst(40)))
        #expect(twice.cutOff == [.one, .other] && twice.differences == [])
    }

    @Test func `a command that only one build has is that build's, on whichever side it stands`() {
        let lint = "command cd src\n\n[Container] 2026/07/04 14:26:23.503069 Running command make lint\n"
        let longer = SampleLogs.cloud.replacing("command cd src\n", with: lint)
        #expect(diff(SampleLogs.cloud, longer).differences.map(\.kind) == [.commandOnly(.other)])
        #expect(diff(longer, SampleLogs.cloud).differences.map(\.kind) == [.commandOnly(.one)])
    }
}
