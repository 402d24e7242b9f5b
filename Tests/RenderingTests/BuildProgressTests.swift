import BuildPlanning
import Rendering
import SpecParsing
import Testing

@Suite struct BuildProgressTests {
    private let place = SourceLocation(file: "buildspec.yml", line: 7, column: 9)

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    private func progress(_ kinds: [(Int64, BuildEvent.Kind)]) -> BuildProgress {
        var progress = BuildProgress(since: at(0), doing: "staging the source")
        progress.commands = ["other.yml:1:1", "\(place)"]
        for (seconds, kind) in kinds { progress.add(BuildEvent(time: at(seconds), kind: kind)) }
        return progress
    }

    @Test func `a command is shown with its number, and with what it said last once it is silent`() {
        #expect(progress([]).line(at: at(2)) == "2 s  staging the source")
        var busy = progress([
            (5, .phaseStarted(phase: .build)),
            (5, .commandStarted(phase: .build, command: "mvn verify\nsecond", location: place)),
            (60, .output(phase: .build, bytes: Array("one\n\u{1b}[32mtwo\u{1b}[0m\rthr".utf8))),
        ])
        busy.expected = 130_500
        #expect(busy.line(at: at(62)) == "BUILD 2/2  1 min 2 s of about 2 min 10 s  mvn verify")
        #expect(busy.line(at: at(63)).hasSuffix("  mvn verify  > thr"))
        busy.add(BuildEvent(time: at(64), kind: .output(phase: .build, bytes: Array("ee\n".utf8))))
        #expect(busy.line(at: at(70)).hasSuffix("  > three"))
        busy.add(
            BuildEvent(
                time: at(71), kind: .commandFinished(phase: .build, command: "", exitStatus: 0, milliseconds: 0)))
        #expect(busy.line(at: at(80)) == "BUILD  1 min 20 s of about 2 min 10 s")
    }

    @Test func `where no command runs, the last notice or line of the agent is shown`() {
        let pulling = progress([
            (0, .phaseStarted(phase: .provisioning)), (1, .notice(text: "Pulling\u{1b}\nabc: Pull complete\n")),
        ])
        #expect(pulling.line(at: at(4000)) == "PROVISIONING  1 h 6 min  abc: Pull complete")
    }

    @Test func `each silent minute is said once`() {
        var silent = progress([
            (0, .phaseStarted(phase: .build)), (10, .commandStarted(phase: .build, command: "sleep", location: place)),
        ])
        #expect(silent.plainLine(at: at(69)) == nil)
        #expect(silent.plainLine(at: at(70)) == "still running (60 s): BUILD, sleep")
        #expect(silent.plainLine(at: at(80)) == nil)
        #expect(silent.plainLine(at: at(131)) == "still running (120 s): BUILD, sleep")
        silent.add(BuildEvent(time: at(140), kind: .output(phase: .build, bytes: [0x0a])))
        #expect(silent.plainLine(at: at(199)) == nil)
        #expect(silent.plainLine(at: at(200)) == "still running (60 s): BUILD, sleep")
    }

    @Test(arguments: [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("漢字漢", 4, "漢…"), ("漢字", 4, "漢字"), ("a", 0, "")])
    func `a line is cut to the columns it takes`(text: String, columns: Int, shown: String) {
        #expect(TerminalWidth.cut(text, to: columns) == shown)
    }
}
