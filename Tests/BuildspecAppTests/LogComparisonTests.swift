import BuildPlanning
import Files
import LogComparing
import Rendering
import TestSupport
import Testing

@testable import BuildspecApp

@Suite("logs --diff over records and files")
struct LogComparisonTests {
    /// A state folder with records, and a folder with logs.
    private struct Bench {
        let folder: String
        let machine: Machine

        init(_ folder: String) {
            self.folder = folder
            let environment = ["HOME": folder]
            machine = Machine(
                places: Places(environment: environment, currentDirectory: folder, isInteractive: false),
                terminal: Terminal(environment: environment))
        }

        /// What a recorded build was made of.
        struct Made {
            var project = "app"
            var tree: String? = "1111"
            var image = "sha256:1"
            var variables = ["STAGE": "dev"]
        }

        /// Records a build of one command.
        func record(_ uuid: String, _ output: [String], status: Int = 0, of made: Made = Made()) async throws {
            let id = BuildID(project: made.project, uuid: uuid)
            let record = try await BuildRecords(machine.places).begin(id)
            let end = PhaseStatus(rawValue: status == 0 ? "SUCCEEDED" : "FAILED") ?? .fault
            let kinds: [BuildEvent.Kind] = [
                .buildStarted(
                    .init(
                        id: id, image: "debian:12", sourceDirectory: "/s", buildspec: "/s/buildspec.yml",
                        source: folder,
                        snapshot: made.tree.map { SnapshotFacts(kind: "git:worktree", tree: $0, identity: $0) })),
                .imageUsed(.init(name: "debian:12", id: made.image, digest: nil)),
                .phaseStarted(phase: .downloadSource),
                .phaseFinished(phase: .downloadSource, status: .succeeded, context: .none, milliseconds: 1),
                .phaseStarted(phase: .build), .commandStarted(phase: .build, command: "make", location: nil),
                .output(phase: .build, bytes: Array((output.joined(separator: "\n") + "\n").utf8)),
                .commandFinished(phase: .build, command: "make", exitStatus: status, milliseconds: 1),
                .phaseFinished(phase: .build, status: end, context: .none, milliseconds: 1),
                .buildFinished(status: BuildStatus(rawValue: end.rawValue) ?? .fault),
            ]
            var renderer = LogRenderer()
            for kind in kinds {
                let event = BuildEvent(time: Timestamp(microseconds: 1_600_000_000_000_000), kind: kind)
                try record.append(event, log: renderer.render(event))
            }
            record.close()
            let variables = made.variables.map { name, value in
                JSONText.object([("name", .string(name)), ("value", .string(value)), ("type", .string("PLAINTEXT"))])
            }
            let build = JSONText.object([
                ("id", .string("\(id)")), ("buildStatus", .string(end.rawValue)),
                (
                    "environment",
                    .object([
                        ("image", .string("debian:12")), ("imageId", .string(made.image)),
                        ("environmentVariables", .array(variables)),
                    ])
                ),
            ])
            try Folder.replace(
                "\(record.folder)/build.json", with: JSONText.object([("builds", .array([build]))]).bytes)
        }

        /// A log of the same command as the cloud has it.
        func cloud(_ name: String, _ output: [String], status: Int = 0) throws {
            var lines = ["@ Waiting for DOWNLOAD_SOURCE", "@ Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED"]
            lines += ["@ Entering phase BUILD", "@ Running command make"] + output + [""]
            if status != 0 { lines.append("@ Command did not exit successfully make exit status \(status)") }
            lines.append("@ Phase complete: BUILD State: \(status == 0 ? "SUCCEEDED" : "FAILED")")
            let text = lines.map { $0.replacing("@ ", with: "[Container] 2026/07/04 14:25:39.684611 ") + "\n" }.joined()
            try Folder.replace("\(folder)/\(name)", with: Array(text.utf8))
        }

        func diff(_ one: String?, _ other: String, learns: Bool = true) async throws -> (diff: LogDiff, text: String) {
            let comparison = try await LogComparison(one, with: other, learns: learns, on: machine)
            let diff = try comparison.diff()
            return (diff, diff.text(comparison.sides, usesColor: false))
        }
    }

    @Test("each pair of builds and logs is compared, in its own words")
    func pairs() async throws {
        try await withScratch { folder in
            let bench = Bench(folder.string)
            try await bench.record("0b5c2a7e-1", ["one"])
            try await bench.record("77777777-1", ["two"])
            try bench.cloud("a.log", ["one"])
            try bench.cloud("b.log", ["two"])
            #expect(
                try await bench.diff("0b5c", "a.log").text.hasPrefix("no difference in 2 phases, 1 command, 1 line"))
            #expect(try await bench.diff("0b5c", "b.log").text.contains("(- here, + in the cloud)"))
            #expect(try await bench.diff("b.log", "0b5c").text.contains("(- in the cloud, + here)"))
            #expect(try await bench.diff("0b5c", "7777").text.contains("(- in build 0b5c2a7e, + in build 77777777)"))
            #expect(try await bench.diff("a.log", "b.log").text.contains("(- in a.log, + in b.log)"))
            // The newest build, and one by its tree.
            #expect(try await bench.diff(nil, "0b5c").text.contains("(- in build 77777777, + in build 0b5c2a7e)"))
            #expect(try await bench.diff("0b5c", "1111").text.contains("+ in build 77777777)"))
        }
    }

    @Test("a file is meant where there is one of that name, and a name of nothing says so")
    func names() async throws {
        try await withScratch { folder in
            let bench = Bench(folder.string)
            try await bench.record("0b5c2a7e-1", ["one"])
            try await bench.record("0b5c2a7e-2", ["two"])
            try bench.cloud("0b5c2a7e-2", ["three"])
            #expect(try await bench.diff("0b5c2a7e-1", "0b5c2a7e-2").text.contains("(- here, + in the cloud)"))
            func status(_ one: String?, _ other: String) async -> (status: BuildspecApp.ExitStatus, message: String)? {
                do {
                    _ = try await bench.diff(one, other)
                    return nil
                } catch let failure as Failure { return (failure.status, failure.message) } catch { return nil }
            }
            #expect(await status(nil, "nothing")?.message == "there is neither a file nor a build `nothing`")
            #expect(await status(nil, "nothing")?.status == .noSuchFile)
            #expect(await status(nil, "0b5c")?.message == "2 builds have an id that begins with `0b5c`")
            #expect(await status("0b5c2a7e-1", "0b5c2a7e-1")?.status == .usage)
            try folder.appending("x.log").write("nothing\n")
            #expect(await status(nil, "x.log")?.status == .invalidBuildspec)
        }
    }

    @Test("what the records tell of two builds is compared before their lines")
    func causes() async throws {
        try await withScratch { folder in
            let bench = Bench(folder.string)
            try await bench.record("0b5c2a7e-1", ["to dev"])
            try await bench.record(
                "77777777-1", ["to prod"],
                of: .init(tree: "2222", image: "sha256:2", variables: ["STAGE": "prod", "API_TOKEN": "geheim"]))
            let text = try await bench.diff("0b5c", "7777").text
            #expect(
                text.hasPrefix(
                    """
                    likely cause: variable STAGE is `dev` in build 0b5c2a7e, `prod` in build 77777777
                    possible cause: the source is tree 1111 in build 0b5c2a7e, tree 2222 in build 77777777
                    possible cause: the image is debian:12 (sha256:1) in build 0b5c2a7e, debian:12 (sha256:2) in build 77777777
                    possible cause: variable API_TOKEN is set in build 77777777 only

                    first difference: BUILD, command 1: make
                    """))
            #expect(!text.contains("geheim"))
            // The log from the cloud tells nothing of this.
            try bench.cloud("a.log", ["to prod"])
            #expect(try await bench.diff("0b5c", "a.log").diff.causes == [])
        }
    }

    @Test("what two good builds of the project print differently is left out, unless all is asked for")
    func learning() async throws {
        try await withScratch { folder in
            let bench = Bench(folder.string)
            try await bench.record("11111111-1", ["worker a7", "b", "c", "id 5", "all good"])
            try await bench.record("22222222-1", ["c", "b", "worker b91", "id 5", "all good"])
            try await bench.record("33333333-1", ["worker c3", "b", "c", "id 6", "bad"], status: 1)
            try bench.cloud("a.log", ["b", "c", "worker q0", "id 5", "all good"])
            let learned = try await bench.diff("3333", "a.log")
            #expect(learned.diff.learnedFrom == ["11111111-1", "22222222-1"])
            #expect(learned.text.contains("  - id 6\n  - bad\n  + id 5\n  + all good\n"))
            #expect(learned.text.contains("left out: 2 lines whose like differs between builds that succeeded, "))
            #expect(!learned.text.contains("worker q0\n  +"))
            let all = try await bench.diff("3333", "a.log", learns: false)
            #expect(all.diff.learnedFrom == [] && all.text.contains("- worker c3"))
        }
    }

    @Test("a build teaches nothing about itself, nor does one that failed, or of another project")
    func teachers() async throws {
        try await withScratch { folder in
            let bench = Bench(folder.string)
            try await bench.record("11111111-1", ["id 1"])
            try await bench.record("22222222-1", ["id 2"])
            try await bench.record("33333333-1", ["id 3"], status: 1)
            try await bench.record("44444444-1", ["id 4"], of: .init(project: "other"))
            #expect(try await bench.diff("1111", "2222").diff.differences.count == 1)
            try await bench.record("55555555-1", ["id 9"])
            #expect(try await bench.diff("1111", "2222").diff.learnedFrom == [])
            try await bench.record("66666666-1", ["id 8"])
            #expect(try await bench.diff("1111", "2222").diff.differences == [])
            #expect(try await bench.diff("1111", "2222").diff.learnedFrom == ["55555555-1", "66666666-1"])
        }
    }

    @Test("builds of the same inputs teach more than newer ones of others")
    func inputs() async throws {
        try await withScratch { folder in
            let bench = Bench(folder.string)
            try await bench.record("11111111-1", ["Tests run: 5"])
            try await bench.record("22222222-1", ["Tests run: 6"], of: .init(tree: "2222"))
            try await bench.record("33333333-1", ["Tests run: 7"], of: .init(image: "sha256:9"))
            try await bench.record("99999999-1", ["Tests run: 4"], status: 1)
            try bench.cloud("a.log", ["Tests run: 3"], status: 1)
            // Of other sources and images: how many tests there are is the work of an edit.
            #expect(try await bench.diff("9999", "a.log").diff.differences.count == 1)
            try await bench.record("44444444-1", ["Tests run: 8"], of: .init(tree: "2222"))
            let learned = try await bench.diff("9999", "a.log")
            #expect(learned.diff.learnedFrom == ["22222222-1", "44444444-1"])
            #expect(learned.diff.differences == [])
            try await bench.record("55555555-1", ["Tests run: 5"])
            #expect(try await bench.diff("9999", "a.log").diff.learnedFrom == ["11111111-1", "55555555-1"])
            #expect(try await bench.diff("9999", "a.log").diff.differences.count == 1)
        }
    }
}
