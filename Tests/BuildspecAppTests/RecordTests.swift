import BuildPlanning
import Files
import Foundation
import Rendering
import SpecParsing
import TestSupport
import Testing

@testable import BuildspecApp

@Suite("records, kept builds and what is removed of them")
struct RecordTests {
    @Test("a kept build comes back from its file as it was decided")
    func keptBuild() async throws {
        var asked = Asked()
        asked.env = ["A=1", "B=two words"]
        asked.keep = "always"
        asked.record = true
        asked.mirror = ["https://a/=https://b/"]
        let buildspec = """
            version: 0.2
            env: {variables: {X: y}, parameter-store: {P: /p}, shell: bash}
            phases:
              install: {on-failure: RETRY-2, commands: [one]}
              build: {run-as: www, commands: [two, "three\\nfour"], finally: [five]}
            artifacts: {files: ['**/*']}
            cache: {key: k-1, paths: [/root/.m2/**/*]}
            """
        try await withProject(settings: "environment: {image: i}\n", buildspec: buildspec, asked) { project in
            let place = try project.buildspec()
            let read = try project.read(place)
            let id = BuildID(project: "app", uuid: "0b5c0000-0000-0000-0000-000000000000")
            let build = PlannedBuild(
                of: project, read,
                on: .init(id: id, number: 7, start: Timestamp(microseconds: 1_000_000), snapshots: TakenSnapshots()))
            let kept = KeptBuild(build, asked: project.asked, start: Timestamp(microseconds: 5))
            let data = try JSONEncoder().encode(kept)
            let again = try JSONDecoder().decode(KeptBuild.self, from: data)
            #expect(again.asked == asked)
            #expect(again.container == id.containerName && again.recipe.plan.number == 7)
            #expect(again.startNanoseconds == 5000)
            #expect(again.recipe.network.policy == .recording(mirrors: ["https://a/=https://b/"], trustsAll: false))
            #expect(again.recipe.plan.variables == kept.recipe.plan.variables)
            #expect(again.recipe.plan.cache == kept.recipe.plan.cache)
            #expect(again.phase(.build)?.commands.map(\.text) == ["two", "three\nfour"])
            #expect(again.phase(.build)?.finally.map(\.text) == ["five"])
            #expect(again.phase(.build)?.runAs == "www")
            #expect(again.phase(.install)?.onFailure == kept.phase(.install)?.onFailure)
            #expect(again.phase(.build)?.commands.map(\.location) == kept.phase(.build)?.commands.map(\.location))
            // What is encoded a second time is the same: nothing was lost on the way.
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            #expect(try encoder.encode(again) == encoder.encode(kept))
        }
    }

    @Test("without a name the newest build of this folder's project is meant, and no other project's")
    func newestHere() async throws {
        try await withScratch { folder in
            func records(in name: String) -> BuildRecords {
                BuildRecords(
                    Places(
                        environment: ["XDG_STATE_HOME": "\(folder)/state"],
                        currentDirectory: folder.appending(name).string, isInteractive: false))
            }
            let none = #expect(throws: Failure.self) { try records(in: "app").find(nil) }
            #expect(none?.status == .noSuchFile && none?.message == "there is no build yet")
            for (number, name) in ["app", "app", "other"].enumerated() {
                let uuid = "\(number)000"
                let start = BuildEvent.Kind.buildStarted(
                    .init(
                        id: BuildID(project: name, uuid: uuid), image: "i", sourceDirectory: "/s", buildspec: "b",
                        source: folder.appending(name).string))
                let record = folder.appending("state").appending("buildspec/builds").appending(uuid)
                try await run("mkdir", "-p", record.string)
                try record.appending("events.jsonl").write(
                    BuildEvent(time: Timestamp(microseconds: 0), kind: start).json.bytes + [0x0a])
                try await run("touch", "-d", "@\(1_700_000_000 + number)", record.appending("events.jsonl").string)
            }
            #expect(try records(in: "app/sub").find(nil).uuid == "1000")
            #expect(try records(in: "app").newestHere().map(\.uuid) == ["1000", "0000"])
            #expect(try records(in: "app").newestHere(1).map(\.uuid) == ["1000"])
            #expect(records(in: "app").newest().map(\.uuid) == ["2000", "1000", "0000"])
            #expect(try records(in: "app").find("2000").uuid == "2000")
            let elsewhere = #expect(throws: Failure.self) { try records(in: "application").find(nil) }
            #expect(elsewhere?.status == .noSuchFile)
            #expect(
                elsewhere?.message
                    == "there is no build of `\(folder)/application` yet; the newest of another project is 2000, of `\(folder)/other`"
            )
            #expect(elsewhere?.help?.contains("builds --all") == true)
        }
    }

    @Test("a file of another version is refused, whatever else is in it", arguments: ["{\"version\": 9}", "{}", "[]"])
    func versions(_ text: String) async throws {
        try await withScratch { folder in
            try folder.appending("kept.json").write(text)
            let failure = #expect(throws: Failure.self) {
                try KeptBuild.read(from: RecordedBuild(folder: folder.string))
            }
            #expect(failure?.status == .inputOutput)
        }
    }

    @Test("a record is locked while it is written, and says so to a second writer")
    func lock() async throws {
        try await withScratch { folder in
            let record = try await BuildRecord(folder: folder.appending("r").string)
            let build = RecordedBuild(folder: record.folder)
            #expect(build.isRunning)
            let failure = await #expect(throws: Failure.self) {
                try await BuildRecord(folder: record.folder, continues: true)
            }
            #expect(failure?.message.contains("another process") == true)
            let event = BuildEvent(time: Timestamp(microseconds: 1), kind: .notice(text: "n"))
            try record.append(event, log: Array("a\n".utf8))
            record.close()
            #expect(!build.isRunning)
            #expect(throws: Failure.self) { try record.append(event, log: []) }
            #expect(try folder.appending("r/log.txt").text() == "a\n")
        }
    }

    @Test("what a build prints is kept once, and its events have it all the same")
    func output() async throws {
        try await withScratch { folder in
            let path = folder.appending("r").string, text = String(repeating: "0123456789\n", count: 20_000)
            let kinds: [BuildEvent.Kind] = [
                .phaseStarted(phase: .build), .output(phase: .build, bytes: Array(text.utf8)),
                .agentLog(phase: .build, text: "between"), .output(phase: .build, bytes: [0xff, 0x0a, 0]),
                .output(phase: .build, bytes: []),
            ]
            let events = kinds.map { BuildEvent(time: Timestamp(microseconds: 1_600_000_000_000_000), kind: $0) }
            var renderer = LogRenderer()
            // The second half as a build does it that is resumed.
            for (isSecond, part) in [(false, events.prefix(2)), (true, events.dropFirst(2))] {
                let record = try await BuildRecord(folder: path, continues: isSecond)
                for event in part { try record.append(event, log: renderer.render(event)) }
                record.close()
            }
            let build = RecordedBuild(folder: path)
            #expect(try build.events() == events)
            #expect(build.size < text.utf8.count + 2000)
            // A log that lost its end has no output for the events that spoke of it.
            let size = try #require(Folder.status("\(path)/log.txt")).size
            #expect(truncate("\(path)/log.txt", off_t(size - 1)) == 0)
            #expect(try build.events().count == 3)
        }
    }

    @Test("fault 11: a reader that looks just then does not keep a writer from its lock")
    func readers() async throws {
        try await withScratch { folder in
            let path = folder.appending("r").string
            try await BuildRecord(folder: path).close()
            let descriptor = open("\(path)/log.txt", O_RDONLY | O_CLOEXEC)
            #expect(flock(descriptor, LOCK_SH) == 0)
            async let writer = BuildRecord(folder: path, continues: true)
            try await Task.sleep(for: .milliseconds(50))
            close(descriptor)
            let record = try await writer
            #expect(RecordedBuild(folder: path).isRunning)
            record.close()
        }
    }

    @Test("only records that nobody needs are removed, the oldest first")
    func deletions() {
        let builds = (0..<20).map { number in
            DeletionPlan.Build(
                uuid: "\(number)", lastChange: Int64(number), isRunning: number == 3, isKept: number == 4,
                hasCheckpoints: [5, 18, 19].contains(number))
        }
        let plan = DeletionPlan(builds.shuffled())
        #expect(plan.records(beyond: 20).isEmpty)
        #expect(Set(plan.records(beyond: 10).map(\.uuid)) == Set(["0", "1", "2", "6", "7", "8", "9", "10"]))
        #expect(Set(plan.records(before: 7).map(\.uuid)) == Set(["0", "1", "2", "6"]))
        #expect(plan.checkpoints(beyond: 2).map(\.uuid) == ["5"])
        #expect(plan.checkpoints(beyond: 3).isEmpty)
    }

    @Test("an artifact is ours by its name and file, whatever the name is, and those just before it as well")
    func artifacts() async throws {
        try await withScratch { folder in
            let places = Places(
                environment: ["HOME": folder.string], currentDirectory: folder.string, isInteractive: false)
            let made = MadeArtifacts(in: "/out", places), other = MadeArtifacts(in: "/else", places)
            var files: [FileStatus] = []
            for name in ["one", "two", "three"] {
                try folder.appending(name).write(name)
                files.append(try #require(Folder.status(folder.appending(name).string)))
            }
            for name in ["artifacts", "new\nline", String(repeating: "x", count: 250)] {
                #expect(!made.owns(name, files[0]))
                for file in files.dropLast() { try made.add(name, file) }
                #expect(files.map { made.owns(name, $0) } == [true, true, false])
                #expect(!other.owns(name, files[0]))
            }
        }
    }
}
