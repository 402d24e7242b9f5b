import ChildProcesses
import Foundation
import Testing

/// Artifacts that are large, or have names that programs take for something else.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct LargeArtifactTests {
    private func playground(_ commands: String, files: String = "[big, small]") throws -> Playground {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases: {build: {commands: ['\(commands)']}}
            artifacts: {files: \(files)}
            """)
        return play
    }

    @Test func `the holes of a file stay holes, and take no time`() async throws {
        let play = try playground("truncate -s 1T big; printf x >> big; echo s > small")
        let start = ContinuousClock.now
        let result = try await play.run()
        #expect(result.status.isSuccess, "\(result.errorText)")
        #expect(ContinuousClock.now - start < .seconds(60))
        var info = stat()
        #expect(stat(play.out.appending(path: "artifacts/big").path, &info) == 0)
        #expect(info.st_size == 1 << 40 + 1)
        #expect(info.st_blocks < 1000)
        #expect(try String(contentsOf: play.out.appending(path: "artifacts/small"), encoding: .utf8) == "s\n")
    }

    @Test(arguments: [debian, busybox])
    func `holes that would take hours are refused before any time is lost`(image: String) async throws {
        let play = try playground("truncate -s 1099511627776 big; echo s > small")
        // A zip has no holes, and busybox's tar knows none.
        let result = try await play.run(image == debian ? ["--zip"] : [], image: image)
        #expect(result.status.exitStatus == 1)
        #expect(
            result.outputText.contains("`big` has 1099.5 GB, of which 0.0 GB are no hole"), "\(result.outputText)")
        #expect(result.errorText.contains("exclude-paths"))
        #expect(play.files(in: play.out) == [])
    }

    @Test func `the time limit of a build ends the collecting, too`() async throws {
        // Busybox: the engine sends its zeros one by one.
        let play = try playground("truncate -s 32212254720 big; echo s > small")
        let start = ContinuousClock.now
        let result = try await play.run(["--timeout", "4s"], image: busybox)
        #expect(result.status.exitStatus == 1)
        #expect(ContinuousClock.now - start < .seconds(25))
        #expect(result.log.contains("[Container] Phase complete: UPLOAD_ARTIFACTS State: TIMED_OUT"))
        #expect(result.log.contains { $0.contains("BUILD_TIMED_OUT") })
        #expect(try await Docker.containers(of: play) == [])
        #expect(play.files(in: play.out) == [])
    }

    @Test(
        arguments: [debian, busybox],
        ["['k/-*', 'k/a*', 'k/caf*']", "['k/-rf']", "['k/--help']", "['k/a*']", "['k/caf*']", "['-rf']", "['**/*']"])
    func `names that look like options, or are no text, come out`(image: String, files: String) async throws {
        let play = try playground(
            #"mkdir k; cd k; echo r > ./-rf; echo h > ./--help; echo n > "$(printf "a\\nb")"; echo b > "$(printf "caf\\351")"; "#
                + "for i in 1 2 3 4 5 6 7 8 9; do echo o > other$i; done; echo top > ../-rf", files: files)
        #expect(try await play.run(image: image).status.isSuccess)
        let artifacts = play.out.appending(path: "artifacts")
        let found = try await Command(
            "sh", ["-c", "find . -type f ! -name 'other*' ! -name '*.yml' -print0 | sort -z | tr '\\000' '|'"],
            workingDirectory: artifacts.path
        ).collect().output
        let all: [[UInt8]] = [
            Array("./-rf".utf8), Array("./k/--help".utf8), Array("./k/-rf".utf8), Array("./k/a\nb".utf8),
            Array("./k/caf".utf8) + [0xe9],
        ]
        let wanted: [Int] =
            switch files {
            case "['k/-rf']": [2]
            case "['k/--help']": [1]
            case "['k/a*']": [3]
            case "['k/caf*']": [4]
            case "['-rf']": [0]
            case "['**/*']": [0, 1, 2, 3, 4]
            default: [1, 2, 3, 4]
            }
        let expected = Set(wanted.map { all[$0] })
        #expect(Set(found.split(separator: UInt8(ascii: "|")).map { Array($0) }) == expected)
    }
}
