import ChildProcesses
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
        #expect(html.contains(">SET</th><td>1</td><td>--env</td>"))
        #expect(html.contains(">KEY</th><td>***</td><td>Parameter Store: /app/key (buildspec.yml:2:"))
        // What was decided.
        #expect(html.contains("<h2 id=\"plan-title\">Plan</h2>") && html.contains("target/*.xml (JUNITXML)"))
        #expect(html.contains(">image</th><td>\(debian)</td><td>--image</td>"))
        // The long output is folded, but there.
        #expect(html.contains("<details id=\"c2\">") || html.contains("<details id=\"c3\">"))
        #expect(html.contains("\n999\n1000\n"))

        let shown = try await play.call(["show", "--html"])
        #expect(shown.status.isSuccess)
        let name = try #require(shown.errorText.firstMatch(of: /build-[0-9a-f]{8}\.html/)?.0)
        #expect(try String(contentsOf: play.source.appending(path: String(name)), encoding: .utf8) == html)
        #expect(try await play.call(["show", "--html", "-"]).outputText == html)
        #expect(try await play.call(["show", "--html", "-", "--tests"]).status.exitStatus == 64)
    }

    @Test func `a page says what differs from the last green build`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['test ! -e broken']}}")
        func git(_ arguments: String...) async throws {
            let who = ["-c", "user.name=a", "-c", "user.email=a@b.invalid"]
            let made = try await Command("git", who + arguments, workingDirectory: play.source.path).collect()
            #expect(made.status.isSuccess, "\(made.errorText)")
        }
        try await git("init", "-q")
        try await git("add", "-A")
        try await git("commit", "-qm", "First")
        #expect(try await play.run(["--no-cache", "-e", "A=1", "-e", "A_TOKEN=x"]).status.isSuccess)
        try play.write("broken", "")
        try await git("add", "-A")
        try await git("commit", "-qm", "Break <it>")
        let path = play.root.appending(path: "page.html")
        #expect(
            try await play.run(["--no-cache", "-e", "A=2", "-e", "A_TOKEN=y", "--html", path.path]).status.exitStatus
                == 1)
        let html = try String(contentsOf: path, encoding: .utf8)
        #expect(html.contains(/>Commit<\/th><td>[0-9a-f]{40}<\/td><td>[0-9a-f]{40}<\/td>/))
        #expect(html.contains(/<li>[0-9a-f]{7,} Break &lt;it&gt;<\/li>/) && !html.contains("First</li>"))
        #expect(html.contains(">Variable A</th><td>1</td><td>2</td>"))
        #expect(html.contains(">Variable A_TOKEN</th><td>***</td><td>***</td>"))
        #expect(html.contains(/>BUILD<\/th><td>[0-9.]+ s<\/td><td>[0-9.]+ s<\/td>/))
    }

    @Test func `a page is opened in the browser, and where there is none that is said`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}")
        _ = try await play.run(["--no-cache"])
        let opened = play.root.appending(path: "opened")
        try await play.makeProgram("xdg-open", "echo \"$1\" >'\(opened.path)'")
        let path = try #require(ProcessInfo.processInfo.environment["PATH"])
        let bin = play.root.appending(path: "bin").path
        let shown = try await play.call(["show", "--open"], environment: ["PATH": "\(bin):\(path)"])
        #expect(shown.status.isSuccess && !shown.errorText.contains("warning"), "\(shown.errorText)")
        let file = try String(contentsOf: opened, encoding: .utf8).split(separator: "\n").joined()
        #expect(file.hasPrefix("/") && FileManager.default.fileExists(atPath: file))
        try await play.makeProgram("xdg-open", "echo no display >&2; exit 3")
        let failed = try await play.call(["show", "--open"], environment: ["PATH": "\(bin):\(path)"])
        #expect(failed.status.isSuccess && failed.errorText.contains("`xdg-open` ended with status 3: no display"))
        let none = try await play.call(["show", "--open"], environment: ["PATH": "/nowhere"])
        #expect(none.status.isSuccess && none.errorText.contains("there is no `xdg-open` on the path"))
        #expect(none.errorText.contains(/help: open build-[0-9a-f]{8}\.html/))
        #expect(try await play.call(["show", "--open", "--html", "-"]).status.exitStatus == 64)
    }

    @Test func `a build whose buildspec is wrong has a page, too`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: 7\n")
        let path = play.root.appending(path: "page.html")
        #expect(try await play.run(["--html", path.path]).status.exitStatus == 65)
        #expect(try String(contentsOf: path, encoding: .utf8).contains("YAML_FILE_ERROR"))
    }
}
