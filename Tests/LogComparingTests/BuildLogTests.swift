@testable import LogComparing
import Testing

@Suite struct BuildLogTests {
    private func log(_ lines: [String], known: [String] = []) -> BuildLog {
        let stamped = lines.map { $0.replacing("@", with: "[Container] 2026/07/04 14:25:39.684611") }
        return BuildLog(text: Array(stamped.joined(separator: "\n").utf8), knownCommands: known)
    }

    @Test func `phases, commands, outputs and states come apart`() {
        let log = BuildLog(text: Array(SampleLogs.cloud.utf8))
        #expect(log.sourceDirectory == "/codebuild/output/src2740/src/github.com/acme/app")
        #expect(
            log.phases.map(\.name) == ["DOWNLOAD_SOURCE", "INSTALL", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"])
        #expect(log.phases.map(\.state) == ["SUCCEEDED", "SUCCEEDED", "FAILED", "SUCCEEDED", "SUCCEEDED"])
        let build = log.phases[2]
        #expect(build.commands.map(\.text) == ["cd src", "make check"])
        #expect(build.commands.map(\.exitStatus) == [0, 6])
        #expect(build.commands[0].output == [])
        #expect(build.commands[1].output.last == "total: 1")
        #expect(build.statusCode == "COMMAND_EXECUTION_ERROR")
        #expect(build.message == "Error while executing command: make check. Reason: exit status 6")
    }

    @Test(
        "old wordings, both time formats, both prefixes and both line ends read alike",
        arguments: [
            ("[Container] 2026/07/04 14:25:39.684611", "State: FAILED", "\n"),
            ("[Container] 2019/07/04 14:25:39", "Success: false", "\n"),
            ("[Instance] 2026/07/04 14:25:39.684611", "State: FAILED", "\r\n"),
        ])
    func variants(prefix: String, state: String, lineEnd: String) {
        let text = [
            "@ Entering phase BUILD", "@ Running command make", "out", "",
            "@ Command did not exit successfully make exit status 2", "@ Phase complete: BUILD \(state)",
        ].map { $0.replacing("@", with: prefix) }.joined(separator: lineEnd)
        let build = BuildLog(text: Array(text.utf8)).phases.first
        #expect(build?.state == "FAILED")
        #expect(build?.commands.first?.exitStatus == 2)
        #expect(build?.commands.first?.output == ["out"])
    }

    @Test func `a text of several lines is known from its failure`() {
        let log = log([
            "@ Running command if true; then", "  exit 3", "fi", "", "out", "",
            "@ Command did not exit successfully if true; then", "  exit 3", "fi", " exit status 3",
            "@ Phase complete: BUILD State: FAILED",
        ])
        #expect(log.phases[0].commands[0].text == "if true; then\n  exit 3\nfi")
        #expect(log.phases[0].commands[0].exitStatus == 3)
        // The block scalar's last line feed makes an empty line.
        #expect(log.phases[0].commands[0].output == ["out"])
    }

    @Test func `a text of several lines is known from the local build`() {
        let log = log(
            ["@ Running command echo a", "echo b", "a", "b", "", "@ Phase complete: BUILD State: SUCCEEDED"],
            known: ["echo a", "echo a\necho b"])
        #expect(log.phases[0].commands[0].text == "echo a\necho b")
        #expect(log.phases[0].commands[0].output == ["a", "b"])
    }

    @Test func `output without a final line feed does not swallow the agent's line`() {
        let log = log(["@ Running command printf x", "x@ Phase complete: BUILD State: SUCCEEDED"])
        #expect(log.phases[0].commands[0].output == ["x"])
        #expect(log.phases[0].state == "SUCCEEDED")
    }

    @Test func `a prefix in the middle of a line is somebody's quotation`() {
        let log = log(["@ Running command cat old.log", "old.log: @ Entering phase INSTALL"])
        #expect(log.phases.map(\.name) == ["DOWNLOAD_SOURCE"])
        #expect(log.phases[0].commands[0].output.count == 1)
    }

    @Test func `a message of several lines is one message`() {
        let log = log([
            "@ Phase complete: BUILD State: FAILED",
            "@ Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: a", "b",
            ". Reason: exit status 1", "@ Entering phase POST_BUILD",
        ])
        #expect(log.phases[0].message == "Error while executing command: a\nb\n. Reason: exit status 1")
    }

    @Test func `a command that the log leaves before its end has no status`() {
        #expect(log(["@ Entering phase BUILD", "@ Running command make"]).phases[0].commands[0].exitStatus == nil)
    }
}
