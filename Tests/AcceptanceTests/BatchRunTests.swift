import ChildProcesses
import Foundation
import Testing

/// `run --batch`, with real containers.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct BatchRunTests {
    private struct Batches: Decodable {
        struct Batch: Decodable {
            struct Group: Decodable {
                struct Summary: Decodable {
                    struct Artifact: Decodable { let type: String, location: String? }
                    let arn: String?, buildStatus: String, primaryArtifact: Artifact?
                }
                let identifier: String, dependsOn: [String], ignoreFailure: Bool
                let currentBuildSummary: Summary?, priorBuildSummaryList: [Summary]?
            }
            let id: String?, buildBatchStatus: String, complete: Bool, buildGroups: [Group]
        }
        let buildBatches: [Batch]
    }

    /// The groups of a batch but for DOWNLOAD_SOURCE, `name:STATUS`; `-` for a build that never began.
    private func groups(_ play: Playground) throws -> (status: String, builds: String, batch: Batches.Batch) {
        let file = play.root.appending(path: "batch.json")
        let batch = try #require(
            try JSONDecoder().decode(Batches.self, from: Data(contentsOf: file)).buildBatches.first)
        #expect(batch.complete && batch.buildGroups.first?.identifier == "DOWNLOAD_SOURCE")
        let builds = batch.buildGroups.dropFirst().map {
            "\($0.identifier):\($0.currentBuildSummary?.buildStatus ?? "-")"
        }
        return (batch.buildBatchStatus, builds.joined(separator: " "), batch)
    }

    private func run(_ play: Playground, _ arguments: String...) async throws -> CommandOutput {
        try await play.run(["--batch", "--build-json", play.root.appending(path: "batch.json").path] + arguments)
    }

    @Test func `a graph runs in its order, each build with its own environment, log and artifacts`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env: {variables: {WHO: all, MINE: buildspec}}
            batch:
              build-graph:
                - identifier: compile
                  env: {variables: {WHO: the compiler}}
                - identifier: pack
                  buildspec: ci/pack.yml
                  depend-on: [compile]
                - {identifier: text, buildspec: "version: 0.2\\nphases: {build: {commands: [echo inline of $CODEBUILD_BATCH_BUILD_IDENTIFIER]}}"}
            phases:
              build:
                commands:
                  - echo "$CODEBUILD_BATCH_BUILD_IDENTIFIER by $WHO, $MINE, $(cat file.txt)" | tee made.txt
            artifacts: {files: made.txt}
            """)
        try play.write("file.txt", "content")
        try play.write(
            "ci/pack.yml",
            "version: 0.2\nphases: {build: {commands: [echo packed, touch packed.txt]}}\nartifacts: {files: packed.txt}\n"
        )
        let result = try await run(play, "-e", "WHO=a flag")
        #expect(result.status.isSuccess, "\(result.errorText)")
        let lines = result.outputText.split(separator: "\n").map(String.init)
        #expect(lines.contains("compile | compile by the compiler, buildspec, content"))
        #expect(lines.contains("pack    | packed") && lines.contains("text    | inline of text"))
        #expect(lines.allSatisfy { $0.contains(" | ") })
        let order = try #require(lines.firstIndex { $0.hasPrefix("pack ") })
        #expect(lines[order...].allSatisfy { !$0.hasPrefix("compile") })
        #expect(play.files(in: play.out) == ["compile/artifacts/made.txt", "pack/artifacts/packed.txt"])
        let (status, builds, batch) = try groups(play)
        #expect(status == "SUCCEEDED" && builds == "compile:SUCCEEDED pack:SUCCEEDED text:SUCCEEDED")
        #expect(batch.buildGroups[2].dependsOn == ["compile"])
        #expect(
            batch.buildGroups[1].currentBuildSummary?.primaryArtifact?.location == play.out.path + "/compile/artifacts")
        #expect(result.errorText.contains("longest  compile → pack"))
        // Each is a build as any other.
        let history = try await play.call(["builds"])
        #expect(history.outputText.split(separator: "\n").count == 4)
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `a failed build skips what depends on it, and only what failed is run again`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch:
              build-graph:
                - {identifier: good}
                - {identifier: shaky, ignore-failure: true}
                - {identifier: bad}
                - {identifier: after_shaky, depend-on: [shaky, good]}
                - {identifier: after_bad, depend-on: [bad]}
            phases: {build: {commands: ['! grep -q "^$CODEBUILD_BATCH_BUILD_IDENTIFIER$" failing.txt']}}
            """)
        try play.write("failing.txt", "bad\nshaky\n")
        let first = try await run(play)
        #expect(first.status.exitStatus == 1)
        let (status, builds, _) = try groups(play)
        #expect(status == "FAILED")
        #expect(builds == "good:SUCCEEDED shaky:FAILED bad:FAILED after_shaky:SUCCEEDED after_bad:-")
        #expect(first.errorText.contains("after_bad    not begun, since `bad` has not succeeded"))
        #expect(first.errorText.contains("bad: buildspec.yml:9:"), "\(first.errorText)")
        try play.write("failing.txt", "\n")
        let second = try await run(play, "--rerun-failed")
        #expect(second.status.isSuccess, "\(second.errorText)")
        let again = try groups(play)
        #expect(
            again.builds == "good:SUCCEEDED shaky:SUCCEEDED bad:SUCCEEDED after_shaky:SUCCEEDED after_bad:SUCCEEDED")
        #expect(again.batch.buildGroups[3].priorBuildSummaryList?.map(\.buildStatus) == ["FAILED"])
        #expect(again.batch.buildGroups[1].priorBuildSummaryList == nil)
        #expect(try await play.call(["builds"]).outputText.split(separator: "\n").count == 8)
    }

    @Test func `a batch is resumed with its flags, the new source, and what has succeeded`() async throws {
        let play = try Playground()
        func write(_ builds: String) throws {
            try play.buildspec(
                """
                version: 0.2
                batch: {build-graph: [\(builds)]}
                phases:
                  build:
                    commands:
                      - echo "$FLAG $CODEBUILD_BATCH_BUILD_IDENTIFIER" | tee made.txt
                      - '! grep -q "^$CODEBUILD_BATCH_BUILD_IDENTIFIER$" failing.txt'
                artifacts: {files: [made.txt]}
                """)
        }
        let after = "{identifier: after, depend-on: [bad]}"
        try write("{identifier: good}, {identifier: other}, {identifier: gone}, {identifier: bad}, \(after)")
        try play.write("failing.txt", "bad\n")
        #expect(try await Command("git", ["init", "-q", play.source.path]).collect().status.isSuccess)
        let first = try await run(play, "--env", "FLAG=kept")
        #expect(first.status.exitStatus == 1)
        let id = try #require(try groups(play).batch.id?.split(separator: ":").last.map(String.init))
        // A batch of something else in between is not the one that is meant.
        let between = try await play.run(["--batch", "--only", "good", "--env", "FLAG=between"])
        #expect(between.status.isSuccess)

        try play.write("failing.txt", "none\n")
        try write(
            "{identifier: good}, {identifier: other, ignore-failure: true, env: {variables: {A: b}}}, {identifier: bad}, \(after)"
        )
        try FileManager.default.removeItem(at: play.out.appending(path: "good"))
        let second = try await play.call(["resume", String(id.prefix(8))])
        #expect(second.status.isSuccess, "\(second.errorText)")
        let (status, builds, batch) = try groups(play)
        #expect(status == "SUCCEEDED" && batch.id?.hasSuffix(id) == false)
        #expect(builds == "good:SUCCEEDED other:SUCCEEDED bad:SUCCEEDED after:SUCCEEDED")
        #expect(batch.buildGroups[3].priorBuildSummaryList?.map(\.buildStatus) == ["FAILED"])
        #expect(batch.buildGroups[1].priorBuildSummaryList == nil)
        let words = second.errorText
        #expect(words.contains(": taken over: `good`; run: `other`, `bad`, `after`\n"), "\(words)")
        #expect(words.contains("what was taken over is of the old one"))
        #expect(words.contains("`other` has succeeded, and runs again: it means another build now"))
        #expect(words.contains("`good`: its artifacts are gone from `\(play.out.path)/good/artifacts`"), "\(words)")
        #expect(words.contains("`gone` is no build of the batch any more"))
        #expect(words.contains("good   SUCCEEDED  by an earlier run of the batch"), "\(words)")
        #expect(second.outputText.contains("after | kept after"))
        #expect(!second.outputText.contains("good |"))
        let made = try String(contentsOf: play.out.appending(path: "after/artifacts/made.txt"), encoding: .utf8)
        #expect(made == "kept after\n")

        let wrong = try await play.call(["resume", id, "--no-sync"])
        #expect(wrong.status.exitStatus == 64 && wrong.errorText.contains("is a batch"))
        let asked = play.files(in: play.state).filter { $0.hasSuffix(".asked") }
        #expect(asked.count == 3)
        for file in asked {
            let path = play.state.appending(path: file).path
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            try FileManager.default.removeItem(atPath: path)
        }
        let old = try await play.call(["resume", id])
        #expect(old.status.exitStatus == 66 && old.errorText.contains("--rerun-failed"), "\(old.errorText)")
    }

    @Test func `fast-fail stops what runs, and Ctrl-C everything`() async throws {
        let play = try Playground()
        func spec(_ commands: String) -> String {
            """
            version: 0.2
            batch:
              fast-fail: true
              build-list: [{identifier: quick}, {identifier: slow}]
            phases: {build: {commands: ['\(commands)']}}
            """
        }
        try play.buildspec(spec("[ $CODEBUILD_BATCH_BUILD_IDENTIFIER = slow ] && sleep 600; sleep 1; exit 3"))
        let start = ContinuousClock.now
        let result = try await run(play, "--jobs", "2")
        #expect(result.status.exitStatus == 1)
        #expect(ContinuousClock.now - start < .seconds(120))
        #expect(try groups(play).builds == "quick:FAILED slow:STOPPED")
        #expect(try await Docker.containers(of: play).isEmpty)

        try play.buildspec(spec("echo up; sleep 600"))
        let stopped = try await Command(
            "sh",
            [
                "-c",
                """
                "$@" >../log 2>&1 & program=$!
                until [ "$(grep -c ' | up' ../log 2>/dev/null)" = 2 ]; do sleep 0.2; done
                kill -INT $program; wait $program; echo $?
                """, "sh", Playground.binary, "run", ".", "--image", debian, "--batch", "--jobs", "2", "--build-json",
                "../batch.json",
            ], environment: ["XDG_STATE_HOME": play.state.path, "XDG_CACHE_HOME": play.cache.path],
            workingDirectory: play.source.path
        ).collect()
        #expect(stopped.text == "130", "\(stopped.errorText)")
        #expect(try groups(play).builds == "quick:STOPPED slow:STOPPED")
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `a matrix is the product of its lists, and its builds share the processors`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch:
              build-matrix: {dynamic: {env: {image: [\(debian)], variables: {A: [x, y], B: ["1", "2"]}}}}
            phases: {build: {commands: ['echo "did $A$B"', sleep 2]}}
            """)
        let grouped = try await run(play, "--jobs", "4", "--log-order", "grouped")
        #expect(grouped.status.isSuccess, "\(grouped.errorText)")
        let did = grouped.outputText.split(separator: "\n").filter { $0.hasPrefix("did ") }.sorted()
        #expect(did == ["did x1", "did x2", "did y1", "did y2"])
        let heads = grouped.outputText.split(separator: "\n").filter { $0.hasPrefix("==> ") }
        #expect(heads.sorted() == (1...4).map { "==> build_000\($0) <==" })
        let json = try await run(play, "--only", "build_0002", "--log-format", "json")
        let events = json.outputText.split(separator: "\n")
        #expect(events.count > 10 && events.allSatisfy { $0.hasPrefix("{\"batchBuild\":\"build_0002\",\"event\":{") })
        #expect(try groups(play).builds == "build_0002:SUCCEEDED")
    }

    @Test(
        arguments: [
            (["--batch"], "phases: {build: {commands: ['true']}}", 65, "has no `batch`"),
            (
                ["--batch", "--only", "tow"],
                "batch: {build-list: [{identifier: one}, {identifier: two}]}\nphases: {build: {commands: ['true']}}",
                64, "did you mean `two`?"
            ),
            (
                ["--batch"], "batch: {build-list: [{identifier: one, buildspec: ../out.yml}]}", 66,
                "cannot find the buildspec `../out.yml` of the build `one`"
            ),
            (
                ["--batch"], "batch: {build-list: [{identifier: one}]}", 65,
                "has no `phases`, and builds of its batch name no other buildspec"
            ),
            (
                ["--batch", "--rerun-failed"],
                "batch: {build-list: [{identifier: one}]}\nphases: {build: {commands: ['true']}}", 66,
                "no batch of `source` was run here yet"
            ),
            (["--jobs", "2"], "phases: {build: {commands: ['true']}}", 64, "belong to --batch"),
            (
                ["--batch", "--jobs", "0"], "phases: {build: {commands: ['true']}}", 64,
                "--jobs is 0, expected 1 or more"
            ),
        ])
    func `what cannot be run is said before anything is`(
        arguments: [String], text: String, status: Int32, words: String
    ) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\n\(text)\n")
        try play.write("../out.yml", "version: 0.2\nphases: {build: {commands: ['echo never']}}\n")
        let result = try await play.run(arguments)
        #expect(result.status.exitStatus == status, "\(result.errorText)")
        #expect(result.errorText.contains(words), "\(result.errorText)")
        #expect(result.outputText.isEmpty)
    }

    @Test func `a batch keeps to the restrictions of its project`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch:
              build-list: [{identifier: one}, {identifier: two, env: {compute-type: BUILD_GENERAL1_LARGE}}]
            phases: {build: {commands: ['true']}}
            """)
        for (restriction, words) in [
            ("maximumBuildsAllowed: 1", "codebuild.yml:1:57` allows 1 builds in a batch, and this one has 2"),
            (
                "computeTypesAllowed: [BUILD_GENERAL1_SMALL]",
                "allows `BUILD_GENERAL1_SMALL` in a batch, and its build `two` has `BUILD_GENERAL1_LARGE`"
            ),
        ] {
            try play.write("codebuild.yml", "buildBatchConfig: {restrictions: {\(restriction)}}\n")
            let result = try await run(play)
            #expect(result.status.exitStatus == 78 && result.errorText.contains(words), "\(result.errorText)")
            #expect(result.outputText.isEmpty)
        }
        #expect(try await run(play, "--only", "one").status.isSuccess)
    }

    @Test func `all builds have the source as it was when the batch began`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-graph: [{identifier: one}, {identifier: two, depend-on: [one]}]}
            phases: {build: {commands: ['echo "has $(cat file.txt) $(git rev-parse --is-inside-work-tree 2>&1)"; sleep 1']}}
            """)
        try play.write("file.txt", "old")
        for words in [
            ["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"],
        ] {
            _ = try await Command("git", words, workingDirectory: play.source.path).collect()
        }
        let changing = Task {
            while true {
                let log = try? await play.call(["logs"])
                if log?.outputText.contains("has old") == true { break }
                try await Task.sleep(for: .milliseconds(100))
            }
            try play.write("file.txt", "new")
        }
        let result = try await run(play)
        try await changing.value
        #expect(
            result.printed.filter { $0.contains("| has ") }.map { $0.prefix(13) } == ["one | has old", "two | has old"])
    }

    @Test func `a fanout gives each build its part of the tests`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-fanout: {parallelism: 4}}
            phases:
              build:
                commands:
                  - codebuild-tests-run --test-command 'printf "ran %s\\n"' --files-search "codebuild-glob-search 't/*.js'"
                  - codebuild-tests-run --test-command 'echo "$CODEBUILD_CURRENT_SHARD_FILES" | sed "s/^/read /"'
                    --files-search 'ls t' --sharding-strategy stability
            """)
        for number in 0..<40 { try play.write("t/f\(number < 10 ? "0" : "")\(number).js", "") }
        let result = try await run(play, "--log-order", "grouped")
        #expect(result.status.isSuccess, "\(result.errorText)")
        let lines = result.outputText.split(separator: "\n").map(String.init)
        let all = (0..<40).map { "f\($0 < 10 ? "0" : "")\($0).js" }
        #expect(lines.filter { $0.hasPrefix("ran ") }.sorted() == all.map { "ran t/\($0)" })
        #expect(lines.filter { $0.hasPrefix("read ") }.sorted() == all.map { "read \($0)" })
        // Contiguous parts of ten each.
        let begin = try #require(lines.firstIndex(of: "ran t/f10.js"))
        #expect(lines[begin..<begin + 10].map { $0.suffix(6) } == all[10..<20].map { $0.suffix(6) })
        let alone = try await play.run()
        #expect(
            alone.printed.count { $0.hasPrefix("ran ") } == 40 && alone.printed.count { $0.hasPrefix("read ") } == 40)
    }

    @Test func `a build that means another one now is run again, whatever its number`() async throws {
        let play = try Playground()
        func spec(_ parallelism: Int) -> String {
            "version: 0.2\nbatch: {build-fanout: {parallelism: \(parallelism)}}\nphases: {build: {commands: ['echo ran $BUILDSPEC_SHARD']}}\n"
        }
        try play.buildspec(spec(3))
        #expect(try await run(play).status.isSuccess)
        #expect(try await run(play, "--rerun-failed").printed.isEmpty)
        try play.buildspec(spec(2))
        let again = try await run(play, "--rerun-failed")
        #expect(again.printed.count { $0.contains("| ran ") } == 2, "\(again.outputText)")
    }

    @Test func `a build's artifacts go through no link of the source`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-list: [{identifier: unit}]}
            phases: {build: {commands: [echo x >made.txt]}}
            artifacts: {files: made.txt}
            """)
        try play.write("codebuild.yml", "x-buildspec: {artifacts: out}\n")
        let outside = play.root.appending(path: "outside")
        for folder in [outside, play.source.appending(path: "out")] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            atPath: play.source.appending(path: "out/unit").path, withDestinationPath: outside.path)
        let result = try await play.call(["run", ".", "--image", debian, "--batch"])
        #expect(result.status.exitStatus == 73 && result.errorText.contains("it is a link"), "\(result.errorText)")
        #expect(play.files(in: outside).isEmpty)
    }

    @Test func `a line without end is printed in parts, and events go with no grouping`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            batch: {build-list: [{identifier: one}]}
            phases: {build: {commands: ['head -c 3000000 /dev/zero | tr "\\0" x']}}
            """)
        let result = try await run(play)
        let parts = result.outputText.split(separator: "\n").filter { $0.contains("xxxx") }
        #expect(result.status.isSuccess && parts.count > 1 && parts.allSatisfy { $0.hasPrefix("one | x") })
        #expect(parts.reduce(0) { $0 + $1.utf8.count { $0 == UInt8(ascii: "x") } } == 3_000_000)
        let both = try await run(play, "--log-order", "grouped", "--log-format", "json")
        #expect(both.status.exitStatus == 64 && both.outputText.isEmpty)
    }
}
