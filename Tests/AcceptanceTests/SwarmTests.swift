import ChildProcesses
import Foundation
import Testing

/// `run --batch --on swarm`, with three engines.
@Suite(.tags(.docker), .enabled(if: ThreeEngines.canBe), .serialized)
struct SwarmTests {
    private static let matrix = """
        version: 0.2
        env: {parameter-store: {SECRET: /s}}
        batch:
          build-matrix: {dynamic: {env: {variables: {A: [x, y], B: ["1", "2"]}}}}
        phases:
          build:
            commands:
              - echo "made of $A$B, $(cat deep/file.txt), $(stat -c %a run.sh)"
              - mkdir -p out/sub cached && echo "$A$B" >out/sub/made.txt && cp report.xml out/report.xml
              - echo cached of $(cat cached/old.txt 2>/dev/null || echo nothing); echo "$A$B" >cached/old.txt
              - echo to the terminal >/dev/stdout; echo "$SECRET" | wc -c
        artifacts: {files: ['sub/*'], base-directory: out, secondary-artifacts: {all: {files: ['**/*'], base-directory: out}}}
        reports: {tests: {files: [report.xml], base-directory: out}}
        cache: {key: 'k-$A$B', paths: ['cached/**/*']}

        """

    private func play(_ text: String) throws -> Playground {
        let play = try Playground()
        try play.buildspec(text)
        try play.write("deep/file.txt", "content")
        try play.write("run.sh", "#!/bin/sh\n")
        chmod(play.source.appending(path: "run.sh").path, 0o755)
        try play.write(
            "report.xml",
            "<testsuite><testcase classname='C' name='good'/><testcase classname='C' name='other'/></testsuite>"
        )
        return play
    }

    private func arguments(_ swarm: ThreeEngines, _ image: String? = nil) -> [String] {
        ["run", ".", "--batch", "--on", "swarm", "--swarm-address", swarm.address, "--image", image ?? swarm.debian]
    }

    private func run(
        _ play: Playground, _ swarm: ThreeEngines, image: String? = nil, _ more: String...
    ) async throws -> CommandOutput {
        let json = play.root.appending(path: "batch.json").path
        return try await play.call(
            arguments(swarm, image) + ["--artifacts", play.out.path, "--build-json", json] + more,
            environment: swarm.environment)
    }

    private struct Batches: Decodable {
        struct Batch: Decodable {
            struct Group: Decodable {
                struct Summary: Decodable { let buildStatus: String }
                let identifier: String, currentBuildSummary: Summary?, priorBuildSummaryList: [Summary]?
            }
            let buildBatchStatus: String, buildGroups: [Group]
        }
        let buildBatches: [Batch]
    }

    private func batch(_ play: Playground) throws -> Batches.Batch {
        let file = play.root.appending(path: "batch.json")
        return try #require(JSONDecoder().decode(Batches.self, from: Data(contentsOf: file)).buildBatches.first)
    }

    /// What the commands of all builds printed, in the order of the lines.
    private func printed(_ output: CommandOutput) -> [String] {
        output.outputText.split(separator: "\n").map(String.init).filter { !$0.contains("[Container]") }.sorted()
    }

    private func contents(of folder: URL, in play: Playground) throws -> [String: String] {
        var contents: [String: String] = [:]
        for name in play.files(in: folder) {
            contents[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        return contents
    }

    @Test func `a matrix over three engines has the output, artifacts and reports that it has on one machine`()
        async throws
    {
        let swarm = try await ThreeEngines.get(), play = try play(Self.matrix)
        try play.write("../secrets.yml", "parameter-store: {/s: \"it's \\n secret\"}\n")
        let here = try await play.run(["--batch", "--secrets", "../secrets.yml"])
        #expect(here.status.isSuccess, "\(here.outputText)\(here.errorText)")
        let artifacts = try contents(of: play.out, in: play)
        #expect(artifacts.count == 12)
        try FileManager.default.removeItem(at: play.out)
        try FileManager.default.removeItem(at: play.cache)

        let there = try await run(play, swarm, "--secrets", "../secrets.yml", "--jobs", "4")
        #expect(there.status.isSuccess, "\(there.outputText)\(there.errorText)")
        #expect(printed(there) == printed(here))
        #expect(try contents(of: play.out, in: play) == artifacts)
        #expect(try batch(play).buildBatchStatus == "SUCCEEDED")
        let tests = try await play.call(["show", "--tests"])
        #expect(tests.outputText.contains("C.good") && tests.outputText.contains("C.other"), "\(tests.outputText)")
        #expect(try await swarm.leftovers(on: ["manager", "one", "two"]) == "")

        // Once more, with its caches, and the nodes that its builds run on.
        try play.buildspec(
            Self.matrix.replacing(
                "      - mkdir",
                with: "      - grep -o 'buildspec-swarm[^/]*/[a-z]*' /proc/self/mountinfo | head -1\n      - mkdir"))
        let again = try await run(play, swarm, "--jobs", "4", "--secrets", "../secrets.yml")
        #expect(again.status.isSuccess, "\(again.outputText)\(again.errorText)")
        for name in ["x1", "x2", "y1", "y2"] {
            #expect(again.outputText.contains("cached of \(name)\n"), "\(again.outputText)")
        }
        let nodes = Set(
            printed(again).filter { $0.contains("buildspec-swarm") }.compactMap { $0.split(separator: "/").last })
        #expect(nodes == ["manager", "one", "two"])
        // Nothing of it is left for the sweep of the next call.
        #expect(play.files(in: play.state).filter { $0.contains("/swarm/") || $0.contains("/running/") } == [])
    }

    @Test func `an image with BusyBox alone runs there, and its failure is told`() async throws {
        let swarm = try await ThreeEngines.get()
        let play = try play(
            """
            version: 0.2
            batch: {build-list: [{identifier: good}, {identifier: bad}]}
            phases:
              build:
                commands:
                  - echo "$CODEBUILD_BATCH_BUILD_IDENTIFIER with $(cat deep/file.txt)" | tee made.txt
                  - test $CODEBUILD_BATCH_BUILD_IDENTIFIER = good
            artifacts: {files: [made.txt]}
            """)
        let result = try await run(play, swarm, image: swarm.busybox)
        #expect(result.status.exitStatus == 1, "\(result.outputText)\(result.errorText)")
        #expect(result.outputText.contains("good | good with content\n"))
        #expect(result.outputText.contains("bad  | bad with content\n"))
        #expect(try contents(of: play.out, in: play)["good/artifacts/made.txt"] == "good with content\n")
        #expect(
            try batch(play).buildGroups.dropFirst().map { $0.currentBuildSummary?.buildStatus } == [
                "SUCCEEDED", "FAILED",
            ])
        #expect(try await swarm.leftovers(on: ["manager", "one", "two"]) == "")
    }

    @Test func `an image of no registry, and an address of another machine, are refused with what helps`() async throws
    {
        let swarm = try await ThreeEngines.get(), play = try play(Self.slow)
        let local = try await run(play, swarm, image: "debian:bookworm-slim", "--pull", "never")
        #expect(local.status.exitStatus == 69, "\(local.errorText)")
        #expect(
            local.errorText.contains("it is of no registry") && local.errorText.contains("docker push"),
            "\(local.errorText)")
        let elsewhere = try await play.call(
            ["run", ".", "--batch", "--on", "swarm", "--image", swarm.debian], environment: swarm.environment)
        #expect(
            elsewhere.status.exitStatus == 69 && elsewhere.errorText.contains("--swarm-address"),
            "\(elsewhere.errorText)")
        let none = try await play.run(["--batch", "--on", "swarm"])
        #expect(none.status.exitStatus == 69 && none.errorText.contains("docker swarm init"), "\(none.errorText)")
        #expect(try await swarm.leftovers(on: ["manager", "one", "two"]) == "")
    }

    private static let slow = """
        version: 0.2
        batch: {build-list: [{identifier: one}, {identifier: two}, {identifier: three}]}
        phases: {build: {commands: [echo up, sleep 600]}}

        """

    /// Starts a batch, sends the program a signal when all builds are up, and returns its exit status and how long it took to end.
    private func stop(_ play: Playground, _ swarm: ThreeEngines, by signal: String) async throws -> (
        status: String, seconds: Double
    ) {
        let result = try await Command(
            "bash",
            [
                "-c",
                """
                "$@" >../log 2>&1 & program=$!
                until [ "$(grep -c ' | up' ../log 2>/dev/null)" = 3 ] || ! kill -0 $program; do sleep 0.1; done
                start=$EPOCHREALTIME
                kill -\(signal) $program; wait $program; echo $? $((${EPOCHREALTIME/./} - ${start/./}))
                """, "sh", Playground.binary,
            ] + arguments(swarm) + ["--jobs", "3", "--build-json", "../batch.json"],
            environment: swarm.environment.merging([
                "XDG_STATE_HOME": play.state.path, "XDG_CACHE_HOME": play.cache.path,
            ]) { $1 }, workingDirectory: play.source.path
        ).collect()
        let words = result.text.split(separator: "\n").last?.split(separator: " ").map(String.init) ?? []
        try #require(words.count == 2, "\(result.errorText)")
        return (words[0], (Double(words[1]) ?? 1e9) / 1e6)
    }

    @Test func `Ctrl-C ends everything, and the next call what SIGKILL has left`() async throws {
        let swarm = try await ThreeEngines.get(), play = try play(Self.slow)
        let stopped = try await stop(play, swarm, by: "INT")
        #expect(stopped.status == "130" && stopped.seconds < 10)
        #expect(try batch(play).buildGroups.dropFirst().allSatisfy { $0.currentBuildSummary?.buildStatus == "STOPPED" })
        #expect(try await swarm.call("manager", "service", "ls", "-q").text == "")
        #expect(try await swarm.leftovers(on: ["manager", "one", "two"]) == "")

        let killed = try await stop(play, swarm, by: "KILL")
        #expect(killed.status == "137")
        #expect(try await swarm.call("manager", "service", "ls", "-q").text != "")
        // Any next call with this engine; its own build is one of the manager's containers.
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}\n")
        let next = try await play.run(image: swarm.debian, environment: swarm.environment)
        #expect(next.errorText.contains("removed job `buildspec-"), "\(next.errorText)")
        #expect(try await swarm.leftovers(on: ["manager", "one", "two"]) == "")
    }

    @Test func `builds of a worker that disappears are run once more elsewhere`() async throws {
        let swarm = try await ThreeEngines.get()
        let play = try play(
            """
            version: 0.2
            batch: {build-matrix: {dynamic: {env: {variables: {A: [a, b, c, d]}}}}}
            phases:
              build:
                commands:
                  - echo "on $(grep -o 'buildspec-swarm[^/]*/[a-z]*' /proc/self/mountinfo | head -1)"
                  - sleep 40
                  - echo "$A" >made.txt
            artifacts: {files: [made.txt]}
            """)
        async let running = run(play, swarm, "--jobs", "4")
        while try await swarm.call("two", "ps", "-q").text.isEmpty { try await Task.sleep(for: .milliseconds(200)) }
        try await Task.sleep(for: .seconds(3))
        try swarm.kill("two")
        let result = try await running
        #expect(result.status.isSuccess, "\(result.outputText)\(result.errorText)")
        #expect(
            result.errorText.contains("is run once more on another node: `two` has disappeared"), "\(result.errorText)")
        let made = try contents(of: play.out, in: play)
        #expect(made.values.sorted() == ["a\n", "b\n", "c\n", "d\n"])
        let groups = try batch(play).buildGroups.dropFirst()
        #expect(groups.allSatisfy { $0.currentBuildSummary?.buildStatus == "SUCCEEDED" })
        let moved = groups.filter { $0.priorBuildSummaryList?.map(\.buildStatus) == ["FAULT"] }
        #expect(!moved.isEmpty && moved.count < 4)
        #expect(try await swarm.leftovers(on: ["manager", "one"]) == "")
    }
}

/// What `--on swarm` refuses, before anything is asked or run.
@Suite struct SwarmRefusalTests {
    @Test(
        arguments: [
            (["--privileged"], "`--on swarm` and `--privileged` contradict one another: Docker gives a job no rights"),
            (["--docker", "inside"], "`--on swarm` and `--docker inside` contradict"),
            (["--docker", "host"], "`--on swarm` and `--docker host` contradict"),
            (["--offline"], "`--on swarm` and `--offline` contradict"),
            (["--record"], "`--on swarm` and `--record` contradict"),
            (["--aws-local"], "`--on swarm` and `--aws-local` contradict"),
            (["--aws-credentials", "yes"], "`--on swarm` and `--aws-credentials` contradict"),
            (["--hand-over"], "`--on swarm` and `--hand-over` contradict"),
            (["--keep", "failure"], "`--on swarm` and `--keep failure` contradict"),
            (["--checkpoint"], "`--on swarm` and `--checkpoint` contradict"),
            (["--break", "BUILD"], "`--on swarm` and `--break` contradict"),
            (["--debug-session"], "`--on swarm` and `--debug-session` contradict"),
            (["--engine", "podman"], "`--on swarm` and podman contradict"),
            (["--swarm-address", "a:b"], "`--swarm-address` is `a:b`, expected HOST or HOST:PORT"),
            (["--shell"], "leave out --shell"),
        ])
    func `what a job cannot do is refused`(arguments: [String], words: String) async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nbatch: {build-list: [{identifier: one}]}\nphases: {build: {commands: [echo never]}}\n")
        let result = try await play.call(
            ["run", ".", "--batch", "--on", "swarm"] + arguments, environment: ["DOCKER_HOST": "unix:///no/engine"])
        #expect(result.status.exitStatus == 64, "\(result.errorText)")
        #expect(result.errorText.contains(words), "\(result.errorText)")
        #expect(result.outputText.isEmpty)
    }

    @Test(arguments: [
        ("{identifier: one, env: {privileged-mode: true}}", "`privileged-mode` of build `one`"),
        ("{identifier: one, debug-session: true}", "`debug-session` of build `one`"),
    ])
    func `so is what the buildspec asks of a build`(build: String, words: String) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nbatch: {build-list: [\(build)]}\nphases: {build: {commands: [echo never]}}\n")
        let result = try await play.call(["run", ".", "--batch", "--on", "swarm"])
        #expect(result.status.exitStatus == 64 && result.errorText.contains(words), "\(result.errorText)")
    }

    @Test(arguments: [["--on", "swarm"], ["--batch", "--swarm-address", "h"], ["--batch", "--on", "moon"]])
    func `the flags belong together`(arguments: [String]) async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [echo never]}}\n")
        #expect(try await play.call(["run", "."] + arguments).status.exitStatus == 64)
    }
}
