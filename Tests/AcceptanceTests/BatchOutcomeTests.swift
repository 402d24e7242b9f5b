import ChildProcesses
import Foundation
import Testing

/// What a batch leaves as a whole: combined artifacts, merged reports, its page and its place among earlier ones.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct BatchOutcomeTests {
    private func run(_ play: Playground, _ arguments: String...) async throws -> CommandOutput {
        try await play.run(["--batch", "--build-json", play.root.appending(path: "batch.json").path] + arguments)
    }

    private func json(_ play: Playground) throws -> [String: Any] {
        let data = try Data(contentsOf: play.root.appending(path: "batch.json"))
        let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        return try #require((all["buildBatches"] as? [[String: Any]])?.first)
    }

    /// The beginning of the batch's id, as the closing table has it.
    private func id(_ play: Playground) throws -> String {
        let id = try #require(try json(play)["id"] as? String)
        return String(id.split(separator: ":")[1].prefix(8))
    }

    @Test func `the primary artifacts of all builds become one where the project says so`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-graph: [{identifier: one}, {identifier: two, depend-on: [one]}]}
            phases:
              build:
                commands:
                  - mkdir -p d && echo $CODEBUILD_BATCH_BUILD_IDENTIFIER | tee both.txt >d/$CODEBUILD_BATCH_BUILD_IDENTIFIER.txt
            artifacts: {files: ['*.txt', 'd/*']}
            """)
        try play.write("codebuild.yml", "buildBatchConfig: {combineArtifacts: true}\n")
        let result = try await run(play)
        #expect(result.status.isSuccess, "\(result.errorText)")
        #expect(
            play.files(in: play.out.appending(path: "artifacts")) == ["both.txt", "d/one.txt", "d/two.txt"])
        let both = try String(contentsOf: play.out.appending(path: "artifacts/both.txt"), encoding: .utf8)
        #expect(both == "two\n")
        #expect(result.errorText.contains("more than one build has `both.txt`; that of the last one stays"))
        #expect(result.errorText.contains("artifact \(play.out.path)/artifacts (3 files of all builds)"))
        #expect((try json(play)["artifacts"] as? [String: Any])?["location"] as? String == play.out.path + "/artifacts")
        // A batch of which something has failed has none, and an old one stays.
        try play.write("codebuild.yml", "buildBatchConfig: {combineArtifacts: true}\nx-buildspec: {zip: true}\n")
        let zipped = try await run(play, "--only", "one")
        #expect(zipped.status.isSuccess, "\(zipped.errorText)")
        #expect(play.files(in: play.out).contains("artifacts.zip"))
        try play.buildspec(
            "version: 0.2\nbatch: {build-list: [{identifier: artifacts}]}\nphases: {build: {commands: ['true']}}\n")
        let taken = try await run(play)
        #expect(taken.status.exitStatus == 65 && taken.errorText.contains("give it another identifier"))
    }

    @Test(arguments: ["equal-distribution", "stability"])
    func `of a fanout of four over 40 files one part fails, and so does the merged report`(
        strategy: String
    ) async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-fanout: {parallelism: 4}}
            phases:
              build:
                commands:
                  - codebuild-tests-run --test-command 'sh suite.sh' --files-search "codebuild-glob-search 't/*.js'"
                    --sharding-strategy \(strategy)
            reports: {unit: {files: 'made.xml'}}
            """)
        // The output of a test framework: a case for each file, and one of them fails.
        try play.write(
            "suite.sh",
            """
            status=0
            echo "<testsuite name='s'>" >made.xml
            for file; do
                if [ "$file" = t/f13.js ]; then
                    status=1
                    echo "<testcase name='$file' time='0.1'><failure message='13 is unlucky'/></testcase>" >>made.xml
                else
                    echo "<testcase name='$file' time='0.1'/>" >>made.xml
                fi
            done
            echo "</testsuite>" >>made.xml
            exit $status
            """)
        for number in 0..<40 { try play.write("t/f\(number < 10 ? "0" : "")\(number).js", "") }
        let page = play.root.appending(path: "b.html"), junit = play.root.appending(path: "all.xml")
        let result = try await run(play, "--html", page.path, "--junit", junit.path, "--annotate", "github")
        #expect(result.status.exitStatus == 1)
        let table = result.errorText
        #expect(table.contains("  tests    s.t/f13.js\n             13 is unlucky\n"), "\(table)")
        #expect(table.contains("  report   source-unit FAILED: 40 tests, 1 failed"), "\(table)")
        #expect(table.contains("s.t/f13.js::13 is unlucky"))
        let batch = try json(play)
        let merged = try #require((batch["mergedReports"] as? [[String: Any]])?.first)
        #expect(merged["name"] as? String == "source-unit" && merged["status"] as? String == "FAILED")
        #expect((merged["failedTests"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["t/f13.js"])
        #expect((batch["reportArns"] as? [String])?.count == 1)
        let written = try String(contentsOf: junit, encoding: .utf8)
        #expect(written.split(separator: "\n").count { $0.hasPrefix("<testcase ") } == 40)
        #expect(written.contains("<testsuite name=\"build_0001: s\">"))
        // The batch is shown again by its id.
        let name = try id(play)
        let shown = try await play.call(["show", name])
        #expect(shown.outputText.contains("source-unit FAILED: 40 tests, 1 failed"), "\(shown.outputText)")
        let failed = try await play.call(["show", name, "--tests", "--failed"])
        let lines = failed.outputText.split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("FAILED") } == 1 && lines.count { $0.hasPrefix("build_000") } == 1)
        let all = try await play.call(["show", name, "--tests", "--format", "json"])
        #expect(all.outputText.components(separatedBy: "\"batchIdentifier\":\"build_000").count == 41)
        // Every build has a group of its own, and its own page.
        let html = try String(contentsOf: page, encoding: .utf8)
        #expect(html.contains("13 is unlucky") && html.contains("href=\"./b-builds/"))
        #expect(play.files(in: play.root.appending(path: "b-builds")).count == 4)
        let again = try await play.call(["show", name, "--html", play.root.appending(path: "c.html").path])
        #expect(again.status.isSuccess && play.files(in: play.root.appending(path: "c-builds")).count == 4)
        let builds = try FileManager.default.contentsOfDirectory(
            atPath: play.state.appending(path: "buildspec/builds").path)
        let reports = try builds.map {
            try String(
                contentsOf: play.state.appending(path: "buildspec/builds/\($0)/reports.json"), encoding: .utf8)
        }
        #expect(
            (1...4).allSatisfy { number in reports.contains { $0.contains("source-unitBuildFanoutShard\(number)\"") } })
    }

    @Test func `a second batch knows how long its builds usually take`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-list: [{identifier: one}, {identifier: two}]}
            phases: {build: {commands: [sleep 1]}}
            """)
        let first = try await run(play)
        #expect(first.status.isSuccess && !first.errorText.contains("usually"))
        let second = try await run(play)
        #expect(
            second.errorText.split(separator: "\n").count { $0.contains("SUCCEEDED") && $0.contains("(usually ") } == 2)
    }

    @Test func `the plan of a batch is drawn for Graphviz and Mermaid`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-graph: [{identifier: one}, {identifier: two, depend-on: [one]}]}
            phases: {build: {commands: ['true']}}
            """)
        let dot = try await play.call(["plan", ".", "--batch", "--format", "dot"])
        #expect(
            dot.outputText == """
                digraph batch {
                  rankdir=LR;
                  node [shape=box];
                  "one" [label="one"];
                  "two" [label="two"];
                  "one" -> "two";
                }

                """)
        let mermaid = try await play.call(["plan", ".", "--batch", "--format", "mermaid"])
        #expect(mermaid.outputText == "flowchart LR\n  b0[\"one\"]\n  b1[\"two\"]\n  b0 --> b1\n")
        let alone = try await play.call(["plan", ".", "--format", "dot"])
        #expect(alone.status.exitStatus == 64 && alone.errorText.contains("goes with --batch"))
    }

    @Test(arguments: [debian, busybox])
    func `tests of a fanout are divided by the times that the last reports tell`(image: String) async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-fanout: {parallelism: 2}}
            phases:
              build:
                commands:
                  - codebuild-tests-run --test-command 'sh suite.sh' --files-search 'ls t/*.js'
            reports: {unit: {files: 'made.xml'}}
            """)
        try play.write(
            "suite.sh",
            """
            echo "<testsuite name='s'>" >made.xml
            for file; do
                echo "ran $file"
                echo "<testcase name='n' file='$file' time='$(cat $file)'/>" >>made.xml
            done
            echo "</testsuite>" >>made.xml
            """)
        for (name, seconds) in [("a", "8"), ("b", "4"), ("c", "2"), ("d", "1"), ("e", "1")] {
            try play.write("t/\(name).js", seconds)
        }
        func ran(_ result: CommandOutput, by build: String) -> [String] {
            result.outputText.split(separator: "\n").filter { $0.hasPrefix("\(build) | ran ") }
                .map { String($0.suffix(4).prefix(1)) }.sorted()
        }
        func run(_ arguments: String...) async throws -> CommandOutput {
            try await play.run(["--batch", "--no-cache"] + arguments, image: image)
        }
        let first = try await run("--shard-by", "time")
        #expect(first.status.isSuccess && first.errorText.contains("all count the same"), "\(first.errorText)")
        #expect(ran(first, by: "build_0001") == ["a", "c", "e"] && ran(first, by: "build_0002") == ["b", "d"])
        // A file that nobody knows takes the median.
        try play.write("t/f.js", "1")
        let second = try await run("--shard-by", "time")
        #expect(ran(second, by: "build_0001") == ["a", "d"], "\(second.outputText)")
        #expect(ran(second, by: "build_0002") == ["b", "c", "e", "f"])
        #expect(second.outputText.contains("shard 1 of 2 has 2 of 6 files, 9.0 of 18.0 s by the last reports"))
        // What is run again is divided as before, though the times have changed.
        let again = try await run("--shard-by", "time", "--rerun-failed")
        #expect(again.status.isSuccess && ran(again, by: "build_0001").isEmpty && ran(again, by: "build_0002").isEmpty)
        let plain = try await run()
        #expect(ran(plain, by: "build_0001") == ["a", "b", "c"])
        try play.buildspec(
            "version: 0.2\nbatch: {build-list: [{identifier: one}]}\nphases: {build: {commands: ['true']}}\n")
        let wrong = try await run("--shard-by", "time")
        #expect(wrong.status.exitStatus == 64 && wrong.errorText.contains("this batch is a build-list"))
    }

    @Test func `a build finds the artifacts of those that it waited for, where the user wants it`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch:
              build-graph:
                - {identifier: compile}
                - {identifier: lint, buildspec: lint.yml}
                - {identifier: pack, buildspec: pack.yml, depend-on: [compile, lint]}
            phases: {build: {commands: [mkdir d, echo made >d/made.txt]}}
            artifacts: {files: 'd/*', secondary-artifacts: {more: {files: 'd/*', discard-paths: yes}}}
            """)
        try play.write(
            "lint.yml", "version: 0.2\nphases: {build: {commands: ['echo lint $BUILDSPEC_HANDED_OVER.']}}\n")
        try play.write(
            "pack.yml",
            """
            version: 0.2
            phases:
              build:
                commands:
                  - echo "$BUILDSPEC_HANDED_OVER $(ls $BUILDSPEC_HANDED_OVER) ${BUILDSPEC_HANDED_OVER_lint-none}"
                  - cat $BUILDSPEC_HANDED_OVER_compile/artifacts/d/made.txt $BUILDSPEC_HANDED_OVER_compile/more/made.txt
                  - touch $BUILDSPEC_HANDED_OVER_compile/x 2>/dev/null || echo "it can only be read"
            """)
        try play.write("codebuild.yml", "x-buildspec: {hand-over: true}\n")
        let result = try await run(play)
        #expect(result.status.isSuccess, "\(result.errorText)")
        let lines = result.outputText.split(separator: "\n").map(String.init)
        #expect(lines.contains("pack    | /codebuild/readonly/handed-over compile none"))
        #expect(lines.count { $0 == "pack    | made" } == 2)
        #expect(lines.contains("pack    | it can only be read") && lines.contains("lint    | lint ."))
        try play.write("codebuild.yml", "{}\n")
        let without = try await run(play)
        #expect(without.status.exitStatus == 1 && !without.outputText.contains("handed-over"))
        #expect(try await run(play, "--hand-over").status.isSuccess)
    }

    @Test func `what a killed batch has done is not done again`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-graph: [{identifier: one}, {identifier: two, depend-on: [one]}]}
            phases: {build: {commands: ['[ $CODEBUILD_BATCH_BUILD_IDENTIFIER = one ] || [ ! -e wait ] || { echo up; sleep 600; }']}}
            """)
        try play.write("wait", "")
        _ = try await Command(
            "sh",
            [
                "-c",
                """
                "$@" >../log 2>&1 & program=$!
                until grep -q ' | up' ../log; do sleep 0.1; done
                kill -KILL $program
                """, "sh", Playground.binary, "run", ".", "--image", debian, "--batch",
            ], environment: ["XDG_STATE_HOME": play.state.path, "XDG_CACHE_HOME": play.cache.path],
            workingDirectory: play.source.path
        ).collect()
        try FileManager.default.removeItem(at: play.source.appending(path: "wait"))
        let folder = play.state.appending(path: "buildspec/batches")
        let file = try #require(play.files(in: folder).first { $0.hasSuffix(".json") })
        let id = String(file.split(separator: "/")[1].split(separator: "-")[1])
        let shown = try await play.call(["show", id])
        #expect(
            shown.outputText.contains("one  SUCCEEDED") && shown.outputText.contains("two  LOST"), "\(shown.outputText)"
        )
        let again = try await run(play, "--rerun-failed")
        #expect(again.status.isSuccess, "\(again.errorText)")
        #expect(again.errorText.contains("one  SUCCEEDED  by an earlier run of the batch"), "\(again.errorText)")
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `of a cache that several builds save it is said whose stays`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-list: [{identifier: one}, {identifier: two}]}
            phases:
              build:
                commands:
                  - mkdir -p /kept; cat /kept/* || true; [ $CODEBUILD_BATCH_BUILD_IDENTIFIER = one ] || sleep 3
                  - echo by $CODEBUILD_BATCH_BUILD_IDENTIFIER >/kept/who
            cache: {paths: [/kept/**/*]}
            """)
        let first = try await run(play, "--jobs", "2")
        #expect(first.status.isSuccess)
        #expect(
            first.errorText.contains(": 2 builds have saved it; what `two` saved stays"), "\(first.errorText)")
        let second = try await run(play, "--jobs", "2")
        #expect(second.outputText.contains("one | by two"), "\(second.outputText)")
    }
}
