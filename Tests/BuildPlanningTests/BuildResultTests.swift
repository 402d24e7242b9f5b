import BuildPlanning
import Testing

/// How builds end that nobody ends as they should.
@Suite struct BuildResultTests {
    private func result(_ kinds: [BuildEvent.Kind]) -> BuildResult {
        var result = BuildResult()
        for (second, kind) in kinds.enumerated() { result.add(BuildEvent(time: time(second), kind: kind)) }
        return result
    }

    private func time(_ second: Int) -> Timestamp { Timestamp(microseconds: Int64(second) * 1_000_000) }

    @Test func `a build that nobody runs any more is lost since its last event`() {
        var lost = result([.phaseStarted(phase: .build), .output(phase: .build, bytes: [0x61])])
        lost.endAsLost()
        #expect(lost.status == .lost && lost.endTime == time(1))
        var over = result([.buildFinished(status: .failed), .notice(text: "later")])
        over.endAsLost()
        #expect(over.status == .failed && over.endTime == time(0))
    }

    @Test func `a resumed build has run as long as it ran, not as long as it stood still`() {
        let id = BuildID(project: "p", uuid: "u")
        let start = BuildEvent.Kind.buildStarted(
            .init(id: id, image: "i", sourceDirectory: "/s", buildspec: "b", source: nil))
        let point = ResumePoint(phase: .build, index: 0)
        var result = BuildResult()
        for (second, kind) in [
            (0, start), (10, .buildFinished(status: .failed)), (3610, .buildResumed(point)),
            (3615, .notice(text: "killed here")), (3700, .buildResumed(point)),
        ] { result.add(BuildEvent(time: time(second), kind: kind)) }
        #expect(result.isResumed && result.runningTime == nil)
        result.add(BuildEvent(time: time(3703), kind: .buildFinished(status: .succeeded)))
        #expect(result.runningTime == 18_000)
        #expect(result.startTime == time(0) && result.endTime == time(3703))
    }

    @Test func `a build that breaks off ends with the phase that runs`() {
        let running = result([.phaseStarted(phase: .build)])
        #expect(
            running.breakingOff(.stopped, at: time(3)).map(\.kind) == [
                .phaseFinished(phase: .build, status: .stopped, context: .none, milliseconds: 3000),
                .buildFinished(status: .stopped),
            ])
        let between = result([
            .phaseFinished(phase: .install, status: .succeeded, context: .none, milliseconds: 1)
        ])
        #expect(between.breakingOff(.fault, at: time(3)).map(\.kind) == [.buildFinished(status: .fault)])
    }
}
