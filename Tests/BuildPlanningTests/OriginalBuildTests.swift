import BuildPlanning
import SpecParsing
import Testing

/// A build of the service beside the build here that repeats it.
@Suite struct OriginalBuildTests {
    @Test func `the command of a message is told from the words around it`() {
        let message = CommandMessage(
            "Error while executing command: echo . Reason: exit status 2; false. Reason: exit status 1")
        #expect(message?.text == "echo . Reason: exit status 2; false")
        #expect(message?.exitStatus == 1)
        #expect(CommandMessage("no matching artifact paths found") == nil)
    }

    @Test(
        "a message means the command whose text it has",
        arguments: [
            ("make. Reason: exit status 2", "make", true), ("make. Reason: exit status 2", "make test", false),
            ("a\nb\n. Reason: exit status 2", "a\nb", true), ("a long comm...", "a long command", true),
            ("a long comm", "a long command", true), ("a long comm...", "another command", false), ("", "x", false),
        ])
    func meaning(said: String, command: String, means: Bool) {
        #expect(CommandMessage("Error while executing command: \(said)")?.means(command) == means)
    }

    @Test(
        "a repository is cloned into a folder of its host and path",
        arguments: [
            ("https://github.com/acme/app.git", "github.com/acme/app"),
            ("https://user:token@github.acme.example:8443/acme/app", "github.acme.example/acme/app"),
            ("git@gitlab.com:acme/back/app.git", "gitlab.com/acme/back/app"),
            ("ssh://git@bitbucket.org/acme/app.git", "bitbucket.org/acme/app"),
            (
                "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app",
                "git-codecommit.eu-west-1.amazonaws.com/v1/repos/app"
            ),
            ("codecommit::eu-west-1://me@app", "git-codecommit.eu-west-1.amazonaws.com/v1/repos/app"),
            ("https://github.com/../../etc", nil), ("https://github.com", nil), ("a b/c", nil), ("", nil),
        ] as [(String, String?)])
    func folders(address: String, folder: String?) { #expect(CloneFolder.of(address) == folder) }

    private func result(_ events: [BuildEvent.Kind]) -> BuildResult {
        var result = BuildResult()
        for (number, kind) in events.enumerated() {
            result.add(BuildEvent(time: Timestamp(microseconds: Int64(number)), kind: kind))
        }
        return result
    }

    private func phase(_ name: String, _ status: String = "SUCCEEDED", for context: PhaseContext = .none)
        -> OriginalBuild.Phase
    { .init(name: name, status: status, context: context) }

    @Test func `folders and ids of sources are no difference, and blanks at the end neither`() {
        let there = OriginalBuild(
            id: "p:1", status: "FAILED",
            phases: [
                phase("SUBMITTED"), phase("PROVISIONING"),
                phase(
                    "DOWNLOAD_SOURCE", "FAILED",
                    for: PhaseContext(
                        statusCode: "YAML_FILE_ERROR",
                        message: "stat /codebuild/output/src87/src/b.yml: no such file or directory ")),
            ])
        let here = result([
            .phaseFinished(
                phase: .downloadSource, status: .failed,
                context: PhaseContext(
                    statusCode: "YAML_FILE_ERROR",
                    message: "stat /codebuild/output/src1234567890/src/b.yml: no such file or directory"),
                milliseconds: 1)
        ])
        let comparison = OriginalComparison(of: there, with: here, ending: .failed)
        #expect(comparison.isSame, "\(comparison)")
        #expect(comparison.lines.first == "the same failure as p:1 in CodeBuild")
    }

    @Test func `each field that differs is named`() {
        let there = OriginalBuild(
            id: "p:1", status: "TIMED_OUT",
            phases: [
                phase("DOWNLOAD_SOURCE"), phase("INSTALL"),
                phase("PRE_BUILD", "FAILED", for: .commandFailed("make", exitStatus: 2)),
            ])
        func ended(_ exitStatus: Int, _ command: String = "make") -> OriginalComparison {
            OriginalComparison(
                of: there,
                with: result([
                    .phaseFinished(phase: .downloadSource, status: .succeeded, context: .none, milliseconds: 1),
                    .phaseFinished(phase: .install, status: .succeeded, context: .none, milliseconds: 1),
                    .phaseFinished(
                        phase: .preBuild, status: .failed, context: .commandFailed(command, exitStatus: exitStatus),
                        milliseconds: 1),
                ]), ending: .failed)
        }
        #expect(ended(2).isSame)
        #expect(ended(1).differences.map(\.field) == ["exit status"])
        #expect(ended(1).lines.last == "  exit status: 2 there, 1 here")
        #expect(ended(2, "make all").differences.map(\.field) == ["command"])
    }
}
