import BuildPlanning
import Rendering
import Testing

@Suite struct BuildStatisticsTests {
    private func build(_ seconds: Int, exitStatus: Int, _ status: BuildStatus) -> [BuildEvent] {
        let start = BuildEvent.BuildStart(
            id: BuildID(project: "petclinic", uuid: "u"), image: "i", sourceDirectory: "/s", buildspec: "b", source: nil
        )
        let kinds: [(Int, BuildEvent.Kind)] = [
            (0, .buildStarted(start)), (0, .phaseStarted(phase: .build)),
            (
                seconds,
                .commandFinished(
                    phase: .build, command: "mvn verify\nmore", exitStatus: exitStatus, milliseconds: seconds * 1000)
            ),
            (
                seconds,
                .phaseFinished(
                    phase: .build, status: exitStatus == 0 ? .succeeded : .failed, context: .none,
                    milliseconds: seconds * 1000)
            ),
            (seconds, .buildFinished(status: status)),
        ]
        return kinds.map { BuildEvent(time: Timestamp(microseconds: Int64($0.0) * 1_000_000), kind: $0.1) }
    }

    @Test func `median, p90 and failures are counted by build, phase and command`() {
        var statistics = BuildStatistics()
        for (seconds, exitStatus) in [(1, 0), (2, 0), (3, 0), (100, 1)] {
            let events = build(seconds, exitStatus: exitStatus, exitStatus == 0 ? .succeeded : .failed)
            var result = BuildResult()
            for event in events { result.add(event) }
            statistics.add(events, endingAs: result)
        }
        statistics.flakyTests = [.init(name: "OwnerTest.adds", failures: 2, builds: 4)]
        #expect(
            statistics.text == """
                4 builds: 3 SUCCEEDED, 1 FAILED
                failed 25 %, median 3.0 s, p90 1 min 40 s

                PHASE  RUNS  FAILED  MEDIAN  P90
                BUILD  4     25 %    3.0 s   1 min 40 s

                PHASE  RUNS  FAILED  MEDIAN  P90         COMMAND, THE SLOWEST FIRST
                BUILD  4     25 %    3.0 s   1 min 40 s  mvn verify …

                FAILED IN      FLAKY TEST
                2 of 4 builds  OwnerTest.adds

                """)
        let json = String(decoding: statistics.json.bytes, as: UTF8.self)
        #expect(
            json.contains(#""runs":4,"failures":1,"medianInMilliseconds":3000,"p90InMilliseconds":100000"#), "\(json)")
        #expect(json.contains(#""flakyTests":[{"name":"OwnerTest.adds","failures":2,"builds":4}]"#), "\(json)")
    }

    @Test func `numbers become bars, and a table has its columns below one another`() {
        #expect(Sparkline.text([0, 50, 100]) == "▁▄█" && Sparkline.text([0, 0]) == "▁▁")
        #expect([3, 1, 2].median == 2 && [Int]().median == nil && Array(1...10).percentile(90) == 9)
        var table = TextTable(["NAME", "SIZE"])
        #expect(table.text.isEmpty)
        table.add(["a longer name", nil])
        table.add(["\u{202e}b", "1.0 MB"])
        #expect(table.text == "NAME           SIZE\na longer name  -\n\u{fffd}b             1.0 MB\n")
    }
}
