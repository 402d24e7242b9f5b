import Foundation
import Testing

/// The page of a whole build in a container.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct PageTests {
    @Test func `a failed build has a page with why, tests, times, log and no secret`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env: {parameter-store: {KEY: /app/key}}
            phases:
              build:
                commands:
                  - printf '\\033[32mgreen\\033[0m <b>%s\\n' "$KEY"
                  - seq 1000
                  - exit 3
            reports: {unit: {files: 'target/*.xml'}}
            artifacts: {files: [buildspec.yml]}
            """)
        try play.write("secrets.yml", "parameter-store: {/app/key: s3cr3t-value}\n")
        try play.write(
            "target/TEST-A.xml",
            "<testsuite name='S'><testcase name='adds' classname='S'><failure message='a &lt; b'>at S</failure></testcase></testsuite>"
        )
        let path = play.root.appending(path: "page.html")
        let build = try await play.run(
            ["--no-cache", "--secrets", "secrets.yml", "--html", path.path, "--env", "SET=1"])
        #expect(build.status.exitStatus == 1)
        let html = try String(contentsOf: path, encoding: .utf8)
        #expect(
            html.contains(
                /<p class="why bad">In BUILD at buildspec.yml:8:\d+ the command `exit 3` ended with exit status 3\.<\/p>/
            ))
        #expect(html.contains("<span class=\"bad\">FAILED</span> S.adds") && html.contains("a &lt; b"))
        #expect(html.contains("<span class=\"f2\">green</span> &lt;b&gt;***"))
        #expect(!html.contains("s3cr3t-value"))
        #expect(html.contains(">SET</th><td>1</td>"))
        // The long output is folded, but there.
        #expect(html.contains("<details id=\"c2\">") || html.contains("<details id=\"c3\">"))
        #expect(html.contains("\n999\n1000\n"))

        let shown = try await play.call(["show", "--html"])
        #expect(shown.status.isSuccess)
        let name = try #require(shown.errorText.firstMatch(of: /build-[0-9a-f]{8}\.html/)?.0)
        #expect(try String(contentsOf: play.source.appending(path: String(name)), encoding: .utf8) == html)
        #expect(try await play.call(["show", "--html", "-"]).outputText == html)
        #expect(try await play.call(["show", "--html", "-", "--tests"]).status.exitStatus == 64)
        #expect(try await play.call(["run", "--batch", "--html", "a.html"]).status.exitStatus == 64)
    }

    @Test func `a build whose buildspec is wrong has a page, too`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: 7\n")
        let path = play.root.appending(path: "page.html")
        #expect(try await play.run(["--html", path.path]).status.exitStatus == 65)
        #expect(try String(contentsOf: path, encoding: .utf8).contains("YAML_FILE_ERROR"))
    }
}
