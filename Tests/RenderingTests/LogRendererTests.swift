import BuildPlanning
import Rendering
import Testing

@Suite struct LogRendererTests {
    private let time = Timestamp(microseconds: 1_783_175_139_684_611)
    private let stamp = "[Container] 2026/07/04 14:25:39.684611 "

    private func log(_ kinds: [BuildEvent.Kind], usesColor: Bool = false) -> String {
        var renderer = LogRenderer(usesColor: usesColor)
        let bytes = kinds.flatMap { renderer.render(BuildEvent(time: time, kind: $0)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a command, its output, and an empty line`() {
        let text = log([
            .phaseStarted(phase: .build), .commandStarted(phase: .build, command: "make", location: nil),
            .output(phase: .build, bytes: Array("done\n".utf8)),
            .commandFinished(phase: .build, command: "make", exitStatus: 0, milliseconds: 5),
            .phaseFinished(phase: .build, status: .succeeded, context: .none, milliseconds: 6),
        ])
        #expect(
            text == """
                \(stamp)Entering phase BUILD
                \(stamp)Running command make
                done

                \(stamp)Phase complete: BUILD State: SUCCEEDED
                \(stamp)Phase context status code:  Message:\u{20}

                """)
    }

    @Test func `a failed command says so after its output`() {
        let text = log([
            .commandStarted(phase: .build, command: "make", location: nil),
            .commandFinished(phase: .build, command: "make", exitStatus: 6, milliseconds: 5),
            .phaseFinished(
                phase: .build, status: .failed, context: .commandFailed("make", exitStatus: 6), milliseconds: 6),
        ])
        #expect(
            text == """
                \(stamp)Running command make

                \(stamp)Command did not exit successfully make exit status 6
                \(stamp)Phase complete: BUILD State: FAILED
                \(stamp)Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: make. \
                Reason: exit status 6

                """)
    }

    @Test func `the end of a block scalar stays in the line and the message`() {
        let text = log([.commandStarted(phase: .build, command: "npm -v\n", location: nil)])
        #expect(text == "\(stamp)Running command npm -v\n\n")
        #expect(
            PhaseContext.commandFailed("npm -v\n", exitStatus: 1).message
                == "Error while executing command: npm -v\n. Reason: exit status 1")
    }

    @Test func `output without a final line feed does not swallow the next line`() {
        let text = log([
            .output(phase: .build, bytes: Array("50%".utf8)),
            .commandFinished(phase: .build, command: "x", exitStatus: 0, milliseconds: 1),
        ])
        #expect(text == "50%\n\n")
    }

    @Test func `neither DOWNLOAD_SOURCE nor UPLOAD_ARTIFACTS is entered aloud`() {
        #expect(log([.phaseStarted(phase: .downloadSource), .phaseStarted(phase: .uploadArtifacts)]) == "")
    }

    @Test func `colour adds marks and changes nothing else`() {
        let text = log(
            [.phaseFinished(phase: .build, status: .failed, context: .none, milliseconds: 0)], usesColor: true)
        #expect(text.contains("\u{1b}[31mPhase complete: BUILD State: FAILED\u{1b}[0m"))
    }
}
